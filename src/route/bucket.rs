//! A bucket as the walk sees it: where it is and how long its URLs live, with nothing left to look up.

use super::place::{Place, Whereabouts};
use super::signing_clock::{ClockOffset, SigningClock};
use super::{Learned, events};
use crate::cache::Space;
use crate::clock::Timestamp;
use crate::config::{BucketConfig, BucketId, ServerConfig};
use crate::s3::{BucketName, Endpoint, EndpointError, Region};
use arc_swap::Guard;
use http::HeaderMap;
use std::sync::Arc;
use std::time::Duration;

/// One bucket of the running configuration.
#[derive(Debug)]
pub struct Bucket {
    /// Its place in [`crate::config::Config::buckets`] and in every per-bucket table built from it.
    pub index: usize,
    /// Its name in the config file: the label in logs and metrics.
    pub id: BucketId,
    /// Its name at the origin.
    pub name: BucketName,
    /// How long presigned URLs live: 1 s to 7 days.
    pub url_expiry: Duration,
    whereabouts: Arc<Whereabouts>,
    clock: Arc<SigningClock>,
    space: Space,
}

impl Bucket {
    /// Takes the bucket's configuration and the server that holds it (for an embedded bucket, the one that was
    /// started for it).
    #[must_use]
    pub fn new(index: usize, config: &BucketConfig, server: &ServerConfig) -> Self {
        Self {
            index,
            id: config.id.clone(),
            name: config.name.clone(),
            url_expiry: config.url_expiry,
            whereabouts: Arc::new(Whereabouts::new(&config.name, server)),
            clock: Arc::default(),
            space: space_of(&config.id, &config.name, &server.endpoint),
        }
    }

    /// Goes on with what `earlier` buckets (of this configuration, and of the one that ran before) have learned of the
    /// same origin: the region, from the bucket of this id when its configuration has not changed; the clock, from
    /// any bucket at the same endpoint.
    #[must_use]
    pub fn remembering<'a>(mut self, earlier: impl IntoIterator<Item = &'a Self>) -> Self {
        for other in earlier {
            if other.id == self.id && other.whereabouts.is_configured_as(&self.whereabouts) {
                self.whereabouts = Arc::clone(&other.whereabouts);
            }
            if other.whereabouts.endpoint() == self.whereabouts.endpoint() {
                self.clock = Arc::clone(&other.clock);
            }
        }
        self
    }

    /// Goes on with what is kept of `earlier`'s objects. It must be this bucket still ([`Bucket::is_still`]), and asked with
    /// the same credentials: what others may read there, the new ones need not.
    #[must_use]
    pub fn keeping_objects_of(self, earlier: &Self) -> Self {
        Self {
            space: earlier.space.clone(),
            ..self
        }
    }

    /// Returns another bucket of the same origin, for clients that may do everything there: asked for with this bucket's
    /// credentials, by its clock, and within its bounds. It is none of the configured ones and must never come near the cache
    /// of signed URLs, which goes by the index, which is this bucket's. Its objects are its own: nothing is kept of them under
    /// this bucket's.
    ///
    /// # Errors
    /// When it can't be addressed in the configured style.
    pub fn neighbour(&self, name: BucketName) -> Result<Self, EndpointError> {
        Ok(Self {
            index: self.index,
            id: self.id.clone(),
            whereabouts: Arc::new(self.whereabouts.neighbour(&name)?),
            space: space_of(&self.id, &name, self.whereabouts.endpoint()),
            name,
            url_expiry: self.url_expiry,
            clock: Arc::clone(&self.clock),
        })
    }

    /// Whether an object can be copied from `other` to here by the origin alone: both are at one endpoint, or both are AWS's.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        let (here, there) = (self.whereabouts.endpoint(), other.whereabouts.endpoint());
        here == there || (here.is_aws() && there.is_aws())
    }

    /// Whether `earlier`, of another configuration, is this bucket at the same origin.
    #[must_use]
    pub fn is_still(&self, earlier: &Self) -> bool {
        self.id == earlier.id && self.whereabouts.is_configured_as(&earlier.whereabouts)
    }

    /// Returns what its objects are kept under.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Returns where it is, as far as is known: first as configured, then as learned. To be dropped within the request.
    #[must_use]
    pub fn place(&self) -> Guard<Arc<Place>> {
        self.whereabouts.place()
    }

    /// Returns the region that the configuration names, whatever was learned since.
    #[must_use]
    pub fn configured_region(&self) -> &Region {
        self.whereabouts.configured()
    }

    /// Returns the generation of its [`Bucket::place`], at the cost of a plain load.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.whereabouts.generation()
    }

    /// Takes the `region` that the origin says the bucket is in (`x-amz-bucket-region`, or `<Region>` of its error).
    ///
    /// At AWS's own endpoints the address follows, inside the partition's DNS suffix; at any other the host stays and
    /// only the signature's region changes.
    #[must_use]
    pub fn learn_region(&self, region: &Region) -> Learned {
        let learned = self.whereabouts.learn(region);
        if learned == Learned::New {
            events::region_learned(&self.id, self.whereabouts.configured(), &self.place());
        }
        learned
    }

    /// Returns how far the origin's clock is known to be from ours when ours reads `now`; zero as long as it has not
    /// refused our time. Nothing but signing may go by it (rule 26).
    #[must_use]
    pub fn clock_offset(&self, now: Timestamp) -> ClockOffset {
        self.clock.offset(now)
    }

    /// Returns the time to sign by when our clock reads `now`.
    #[must_use]
    pub fn signing_time(&self, now: Timestamp) -> Timestamp {
        self.clock_offset(now).to_origin(now)
    }

    /// Takes the `Date` ([`super::origin_date`]) of an answer `RequestTimeTooSkewed` that came at `now`.
    #[must_use]
    pub fn learn_offset(&self, origin_date: Timestamp, now: Timestamp) -> Learned {
        let learned = self.clock.learn(origin_date, now);
        match learned {
            Learned::New => events::offset_changed(&self.id, self.clock_offset(now)),
            Learned::Known | Learned::Refused => {}
        }
        learned
    }

    /// Takes the head of any other answer that came at `now`. Its `Date` is read only while an offset is in force: it
    /// confirms the offset, corrects it, or ends it.
    pub fn confirm_offset(&self, headers: &HeaderMap, now: Timestamp) {
        if self.clock.confirm(headers, now) == Learned::New {
            events::offset_changed(&self.id, self.clock_offset(now));
        }
    }
}

