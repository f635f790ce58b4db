//! What all providers are built from, looked up anew for each load: the environment, the profile files, the HTTP client,
//! where STS is. AWS SDKs and Tools Reference Guide, "Settings reference".

use super::Found;
use super::sts::{Sts, StsSettings};
use crate::credentials::source::SourceError;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::{self, ProfileFileLoadError, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_runtime::env_config::property::PropertiesKey;
use aws_smithy_async::time::StaticTimeSource;
use aws_smithy_http_client::Builder as HttpClientBuilder;
use aws_smithy_http_client::tls;
use aws_types::os_shim_internal::{Env, Fs};
use aws_types::region::Region;
use aws_types::sdk_config::SharedHttpClient;
use std::borrow::Cow;
use std::time::UNIX_EPOCH;

/// A metadata service on the same link answers at once or is not there; the SDK's own four attempts take too long.
const IMDS_ATTEMPTS: u32 = 2;

/// The SDK as one load sees it.
#[derive(Debug)]
pub(super) struct Sdk {
    pub(super) env: Env,
    pub(super) profiles: Result<ProfileSet, ProfileFileLoadError>,
    /// For the providers that take their settings from it.
    pub(super) config: ProviderConfig,
    pub(super) sts: Sts,
}

impl Sdk {
    /// Looks at everything, and will call by the system's network. See [`Self::look_by`].
    pub(super) async fn look(
        env: Env,
        bucket_region: &Region,
        profile: Option<&str>,
        sts_endpoint: Option<&str>,
    ) -> Self {
        let http = HttpClientBuilder::new()
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .build_https();
        Self::look_by(http, env, bucket_region, profile, sts_endpoint).await
    }

    /// Looks at everything. `sts_endpoint` is where the configuration says that STS is, `profile` the one that it names.
    pub(super) async fn look_by(
        http: SharedHttpClient,
        env: Env,
        bucket_region: &Region,
        profile: Option<&str>,
        sts_endpoint: Option<&str>,
    ) -> Self {
        let name = profile.map(|name| Cow::Owned(name.to_owned()));
        let profiles = profile::load(&Fs::real(), &env, &EnvConfigFiles::default(), name).await;
        let settings = Settings {
            env: &env,
            profiles: profiles.as_ref().ok(),
        };
        let region = settings.region().unwrap_or_else(|| bucket_region.clone());
        let sts = Sts::new(StsSettings {
            http: http.clone(),
            endpoint: sts_endpoint.map(str::to_owned).or_else(|| settings.sts_endpoint()),
            use_fips: settings.is_on("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
            use_dual_stack: settings.is_on("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"),
            region: region.clone(),
        });
        let config = ProviderConfig::without_region()
            .with_http_client(http)
            .with_region(Some(region));
        Self {
            env,
            profiles,
            config,
            sts,
        }
    }

    /// Keys in environment variables.
    pub(super) async fn environment(&self) -> Result<Option<Found>, SourceError> {
        found("environment", EnvironmentVariableCredentialsProvider::new()).await
    }

    /// ECS task roles and EKS Pod Identity.
    pub(super) async fn container(&self) -> Result<Option<Found>, SourceError> {
        let provider = EcsCredentialsProvider::builder().configure(&self.config).build();
        found("container endpoint", provider).await
    }

    /// IMDSv2. The provider's clock is held at the epoch, which serves it for nothing else, so that no end looks stale to
    /// it and none is moved.
    pub(super) async fn instance_metadata(&self) -> Result<Option<Found>, SourceError> {
        let client = imds::Client::builder()
            .configure(&self.config)
            .max_attempts(IMDS_ATTEMPTS)
            .build();
        let at_the_epoch = self.config.clone().with_time_source(StaticTimeSource::new(UNIX_EPOCH));
        let provider = ImdsCredentialsProvider::builder()
            .configure(&at_the_epoch)
            .imds_client(client)
            .build();
        found("instance metadata", provider).await
    }

    /// Whether calls of services of which nobody says where they are would go to the S3 server.
    pub(super) fn has_general_endpoint(&self) -> bool {
        let settings = Settings {
            env: &self.env,
            profiles: self.profiles.as_ref().ok(),
        };
        settings.get("AWS_ENDPOINT_URL", "endpoint_url").is_some()
    }
}

/// Asks one provider; `None` when it is not set up here.
pub(super) async fn found(
    name: impl Into<Cow<'static, str>>,
    provider: impl ProvideCredentials,
) -> Result<Option<Found>, SourceError> {
    match provider.provide_credentials().await {
        Ok(credentials) => Ok(Some(Found {
            credentials,
            provider: name.into(),
        })),
        Err(CredentialsError::CredentialsNotLoaded(_)) => Ok(None),
        Err(error) => Err(SourceError::of(&error)),
    }
}

/// Reads a variable; one that is set to nothing counts as unset.
pub(super) fn variable(env: &Env, name: &str) -> Option<String> {
    env.get(name).ok().filter(|value| !value.trim().is_empty())
}

/// Settings that stand in the environment or in the profile.
#[derive(Clone, Copy)]
struct Settings<'a> {
    env: &'a Env,
    profiles: Option<&'a ProfileSet>,
}

impl Settings<'_> {
    fn get(self, name: &str, key: &str) -> Option<String> {
        let of_profile = || self.profiles?.get(key).map(str::to_owned);
        variable(self.env, name).or_else(of_profile)
    }

    fn is_on(self, name: &str, key: &str) -> bool {
        self.get(name, key)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    fn region(self) -> Option<Region> {
        let default = || variable(self.env, "AWS_DEFAULT_REGION");
        let of_profile = || self.profiles?.get("region").map(str::to_owned);
        variable(self.env, "AWS_REGION")
            .or_else(default)
            .or_else(of_profile)
            .map(Region::new)
    }

    /// Where STS is when somebody says so of STS itself; what is said of all services is meant for S3.
    fn sts_endpoint(self) -> Option<String> {
        if self.is_on("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls") {
            return None;
        }
        variable(self.env, "AWS_ENDPOINT_URL_STS").or_else(|| {
            let profiles = self.profiles?;
            let key = PropertiesKey::builder()
                .section_key("services")
                .section_name(profiles.get("services")?)
                .property_name("sts")
                .sub_property_name("endpoint_url")
                .build()
                .ok()?;
            profiles.other_sections().get(&key).map(ToString::to_string)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::aws::profile::tests::profiles;

    const REGIONAL: &str = "https://sts.eu-west-1.amazonaws.com";

    async fn endpoint(env: &[(&str, &str)], config: &str) -> Option<String> {
        let (env, profiles) = (Env::from_slice(env), profiles(config, None).await);
        let settings = Settings {
            env: &env,
            profiles: Some(&profiles),
        };
        settings.sts_endpoint()
    }

    #[tokio::test]
    async fn the_s3_server_is_never_taken_for_sts() {
        let s3 = ("AWS_ENDPOINT_URL", "http://minio:9000");
        let sts = ("AWS_ENDPOINT_URL_STS", REGIONAL);
        assert_eq!(endpoint(&[s3], "").await, None);
        assert_eq!(
            endpoint(&[], "[default]\nendpoint_url = http://minio:9000\n").await,
            None
        );
        assert_eq!(endpoint(&[s3, sts], "").await.as_deref(), Some(REGIONAL));
        assert_eq!(endpoint(&[s3, ("AWS_ENDPOINT_URL_STS", "")], "").await, None);
        let services = format!(
            "[default]\nservices = own\n[services own]\ns3 =\n  endpoint_url = x\nsts =\n  endpoint_url = {REGIONAL}\n"
        );
        assert_eq!(endpoint(&[s3], &services).await.as_deref(), Some(REGIONAL));
        let ignored = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
        assert_eq!(endpoint(&[s3, sts, ignored], &services).await, None);
    }
}
