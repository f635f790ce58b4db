//! `x-amz-copy-source` for the origin: under the origin's own name of the bucket. AWS "CopyObject"; rule 15.

use crate::access::EndpointPermit;
use crate::s3::encode_path_into;
use http::HeaderValue;

/// Returns the field's value for what was permitted to be read; `None` when that is no object.
pub(super) fn value(permit: &EndpointPermit, version_id: Option<&str>) -> Option<HeaderValue> {
    let key = permit.resource().key()?;
    let mut value = format!("/{}/", permit.bucket().name);
    encode_path_into(key.as_str(), &mut value);
    if let Some(id) = version_id {
        value.push_str("?versionId=");
        encode_path_into(id, &mut value);
    }
    HeaderValue::try_from(value).ok()
}