/// A space of its own, whose name is that of this bucket at this origin for as long as it is configured so.
fn space_of(id: &BucketId, name: &BucketName, endpoint: &Endpoint) -> Space {
    Space::new(&format!("{endpoint} {} {}", name.as_str(), id.as_str()))
}

/// Buckets are equal when they were configured alike; what they learned does not tell them apart.
impl PartialEq for Bucket {
    fn eq(&self, other: &Self) -> bool {
        (self.index, &self.id, self.url_expiry) == (other.index, &other.id, other.url_expiry)
            && self.whereabouts.is_configured_as(&other.whereabouts)
    }
}

impl Eq for Bucket {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{CredentialsConfig, OriginConfig};
    use crate::s3::AddressStyle;

    const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

    fn bucket(id: &str, endpoint: &str, region: &str) -> Bucket {
        let server = ServerConfig {
            endpoint: Endpoint::parse(endpoint).unwrap(),
            region: Region::parse(region).unwrap(),
            style: AddressStyle::Path,
            credentials: CredentialsConfig::Chain,
        };
        let config = BucketConfig {
            id: BucketId(id.into()),
            name: BucketName::parse("files").unwrap(),
            url_expiry: Duration::from_mins(2),
            origin: OriginConfig::Server(server.clone()),
        };
        Bucket::new(0, &config, &server)
    }

    #[test]
    fn a_reload_goes_on_with_what_was_learned_of_an_unchanged_bucket() {
        let old = bucket("files", "http://minio:9000", "us-east-1");
        assert_eq!(old.learn_region(&Region::parse("eu-west-1").unwrap()), Learned::New);
        assert_eq!(old.learn_offset(NOW.plus(Duration::from_mins(20)), NOW), Learned::New);
        let reloaded = |id, endpoint, region| {
            let bucket = bucket(id, endpoint, region).remembering([&old]);
            let region = bucket.place().region.to_string();
            (region, bucket.clock_offset(NOW).seconds())
        };
        let told = |region: &str, seconds| (region.to_owned(), seconds);
        assert_eq!(
            reloaded("files", "http://minio:9000", "us-east-1"),
            told("eu-west-1", 1200)
        );
        // Another region was written: the operator knows better, and the clock is still the endpoint's.
        assert_eq!(
            reloaded("files", "http://minio:9000", "eu-north-1"),
            told("eu-north-1", 1200)
        );
        assert_eq!(
            reloaded("other", "http://minio:9000", "us-east-1"),
            told("us-east-1", 1200)
        );
        assert_eq!(
            reloaded("files", "http://other:9000", "us-east-1"),
            told("us-east-1", 0)
        );
    }

    #[test]
    fn a_neighbour_is_at_the_same_origin_under_its_own_name() {
        let one = bucket("one", "https://s3.eu-west-1.amazonaws.com", "eu-west-1");
        assert_eq!(one.learn_region(&Region::parse("eu-north-1").unwrap()), Learned::New);
        let other = one.neighbour(BucketName::parse("other").unwrap()).unwrap();
        assert_eq!(
            (other.index, &other.id, other.name.as_str()),
            (one.index, &one.id, "other")
        );
        let place = other.place();
        assert_eq!(
            (place.address.host(), place.address.bucket_path(), place.region.as_str()),
            ("s3.eu-west-1.amazonaws.com", "/other", "eu-west-1"),
            "it need not be where the first one has moved to"
        );
        assert_eq!(other.learn_offset(NOW.plus(Duration::from_mins(20)), NOW), Learned::New);
        assert_eq!(one.clock_offset(NOW).seconds(), 1200);
        assert_ne!(one, other);
        assert_ne!(
            one.space(),
            other.space(),
            "rule 18: no object of one is one of the other"
        );
    }

    #[test]
    fn an_origin_copies_between_its_own_buckets() {
        let minio = bucket("a", "http://minio:9000", "us-east-1");
        let virginia = bucket("c", "https://s3.us-east-1.amazonaws.com", "us-east-1");
        let ireland = bucket("d", "https://s3.eu-west-1.amazonaws.com", "eu-west-1");
        assert!(minio.is_beside(&bucket("b", "http://minio:9000", "eu-west-1")));
        assert!(virginia.is_beside(&ireland));
        assert!(!minio.is_beside(&virginia) && !minio.is_beside(&bucket("e", "http://minio:9001", "us-east-1")));
    }

    #[test]
    fn buckets_of_one_endpoint_learn_together() {
        let one = bucket("one", "http://minio:9000", "us-east-1");
        let two = bucket("two", "http://minio:9000", "us-east-1").remembering([&one]);
        assert_eq!(two.learn_offset(NOW.minus(Duration::from_mins(20)), NOW), Learned::New);
        assert_eq!(one.signing_time(NOW), NOW.minus(Duration::from_mins(20)));
        assert_eq!(
            one.learn_offset(NOW.minus(Duration::from_mins(20)), NOW),
            Learned::Known
        );
        assert_ne!(one, two);
    }
}
