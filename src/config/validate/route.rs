//! Routes: what is open, to whom, from where.

use super::bucket::Bucket;
use super::{cache, header, host, path};
use crate::config::document::{Node, Value};
use crate::config::faults::Place;
use crate::config::fields::{self, Fields};
use crate::config::file::ROUTE;
use crate::config::model::{AccessConfig, Delivery, InlinePolicy, OriginForbidden, RouteConfig};
use crate::config::report::{Report, Wrong};
use crate::config::text::Text;
use crate::config::units::word;
use crate::config::words::{list_of, nearest};

/// A route as far as it could be read.
pub(super) struct Route {
    /// Where its path stands.
    pub(super) path_place: Place,
    /// What it answers for, when that could be read.
    pub(super) spot: Option<Spot>,
    /// Index of its bucket, when it names one that exists.
    pub(super) bucket: Option<usize>,
    config: Option<RouteConfig>,
}

impl Route {
    /// How its objects are delivered, when the object cache answers for it.
    pub(super) fn cached(&self) -> Option<Delivery> {
        let config = self.config.as_ref()?;
        config.cache.map(|_| config.delivery)
    }
}

/// Host and path.
#[derive(PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) host: Option<Box<str>>,
    pub(super) path: Box<str>,
}

/// Judges all routes.
pub(super) fn routes(fields: &Fields<'_>, buckets: &[Bucket], report: &mut Report<'_>) -> Vec<Route> {
    let entry = fields.get("routes");
    let nodes = entry.map_or(&[][..], |entry| fields::list(entry, report));
    nodes.iter().filter_map(|node| route(node, buckets, report)).collect()
}

/// Warns when nothing at all is open.
pub(super) fn judge_presence(fields: &Fields<'_>, report: &mut Report<'_>) {
    let entry = fields.get("routes");
    let empty = entry.is_none_or(|entry| match &entry.node.value {
        Value::Empty => true,
        Value::List(nodes) => nodes.is_empty(),
        Value::Text(_) | Value::Map(_) | Value::Broken => false,
    });
    // Beside faults it is noise: what is at fault may be the routes.
    if empty && !report.has_faults() {
        let place = entry.map_or(fields.place(), |entry| &entry.name_place);
        let remedy = match place {
            Place::Variable(name) => format!("set {name} to what shall be open, such as images/,avatars/"),
            Place::Whole | Place::Text { .. } => {
                "open a prefix: a route with path, bucket, prefix and access".to_owned()
            }
        };
        report.warn(place, "there are no routes: every request gets 404", remedy);
    }
}

/// Returns the routes when all of them could be read.
pub(super) fn settled(routes: Vec<Route>) -> Option<Vec<RouteConfig>> {
    routes.into_iter().map(|route| route.config).collect()
}

