//! The folder of good and bad configurations: what `evergate check` says about each stands beside it in `*.expected`.
//! After a change that is meant, `UPDATE_EXPECTED=1 cargo test --test config` writes them anew; read the difference.

#![cfg(feature = "embedded")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use evergate::cli::{Exit, check, routes};
use evergate::config::{
    AccessLogConfig, CachePolicy, CredentialsConfig, Delivery, Environment, InlinePolicy, Loaded, LogFormat,
    ObjectCacheConfig, OriginConfig, OriginForbidden, RoleSource, Source, UrlCacheConfig, load, parse,
};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[path = "config/caching.rs"]
mod caching;
#[path = "config/doors.rs"]
mod doors;
#[path = "config/environment.rs"]
mod environment;

/// In whatever is printed, this must never be seen.
const CANARY: &str = "canary";

/// The environment that the folder's files are judged in.
fn env() -> Environment {
    Environment::from_iter([
        ("KEY_ID", "AKIAEXAMPLE"),
        ("KEY_SECRET", "canary/from+the=environment"),
        ("EMPTY", ""),
        ("SHORT", "canary"),
        ("BLANKS", "canary with many blanks"),
        ("REGION_WITH_YAML", "us-east-1\nadmin: off"),
        ("S3_URL_EXPIRY_SECONDS", "9999999"),
        ("AWS_FORCE_PATH_STYLE", "1"),
    ])
}

fn checked(source: &Source, env: &Environment) -> (Exit, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = check::check(source, env, &mut out, &mut err).unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (exit, format!("{}{}exit code {}\n", text(err), text(out), exit.code()))
}

