//! The way back: from an object to the stable path that leads to it. Rule 3 holds here too: a path is given out only when
//! [`super::RouteTable`] leads it to this very object.

use crate::config::RouteConfig;
use crate::s3::{ObjectKey, encode_path_into, without_port};
use std::cmp::Reverse;

/// The routes, by what they open.
#[derive(Debug, Default)]
pub struct StablePaths(Vec<Way>);

#[derive(Debug)]
struct Way {
    host: Option<Box<str>>,
    path: Box<str>,
    bucket: usize,
    prefix: Box<str>,
}

/// A path that leads to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StablePath<'a> {
    /// The host that it is good for; `None` for every host that has no routes of its own.
    pub host: Option<&'a str>,
    /// The path, percent-encoded, beginning with `/`.
    pub path: String,
}

impl StablePaths {
    /// Takes the routes of the configuration.
    #[must_use]
    pub fn new(routes: &[RouteConfig]) -> Self {
        let way = |route: &RouteConfig| Way {
            host: route.host.clone(),
            path: route.path.clone(),
            bucket: route.bucket,
            prefix: route.prefix.as_str().into(),
        };
        let mut ways: Vec<Way> = routes.iter().map(way).collect();
        ways.sort_by(|a, b| a.preference().cmp(&b.preference()));
        Self(ways)
    }

    /// Returns the path of the object `key` of the bucket with this `Bucket::index`: for every host rather than for one,
    /// with the longest prefix, and of those the shortest path. `None` when no route leads there.
    #[must_use]
    pub fn of(&self, bucket: usize, key: &ObjectKey) -> Option<StablePath<'_>> {
        self.ways_to(bucket, key).find_map(|(way, path)| {
            let host = way.host.as_deref();
            let leads_here = self.longest(host, &path)? == way.path.len();
            leads_here.then(|| StablePath {
                host,
                path: encoded(&path),
            })
        })
    }

    /// Returns the path under which the object is served at `host`, in lower case, with its port unless that is the default
    /// one: of those routes that [`super::RouteTable`] tries for that host, the first by the same preference. `None` when
    /// no route leads there.
    #[must_use]
    pub fn at(&self, host: &str, bucket: usize, key: &ObjectKey) -> Option<String> {
        let has_routes = |host: &&str| self.0.iter().any(|way| way.host.as_deref() == Some(*host));
        let own = [host, without_port(host)].into_iter().find(has_routes);
        self.ways_to(bucket, key).find_map(|(way, path)| {
            let winner = match own.and_then(|own| self.longest(Some(own), &path)) {
                Some(length) => (own, length),
                None => (None, self.longest(None, &path)?),
            };
            (winner == (way.host.as_deref(), way.path.len())).then(|| encoded(&path))
        })
    }

    /// The ways to an object, each with the path that leads there unless a longer route takes it.
    fn ways_to<'a>(&'a self, bucket: usize, key: &ObjectKey) -> impl Iterator<Item = (&'a Way, String)> {
        let of_bucket = self.0.iter().filter(move |way| way.bucket == bucket);
        of_bucket.filter_map(|way| {
            let rest = key.as_str().strip_prefix(&*way.prefix)?;
            let leads = !rest.is_empty() && way.path.ends_with('/');
            leads.then(|| (way, format!("{}{rest}", way.path)))
        })
    }

    /// The length of the longest route's path that `path` is below, among those of `host`.
    fn longest(&self, host: Option<&str>, path: &str) -> Option<usize> {
        let of_host = self.0.iter().filter(|way| way.host.as_deref() == host);
        let covering = of_host.filter(|way| way.path.ends_with('/') && path.starts_with(&*way.path));
        covering.map(|way| way.path.len()).max()
    }
}

fn encoded(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len().saturating_add(16));
    encode_path_into(path, &mut encoded);
    encoded
}

impl Way {
    fn preference(&self) -> impl Ord + '_ {
        let one_host = self.host.as_deref();
        (
            one_host.is_some(),
            Reverse(self.prefix.len()),
            self.path.len(),
            &*self.path,
            one_host,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, parse};
    use std::path::Path;

