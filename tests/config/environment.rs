//! What environment variables alone make.

use super::CANARY;
use evergate::config::{
    ClientState, Config, CredentialsConfig, Environment, Loaded, LogFormat, OriginConfig, RefreshConfig, Source, load,
};
use std::time::Duration;

/// What LibreChat users have in their `.env`.
const LIBRECHAT: [(&str, &str); 4] = [
    ("AWS_REGION", "eu-central-1"),
    ("AWS_BUCKET_NAME", "librechat"),
    ("AWS_ENDPOINT_URL", ""),
    ("EVERGATE_PUBLIC_PREFIXES", "images/, avatars/"),
];

fn from_environment(more: &[(&str, &str)]) -> Result<Loaded, String> {
    let env = LIBRECHAT.iter().chain(more).copied().collect();
    load(&Source::Environment, &env).map_err(|faults| faults.to_string())
}

fn server(config: &Config) -> &evergate::config::ServerConfig {
    match &config.buckets[0].origin {
        OriginConfig::Server(server) => server,
        OriginConfig::Embedded(_) => panic!("a server"),
    }
}

#[test]
fn the_environment_alone_makes_a_bucket_and_its_routes() {
    let Loaded {
        config,
        warnings,
        places: _,
        files,
    } = from_environment(&[]).unwrap();
    assert_eq!((warnings, files), (vec![], vec![]));
    assert_eq!(config.buckets[0].name.as_str(), "librechat");
    assert_eq!(config.buckets[0].url_expiry, Duration::from_mins(2));
    assert!(matches!(server(&config).credentials, CredentialsConfig::Chain));
    assert_eq!(
        server(&config).endpoint.to_string(),
        "https://s3.eu-central-1.amazonaws.com"
    );
    let opened: Vec<_> = config
        .routes
        .iter()
        .map(|route| (&*route.path, route.prefix.as_str()))
        .collect();
    assert_eq!(opened, [("/images/", "images/"), ("/avatars/", "avatars/")]);

    let config = from_environment(&[
        ("AWS_ENDPOINT_URL", "http://other:1"),
        ("AWS_ENDPOINT_URL_S3", "http://minio:9000"),
        ("AWS_FORCE_PATH_STYLE", "TRUE"),
        ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "canary"),
        ("AWS_SESSION_TOKEN", "canary"),
        ("S3_URL_EXPIRY_SECONDS", "300"),
        ("EVERGATE_LISTEN", "127.0.0.1:0"),
        ("EVERGATE_ADMIN_LISTEN", "off"),
        ("EVERGATE_LOG_FORMAT", "plain"),
    ])
    .unwrap()
    .config;
    assert_eq!(server(&config).endpoint.to_string(), "http://minio:9000");
    assert_eq!(server(&config).style, evergate::s3::AddressStyle::Path);
    assert!(matches!(server(&config).credentials, CredentialsConfig::Static(_)));
    assert_eq!(config.buckets[0].url_expiry, Duration::from_mins(5));
    assert_eq!(
        (
            config.listener.address.port(),
            config.admin.as_ref().map(|admin| admin.address)
        ),
        (0, None)
    );
    assert_eq!(config.log.format, LogFormat::Plain);
    assert!(!format!("{config:?}").contains(CANARY));
}

#[test]
fn the_environment_is_judged_like_a_file() {
    for (variable, value, says) in [
        (
            "AWS_REGION",
            "",
            "AWS_REGION is not set, and there is no configuration file",
        ),
        (
            "AWS_REGION",
            "Frankfurt am Main",
            "\"Frankfurt am Main\" (from AWS_REGION) is not a region",
        ),
        (
            "AWS_ENDPOINT_URL",
            "minio:9000",
            "\"minio:9000\" (from AWS_ENDPOINT_URL) is not an endpoint",
        ),
        (
            "AWS_ACCESS_KEY_ID",
            "AKIA",
            "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not",
        ),
        (
            "AWS_SECRET_ACCESS_KEY",
            "canary",
            "AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not",
        ),
        (
            "EVERGATE_PUBLIC_PREFIXES",
            "images",
            "\"images\" is not a prefix that can be opened",
        ),
        (
            "EVERGATE_PUBLIC_PREFIXES",
            "/",
            "\"/\" is not a prefix that can be opened",
        ),
        ("EVERGATE_PUBLIC_PREFIXES", "a/,b/,a/", "/a/ is opened twice"),
        ("EVERGATE_PUBLIC_PREFIXES", "../etc/", "holds a '.' or '..' segment"),
        (
            "EVERGATE_REFRESH_PREFIXES",
            "images=90d",
            "\"images=90d\" is not a prefix whose links can be refreshed",
        ),
        (
            "EVERGATE_REFRESH_PREFIXES",
            "images/=90",
            "is a duration without a unit",
        ),
        ("EVERGATE_REFRESH_PREFIXES", "a/,b/,a/=1d", "a/ is listed twice"),
        ("EVERGATE_PUBLIC_HOSTS", "a.example,http://b", "is a URL, not a host"),
        ("EVERGATE_ADMIN_TOKEN", "canary", "has fewer than 16 characters"),
        (
            "EVERGATE_CLIENT_ACCESS_KEY_ID",
            "EVG1",
            "EVERGATE_CLIENT_ACCESS_KEY_ID is set and EVERGATE_CLIENT_SECRET_ACCESS_KEY is not",
        ),
        (
            "EVERGATE_CLIENT_SECRET_ACCESS_KEY",
            "canary",
            "EVERGATE_CLIENT_SECRET_ACCESS_KEY is set and EVERGATE_CLIENT_ACCESS_KEY_ID is not",
        ),
        (
            "EVERGATE_PUBLIC_PREFIX",
            "images/",
            "did you mean EVERGATE_PUBLIC_PREFIXES?",
        ),
        ("EVERGATE_LISTEN", "8080", "write the address too: 0.0.0.0:8080"),
        ("EVERGATE_LOG_FORMAT", "jsn", "did you mean \"json\"?"),
    ] {
        let faults = from_environment(&[(variable, value)]).unwrap_err();
        assert!(faults.contains(says), "{variable}={value}:\n{faults}");
        assert!(
            faults.contains(variable) && !faults.contains(CANARY),
            "{variable}={value}:\n{faults}"
        );
    }
    let nothing = load(&Source::Environment, &Environment::default()).unwrap_err();
    assert_eq!(nothing.faults().len(), 2, "{nothing}");
    // That nothing is open is no news where nothing is there.
    assert_eq!(nothing.warnings(), []);
    let temporary = [
        ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "canary"),
    ];
    let temporary = from_environment(&temporary).unwrap_err();
    assert!(temporary.contains("set AWS_SESSION_TOKEN too"), "{temporary}");
}