fn route(node: &Node, buckets: &[Bucket], report: &mut Report<'_>) -> Option<Route> {
    let fields = Fields::open(node, &ROUTE, report)?;
    let path_entry = fields.require("path", "write the path that clients ask for, such as /avatars/", report);
    let path = path_entry.and_then(|entry| fields::present(entry, report, path::path));
    // Three cases, since a host that is wrong must not become every host.
    let host = match fields.get("host") {
        None => Some(None),
        Some(entry) => fields::present(entry, report, |text| {
            host::host(
                text,
                "write one route for each host, or leave \"host\" out for every host",
            )
        })
        .map(Some),
    };
    let bucket = (fields.require("bucket", "name one of \"buckets\"", report))
        .and_then(|entry| fields::present(entry, report, |text| bucket(text, buckets)));
    let prefix = (fields.require(
        "prefix",
        "write what the keys start with, such as images/; \"\" opens the whole bucket",
        report,
    ))
    .and_then(|entry| {
        let prefix = fields::present(entry, report, path::prefix)?;
        if prefix.as_str().is_empty() {
            report.warn(
                &entry.node.place,
                "this route opens the whole bucket",
                "write a prefix unless everything in the bucket is meant",
            );
        }
        Some(prefix)
    });
    let access = (fields.require("access", "write \"access: public\": nothing is open by default", report))
        .and_then(|entry| fields::present(entry, report, access));
    let delivery = delivery(&fields, report);
    if delivery == Delivery::Redirect {
        judge_redirect(&fields, report);
    }
    let forbidden = [
        ("not_found", OriginForbidden::NotFound),
        ("forbidden", OriginForbidden::Forbidden),
    ];
    let inline = [("safe", InlinePolicy::Safe), ("all", InlinePolicy::All)];
    let cache_control = fields.value("cache_control", report, header::cache_control);
    let origin_forbidden = fields.value("origin_forbidden", report, |text| word(text, &forbidden));
    let inline = fields.value("inline", report, |text| word(text, &inline));
    let cache = cache::policy(&fields, delivery, report);
    let fallback = fields.value("fallback", report, |text| {
        path::fallback(text, prefix.as_ref().unwrap_or(&crate::s3::KeyPrefix::default()))
    });
    let spot = host.zip(path).map(|(host, path)| Spot { host, path });
    let config = || {
        let spot = spot.as_ref()?;
        Some(RouteConfig {
            host: spot.host.clone(),
            path: spot.path.clone(),
            bucket: bucket?,
            prefix: prefix?,
            access: access?,
            delivery,
            cache_control,
            fallback,
            origin_forbidden: origin_forbidden.unwrap_or(OriginForbidden::NotFound),
            inline: inline.unwrap_or(InlinePolicy::Safe),
            cache,
        })
    };
    Some(Route {
        config: config(),
        path_place: path_entry.map_or_else(|| node.place.clone(), |entry| entry.node.place.clone()),
        spot,
        bucket,
    })
}

/// Reads `delivery`: `auto` unless written.
pub(super) fn delivery(fields: &Fields<'_>, report: &mut Report<'_>) -> Delivery {
    let words = Delivery::ALL.map(|delivery| (delivery.as_str(), delivery));
    (fields.value("delivery", report, |text| word(text, &words))).unwrap_or(Delivery::Auto)
}

/// Reads the name of one of `buckets`; returns its place among them.
pub(super) fn bucket(text: &Text, buckets: &[Bucket]) -> Result<usize, Wrong> {
    let name = text.as_str();
    buckets.iter().position(|bucket| &*bucket.id == name).ok_or_else(|| {
        let ids: Vec<_> = buckets.iter().map(|bucket| &*bucket.id).collect();
        Wrong::new(
            format!("no bucket is called {}", text.shown()),
            match nearest(name, ids.iter().copied()) {
                Some(meant) => format!("did you mean \"{meant}\"?"),
                None if buckets.is_empty() => "write the bucket under \"buckets\" first".into(),
                None => format!("write {}, or add it to \"buckets\"", list_of(&ids, "or")),
            },
        )
    })
}

fn access(text: &Text) -> Result<AccessConfig, Wrong> {
    match text.as_str() {
        unbuilt @ ("signed" | "signed_link" | "jwt" | "forward_auth" | "private") => Err(Wrong::new(
            format!("\"access: {unbuilt}\" is not there yet: this version knows public routes only"),
            "write \"public\", or leave the route out to keep it closed",
        )),
        _ => word(text, &[("public", AccessConfig::Public)]),
    }
}

/// With redirects the client asks S3 itself: settings for answers that the gateway never sees would do nothing.
fn judge_redirect(fields: &Fields<'_>, report: &mut Report<'_>) {
    for (name, why) in [
        ("fallback", "the gateway never sees the miss"),
        ("cache_control", "S3 answers with its own headers"),
        ("origin_forbidden", "the gateway never sees the refusal"),
    ] {
        if let Some(entry) = fields.get(name) {
            report.fault(
                &entry.name_place,
                format!("\"{name}\" does nothing with \"delivery: redirect\": {why}"),
                format!("write \"delivery: auto\" or \"stream\", or remove \"{name}\""),
            );
        }
    }
}