    fn paths(routes: &str) -> StablePaths {
        let yaml =
            format!("buckets:\n  a: {{ name: aaa, region: r1 }}\n  b: {{ name: bbb, region: r1 }}\nroutes:\n{routes}");
        let loaded = parse(&yaml, Path::new("t.yaml"), &Environment::default()).unwrap();
        StablePaths::new(&loaded.config.routes)
    }

    fn of(paths: &StablePaths, bucket: usize, key: &str) -> Option<(Option<String>, String)> {
        let found = paths.of(bucket, &ObjectKey::parse(key).unwrap())?;
        Some((found.host.map(str::to_owned), found.path))
    }

    #[test]
    fn an_object_has_the_path_of_the_closest_route() {
        let paths = paths(
            "  - { path: /all/, bucket: a, prefix: images/, access: public }\n\
             \x20 - { path: /avatars/, bucket: a, prefix: images/avatars/, access: public }\n\
             \x20 - { path: /of-b/, bucket: b, prefix: images/, access: public }\n",
        );
        let path = |bucket, key| of(&paths, bucket, key).map(|(_, path)| path);
        assert_eq!(path(0, "images/avatars/u 1.png").as_deref(), Some("/avatars/u%201.png"));
        assert_eq!(path(0, "images/x//ü.png").as_deref(), Some("/all/x//%C3%BC.png"));
        assert_eq!(path(1, "images/x.png").as_deref(), Some("/of-b/x.png"));
        assert_eq!(path(0, "uploads/x.pdf"), None);
        assert_eq!(path(0, "images/"), None, "a folder has no path");
    }

    #[test]
    fn rule_3_a_path_that_leads_elsewhere_is_not_given_out() {
        let paths = paths(
            "  - { path: /i/, bucket: a, prefix: images/, access: public }\n\
             \x20 - { path: /i/x/, bucket: b, prefix: other/, access: public }\n\
             \x20 - { path: /again/, bucket: a, prefix: images/x/, host: a.example, access: public }\n",
        );
        assert_eq!(of(&paths, 0, "images/y/1.png"), Some((None, "/i/y/1.png".into())));
        // `/i/x/1.png` is bucket b's `other/1.png`; what is left is the route of one host.
        assert_eq!(
            of(&paths, 0, "images/x/1.png"),
            Some((Some("a.example".into()), "/again/1.png".into()))
        );
        assert_eq!(of(&paths, 1, "other/1.png"), Some((None, "/i/x/1.png".into())));
    }
    #[test]
    fn a_host_has_its_own_paths_to_an_object() {
        let paths = paths(
            "  - { path: /all/, bucket: a, prefix: other/, access: public }\n\
             \x20 - { path: /a/, bucket: a, prefix: images/, access: public }\n\
             \x20 - { path: /x/, bucket: a, prefix: images/, host: x.example, access: public }\n\
             \x20 - { path: /a/gone/, bucket: a, prefix: gone/, host: x.example, access: public }\n\
             \x20 - { path: /y/, bucket: a, prefix: images/, host: 'y.example:8443', access: public }\n\
             \x20 - { path: /a/, bucket: b, prefix: '', host: y.example, access: public }\n",
        );
        for (host, bucket, key, path) in [
            ("z.example", 0, "images/u 1.png", Some("/a/u%201.png")),
            ("x.example", 0, "images/u.png", Some("/a/u.png")),
            ("x.example:8443", 0, "images/u.png", Some("/a/u.png")),
            // There, `/a/gone/u.png` is `gone/u.png`.
            ("x.example", 0, "images/gone/u.png", Some("/x/gone/u.png")),
            ("z.example", 0, "images/gone/u.png", Some("/a/gone/u.png")),
            // There, all of `/a/` is bucket b.
            ("y.example", 0, "images/u.png", None),
            ("y.example:8443", 0, "images/u.png", Some("/a/u.png")),
            ("y.example", 0, "other/u.png", Some("/all/u.png")),
            ("z.example", 1, "u.png", None),
            ("z.example", 0, "images/", None),
        ] {
            let key = ObjectKey::parse(key).unwrap();
            assert_eq!(paths.at(host, bucket, &key).as_deref(), path, "{host} {key}");
        }
    }
}