#[test]
fn the_environment_alone_opens_the_signed_doors() {
    let Loaded { config, warnings, .. } = from_environment(&[
        ("EVERGATE_PUBLIC_PREFIXES", ""),
        ("EVERGATE_CLIENT_ACCESS_KEY_ID", "EVG1"),
        ("EVERGATE_CLIENT_SECRET_ACCESS_KEY", "canary-of-the-client"),
        ("EVERGATE_REFRESH_PREFIXES", "images/, a=b/=90d,"),
        ("EVERGATE_PUBLIC_HOSTS", "files.example.com, minio:9000"),
        ("EVERGATE_ADMIN_TOKEN", "canary-of-the-admin"),
    ])
    .unwrap();
    assert_eq!(warnings, []);
    let [client] = &*config.clients else {
        panic!("one client")
    };
    assert_eq!((&*client.name, client.state), ("EVG1", ClientState::Active));
    let [allow] = &*client.allow else { panic!("one bucket") };
    assert_eq!(
        (allow.bucket, allow.prefix.as_str(), allow.operations.len()),
        (0, "", 4)
    );
    let days = |rule: &RefreshConfig| rule.max_age.as_secs() / 86_400;
    let rules: Vec<_> = (config.refresh.iter())
        .map(|rule| (rule.prefix.as_str(), days(rule)))
        .collect();
    assert_eq!(rules, [("images/", 3650), ("a=b/", 90)]);
    assert_eq!(
        config.s3.public_hosts,
        ["files.example.com", "minio:9000"].map(Box::from)
    );
    let admin = config.admin.as_ref().unwrap();
    assert_eq!((admin.address.port(), admin.token.is_some()), (9901, true));
    assert!(!format!("{config:?}").contains(CANARY));

    // The app must not hold the key that the gateway signs with, wherever that came from.
    let faults = from_environment(&[
        ("AWS_ACCESS_KEY_ID", "AKIA"),
        ("AWS_SECRET_ACCESS_KEY", "canary"),
        ("EVERGATE_CLIENT_ACCESS_KEY_ID", "AKIA"),
        ("EVERGATE_CLIENT_SECRET_ACCESS_KEY", "canary-of-the-client"),
    ])
    .unwrap_err();
    assert!(
        faults.contains("the key that the gateway itself signs with"),
        "{faults}"
    );
    let off = [
        ("EVERGATE_ADMIN_LISTEN", "off"),
        ("EVERGATE_ADMIN_TOKEN", "canary-of-the-admin"),
    ];
    let off = from_environment(&off).unwrap();
    assert!(off.config.admin.is_none() && off.warnings[0].problem().contains("EVERGATE_ADMIN_TOKEN is set"));
}

#[test]
fn the_environment_warns() {
    for (variable, value, says) in [
        (
            "S3_URL_EXPIRY_SECONDS",
            "soon",
            "not a number above zero: 120 s are used",
        ),
        ("S3_URL_EXPIRY_SECONDS", "", "set to nothing: 120 s are used"),
        ("S3_URL_EXPIRY_SECONDS", "999999", "604800 s (7 days) are used"),
        ("AWS_FORCE_PATH_STYLE", "yes", "which counts as false"),
        ("EVERGATE_ADMIN_LISTEN", "0.0.0.0:9901", "without asking who is there"),
        ("EVERGATE_PUBLIC_PREFIXES", "", "there are no routes"),
        (
            "EVERGATE_REFRESH_PREFIXES",
            "images/",
            "no client may read what this rule covers",
        ),
        ("EVERGATE_COLOUR", "blue", "no variable is called EVERGATE_COLOUR"),
    ] {
        let warnings = from_environment(&[(variable, value)]).unwrap().warnings;
        assert!(
            matches!(&*warnings, [warning] if warning.problem().contains(says)),
            "{variable}={value}: {warnings:?}"
        );
    }
    // Kubernetes sets these for a service of this name.
    let quiet = from_environment(&[
        ("EVERGATE_PORT", "tcp://10.0.0.1:80"),
        ("EVERGATE_SERVICE_HOST", "10.0.0.1"),
    ]);
    assert_eq!(quiet.unwrap().warnings, []);
    // With a file in use, our own variables would go unheard.
    let env = Environment::from_iter([("EVERGATE_LISTEN", "127.0.0.1:1")]);
    let Loaded { warnings, .. } = load(&Source::File("config.yaml".into()), &env).unwrap();
    assert!(matches!(&*warnings, [warning] if warning.problem().contains("EVERGATE_LISTEN is set but has no effect")));
}
