//! What a file and the environment say of the object cache, and of the events that it forgets by.

use super::{CANARY, env, loaded};
use evergate::cli::{Exit, check, routes};
use evergate::config::{CachePolicy, Config, Environment, Loaded, ObjectCacheConfig, Source, load};
use secrecy::ExposeSecret;
use std::path::Path;
use std::time::Duration;

fn policy(fresh_for: u64, stale_while_revalidate: u64, stale_if_error: u64) -> CachePolicy {
    CachePolicy {
        fresh_for: Duration::from_secs(fresh_for),
        stale_while_revalidate: Duration::from_secs(stale_while_revalidate),
        stale_if_error: Duration::from_secs(stale_if_error),
    }
}

fn policies(config: &Config) -> (Vec<Option<CachePolicy>>, Vec<Option<CachePolicy>>) {
    (
        config.routes.iter().map(|route| route.cache).collect(),
        config.refresh.iter().map(|rule| rule.cache).collect(),
    )
}

#[test]
fn every_setting_of_the_cache_arrives() {
    let Loaded { config, files, .. } = loaded("tests/config/good/caching.yaml");
    let day = 86_400;
    assert_eq!(
        policies(&config),
        (
            vec![Some(policy(300, 0, 0)), None, Some(policy(300, 0, day))],
            vec![Some(policy(1, 30 * day, 0)), None]
        )
    );
    assert_eq!(
        config.object_cache,
        ObjectCacheConfig {
            max_bytes: 1 << 20,
            // A quarter of it, though the default is four times as much.
            max_object_bytes: 1 << 18,
            disk: None,
        }
    );
    let admin = config.admin.as_ref().unwrap();
    assert!(
        admin
            .events_token
            .as_ref()
            .is_some_and(|token| token.expose_secret().len() >= 16)
    );
    assert_eq!(
        admin.sns_topics,
        [
            "arn:aws:sns:eu-central-1:123456789012:my-files-events",
            "arn:aws-cn:sns:cn-north-1:123456789012:my-files-events"
        ]
        .map(Box::from)
    );
    assert!(files.iter().any(|file| file.ends_with("client_key")));
    assert!(!format!("{config:?}").contains(CANARY));

    let config = loaded("tests/config/good/everything.yaml").config;
    let disk = config.object_cache.disk.unwrap();
    assert_eq!(
        (&*disk.folder, disk.max_bytes),
        (Path::new("tests/config/good/../cache"), 64 << 20)
    );
}

#[test]
fn the_cache_is_told_in_words() {
    let source = Source::File("tests/config/good/caching.yaml".into());
    let (mut checked, mut listed) = (Vec::new(), Vec::new());
    let exit = check::check(&source, &env(), &mut checked, &mut Vec::new()).unwrap();
    assert_eq!(exit, Exit::Ok);
    routes::write_routes(&loaded("tests/config/good/caching.yaml").config, &mut listed).unwrap();
    for said in [checked, listed] {
        let said = String::from_utf8(said).unwrap();
        for line in [
            "fresh for 5m, then for 1d while the origin fails",
            "fresh for 1s, then for 30d while revalidating",
            "object cache: 1MiB in memory, objects of up to 256KiB; nothing on disk",
        ] {
            assert!(said.contains(line), "{said}");
        }
    }
}

/// What LibreChat users may have set, and `more`.
fn from(more: &[(&str, &str)]) -> Result<Loaded, String> {
    let variables = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_BUCKET_NAME", "librechat"),
        ("EVERGATE_PUBLIC_PREFIXES", "images/,avatars/"),
        ("EVERGATE_CLIENT_ACCESS_KEY_ID", "EVG1"),
        ("EVERGATE_CLIENT_SECRET_ACCESS_KEY", "canary-of-the-client"),
        ("EVERGATE_REFRESH_PREFIXES", "images/"),
    ];
    let env: Environment = variables.iter().chain(more).copied().collect();
    load(&Source::Environment, &env).map_err(|faults| faults.to_string())
}

