//! Which `x-amz-*` fields S3 knows of a request. Rule 16: an allow-list. An origin may take any other for a word of its own,
//! and do what nobody has permitted: radosgw reads `x-amz-copy_source` as a copy source, since it keeps fields as CGI does,
//! where `-` and `_` are one; MinIO and RustFS unpack a body into other keys for a field that looks like metadata.

/// Behind `x-amz-`; a `*` at the end stands for any rest.
const KNOWN: [&str; 26] = [
    "acl",
    "bypass-governance-retention",
    "checksum-*",
    "copy-source-if-*",
    "copy-source-range",
    "copy-source-server-side-encryption-customer-*",
    "expected-bucket-owner",
    "grant-*",
    "if-match-*",
    "max-parts",
    "meta-*",
    "metadata-directive",
    "mfa",
    "mp-object-size",
    "object-attributes",
    "object-lock-*",
    "optional-object-attributes",
    "part-number-marker",
    "request-payer",
    "server-side-encryption",
    "server-side-encryption-*",
    "source-expected-bucket-owner",
    "storage-class",
    "tagging",
    "tagging-directive",
    "website-redirect-location",
];
/// What some origins unpack archives by.
const UNPACKING: [&str; 2] = ["meta-snowball-", "meta-minio-snowball-"];

/// What the gateway makes of a field by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// S3 knows it.
    Known,
    /// S3 does not, some origin may.
    Foreign,
    /// Some origin reads another name in it.
    Ambiguous,
}

impl Name {
    /// Takes what stands behind `x-amz-`, in lower case.
    pub(super) fn of(rest: &str) -> Self {
        let fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !rest.starts_with("meta-") && !rest.bytes().all(fine) {
            return Self::Ambiguous;
        }
        let unpacks = UNPACKING.iter().any(|start| rest.starts_with(start));
        let known = KNOWN.iter().any(|known| match known.strip_suffix('*') {
            Some(start) => rest.starts_with(start),
            None => rest == *known,
        });
        if known && !unpacks { Self::Known } else { Self::Foreign }
    }
}
