//! Which line to change, and to what.

use crate::config::{BucketId, Places, Source};

/// The variables of a configuration without a file, by the setting that they stand for.
const VARIABLES: [(&str, &str); 6] = [
    ("name", "AWS_BUCKET_NAME"),
    ("region", "AWS_REGION"),
    ("endpoint", "AWS_ENDPOINT_URL_S3"),
    ("path_style", "AWS_FORCE_PATH_STYLE"),
    ("credentials.access_key_id", "AWS_ACCESS_KEY_ID"),
    ("credentials.secret_access_key", "AWS_SECRET_ACCESS_KEY"),
];

/// Finds the settings of one bucket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings<'a> {
    pub(super) places: &'a Places,
    pub(super) source: &'a Source,
    pub(super) bucket: &'a BucketId,
}

impl Settings<'_> {
    /// Says where to write `value` for a field of the bucket.
    pub(super) fn write(&self, field: &str, value: &str) -> String {
        if *self.source == Source::Environment {
            return format!(
                "environment: set {}={value}",
                self.variable(field).unwrap_or_else(|| field.to_owned())
            );
        }
        let spot = self.places.find(&self.path(field));
        let name = field.rsplit('.').next().unwrap_or(field);
        if spot.is_written() {
            format!("{spot}: write \"{name}: {value}\"")
        } else {
            format!("{spot}: add \"{name}: {value}\" to this bucket")
        }
    }

    /// Says what to do about a field of the bucket.
    pub(super) fn at(&self, field: &str, advice: &str) -> String {
        if *self.source == Source::Environment {
            let variable = self.variable(field).map(|name| format!("{name}: ")).unwrap_or_default();
            return format!("environment: {variable}{advice}");
        }
        format!("{}: {advice}", self.places.find(&self.path(field)))
    }

    /// Says what to do about a field of a route, by its number in the file.
    pub(super) fn at_route(&self, route: usize, field: &str, advice: &str) -> String {
        format!("{}: {advice}", self.places.find(&format!("routes.{route}.{field}")))
    }

    /// Whether the field is written.
    pub(super) fn is_written(&self, field: &str) -> bool {
        self.places.find(&self.path(field)).is_written()
    }

    fn path(&self, field: &str) -> String {
        format!("buckets.{}.{field}", self.bucket.as_str())
    }

    /// The variable that was read for a field, or that would be.
    fn variable(&self, field: &str) -> Option<String> {
        let spot = self.places.find(&self.path(field));
        let read = spot.variable().filter(|_| spot.is_written()).map(str::to_owned);
        let known = || VARIABLES.iter().find(|(known, _)| *known == field);
        read.or_else(|| known().map(|(_, variable)| (*variable).to_owned()))
    }
}
