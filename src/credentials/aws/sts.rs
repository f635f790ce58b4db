//! The calls of STS: `AssumeRole` and `AssumeRoleWithWebIdentity`. AWS STS API Reference.
//!
//! The client is given everything it needs to know, so that no setting of the environment that is meant for S3 reaches
//! it: without an endpoint of its own it calls STS of the region, in the region's partition.

use crate::credentials::source::SourceError;
use aws_config::identity::IdentityCache;
use aws_credential_types::Credentials as AwsCredentials;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::timeout::TimeoutConfig;
use aws_sdk_sts::config::{BehaviorVersion, Builder};
use aws_sdk_sts::{Client, Config};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use aws_types::region::Region;
use aws_types::sdk_config::SharedHttpClient;
use std::time::{Duration, UNIX_EPOCH};

/// How long a connection may take; a whole load has a deadline of its own.
const CONNECT: Duration = Duration::from_millis(1500);

/// What sessions are called when nothing says otherwise.
pub(super) const SESSION_NAME: &str = "evergate";

/// STS, and how to reach it.
#[derive(Clone, Debug)]
pub(super) struct Sts(Builder);

/// Everything that the client knows.
#[derive(Debug)]
pub(super) struct StsSettings {
    pub(super) http: SharedHttpClient,
    pub(super) region: Region,
    pub(super) endpoint: Option<String>,
    pub(super) use_fips: bool,
    pub(super) use_dual_stack: bool,
}

/// A role, and the session that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Session<'a> {
    pub(super) role_arn: &'a str,
    pub(super) external_id: Option<&'a str>,
    pub(super) name: Option<&'a str>,
}

impl Sts {
    pub(super) fn new(settings: StsSettings) -> Self {
        let mut config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(settings.http)
            .region(settings.region)
            .use_fips(settings.use_fips)
            .use_dual_stack(settings.use_dual_stack)
            .sleep_impl(TokioSleep::new())
            .time_source(SystemTimeSource::new())
            .identity_cache(IdentityCache::no_cache())
            .retry_config(RetryConfig::standard())
            .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).build());
        config.set_endpoint_url(settings.endpoint);
        Self(config)
    }

    /// Assumes a role, asked for by whoever `asker` is the credentials of.
    ///
    /// # Errors
    /// What STS says, or why it can't be asked.
    pub(super) async fn assume_role(
        &self,
        asker: AwsCredentials,
        session: &Session<'_>,
    ) -> Result<AwsCredentials, SourceError> {
        let client = Client::from_conf(self.0.clone().credentials_provider(asker).build());
        let answer = client
            .assume_role()
            .role_arn(session.role_arn)
            .role_session_name(session.name.unwrap_or(SESSION_NAME))
            .set_external_id(session.external_id.map(str::to_owned))
            .send()
            .await
            .map_err(|error| SourceError::of(&error))?;
        credentials(answer.credentials)
    }

    /// Assumes a role for the bearer of the token in `token_file`, which is read now: it is renewed there.
    ///
    /// # Errors
    /// When the file can't be read; what STS says, or why it can't be asked.
    pub(super) async fn assume_role_with_web_identity(
        &self,
        token_file: &str,
        session: &Session<'_>,
    ) -> Result<AwsCredentials, SourceError> {
        let token = tokio::fs::read_to_string(token_file)
            .await
            .map_err(|error| SourceError::new(&format!("the web identity token file {token_file}: {error}")))?;
        let answer = Client::from_conf(self.0.clone().build())
            .assume_role_with_web_identity()
            .role_arn(session.role_arn)
            .role_session_name(session.name.unwrap_or(SESSION_NAME))
            .web_identity_token(token.trim())
            .send()
            .await
            .map_err(|error| SourceError::of(&error))?;
        credentials(answer.credentials)
    }
}

fn credentials(given: Option<aws_sdk_sts::types::Credentials>) -> Result<AwsCredentials, SourceError> {
    let given = given.ok_or_else(|| SourceError::new("STS answered without credentials"))?;
    let end = u64::try_from(given.expiration.secs()).unwrap_or_default();
    Ok(AwsCredentials::new(
        given.access_key_id,
        given.secret_access_key,
        Some(given.session_token),
        Some(UNIX_EPOCH + Duration::from_secs(end)),
        "STS",
    ))
}
