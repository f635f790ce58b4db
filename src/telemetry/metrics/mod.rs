//! The metrics: typed handles for whoever counts, one page of text for whoever scrapes.
//!
//! Handles are resolved per route and per bucket when a configuration is loaded, so that counting looks nothing
//! up. Label values come from the configuration and from closed enums, never from a request (rule 28).

mod api;
mod buckets;
mod cells;
mod doors;
mod family;
mod lanes;
mod object_readings;
mod objects;
#[cfg(test)]
mod objects_tests;
mod origins;
mod places;
mod process;
mod readings;
mod routes;
#[cfg(test)]
mod tests;

pub use buckets::BucketMetrics;
pub use cells::Cells;
pub use doors::LinkAges;
pub use object_readings::{DiskReading, ObjectCacheReading};
pub use objects::{ObjectCacheMetrics, UnderWay};
pub use origins::OriginReading;
pub use places::PlaceReading;
pub use readings::{AppReading, CacheReading, CredentialReading, ListenerReading};
pub(super) use routes::RouteCounts;
pub use routes::RouteMetrics;

pub(super) use lanes::{Handle, Handles, MOST_LANES, my_lane};
pub(super) use process::{Attempt, COMMIT, VERSION};

use super::DenialReason;
use crate::clock::Clock;
use api::Api;
use doors::Doors;
use family::Definition;
use process::Process;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Registry, TextEncoder};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The content type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

type Read<T> = Arc<dyn Fn() -> T + Send + Sync>;

/// All metrics of the program. Cloning gives another handle on the same ones.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    clock: Clock,
    registry: Registry,
    counts: Arc<Counts>,
    unrouted: Arc<RouteMetrics>,
}

/// What the registry collects from. Locked when a configuration is loaded and when somebody scrapes, never by a request.
struct Counts {
    clock: Clock,
    process: Process,
    doors: Doors,
    api: Api,
    objects: Arc<ObjectCacheMetrics>,
    routes: Mutex<BTreeMap<Box<str>, Arc<RouteMetrics>>>,
    buckets: Mutex<BTreeMap<Box<str>, Arc<BucketMetrics>>>,
    app: Mutex<Option<Read<AppReading>>>,
    object_cache: Mutex<Option<Read<ObjectCacheReading>>>,
    listener: Mutex<Option<Read<ListenerReading>>>,
    access_log: Mutex<Option<Arc<Cells<1>>>>,
    app_log: Mutex<Option<Arc<Cells<1>>>>,
    descs: Vec<Desc>,
}

impl Metrics {
    /// Makes the metrics, all at zero.
    ///
    /// # Errors
    /// When two definitions clash, which a test rules out.
    pub fn new(clock: Clock) -> Result<Self, prometheus::Error> {
        let unrouted = Arc::new(RouteMetrics::new(routes::UNROUTED));
        let counts = Arc::new(Counts {
            process: Process::new(clock.now()),
            clock: clock.clone(),
            doors: Doors::new(),
            api: Api::new(),
            objects: Arc::new(ObjectCacheMetrics::new()),
            routes: Mutex::new(BTreeMap::from([(routes::UNROUTED.into(), Arc::clone(&unrouted))])),
            buckets: Mutex::default(),
            app: Mutex::default(),
            object_cache: Mutex::default(),
            listener: Mutex::default(),
            access_log: Mutex::default(),
            app_log: Mutex::default(),
            descs: definitions().map(Definition::desc).collect::<Result<_, _>>()?,
        });
        let registry = Registry::new();
        registry.register(Box::new(House(Arc::clone(&counts))))?;
        #[cfg(target_os = "linux")]
        registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Ok(Self(Arc::new(Inner {
            clock,
            registry,
            counts,
            unrouted,
        })))
    }

    /// The handles of the route with this label; the same ones each time, so that a reload goes on counting.
    #[must_use]
    pub fn route(&self, label: &str) -> Arc<RouteMetrics> {
        let mut routes = lock(&self.0.counts.routes);
        let new = || Arc::new(RouteMetrics::new(label));
        Arc::clone(routes.entry(label.into()).or_insert_with(new))
    }

    /// The handles of requests that no route covers.
    #[must_use]
    pub fn unrouted(&self) -> &Arc<RouteMetrics> {
        &self.0.unrouted
    }

    /// The handles of the bucket with this id; the same ones each time.
    #[must_use]
    pub fn bucket(&self, id: &str) -> Arc<BucketMetrics> {
        let mut buckets = lock(&self.0.counts.buckets);
        let new = || Arc::new(BucketMetrics::new(id));
        Arc::clone(buckets.entry(id.into()).or_insert_with(new))
    }