/// One variable switches it on, for all that is open.
#[test]
fn the_environment_alone_switches_the_cache_on() {
    let closed = from(&[]).unwrap();
    assert_eq!(policies(&closed.config), (vec![None, None], vec![None]));

    for (variables, kept) in [
        (&[("EVERGATE_CACHE_FRESH_FOR", "10m")][..], policy(600, 0, 0)),
        (&[("EVERGATE_CACHE_STALE_IF_ERROR", "1d")], policy(300, 0, 86_400)),
        (
            &[
                ("EVERGATE_CACHE_FRESH_FOR", "1m"),
                ("EVERGATE_CACHE_STALE_WHILE_REVALIDATE", "1h"),
                ("EVERGATE_CACHE_STALE_IF_ERROR", "1d"),
            ],
            policy(60, 3600, 86_400),
        ),
    ] {
        let Loaded { config, warnings, .. } = from(variables).unwrap();
        assert_eq!(policies(&config), (vec![Some(kept); 2], vec![Some(kept)]));
        assert_eq!(warnings, []);
    }
    let small = from(&[
        ("EVERGATE_CACHE_FRESH_FOR", "5m"),
        ("EVERGATE_OBJECT_CACHE_MAX", "64MiB"),
        ("EVERGATE_EVENTS_TOKEN", "canary-of-the-events"),
    ])
    .unwrap();
    assert_eq!(
        (small.config.object_cache.max_bytes, small.warnings),
        (64 << 20, vec![])
    );
    let admin = small.config.admin.unwrap();
    assert!(admin.events_token.is_some() && admin.token.is_none() && admin.address.port() == 9901);
}

#[test]
fn what_the_environment_says_of_the_cache_is_judged() {
    for (variables, says) in [
        (
            &[("EVERGATE_CACHE_FRESH_FOR", "300")][..],
            "\"300\" (from EVERGATE_CACHE_FRESH_FOR) is a duration without a unit",
        ),
        (&[("EVERGATE_CACHE_FRESH_FOR", "60d")], "is longer than 30 days"),
        (&[("EVERGATE_CACHE_STALE_IF_ERROR", "60d")], "is longer than 30 days"),
        (
            &[("EVERGATE_CACHE_FRESHFOR", "5m")],
            "did you mean EVERGATE_CACHE_FRESH_FOR?",
        ),
        (&[("EVERGATE_OBJECT_CACHE_MAX", "64")], "is a size without a unit"),
        (&[("EVERGATE_EVENTS_TOKEN", "canary")], "has fewer than 16 characters"),
        (
            &[
                ("EVERGATE_ADMIN_TOKEN", "canary-of-the-admin"),
                ("EVERGATE_EVENTS_TOKEN", "canary-of-the-admin"),
            ],
            "are the same secret",
        ),
    ] {
        let faults = from(variables).unwrap_err();
        assert!(
            faults.contains(says) && !faults.contains(CANARY),
            "{variables:?}:\n{faults}"
        );
        // Said once, however many routes and rules it is of.
        assert_eq!(faults.matches(says).count(), 1, "{faults}");
    }
}

#[test]
fn the_environment_warns_of_what_the_cache_does_not_do() {
    for (variables, says) in [
        (
            &[("EVERGATE_OBJECT_CACHE_MAX", "64MiB")][..],
            "nothing is kept in the object cache",
        ),
        (
            &[
                ("EVERGATE_CACHE_FRESH_FOR", "5m"),
                ("EVERGATE_OBJECT_CACHE_MAX", "2MiB"),
            ],
            "the object cache keeps those up to 512KiB",
        ),
        (
            &[
                ("EVERGATE_CACHE_FRESH_FOR", "5m"),
                ("EVERGATE_CACHE_STALE_IF_ERROR", "1d"),
                ("EVERGATE_PUBLIC_PREFIXES", ""),
                ("EVERGATE_REFRESH_PREFIXES", ""),
            ],
            "EVERGATE_CACHE_FRESH_FOR and EVERGATE_CACHE_STALE_IF_ERROR are set but have no effect",
        ),
        (
            &[
                ("EVERGATE_ADMIN_LISTEN", "off"),
                ("EVERGATE_EVENTS_TOKEN", "canary-of-the-events"),
            ],
            "EVERGATE_EVENTS_TOKEN is set but has no effect",
        ),
    ] {
        let warnings = from(variables).unwrap().warnings;
        assert!(
            matches!(&*warnings, [warning] if warning.problem().contains(says)),
            "{variables:?}: {warnings:?}"
        );
    }
}
