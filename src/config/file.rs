//! The file as it may be written: every mapping with its fields. docs/reference/config.md says what they mean, and a
//! test holds the two together.

/// What fields a mapping may have.
#[derive(Debug)]
pub(super) struct Shape {
    /// What the mapping is, as messages call it.
    pub(super) what: &'static str,
    /// Its fields.
    pub(super) fields: &'static [&'static str],
    /// Fields of the design that belong to something not yet built, and to what.
    pub(super) unbuilt: &'static [(&'static str, &'static str)],
}

/// The fields that hold secrets, in whatever mapping.
pub(super) const SECRETS: [&str; 3] = ["secret_access_key", "session_token", "token"];

/// The file itself.
pub(super) static FILE: Shape = Shape {
    what: "the configuration",
    fields: &[
        "listen",
        "admin",
        "tls",
        "trusted_proxies",
        "max_connections",
        "workers",
        "drain",
        "auto_limit",
        "url_cache",
        "log",
        "buckets",
        "routes",
        "clients",
        "refresh",
        "public_hosts",
        "s3_base_path",
        "s3_domains",
    ],
    unbuilt: &[],
};

/// `admin`, unless `off`.
pub(super) static ADMIN: Shape = Shape {
    what: "\"admin\"",
    fields: &["listen", "token"],
    unbuilt: &[],
};

/// `tls`
pub(super) static TLS: Shape = Shape {
    what: "\"tls\"",
    fields: &["certificate", "private_key"],
    unbuilt: &[],
};

/// `url_cache`, unless `off`.
pub(super) static URL_CACHE: Shape = Shape {
    what: "\"url_cache\"",
    fields: &["max"],
    unbuilt: &[],
};

/// `log`
pub(super) static LOG: Shape = Shape {
    what: "\"log\"",
    fields: &["format", "access"],
    unbuilt: &[],
};

/// One of `buckets`.
pub(super) static BUCKET: Shape = Shape {
    what: "a bucket",
    fields: &[
        "name",
        "region",
        "endpoint",
        "path_style",
        "url_expiry",
        "credentials",
        "embedded",
    ],
    unbuilt: &[],
};

/// `credentials`, unless `chain` or `anonymous`.
pub(super) static CREDENTIALS: Shape = Shape {
    what: "\"credentials\"",
    fields: &[
        "access_key_id",
        "secret_access_key",
        "session_token",
        "profile",
        "assume_role",
    ],
    unbuilt: &[],
};

/// `assume_role` of `credentials`.
pub(super) static ASSUME_ROLE: Shape = Shape {
    what: "\"assume_role\"",
    fields: &["role_arn", "external_id", "session_name", "sts_endpoint", "source"],
    unbuilt: &[],
};

/// `source` of `assume_role`, unless `chain`.
pub(super) static ROLE_SOURCE: Shape = Shape {
    what: "\"source\"",
    fields: &["access_key_id", "secret_access_key", "session_token", "profile"],
    unbuilt: &[],
};

/// One of `routes`.
pub(super) static ROUTE: Shape = Shape {
    what: "a route",
    fields: &[
        "path",
        "host",
        "bucket",
        "prefix",
        "access",
        "delivery",
        "cache_control",
        "fallback",
        "origin_forbidden",
        "inline",
    ],
    unbuilt: &[("cache", "the object cache")],
};

/// One of `clients`.
pub(super) static CLIENT: Shape = Shape {
    what: "a client",
    fields: &[
        "name",
        "access_key_id",
        "secret_access_key",
        "state",
        "signature_versions",
        "allow",
    ],
    unbuilt: &[],
};

/// One of `allow` of a client.
pub(super) static ALLOW: Shape = Shape {
    what: "what a client is allowed",
    fields: &["bucket", "prefix", "operations"],
    unbuilt: &[],
};

/// One of `refresh`.
pub(super) static REFRESH: Shape = Shape {
    what: "a refresh rule",
    fields: &["bucket", "prefix", "max_age", "not_before", "delivery"],
    unbuilt: &[],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_stands_in_the_reference() {
        let reference = include_str!("../../docs/reference/config.md");
        for shape in [
            &FILE,
            &ADMIN,
            &TLS,
            &URL_CACHE,
            &LOG,
            &BUCKET,
            &CREDENTIALS,
            &ASSUME_ROLE,
            &ROLE_SOURCE,
            &ROUTE,
            &CLIENT,
            &ALLOW,
            &REFRESH,
        ] {
            for field in shape.fields {
                assert!(reference.contains(&format!("| `{field}` |")), "{}: {field}", shape.what);
            }
            for (field, _) in shape.unbuilt {
                assert!(reference.contains(&format!("`{field}`")), "{}: {field}", shape.what);
            }
        }
    }
}