    /// The histogram of this client's refreshed links into this bucket; the same one each time.
    #[must_use]
    pub fn link_ages(&self, client: &str, bucket: &str) -> Arc<LinkAges> {
        self.0.counts.doors.ages(client, bucket)
    }

    /// The handles of the object cache; the same ones each time.
    #[must_use]
    pub fn objects(&self) -> Arc<ObjectCacheMetrics> {
        Arc::clone(&self.0.counts.objects)
    }

    /// Forgets every route, bucket and client that is not listed: call it once a new configuration runs, so that reloads
    /// with ever new names stay bounded. Requests in flight count on unseen.
    pub fn retain(&self, routes: &[&str], buckets: &[&str], clients: &[&str]) {
        let keep = |label: &str| label == routes::UNROUTED || routes.contains(&label);
        lock(&self.0.counts.routes).retain(|label, _| keep(label));
        lock(&self.0.counts.buckets).retain(|id, _| buckets.contains(&&**id));
        self.0.counts.doors.retain(clients, buckets);
    }

    /// Says where cache sizes and credentials are read at each scrape; replaces what was said before.
    pub fn read_app(&self, read: impl Fn() -> AppReading + Send + Sync + 'static) {
        *lock(&self.0.counts.app) = Some(Arc::new(read));
    }

    /// Says where the object cache's sizes are read at each scrape; replaces what was said before.
    pub fn read_objects(&self, read: impl Fn() -> ObjectCacheReading + Send + Sync + 'static) {
        *lock(&self.0.counts.object_cache) = Some(Arc::new(read));
    }

    /// Says where the listener's numbers are read at each scrape; replaces what was said before.
    pub fn read_listener(&self, read: impl Fn() -> ListenerReading + Send + Sync + 'static) {
        *lock(&self.0.counts.listener) = Some(Arc::new(read));
    }

    /// The page of text for a scraper, in the format that [`CONTENT_TYPE`] names.
    ///
    /// # Errors
    /// When the encoder refuses a family, which a test rules out.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.0.registry.gather())
    }

    pub(super) fn access_log_drops(&self, counter: Arc<Cells<1>>) {
        *lock(&self.0.counts.access_log) = Some(counter);
    }

    pub(super) fn app_log_drops(&self, counter: Arc<Cells<1>>) {
        *lock(&self.0.counts.app_log) = Some(counter);
    }

    pub(super) fn request_began(&self) {
        self.0.counts.process.request_began();
    }

    pub(super) fn request_ended(&self) {
        self.0.counts.process.request_ended();
    }

    pub(super) fn api(&self) -> &Api {
        &self.0.counts.api
    }

    pub(super) fn denied(&self, reason: DenialReason) {
        self.0.counts.doors.denied(reason);
    }

    pub(super) fn config_reload(&self, attempt: Attempt) {
        self.0.counts.process.config_reload(attempt, self.0.clock.now());
    }

    pub(super) fn draining(&self) {
        self.0.counts.process.draining();
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

fn definitions() -> impl Iterator<Item = &'static Definition> {
    let (routes, buckets) = (routes::ALL.iter(), buckets::ALL.iter());
    routes
        .chain(buckets)
        .chain(&readings::ALL)
        .chain(&origins::ALL)
        .chain(&places::ALL)
        .chain(&doors::ALL)
        .chain(&api::ALL)
        .chain(&objects::ALL)
        .chain(&object_readings::ALL)
        .chain(&process::ALL)
        .copied()
}

/// The whole house as one collector.
struct House(Arc<Counts>);

impl Collector for House {
    fn desc(&self) -> Vec<&Desc> {
        self.0.descs.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let counts = &*self.0;
        let routes: Vec<_> = lock(&counts.routes).values().cloned().collect();
        let buckets: Vec<_> = lock(&counts.buckets).values().cloned().collect();
        let app = lock(&counts.app).clone();
        let object_cache = lock(&counts.object_cache).clone();
        let listener = lock(&counts.listener).clone();
        let dropped = [("access", &counts.access_log), ("app", &counts.app_log)]
            .map(|(log, counter)| (log, lock(counter).as_ref().map_or(0, |lines| lines.sum(0))));

        let mut families = routes::collect(&routes);
        families.extend(buckets::collect(&buckets));
        families.extend(doors::collect(&counts.doors));
        families.extend(api::collect(&counts.api));
        families.extend(objects::collect(&counts.objects));
        families.extend(
            object_cache
                .into_iter()
                .flat_map(|read| object_readings::of_objects(&read())),
        );
        families.extend(process::collect(&counts.process, dropped));
        families.extend(
            app.into_iter()
                .flat_map(|read| readings::of_app(&read(), counts.clock.now())),
        );
        families.extend(listener.into_iter().flat_map(|read| readings::of_listener(&read())));
        families
    }
}

/// A lock that outlives a panic elsewhere: counts are worth reading all the same.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
