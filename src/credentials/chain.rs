//! AWS's provider chain by aws-config: environment, profile files, web identity (IRSA), ECS/EKS, IMDSv2.
//!
//! Put together here instead of taking `DefaultCredentialsChain`, in the same order, for four reasons:
//!
//! - **The expiry counts as issued.** aws-config's IMDS provider moves the end of stale credentials into the future
//!   ("static stability"); URLs signed with those are refused by S3. Its clock is held at the epoch, which serves it
//!   for nothing else, so nothing looks stale to it.
//! - **Nothing is kept between two loads.** The chain is built anew each time: profile files are read again, and the
//!   IMDS provider can't pass its last answer off as a new one.
//! - **No region look-up over the network.** Only STS needs a region: `AWS_REGION`, the profile's, or the bucket's.
//! - **The web identity token stays away from S3-compatible servers.** aws-config sends STS calls to
//!   `AWS_ENDPOINT_URL` as well, which in a gateway's environment names the S3 server. Unless `AWS_ENDPOINT_URL_STS`
//!   says where STS is, web identity is refused with a sentence that tells so. A profile that names a
//!   `web_identity_token_file` is not guarded: whoever writes one sets `AWS_ENDPOINT_URL_STS`, too.

use super::source::{Source, SourceError};
use crate::clock::Timestamp;
use crate::s3::Region;
use crate::sigv4::{AccessKeyId, Credential};
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_smithy_async::time::StaticTimeSource;
use aws_smithy_http_client::Builder as HttpClientBuilder;
use aws_smithy_http_client::tls;
use aws_types::os_shim_internal::Env;
use secrecy::SecretString;
use std::time::UNIX_EPOCH;

/// A metadata service on the same link answers at once or is not there; the SDK's own four attempts take too long.
const IMDS_ATTEMPTS: u32 = 2;

const TOKEN_WITHHELD: &str = "AWS_ENDPOINT_URL is set and would receive the web identity token; \
    set AWS_ENDPOINT_URL_STS, to https://sts.<region>.amazonaws.com on AWS";

/// The chain, asked on behalf of a bucket in one region.
#[derive(Debug)]
pub(super) struct Chain {
    bucket_region: aws_types::region::Region,
    env: Env,
}

impl Chain {
    pub(super) fn new(bucket_region: &Region) -> Self {
        Self {
            bucket_region: aws_types::region::Region::new(bucket_region.as_str().to_owned()),
            env: Env::real(),
        }
    }

    async fn build(&self) -> CredentialsProviderChain {
        let http = HttpClientBuilder::new()
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .build_https();
        let config = ProviderConfig::without_region().with_http_client(http);
        let region = self.sts_region(&config).await;
        let config = config.with_region(region);

        let profile = ProfileFileCredentialsProvider::builder().configure(&config).build();
        let container = EcsCredentialsProvider::builder().configure(&config).build();
        let chain = CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
            .or_else("Profile", profile);
        let chain = if self.token_would_leave_aws() {
            chain.or_else("WebIdentityToken", TokenWithheld)
        } else {
            let web_identity = WebIdentityTokenCredentialsProvider::builder()
                .configure(&config)
                .build();
            chain.or_else("WebIdentityToken", web_identity)
        };
        chain
            .or_else("EcsContainer", container)
            .or_else("Ec2InstanceMetadata", imds_as_issued(&config))
    }

    async fn sts_region(&self, config: &ProviderConfig) -> Option<aws_types::region::Region> {
        RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(ProfileFileRegionProvider::builder().configure(config).build())
            .or_else(self.bucket_region.clone())
            .region()
            .await
    }

    fn token_would_leave_aws(&self) -> bool {
        let is_set = |name| self.env.get(name).is_ok_and(|value| !value.is_empty());
        is_set("AWS_WEB_IDENTITY_TOKEN_FILE") && is_set("AWS_ENDPOINT_URL") && !is_set("AWS_ENDPOINT_URL_STS")
    }
}

impl Source for Chain {
    async fn load(&self) -> Result<Credential, SourceError> {
        let loaded = self.build().await.provide_credentials().await;
        loaded.map_err(|error| say(&error)).and_then(|found| convert(&found))
    }
}

fn imds_as_issued(config: &ProviderConfig) -> ImdsCredentialsProvider {
    let client = imds::Client::builder()
        .configure(config)
        .max_attempts(IMDS_ATTEMPTS)
        .build();
    let at_the_epoch = config.clone().with_time_source(StaticTimeSource::new(UNIX_EPOCH));
    ImdsCredentialsProvider::builder()
        .configure(&at_the_epoch)
        .imds_client(client)
        .build()
}

fn say(error: &CredentialsError) -> SourceError {
    match error {
        CredentialsError::CredentialsNotLoaded(_) => SourceError::new(
            "no AWS credentials found in the environment, the profile files, a web identity, \
             the container endpoint or the instance metadata",
        ),
        other => SourceError::of(other),
    }
}

fn convert(found: &aws_credential_types::Credentials) -> Result<Credential, SourceError> {
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

/// Stands where web identity would, when its token would go to the wrong server.
#[derive(Debug)]
struct TokenWithheld;

impl ProvideCredentials for TokenWithheld {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err(CredentialsError::invalid_configuration(TOKEN_WITHHELD)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    fn chain(env: &[(&str, &str)]) -> Chain {
        Chain {
            bucket_region: aws_types::region::Region::from_static("eu-west-1"),
            env: Env::from_slice(env),
        }
    }

    #[test]
    fn the_web_identity_token_goes_to_sts_or_nowhere() {
        let token = ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token");
        let s3 = ("AWS_ENDPOINT_URL", "http://minio:9000");
        let sts = ("AWS_ENDPOINT_URL_STS", "https://sts.eu-west-1.amazonaws.com");
        assert!(chain(&[token, s3]).token_would_leave_aws());
        for fine in [
            &[token][..],
            &[s3],
            &[token, s3, sts],
            &[token, ("AWS_ENDPOINT_URL", "")],
        ] {
            assert!(!chain(fine).token_would_leave_aws(), "{fine:?}");
        }
    }

    #[tokio::test]
    async fn a_withheld_token_says_what_to_set() {
        let error = TokenWithheld.provide_credentials().await.unwrap_err();
        assert!(
            say(&error).as_str().contains("set AWS_ENDPOINT_URL_STS"),
            "{}",
            say(&error)
        );
    }

    #[test]
    fn everything_found_is_taken_over_and_the_end_is_floored() {
        let end = SystemTime::UNIX_EPOCH + Duration::from_millis(1_800_000_000_900);
        let found = aws_credential_types::Credentials::new("ASIAX", "secret", Some("token".into()), Some(end), "test");
        let credential = convert(&found).unwrap();
        assert_eq!(credential.access_key_id().as_str(), "ASIAX");
        assert_eq!(credential.expires_at(), Some(Timestamp::from_unix(1_800_000_000)));
        assert!(!format!("{credential:?}").contains("secret"));
    }

    #[test]
    fn a_key_id_that_could_not_be_signed_with_is_refused() {
        let found = aws_credential_types::Credentials::new("A/B", "secret", None, None, "test");
        assert!(convert(&found).is_err());
    }
}
