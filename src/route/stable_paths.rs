//! The stable path of an object: which route covers it, and whether that path really leads to it.

use super::RouteTable;
use crate::config::RouteConfig;
use crate::listener::Host;
use crate::s3::{DecodedPath, KeyPrefix, ObjectKey, encode_path_into};
use std::cmp::Reverse;

/// The routes of each bucket, from the object's end.
#[derive(Debug)]
pub struct StablePaths {
    /// By bucket; the longest prefix first, then the shortest path, so that the choice does not hang on the file's order.
    by_bucket: Vec<Vec<(KeyPrefix, Box<str>)>>,
}

impl StablePaths {
    /// Takes all routes, and how many buckets there are.
    #[must_use]
    pub fn new(routes: &[RouteConfig], buckets: usize) -> Self {
        let mut by_bucket = vec![Vec::new(); buckets];
        for route in routes {
            if let Some(of_bucket) = by_bucket.get_mut(route.bucket) {
                of_bucket.push((route.prefix.clone(), route.path.clone()));
            }
        }
        for of_bucket in &mut by_bucket {
            of_bucket.sort_by(|(a, a_path), (b, b_path)| {
                let rank = |prefix: &KeyPrefix, path: &str| (Reverse(prefix.as_str().len()), path.len());
                (rank(a, a_path), a_path).cmp(&(rank(b, b_path), b_path))
            });
            of_bucket.dedup();
        }
        Self { by_bucket }
    }

    /// Returns the encoded path under which `table` serves `key` of the bucket of this index at `host`: the route with the
    /// longest prefix that does. `None` for no host in particular leaves out the routes of one host alone.
    #[must_use]
    pub fn find(&self, table: &RouteTable, host: Option<&Host>, bucket: usize, key: &ObjectKey) -> Option<String> {
        let nowhere = Host("".into());
        let host = host.unwrap_or(&nowhere);
        self.by_bucket.get(bucket)?.iter().find_map(|(prefix, path)| {
            let rest = key.as_str().strip_prefix(prefix.as_str())?;
            let mut encoded = String::with_capacity(path.len() + rest.len() + 16);
            encode_path_into(path, &mut encoded);
            encode_path_into(rest, &mut encoded);
            // Another route may lie in front of this one, or be of another host.
            let routed = table.route(host, &DecodedPath::decode(&encoded).ok()?).ok()?;
            (routed.route.bucket.index == bucket && routed.key == *key).then_some(encoded)
        })
    }
}
