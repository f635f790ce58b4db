//! The histograms of refreshed links by client and bucket, resolved when a configuration is loaded (rule 28).

use crate::config::Config;
use crate::credentials::Client;
use crate::route::Bucket;
use crate::telemetry::{LinkAges, Metrics};
use std::collections::BTreeMap;
use std::sync::Arc;

/// By `Client::index` and `Bucket::index`: one for each pair that a refresh rule can meet.
#[derive(Debug)]
pub(super) struct LinkAgesTable(BTreeMap<(usize, usize), Arc<LinkAges>>);

impl LinkAgesTable {
    /// Takes the configuration. Keys of one name share their histograms.
    pub(super) fn new(config: &Config, metrics: &Metrics) -> Self {
        let refreshed = |bucket: usize| config.refresh.iter().any(|rule| rule.bucket == bucket);
        let of_client = config.clients.iter().enumerate().flat_map(|(index, client)| {
            let buckets = client.allow.iter().map(|allow| allow.bucket);
            buckets
                .filter(|bucket| refreshed(*bucket))
                .filter_map(move |bucket| Some((index, client, bucket, config.buckets.get(bucket)?)))
        });
        let table = of_client.map(|(client, named, bucket, config)| {
            let ages = metrics.link_ages(&named.name, config.id.as_str());
            ((client, bucket), ages)
        });
        Self(table.collect())
    }

    pub(super) fn of(&self, client: &Client, bucket: &Bucket) -> Option<&Arc<LinkAges>> {
        self.0.get(&(client.index, bucket.index))
    }

    /// The names of the clients in it.
    pub(super) fn clients(&self) -> Vec<&str> {
        self.0.values().map(|ages| ages.client()).collect()
    }
}
