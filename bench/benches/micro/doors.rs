//! Keys, routes, configuration: what comes before a verdict, and before the first request.

use crate::export::{Counts, measure};
use criterion::Criterion;
use evergate::config::{self, Config, Environment, OriginConfig};
use evergate::gateway::links::LinkUrl;
use evergate::route::{Bucket, Route, RouteTable};
use evergate::s3::{DecodedPath, ObjectKey};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// Everything of this file.
pub(crate) fn all(criterion: &mut Criterion, counts: &mut Counts) {
    keys(criterion, counts);
    let small = config_of(10);
    measure(criterion, counts, "config/10-routes", || load(&small));
    let large = config_of(1_000);
    measure(criterion, counts, "config/1000-routes", || load(&large));
    routes(criterion, counts, &load(&large));
}

fn keys(criterion: &mut Criterion, counts: &mut Counts) {
    let plain = "/images/user-0815/avatar-2025-01-31.png";
    let escaped = "/images/user%200815/Gr%C3%BC%C3%9Fe%20aus%20M%C3%BCnchen%20%281%29.png";
    for (name, path) in [("plain", plain), ("escaped", escaped)] {
        measure(criterion, counts, &format!("key/decode-{name}"), || {
            DecodedPath::decode(path).unwrap()
        });
        let decoded = DecodedPath::decode(path).unwrap();
        let key = ObjectKey::parse(&decoded.as_str()[1..]).unwrap();
        measure(criterion, counts, &format!("key/encode-{name}"), || {
            let mut encoded = String::with_capacity(key.encoded_len());
            key.encode_into(&mut encoded);
            encoded
        });
    }
}

fn config_of(routes: usize) -> String {
    let mut yaml = String::from(
        "buckets:\n  files: { name: files-of-a-chat, region: eu-central-1, credentials: { access_key_id: '${ID}', secret_access_key: '${SECRET}' } }\nroutes:\n",
    );
    for number in 0..routes {
        // Some of one segment, some of several.
        let path = ["", "team/", "team/of/"][number % 3];
        writeln!(
            yaml,
            "  - {{ path: /{path}tenant-{number:04}/, bucket: files, prefix: tenants/{number:04}/, access: public, delivery: redirect }}"
        )
        .unwrap();
    }
    yaml
}

fn load(yaml: &str) -> Config {
    let environment: Environment = [("ID", "AKIAIOSFODNN7EXAMPLE"), ("SECRET", "not-a-secret")]
        .into_iter()
        .collect();
    config::parse(yaml, Path::new("config.yaml"), &environment)
        .unwrap()
        .config
}

fn routes(criterion: &mut Criterion, counts: &mut Counts, config: &Config) {
    let OriginConfig::Server(server) = &config.buckets[0].origin else {
        unreachable!("it is written above")
    };
    let bucket = Arc::new(Bucket::new(0, &config.buckets[0], server));
    let table = RouteTable::new(config.routes.iter().enumerate().map(|(index, route)| {
        let built = Route::new(index, route, Arc::clone(&bucket));
        (route.clone(), Arc::new(built))
    }));
    let at = |path: &str| format!("https://files.example.com{path}").parse::<LinkUrl>().unwrap();
    let found = at("/team/of/tenant-0500/images/user-0815/avatar.png");
    let missing = at("/team/of/nobody/images/user-0815/avatar.png");
    let path = DecodedPath::decode(found.target().path()).unwrap();
    measure(criterion, counts, "route/1000-routes", || {
        table.route(found.host(), &path).unwrap()
    });
    let path = DecodedPath::decode(missing.target().path()).unwrap();
    measure(criterion, counts, "route/1000-routes-none", || {
        table.route(missing.host(), &path).unwrap_err()
    });
}
