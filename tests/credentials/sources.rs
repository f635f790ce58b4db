//! Each source of credentials through the real binary, to an origin that believes only what was given; and nothing of
//! STS at the S3 server, whatever `AWS_ENDPOINT_URL` says.

use crate::support::credential_server::{CONTAINER_TOKEN, CredentialServer, Mood, WEB_IDENTITY_TOKEN};
use crate::support::evergate::Evergate;
use crate::support::http::{follow, get};
use crate::support::spy::Spy;
use crate::support::verifying_origin::{VerifyingOrigin, content};
use evergate::clock::Clock;
use http::Method;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

const LIFE: Duration = Duration::from_hours(1);
const ROLE: &str = "arn:aws:iam::123456789012:role/reader";
/// Long-lived keys that the origin and STS know.
const LASTING: [(&str, &str); 2] = [("LASTING_ID", "AKIALASTING"), ("LASTING_KEY", "lasting-canary")];

/// A credential server, an origin that believes it, and what goes into the gateway's environment.
pub(crate) struct Scene {
    pub(crate) server: CredentialServer,
    pub(crate) origin: VerifyingOrigin,
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl Scene {
    pub(crate) fn new(life: Duration) -> Self {
        let server = CredentialServer::start(life);
        let origin = VerifyingOrigin::start(Clock::system(), &server.ledger);
        let mut scene = Self {
            server,
            origin,
            folder: TempDir::new().unwrap(),
            environment: Vec::new(),
        };
        // Nothing of this machine: no files of its user, no metadata service.
        for name in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
            let nowhere = scene.path("nowhere").display().to_string();
            scene = scene.with(name, &nowhere);
        }
        scene
            .with("AWS_EC2_METADATA_DISABLED", "true")
            .with("EVERGATE_LOG", "trace")
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and points a variable at it.
    pub(crate) fn with_file(self, variable: &str, name: &str, contents: &str) -> Self {
        fs::write(self.path(name), contents).unwrap();
        let path = self.path(name).display().to_string();
        self.with(variable, &path)
    }

    pub(crate) fn with_instance_metadata(self) -> Self {
        let endpoint = self.server.endpoint();
        self.with("AWS_EC2_METADATA_DISABLED", "false")
            .with("AWS_EC2_METADATA_SERVICE_ENDPOINT", &endpoint)
    }

    pub(crate) fn with_container(self) -> Self {
        let uri = format!("{}/container", self.server.endpoint());
        self.with("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri).with_file(
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            "token",
            CONTAINER_TOKEN,
        )
    }

    pub(crate) fn with_web_identity(self) -> Self {
        self.with_file("AWS_WEB_IDENTITY_TOKEN_FILE", "jwt", &format!("{WEB_IDENTITY_TOKEN}\n"))
            .with("AWS_ROLE_ARN", ROLE)
    }

    pub(crate) fn with_sts(self) -> Self {
        let endpoint = self.server.endpoint();
        self.with("AWS_ENDPOINT_URL_STS", &endpoint)
    }

    pub(crate) fn start(&self, credentials: &str) -> Evergate {
        self.server.ledger.add_lasting(LASTING[0].1, LASTING[1].1);
        let yaml = yaml(&self.origin.endpoint(), credentials);
        let environment: Vec<_> = self
            .environment
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        Evergate::start_with(&yaml, &[&environment[..], &LASTING].concat())
    }
}

pub(crate) fn yaml(endpoint: &str, credentials: &str) -> String {
    let bucket = |name| {
        format!(
            "{{ name: {name}, region: eu-west-1, endpoint: '{endpoint}', path_style: true, credentials: {credentials} }}"
        )
    };
    let route = |path, bucket, delivery| {
        format!("  - {{ path: {path}, bucket: {bucket}, prefix: images/, access: public, delivery: {delivery} }}\n")
    };
    format!(
        "buckets:\n  files: {}\nroutes:\n{}{}",
        bucket("public-files"),
        route("/s/", "files", "stream"),
        route("/r/", "files", "redirect"),
    )
}

/// Streams and redirects; then nothing secret is in any log, and the log names the provider.
async fn serves(scene: &Scene, gateway: &Evergate, provider: &str) {
    let body = content("/public-files/images/u1.png");
    let streamed = get(gateway.address, "/s/u1.png").await;
    assert_eq!(
        (streamed.status.as_u16(), &*streamed.body),
        (200, &*body),
        "{streamed:?}"
    );
    let redirect = get(gateway.address, "/r/u1.png").await;
    assert_eq!(redirect.status, 302, "{redirect:?}");
    let followed = follow(redirect.header("location"), Method::GET).await;
    assert_eq!(
        (followed.status.as_u16(), &*followed.body),
        (200, &*body),
        "{followed:?}"
    );
    assert_eq!(scene.origin.refusals(), [""; 0]);
    if provider != "anonymous" {
        let log = gateway.log();
        assert!(
            log.contains(&format!("\"provider\":\"{provider}\"")),
            "{provider} in {log}"
        );
        assert!(scene.origin.served().iter().all(|key_id| !key_id.is_empty()));
    }
    assert!(scene.server.most_under_way() <= 1);
    scene.server.ledger.assert_untold(&gateway.log());
    scene.server.ledger.assert_untold(&gateway.access_log());
}

#[tokio::test]
async fn keys_in_the_environment() {
    let scene = Scene::new(LIFE)
        .with("AWS_ACCESS_KEY_ID", LASTING[0].1)
        .with("AWS_SECRET_ACCESS_KEY", LASTING[1].1);
    let gateway = scene.start("chain");
    serves(&scene, &gateway, "environment").await;
}

#[tokio::test]
async fn a_profile_that_assumes_a_role_by_another() {
    let files = format!(
        "[profile base]\naws_access_key_id = {}\naws_secret_access_key = {}\n\
         [profile reader]\nrole_arn = {ROLE}\nsource_profile = base\nexternal_id = partner\nrole_session_name = theirs\n",
        LASTING[0].1, LASTING[1].1
    );
    let spy = Spy::start();
    let scene = Scene::new(LIFE)
        .with_file("AWS_CONFIG_FILE", "config", &files)
        .with_sts()
        .with("AWS_ENDPOINT_URL", &spy.endpoint());
    let gateway = scene.start("{ profile: reader }");
    serves(&scene, &gateway, "profile reader").await;
    let session = &scene.server.sessions()[0];
    assert_eq!(
        ["RoleArn", "RoleSessionName", "ExternalId"].map(|name| &*session[name]),
        [ROLE, "theirs", "partner"]
    );
    spy.assert_untouched();
}

#[tokio::test]
async fn a_profile_of_the_chain_that_takes_its_source_from_the_instance() {
    let files = format!("[default]\nrole_arn = {ROLE}\ncredential_source = Ec2InstanceMetadata\n");
    let scene = Scene::new(LIFE)
        .with_file("AWS_CONFIG_FILE", "config", &files)
        .with_instance_metadata()
        .with_sts();
    let gateway = scene.start("chain");
    serves(&scene, &gateway, "profile default").await;
    assert_eq!((scene.server.calls("imds"), scene.server.calls("AssumeRole")), (1, 1));
}

#[tokio::test]
async fn a_web_identity_whose_token_never_reaches_the_s3_server() {
    let spy = Spy::start();
    let scene = Scene::new(LIFE)
        .with_web_identity()
        .with_sts()
        .with("AWS_ENDPOINT_URL", &spy.endpoint());
    let gateway = scene.start("chain");
    serves(&scene, &gateway, "web identity").await;
    let session = &scene.server.sessions()[0];
    assert_eq!(
        ["RoleArn", "RoleSessionName"].map(|name| &*session[name]),
        [ROLE, "evergate"]
    );
    spy.assert_untouched();
}

#[tokio::test]
async fn a_container_with_its_token_file() {
    let scene = Scene::new(LIFE).with_container();
    let gateway = scene.start("chain");
    serves(&scene, &gateway, "container endpoint").await;
    assert_eq!(scene.server.calls("refused"), 0);
}

#[tokio::test]
async fn an_instance_by_imds_v2() {
    let scene = Scene::new(LIFE).with_instance_metadata();
    let gateway = scene.start("chain");
    serves(&scene, &gateway, "instance metadata").await;
    let calls = ["imds token", "imds role", "imds", "refused"].map(|what| scene.server.calls(what));
    assert_eq!(calls, [1, 1, 1, 0]);
}

#[tokio::test]
async fn a_role_by_a_key_pair_at_an_sts_of_the_operators() {
    let spy = Spy::start();
    let scene = Scene::new(LIFE).with("AWS_ENDPOINT_URL", &spy.endpoint());
    let gateway = scene.start(&format!(
        "{{ assume_role: {{ role_arn: '{ROLE}', external_id: partner, sts_endpoint: '{}', source: {{ access_key_id: \
         '${{LASTING_ID}}', secret_access_key: '${{LASTING_KEY}}' }} }} }}",
        scene.server.endpoint()
    ));
    serves(&scene, &gateway, "assume_role with configuration").await;
    let session = &scene.server.sessions()[0];
    assert_eq!(
        ["RoleArn", "RoleSessionName", "ExternalId"].map(|name| &*session[name]),
        [ROLE, "evergate", "partner"]
    );
    spy.assert_untouched();
}

#[tokio::test]
async fn a_role_by_the_chain() {
    let spy = Spy::start();
    let scene = Scene::new(LIFE)
        .with_container()
        .with_sts()
        .with("AWS_ENDPOINT_URL", &spy.endpoint());
    let gateway = scene.start(&format!(
        "{{ assume_role: {{ role_arn: '{ROLE}', session_name: gateway-1 }} }}"
    ));
    serves(&scene, &gateway, "assume_role with container endpoint").await;
    assert_eq!(scene.server.sessions()[0]["RoleSessionName"], "gateway-1");
    spy.assert_untouched();
}

#[tokio::test]
async fn nobody_for_a_public_bucket() {
    let scene = Scene::new(LIFE);
    let gateway = scene.start("anonymous");
    serves(&scene, &gateway, "anonymous").await;
    let location = get(gateway.address, "/r/%C3%BC%201.png?download=1").await;
    let expected = format!("{}/public-files/images/%C3%BC%201.png", scene.origin.endpoint());
    assert_eq!(location.header("location"), expected);
    assert!(scene.origin.served().iter().all(String::is_empty), "nobody signed");
    assert_eq!(scene.server.ledger.count(), 1, "nobody was asked");
}

/// IMDS goes on giving credentials that have ended when it can't renew them, and the SDK would move their end.
#[tokio::test]
async fn an_end_counts_as_issued() {
    let scene = Scene::new(LIFE).with_instance_metadata();
    scene.server.set_mood(Mood::Stale);
    let gateway = scene.start("chain");
    gateway.wait_for_log("gave credentials that ended");
    let answer = get(gateway.address, "/s/u1.png").await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(
        scene.origin.refusals(),
        [""; 0],
        "nothing was sent with a credential that has ended"
    );
    scene.server.set_mood(Mood::Fine);
    gateway.wait_for_log("credentials loaded");
    assert_eq!(get(gateway.address, "/s/u1.png").await.status, 200);
}
