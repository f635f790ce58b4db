//! Where STS calls go when the environment names an S3 server and says nothing of STS: to AWS, in the region's partition.
//! Nothing is sent: the client writes down what it is given, and refuses.

use super::chain::web_identity;
use super::profile;
use super::sdk::Sdk;
use super::sts::Session;
use aws_credential_types::Credentials as AwsCredentials;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_types::os_shim_internal::Env;
use aws_types::region::Region;
use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<BTreeSet<String>>>);

impl HttpConnector for Recorder {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.0.lock().unwrap().insert(request.uri().to_owned());
        HttpConnectorFuture::ready(Err(ConnectorError::other("written down".into(), None)))
    }
}

impl HttpClient for Recorder {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// Asks for credentials in every way that needs STS; returns the URLs that were called.
async fn called(region: &'static str, further: &[(&str, &str)], sts_endpoint: Option<&str>) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("jwt"), "canary").unwrap();
    let keys = "aws_access_key_id = AKIA1\naws_secret_access_key = canary\n";
    let config = format!(
        "[profile role]\nrole_arn = R\nsource_profile = keys\nendpoint_url = http://minio-of-profile:9000\n\
         [profile token]\nrole_arn = R\nweb_identity_token_file = {}\n[profile keys]\n{keys}",
        path("jwt")
    );
    fs::write(path("config"), config).unwrap();
    let (config, nowhere, jwt) = (path("config"), path("nowhere"), path("jwt"));
    let mut variables = vec![
        ("AWS_ENDPOINT_URL", "http://minio:9000"),
        ("AWS_ENDPOINT_URL_S3", "http://minio:9001"),
        ("AWS_CONFIG_FILE", &config),
        ("AWS_SHARED_CREDENTIALS_FILE", &nowhere),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", &jwt),
        ("AWS_ROLE_ARN", "R"),
    ];
    variables.extend(further);
    let env = Env::from_slice(&variables);
    let recorder = Recorder::default();
    let look = async |profile| {
        let http = SharedHttpClient::new(recorder.clone());
        Sdk::look_by(http, env.clone(), &Region::from_static(region), profile, sts_endpoint).await
    };
    assert!(web_identity(&look(None).await).await.is_err());
    for profile in ["role", "token"] {
        assert!(profile::find(&look(Some(profile)).await).await.is_err(), "{profile}");
    }
    let asker = AwsCredentials::new("AKIA1", "canary", None, None, "test");
    let session = Session {
        role_arn: "R",
        external_id: None,
        name: None,
    };
    assert!(look(None).await.sts.assume_role(asker, &session).await.is_err());
    recorder.0.lock().unwrap().iter().cloned().collect()
}

#[tokio::test]
async fn sts_is_never_looked_for_at_the_s3_server() {
    assert_eq!(
        called("eu-west-1", &[], None).await,
        ["https://sts.eu-west-1.amazonaws.com/"]
    );
    assert_eq!(
        called("cn-north-1", &[], None).await,
        ["https://sts.cn-north-1.amazonaws.com.cn/"]
    );
    let us = [("AWS_REGION", "us-gov-west-1"), ("AWS_USE_FIPS_ENDPOINT", "true")];
    assert_eq!(
        called("eu-west-1", &us, None).await,
        ["https://sts.us-gov-west-1.amazonaws.com/"]
    );
    let own = [("AWS_ENDPOINT_URL_STS", "http://sts.internal:8080")];
    assert_eq!(called("eu-west-1", &own, None).await, ["http://sts.internal:8080/"]);
    assert_eq!(
        called("eu-west-1", &own, Some("http://ceph:7480")).await,
        ["http://ceph:7480/"]
    );
}
