//! The `Authorization` header. AWS "Authenticating requests: using the Authorization header".

use super::signing_key::ALGORITHM;
use super::{Scope, SignedHeaders};

/// Returns the header's value.
pub(super) fn write(access_key_id: &str, scope: &Scope<'_>, headers: SignedHeaders<'_>, signature: &str) -> String {
    let names = headers.names();
    let mut value = String::with_capacity(160 + access_key_id.len() + scope.region.len() + names.len());
    for part in [ALGORITHM, " Credential=", access_key_id, "/"] {
        value.push_str(part);
    }
    scope.write_into("/", &mut value);
    for part in [", SignedHeaders=", names, ", Signature=", signature] {
        value.push_str(part);
    }
    value
}
