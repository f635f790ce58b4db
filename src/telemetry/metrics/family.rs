//! A metric's definition and its way into prometheus' model.

use super::cells::{BOUNDS_US, LatencyReading};
use super::doors::{AGE_BOUNDS, AgesReading};
use prometheus::core::Desc;
use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};
use std::collections::HashMap;

/// What kind of number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// One metric: everything about it but its values.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) labels: &'static [&'static str],
    pub(super) help: &'static str,
}

/// One value with the values of its definition's labels.
pub(super) struct Sample {
    labels: Vec<String>,
    value: Value,
}

enum Value {
    Number(f64),
    Latency(LatencyReading),
    Ages(AgesReading),
}

impl Sample {
    #[allow(
        clippy::cast_precision_loss,
        reason = "the text format holds floats; counts stay exact up to 2^53"
    )]
    pub(super) fn count(labels: &[&str], value: u64) -> Self {
        Self::number(labels, value as f64)
    }

    pub(super) fn number(labels: &[&str], value: f64) -> Self {
        Self {
            labels: labels.iter().map(ToString::to_string).collect(),
            value: Value::Number(value),
        }
    }

    pub(super) fn latency(labels: &[&str], reading: LatencyReading) -> Self {
        Self {
            labels: labels.iter().map(ToString::to_string).collect(),
            value: Value::Latency(reading),
        }
    }

    pub(super) fn ages(labels: &[&str], reading: AgesReading) -> Self {
        Self {
            labels: labels.iter().map(ToString::to_string).collect(),
            value: Value::Ages(reading),
        }
    }
}

impl Definition {
    pub(super) fn desc(&self) -> prometheus::Result<Desc> {
        let labels = self.labels.iter().map(ToString::to_string).collect();
        Desc::new(self.name.to_owned(), self.help.to_owned(), labels, HashMap::new())
    }

    /// The family with these values; a registry leaves out a family without any.
    pub(super) fn family(&self, samples: impl IntoIterator<Item = Sample>) -> MetricFamily {
        let mut family = MetricFamily::default();
        family.set_name(self.name.to_owned());
        family.set_help(self.help.to_owned());
        family.set_field_type(match self.kind {
            Kind::Counter => MetricType::COUNTER,
            Kind::Gauge => MetricType::GAUGE,
            Kind::Histogram => MetricType::HISTOGRAM,
        });
        family.set_metric(samples.into_iter().map(|sample| self.metric(sample)).collect());
        family
    }

    fn metric(&self, sample: Sample) -> Metric {
        let pairs = self.labels.iter().zip(sample.labels).map(|(name, value)| {
            let mut pair = LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value(value);
            pair
        });
        let mut metric = Metric::from_label(pairs.collect());
        match sample.value {
            Value::Number(value) if self.kind == Kind::Counter => {
                let mut counter = Counter::default();
                counter.set_value(value);
                metric.set_counter(counter);
            }
            Value::Number(value) => {
                let mut gauge = Gauge::default();
                gauge.set_value(value);
                metric.set_gauge(gauge);
            }
            Value::Latency(reading) => metric.set_histogram(latencies(&reading)),
            Value::Ages(reading) => metric.set_histogram(ages(&reading)),
        }
        metric
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "the text format holds floats; microseconds stay exact for 285 years"
)]
fn latencies(reading: &LatencyReading) -> Histogram {
    let seconds = |micros: u64| micros as f64 / 1e6;
    let buckets = BOUNDS_US.iter().map(|bound| seconds(*bound)).zip(reading.cumulative);
    histogram(buckets, reading.count, seconds(reading.sum_us))
}

#[allow(
    clippy::cast_precision_loss,
    reason = "the text format holds floats; a sum of ages needs no more than 53 bits of it"
)]
fn ages(reading: &AgesReading) -> Histogram {
    let buckets = AGE_BOUNDS.iter().map(|bound| *bound as f64).zip(reading.cumulative);
    histogram(buckets, reading.count, reading.sum_seconds as f64)
}

fn histogram(buckets: impl Iterator<Item = (f64, u64)>, count: u64, sum: f64) -> Histogram {
    let buckets = buckets.map(|(bound, count)| {
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(bound);
        bucket.set_cumulative_count(count);
        bucket
    });
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets.collect());
    histogram.set_sample_count(count);
    histogram.set_sample_sum(sum);
    histogram
}
