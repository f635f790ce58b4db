//! Where a bucket is: as configured, until the origin says that it lies in another region. Rule 4; AWS "Request
//! redirection and the REST API".

use super::Learned;
use crate::config::ServerConfig;
use crate::s3::{Address, AddressStyle, BucketName, Endpoint, EndpointError, Region};
use arc_swap::{ArcSwap, Guard};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The most regions that are believed for one bucket of one configuration: a bucket that moves about is none.
const MOST_MOVES: u32 = 8;

/// Where requests for a bucket go, and the region that they are signed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The bucket's address.
    pub address: Address,
    /// The region of the credential scope.
    pub region: Region,
    /// How often it has changed. Part of the signed-URL cache's key, so that no URL outlives the place it was signed for.
    pub generation: u32,
}

/// Holds a bucket's place. Reading takes no lock and counts no reference.
#[derive(Debug)]
pub(super) struct Whereabouts {
    endpoint: Endpoint,
    style: AddressStyle,
    name: BucketName,
    configured: Region,
    place: ArcSwap<Place>,
    /// The place's, for readers who need no more: a tenth of the cost.
    generation: AtomicU32,
}

impl Whereabouts {
    /// Begins at the configured place.
    pub(super) fn new(name: &BucketName, server: &ServerConfig) -> Self {
        Self::at(name, &server.endpoint, server.style, &server.region)
    }

    fn at(name: &BucketName, endpoint: &Endpoint, style: AddressStyle, region: &Region) -> Self {
        let place = Place {
            address: endpoint.address(style, name),
            region: region.clone(),
            generation: 0,
        };
        Self {
            endpoint: endpoint.clone(),
            style,
            name: name.clone(),
            configured: region.clone(),
            place: ArcSwap::from_pointee(place),
            generation: AtomicU32::new(0),
        }
    }

    /// Begins for another bucket at the same endpoint.
    pub(super) fn neighbour(&self, name: &BucketName) -> Result<Self, EndpointError> {
        self.endpoint.check(self.style, name)?;
        Ok(Self::at(name, &self.endpoint, self.style, &self.configured))
    }

    /// The configured endpoint.
    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The configured region.
    pub(super) fn configured(&self) -> &Region {
        &self.configured
    }

    /// Whether `other` was configured in every part as this is.
    pub(super) fn is_configured_as(&self, other: &Self) -> bool {
        (&self.endpoint, self.style, &self.name, &self.configured)
            == (&other.endpoint, other.style, &other.name, &other.configured)
    }

    /// The place as it is now.
    pub(super) fn place(&self) -> Guard<Arc<Place>> {
        self.place.load()
    }

    /// The generation of a place that was current a moment ago at the earliest.
    pub(super) fn generation(&self) -> u32 {
        self.generation.load(Ordering::Acquire)
    }

    /// Takes the region that the origin named. The address follows inside the configured endpoint's partition alone.
    pub(super) fn learn(&self, region: &Region) -> Learned {
        let Ok(endpoint) = self.endpoint.in_region(region) else {
            return Learned::Refused;
        };
        let address = endpoint.address(self.style, &self.name);
        let mut learned = Learned::Known;
        self.place.rcu(|place| {
            let (next, told) = if place.region == *region {
                (Arc::clone(place), Learned::Known)
            } else if place.generation >= MOST_MOVES {
                (Arc::clone(place), Learned::Refused)
            } else {
                let next = Place {
                    address: address.clone(),
                    region: region.clone(),
                    generation: place.generation.saturating_add(1),
                };
                (Arc::new(next), Learned::New)
            };
            learned = told;
            next
        });
        // After the place: whoever reads the new generation finds the new place.
        self.generation
            .fetch_max(self.place.load().generation, Ordering::AcqRel);
        learned
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CredentialsConfig;

    fn whereabouts(endpoint: &str, style: AddressStyle) -> Whereabouts {
        let server = ServerConfig {
            endpoint: Endpoint::parse(endpoint).unwrap(),
            region: region("us-east-1"),
            style,
            credentials: CredentialsConfig::Chain,
        };
        Whereabouts::new(&BucketName::parse("files").unwrap(), &server)
    }

    fn region(name: &str) -> Region {
        Region::parse(name).unwrap()
    }

    fn seen(whereabouts: &Whereabouts) -> (String, String, u32) {
        let place = whereabouts.place();
        assert_eq!(whereabouts.generation(), place.generation);
        (place.address.host().into(), place.region.to_string(), place.generation)
    }

    #[test]
    fn an_aws_bucket_moves_with_its_host_and_back() {
        let at = whereabouts("https://s3.us-east-1.amazonaws.com", AddressStyle::VirtualHosted);
        assert_eq!(
            seen(&at),
            ("files.s3.us-east-1.amazonaws.com".into(), "us-east-1".into(), 0)
        );
        assert_eq!(at.learn(&region("us-east-1")), Learned::Known);
        assert_eq!(at.learn(&region("eu-west-1")), Learned::New);
        assert_eq!(at.learn(&region("eu-west-1")), Learned::Known);
        assert_eq!(
            seen(&at),
            ("files.s3.eu-west-1.amazonaws.com".into(), "eu-west-1".into(), 1)
        );
        assert_eq!(at.learn(&region("us-east-1")), Learned::New);
        assert_eq!(
            seen(&at),
            ("files.s3.us-east-1.amazonaws.com".into(), "us-east-1".into(), 2)
        );
    }

    #[test]
    fn any_other_origin_keeps_its_host() {
        let at = whereabouts("http://garage:3900/base", AddressStyle::Path);
        assert_eq!(at.learn(&region("garage")), Learned::New);
        assert_eq!(seen(&at), ("garage:3900".into(), "garage".into(), 1));
    }

    #[test]
    fn rule_4_a_region_outside_the_partition_changes_nothing() {
        let at = whereabouts("https://s3.us-east-1.amazonaws.com", AddressStyle::Path);
        for name in ["cn-north-1", "evil", "us-iso-east-1"] {
            assert_eq!(at.learn(&region(name)), Learned::Refused);
        }
        assert_eq!(seen(&at).2, 0);
    }

    #[test]
    fn a_bucket_that_moves_about_is_believed_no_more() {
        let at = whereabouts("http://minio:9000", AddressStyle::Path);
        for n in 0..MOST_MOVES {
            assert_eq!(at.learn(&region(&format!("r-{n}"))), Learned::New);
        }
        assert_eq!(at.learn(&region("one-more")), Learned::Refused);
        assert_eq!(seen(&at).2, MOST_MOVES);
    }

    #[test]
    fn threads_that_learn_the_same_move_it_once() {
        let at = whereabouts("http://minio:9000", AddressStyle::Path);
        let moved = std::thread::scope(|scope| {
            let learn = || {
                (0..100)
                    .filter(|_| at.learn(&region("eu-west-1")) == Learned::New)
                    .count()
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(learn)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
        });
        assert_eq!((moved, seen(&at).2), (1, 1));
    }
}
