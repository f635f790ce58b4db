//! The file as it may be written: every mapping with its fields. docs/reference/config.md says what they mean, and a
//! test holds the two together.

/// What fields a mapping may have.
#[derive(Debug)]
pub(super) struct Shape {
    /// What the mapping is, as messages call it.
    pub(super) what: &'static str,
    /// Its fields.
    pub(super) fields: &'static [&'static str],
}

/// The fields that hold secrets, in whatever mapping.
pub(super) const SECRETS: [&str; 4] = ["secret_access_key", "session_token", "token", "events_token"];

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
        "object_cache",
        "log",
        "buckets",
        "routes",
        "clients",
        "refresh",
        "public_hosts",
        "s3_base_path",
        "s3_domains",
    ],
};

/// `admin`, unless `off`.
pub(super) static ADMIN: Shape = Shape {
    what: "\"admin\"",
    fields: &["listen", "token", "events_token", "sns_topics"],
};

/// `tls`
pub(super) static TLS: Shape = Shape {
    what: "\"tls\"",
    fields: &["certificate", "private_key"],
};

/// `url_cache`, unless `off`.
pub(super) static URL_CACHE: Shape = Shape {
    what: "\"url_cache\"",
    fields: &["max"],
};

/// `object_cache`
pub(super) static OBJECT_CACHE: Shape = Shape {
    what: "\"object_cache\"",
    fields: &["max", "max_object_size", "disk"],
};

/// `disk` of `object_cache`
pub(super) static DISK: Shape = Shape {
    what: "\"disk\"",
    fields: &["folder", "max"],
};

/// `log`
pub(super) static LOG: Shape = Shape {
    what: "\"log\"",
    fields: &["format", "access"],
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
};

/// `assume_role` of `credentials`.
pub(super) static ASSUME_ROLE: Shape = Shape {
    what: "\"assume_role\"",
    fields: &["role_arn", "external_id", "session_name", "sts_endpoint", "source"],
};

/// `source` of `assume_role`, unless `chain`.
pub(super) static ROLE_SOURCE: Shape = Shape {
    what: "\"source\"",
    fields: &["access_key_id", "secret_access_key", "session_token", "profile"],
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
        "cache",
    ],
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
};

/// One of `allow` of a client.
pub(super) static ALLOW: Shape = Shape {
    what: "what a client is allowed",
    fields: &["bucket", "prefix", "operations"],
};

/// One of `refresh`.
pub(super) static REFRESH: Shape = Shape {
    what: "a refresh rule",
    fields: &["bucket", "prefix", "max_age", "not_before", "delivery", "cache"],
};

/// `cache` of a route or refresh rule.
pub(super) static CACHE: Shape = Shape {
    what: "\"cache\"",
    fields: &["fresh_for", "stale_while_revalidate", "stale_if_error"],
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
            &OBJECT_CACHE,
            &DISK,
            &LOG,
            &BUCKET,
            &CREDENTIALS,
            &ASSUME_ROLE,
            &ROLE_SOURCE,
            &ROUTE,
            &CLIENT,
            &ALLOW,
            &REFRESH,
            &CACHE,
        ] {
            for field in shape.fields {
                assert!(reference.contains(&format!("| `{field}` |")), "{}: {field}", shape.what);
            }
        }
    }
}
