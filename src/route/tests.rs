//! Which route wins, and what the key becomes.

use super::*;
use crate::config::{
    AccessConfig, BucketConfig, BucketId, CredentialsConfig, Delivery, InlinePolicy, OriginConfig, OriginForbidden,
    RouteConfig, ServerConfig,
};
use crate::listener::Host;
use crate::s3::{AddressStyle, BucketName, DecodedPath, Endpoint, KeyError, KeyPrefix, Region};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;

fn bucket() -> Arc<Bucket> {
    let server = ServerConfig {
        endpoint: Endpoint::parse("http://127.0.0.1:9000").unwrap(),
        region: Region::parse("us-east-1").unwrap(),
        style: AddressStyle::Path,
        credentials: CredentialsConfig::Chain,
    };
    let config = BucketConfig {
        id: BucketId("files".into()),
        name: BucketName::parse("files").unwrap(),
        url_expiry: Duration::from_mins(2),
        origin: OriginConfig::Server(server.clone()),
    };
    Arc::new(Bucket::new(0, &config, &server))
}

fn config((host, path, prefix): (Option<&str>, &str, &str)) -> RouteConfig {
    RouteConfig {
        cache: None,
        host: host.map(Into::into),
        path: path.into(),
        bucket: 0,
        prefix: KeyPrefix::parse(prefix).unwrap(),
        access: AccessConfig::Public,
        delivery: Delivery::Auto,
        cache_control: None,
        fallback: None,
        origin_forbidden: OriginForbidden::NotFound,
        inline: InlinePolicy::Safe,
    }
}

fn table(routes: &[(Option<&str>, &str, &str)]) -> RouteTable {
    RouteTable::new(routes.iter().enumerate().map(|(index, route)| {
        let config = config(*route);
        let route = Arc::new(Route::new(index, &config, bucket()));
        (config, route)
    }))
}

type Found = Result<(String, String), RouteError>;

fn find(table: &RouteTable, host: &str, raw_path: &str) -> Found {
    let path = DecodedPath::decode(raw_path).unwrap();
    let routed = table.route(&Host(host.into()), &path)?;
    Ok((routed.route.label.to_string(), routed.key.as_str().to_owned()))
}

fn found(label: &str, key: &str) -> Found {
    Some((label.to_owned(), key.to_owned())).ok_or(RouteError::NoRoute)
}

#[test]
fn the_longest_path_wins_whatever_the_order() {
    let forward = [
        (None, "/", ""),
        (None, "/avatars/", "images/"),
        (None, "/avatars/teams/", "teams/"),
    ];
    let mut backward = forward;
    backward.reverse();
    for table in [table(&forward), table(&backward)] {
        assert_eq!(
            find(&table, "h", "/avatars/u42.png"),
            found("/avatars/", "images/u42.png")
        );
        assert_eq!(
            find(&table, "h", "/avatars/teams/red.png"),
            found("/avatars/teams/", "teams/red.png")
        );
        assert_eq!(find(&table, "h", "/avatars"), found("/", "avatars"));
        assert_eq!(find(&table, "h", "/else/where"), found("/", "else/where"));
    }
}

#[test]
fn rule_3_a_prefix_does_not_open_its_neighbour() {
    let table = table(&[(None, "/avatars/", "images/")]);
    assert_eq!(find(&table, "h", "/avatars-private/u42.png"), Err(RouteError::NoRoute));
    assert_eq!(find(&table, "h", "/Avatars/u42.png"), Err(RouteError::NoRoute));
    assert_eq!(find(&table, "h", "/avatars"), Err(RouteError::NoRoute));
}

#[test]
fn rule_1_the_decoded_path_is_what_routes() {
    let table = table(&[(None, "/avatars/", "images/")]);
    assert_eq!(
        find(&table, "h", "/%61vatars/a%20b%2525.png"),
        found("/avatars/", "images/a b%25.png")
    );
    assert_eq!(
        find(&table, "h", "/avatars%2Fu.png"),
        found("/avatars/", "images/u.png")
    );
    assert_eq!(
        find(&table, "h", "/avatars//u.png"),
        found("/avatars/", "images//u.png")
    );
}

#[test]
fn rule_4_an_empty_path_behind_a_route_is_never_a_listing() {
    assert_eq!(
        find(&table(&[(None, "/files/", "")]), "h", "/files/"),
        Err(RouteError::NoRoute)
    );
    assert_eq!(
        find(&table(&[(None, "/files/", "a/")]), "h", "/files/"),
        Err(RouteError::NoRoute)
    );
    // One further down is an object's name like any other.
    assert_eq!(
        find(&table(&[(None, "/files/", "a/")]), "h", "/files/b/"),
        found("/files/", "a/b/")
    );
}

#[test]
fn a_host_of_its_own_comes_before_every_host() {
    let table = table(&[
        (None, "/avatars/deep/", "any/"),
        (Some("files.example.com"), "/avatars/", "own/"),
        (Some("files.example.com:8443"), "/avatars/", "port/"),
    ]);
    assert_eq!(
        find(&table, "files.example.com", "/avatars/deep/x"),
        found("files.example.com/avatars/", "own/deep/x")
    );
    assert_eq!(
        find(&table, "files.example.com:81", "/avatars/x"),
        found("files.example.com/avatars/", "own/x")
    );
    assert_eq!(
        find(&table, "files.example.com:8443", "/avatars/x"),
        found("files.example.com:8443/avatars/", "port/x")
    );
    assert_eq!(
        find(&table, "other.example.com", "/avatars/x"),
        Err(RouteError::NoRoute)
    );
    assert_eq!(
        find(&table, "[::1]:80", "/avatars/deep/x"),
        found("/avatars/deep/", "any/x")
    );
}

#[test]
fn a_key_that_grows_too_long_behind_its_prefix_is_refused() {
    let table = table(&[(None, "/a/", "images/")]);
    let fits = "k".repeat(1024 - "images/".len());
    assert!(find(&table, "h", &format!("/a/{fits}")).is_ok());
    assert_eq!(
        find(&table, "h", &format!("/a/{fits}k")),
        Err(RouteError::Key(KeyError::TooLong))
    );
}

proptest! {
    /// The table agrees with the plain reading of rule 3: of all configured paths that the request starts with, the longest.
    #[test]
    fn agrees_with_the_plain_reading(
        paths in proptest::collection::hash_set("/([ab]{1,2}/){0,3}", 1..8),
        request in "/([ab]{1,2}/){0,4}[ab]{1,2}",
    ) {
        let routes: Vec<_> = paths.iter().map(|path| (None, path.as_str(), "")).collect();
        let expected = paths.iter().filter(|path| request.starts_with(path.as_str())).max_by_key(|path| path.len());
        let answer = find(&table(&routes), "h", &request);
        let expected = expected.map(|path| (path.clone(), request[path.len()..].to_owned())).filter(|(_, rest)| !rest.is_empty());
        prop_assert_eq!(answer, expected.ok_or(RouteError::NoRoute));
    }
}
