//! AWS's own ways to credentials, by its SDK: the provider chain, profiles, roles.
//!
//! The chain is put together here instead of taking aws-config's `DefaultCredentialsChain`, in the same order, for
//! these reasons:
//!
//! - **The expiry counts as issued.** aws-config's IMDS provider moves the end of stale credentials into the future
//!   ("static stability"); URLs signed with those are refused by S3. See [`sdk`].
//! - **Nothing is kept between two loads.** Everything is built anew each time: profile files are read again, and the
//!   IMDS provider can't pass its last answer off as a new one.
//! - **STS calls go to STS.** aws-config sends them to `AWS_ENDPOINT_URL` as well, which in a gateway's environment names
//!   the S3 server: it would receive web identity tokens and requests for roles. All calls of STS are made here, by
//!   [`sts`], whose client knows nothing of the environment; a profile's roles are followed in [`profile`].
//! - **No region look-up over the network.** Only STS needs a region: `AWS_REGION`, the profile's, or the bucket's.
//! - **The provider that answered has a name**, for the log.

mod chain;
mod profile;
mod role;
mod sdk;
mod sts;

pub(super) use chain::{Chain, Span};
pub(super) use role::Role;

use super::source::SourceError;
use crate::clock::Timestamp;
use crate::sigv4::{AccessKeyId, Credential};
use aws_credential_types::Credentials as AwsCredentials;
use secrecy::{ExposeSecret, SecretString};
use std::borrow::Cow;
use std::time::UNIX_EPOCH;

/// What a provider gave, in the SDK's own terms.
#[derive(Debug)]
struct Found {
    credentials: AwsCredentials,
    provider: Cow<'static, str>,
}

fn from_sdk(found: &AwsCredentials) -> Result<Credential, SourceError> {
    let key_id = AccessKeyId::parse(found.access_key_id()).map_err(|error| SourceError::of(&error))?;
    let mut credential = Credential::new(key_id, SecretString::from(found.secret_access_key()));
    if let Some(token) = found.session_token() {
        credential = credential
            .with_session_token(SecretString::from(token))
            .map_err(|error| SourceError::of(&error))?;
    }
    if let Some(end) = found.expiry() {
        let since_epoch = end.duration_since(UNIX_EPOCH).unwrap_or_default();
        credential = credential.with_expiry(Timestamp::from_unix(since_epoch.as_secs()));
    }
    Ok(credential)
}

/// Without its end, which nothing asks for: what was just loaded or read asks STS at once.
fn to_sdk(credential: &Credential) -> AwsCredentials {
    let (id, secret, token) = credential.parts();
    let token = token.map(|token| token.expose_secret().to_owned());
    AwsCredentials::new(id.as_str(), secret.expose_secret(), token, None, "evergate")
}

#[cfg(test)]
mod isolation_tests;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    #[test]
    fn everything_found_is_taken_over_and_the_end_is_floored() {
        let end = SystemTime::UNIX_EPOCH + Duration::from_millis(1_800_000_000_900);
        let found = AwsCredentials::new("ASIAX", "secret", Some("token".into()), Some(end), "test");
        let credential = from_sdk(&found).unwrap();
        assert_eq!(credential.access_key_id().as_str(), "ASIAX");
        assert_eq!(credential.expires_at(), Some(Timestamp::from_unix(1_800_000_000)));
        assert!(!format!("{credential:?}").contains("secret"));
        let back = to_sdk(&credential);
        assert_eq!(
            (back.access_key_id(), back.secret_access_key(), back.session_token()),
            ("ASIAX", "secret", Some("token"))
        );
    }

    #[test]
    fn a_key_id_that_could_not_be_signed_with_is_refused() {
        let found = AwsCredentials::new("A/B", "secret", None, None, "test");
        assert!(from_sdk(&found).is_err());
    }
}