/// Judges every file of a folder and compares with what is expected.
fn judge_folder(folder: &str, exit: Exit) {
    let mut files: Vec<PathBuf> = fs::read_dir(Path::new("tests/config").join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    files.sort();
    assert!(files.len() > 3, "the folder is not there");
    let mut different = Vec::new();
    for file in files {
        let (ended, said) = checked(&Source::File(file.clone()), &env());
        assert_eq!(ended, exit, "{}:\n{said}", file.display());
        assert!(!said.contains(CANARY), "{} lets a secret out:\n{said}", file.display());
        let expected = file.with_extension("expected");
        if Environment::of_process().get("UPDATE_EXPECTED").is_some() {
            fs::write(&expected, &said).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != said {
            different.push(format!("{}:\n{said}", file.display()));
        }
    }
    assert!(different.is_empty(), "not as expected:\n\n{}", different.join("\n"));
}

#[test]
fn good_files_are_good() {
    judge_folder("good", Exit::Ok);
}

#[test]
fn bad_files_are_refused_with_all_their_faults() {
    judge_folder("bad", Exit::Config);
}

fn loaded(path: &str) -> Loaded {
    load(&Source::File(path.into()), &env()).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn the_shipped_file_runs_the_embedded_origin() {
    let Loaded {
        config,
        warnings,
        places: _,
        files,
    } = load(&Source::File("config.yaml".into()), &Environment::default()).unwrap();
    assert_eq!(warnings, []);
    assert_eq!(files, [Path::new("config.yaml")]);
    assert_eq!(config.listener.address, "0.0.0.0:8080".parse().unwrap());
    assert_eq!(
        config.admin.as_ref().map(|admin| admin.address),
        Some("127.0.0.1:9901".parse().unwrap())
    );
    let [bucket] = &*config.buckets else {
        panic!("one bucket")
    };
    assert_eq!((bucket.id.as_str(), bucket.name.as_str()), ("samples", "samples"));
    assert!(matches!(&bucket.origin, OriginConfig::Embedded(folder) if folder == Path::new("./data")));
    let [route] = &*config.routes else { panic!("one route") };
    assert_eq!((&*route.path, route.prefix.as_str()), ("/avatars/", "avatars/"));
    assert_eq!(route.delivery, Delivery::Auto);
    assert_eq!(route.fallback.as_ref().unwrap().as_str(), "avatars/default-avatar.png");
    let policy = CachePolicy {
        fresh_for: Duration::from_mins(5),
        stale_while_revalidate: Duration::from_hours(1),
        stale_if_error: Duration::from_hours(24),
    };
    assert_eq!(route.cache, Some(policy));
    assert_eq!(config.object_cache, ObjectCacheConfig::default());
}

/// The commented-out example must stay right too.
#[test]
fn the_shipped_file_is_right_with_its_comments_taken_away() {
    let text = fs::read_to_string("config.yaml").unwrap();
    let shown: Vec<String> = text
        .lines()
        .map(|line| match line.strip_prefix("  # ") {
            Some(example) if !example.starts_with(|c: char| c.is_uppercase()) => format!("  {example}"),
            _ => line.to_owned(),
        })
        .collect();
    let env = Environment::from_iter([
        ("AWS_BUCKET_NAME", "my-files"),
        ("LIBRECHAT_SECRET_KEY", "an-example-of-a-secret"),
    ]);
    let loaded = parse(&shown.join("\n"), Path::new("config.yaml"), &env).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(loaded.warnings, []);
    let config = &loaded.config;
    assert_eq!((config.buckets.len(), config.routes.len()), (2, 2));
    assert_eq!((config.clients.len(), config.refresh.len()), (1, 1));
}

#[test]
fn every_setting_arrives() {
    let Loaded { config, files, .. } = loaded("tests/config/good/everything.yaml");
    let listener = &config.listener;
    assert_eq!(listener.address, "[::]:8443".parse().unwrap());
    assert!(config.admin.is_none());
    let tls = listener.tls.as_ref().unwrap();
    assert_eq!(tls.certificate, Path::new("tests/config/good/../tls/certificate.pem"));
    assert_eq!(listener.trusted_proxies.len(), 2);
    assert_eq!((listener.max_connections, listener.workers), (500, Some(2)));
    assert_eq!(listener.drain, Duration::from_mins(1));
    assert_eq!(config.auto_limit, 256 * 1024);
    assert_eq!(config.url_cache, UrlCacheConfig::MaxBytes(16 << 20));
    assert_eq!(
        (config.log.format, config.log.access),
        (LogFormat::Json, AccessLogConfig::Off)
    );

    let [files_bucket, documents, samples] = &*config.buckets else {
        panic!("three buckets")
    };
    assert_eq!(files_bucket.url_expiry, Duration::from_hours(7 * 24));
    assert_eq!(documents.url_expiry, Duration::from_hours(7 * 24));
    assert_eq!(samples.url_expiry, Duration::from_secs(2));
    for bucket in [files_bucket, documents] {
        let OriginConfig::Server(server) = &bucket.origin else {
            panic!("a server")
        };
        let key = match &server.credentials {
            CredentialsConfig::Static(key) => key,
            CredentialsConfig::Files(files) => files.first(),
            other => panic!("{other:?}"),
        };
        assert_eq!(key.access_key_id().as_str(), "AKIAEXAMPLE");
    }
    let route = &config.routes[0];
    assert_eq!(
        route.cache_control.as_ref().unwrap(),
        "public, max-age=300, stale-while-revalidate=60"
    );
    assert_eq!(route.fallback.as_ref().unwrap().as_str(), "images/default avatar.png");
    assert_eq!(
        (route.origin_forbidden, route.inline),
        (OriginForbidden::Forbidden, InlinePolicy::All)
    );
    assert_eq!(config.routes[2].host.as_deref(), Some("files.example.com"));

    let watched: Vec<_> = files
        .iter()
        .map(|file| file.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(
        watched,
        ["everything.yaml", "certificate.pem", "private_key.pem", "key"]
    );
    assert!(!format!("{config:?}").contains(CANARY));
}

#[test]
fn every_way_to_credentials_arrives() {
    let config = loaded("tests/config/good/credentials.yaml").config;
    let ways: Vec<_> = config
        .buckets
        .iter()
        .map(|bucket| match &bucket.origin {
            OriginConfig::Server(server) => &server.credentials,
            OriginConfig::Embedded(_) => panic!("a server"),
        })
        .collect();
    let [
        public,
        chained,
        profiled,
        in_files,
        smallest_role,
        role,
        role_by_profile,
    ] = *ways
    else {
        panic!("seven buckets")
    };
    assert!(matches!(public, CredentialsConfig::Anonymous));
    assert!(matches!(chained, CredentialsConfig::Chain));
    assert!(matches!(profiled, CredentialsConfig::Profile(name) if &**name == "production"));
    assert!(
        matches!(in_files, CredentialsConfig::Files(files) if files.first().access_key_id().as_str() == "AKIAEXAMPLE")
    );
    let role_of = |way: &CredentialsConfig| match way {
        CredentialsConfig::AssumeRole(role) => (**role).clone(),
        other => panic!("{other:?}"),
    };
    let smallest = role_of(smallest_role);
    assert_eq!((&*smallest.session_name, smallest.external_id), ("evergate", None));
    assert!(matches!(smallest.source, RoleSource::Chain) && smallest.sts_endpoint.is_none());
    let given = role_of(role);
    assert_eq!(&*given.role_arn, "arn:aws:iam:::role/reader");
    assert_eq!(given.external_id.as_deref(), Some("from/the=partner"));
    assert_eq!(&*given.session_name, "evergate@here");
    assert_eq!(given.sts_endpoint.unwrap().to_string(), "http://ceph:7480");
    assert!(matches!(&given.source, RoleSource::Static(key) if key.access_key_id().as_str() == "AKIAEXAMPLE"));
    let by_profile = role_of(role_by_profile);
    assert!(matches!(&by_profile.source, RoleSource::Profile(name) if &**name == "production"));
    assert!(by_profile.sts_endpoint.is_none());

    let again = loaded("tests/config/good/credentials.yaml").config;
    for (bucket, way) in again.buckets.iter().zip(&ways) {
        let OriginConfig::Server(server) = &bucket.origin else {
            panic!("a server")
        };
        let alike = ways.iter().filter(|other| server.credentials.is_same_as(other)).count();
        assert!(server.credentials.is_same_as(way) && alike == 1, "{way:?}");
    }
}

#[test]
fn routes_are_listed_in_the_order_in_which_they_are_tried() {
    let mut out = Vec::new();
    routes::write_routes(&loaded("tests/config/good/everything.yaml").config, &mut out).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "\
HOST                    PATH              BUCKET     PREFIX   ACCESS  DELIVERY  CACHE
files.example.com:8443  /avatars/         documents  port/    public  auto      -
files.example.com       /avatars/         documents  docs/    public  redirect  -
*                       /avatars/großes/  samples    t/       public  stream    fresh for 30d
*                       /avatars/         files      images/  public  auto      fresh for 1m 30s, then for 1h while revalidating, for 7d while the origin fails

object cache: 8MiB in memory, objects of up to 256KiB; 64MiB on disk, in tests/config/good/../cache
"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_another_exit_code() {
    let (exit, said) = checked(&Source::File("tests/config/nowhere.yaml".into()), &env());
    assert_eq!(exit, Exit::NoInput);
    assert!(
        said.starts_with("error: tests/config/nowhere.yaml: the configuration can't be read: "),
        "{said}"
    );
    assert_eq!(checked(&Source::File("tests/config".into()), &env()).0, Exit::NoInput);
}

#[test]
fn a_fault_knows_its_line_and_column() {
    let text = "listen: 0.0.0.0:8080\nbuckets:\n  files: { name: abc, region: us-east-1 }\nroutes:\n  - { path: /ä/, bucket: nil, prefix: a/, access: public }\n";
    let faults = parse(text, Path::new("x.yaml"), &Environment::default()).unwrap_err();
    let [fault] = faults.faults() else { panic!("{faults}") };
    assert_eq!((fault.line(), fault.column()), (Some(5), Some(26)));
    assert_eq!(fault.problem(), "no bucket is called \"nil\"");
}

/// A secret's variable in the wrong place: whatever is wrong with it there, its value is not repeated.
#[test]
fn a_secret_in_the_wrong_place_is_not_repeated() {
    let text = fs::read_to_string("tests/config/good/everything.yaml").unwrap();
    let values: Vec<&str> = text
        .lines()
        .filter_map(|line| {
            line.trim_start_matches(['-', ' '])
                .split_once(": ")
                .map(|(_, value)| value)
        })
        .chain(["fd00::/8", "../cache", "64MiB", "1h", "7d"])
        .collect();
    for secret in [
        "canary/secret+",
        "/canary/../",
        "localhost:canary",
        "canary://canary",
        "/canary",
        "canary/",
        "\"canary",
    ] {
        let env: Environment = [("KEY_ID", "AKIAEXAMPLE"), ("KEY_SECRET", secret)]
            .into_iter()
            .collect();
        for value in &values {
            let text = text.replacen(value, "${KEY_SECRET}", 1);
            if let Err(faults) = parse(&text, Path::new("tests/config/good/x.yaml"), &env) {
                assert!(!faults.to_string().contains(CANARY), "{value}:\n{faults}");
            }
        }
    }
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        writeln!(text, "a{level}: &a{level} [{below}]").unwrap();
    }
    let faults = parse(&text, Path::new("x.yaml"), &env()).unwrap_err();
    assert_eq!(faults.faults().len(), 1, "{faults}");
    let deep = "[".repeat(5_000);
    assert!(parse(&deep, Path::new("x.yaml"), &env()).is_err());
}

proptest! {
    /// Whatever is wrong with a file that refers to secrets, what they are is not said.
    #[test]
    fn a_mutated_file_never_tells_a_secret(at in 0_usize..4096, with in "[a-z:{} \n\"$-]{0,3}", cut in 0_usize..6) {
        let mut text = fs::read_to_string("tests/config/good/everything.yaml").unwrap();
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let start = at % ends.len();
        let end = (start + cut).min(ends.len() - 1);
        text.replace_range(ends[start]..ends[end], &with);
        match parse(&text, Path::new("tests/config/good/x.yaml"), &env()) {
            Ok(loaded) => {
                let shown = format!("{:?}{:?}", loaded.warnings, loaded.config.routes);
                prop_assert!(!shown.contains(CANARY), "{}", shown);
            }
            Err(faults) => prop_assert!(!faults.to_string().contains(CANARY), "{}", faults),
        }
    }

    /// Whatever a byte of the shipped file becomes, the answer is a configuration or faults.
    #[test]
    fn a_mutated_file_never_panics(at in 0_usize..4096, with in prop::collection::vec(any::<u8>(), 0..4), cut in 0_usize..6) {
        let mut bytes = fs::read("config.yaml").unwrap();
        let at = at % bytes.len();
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, with);
        if let Ok(text) = String::from_utf8(bytes) {
            let judged = parse(&text, Path::new("config.yaml"), &env());
            prop_assert!(judged.map_err(|faults| faults.to_string()).map_or_else(|said| !said.contains(CANARY), |_| true));
        }
    }

    /// What a variable holds never becomes YAML and never panics, wherever it goes.
    #[test]
    fn any_value_of_a_variable_is_only_a_value(value in "\\PC{0,30}|[\n\t :{}#&*!|>'\"%@`,\\[\\]-]{0,30}") {
        let text = "admin: off\nlisten: ${V:-0.0.0.0:1}\nbuckets: {files: {name: ${V:-abc}, region: ${V:-r}, endpoint: ${V:-}}}\nroutes: [{path: ${V:-/}, host: ${V:-h}, bucket: files, prefix: ${V:-a/}, access: public, cache_control: ${V:-public}}]\n";
        let env = Environment::from_iter([("V", value)]);
        if let Ok(loaded) = parse(text, Path::new("x.yaml"), &env) {
            prop_assert!(loaded.config.admin.is_none());
        }
    }
}
