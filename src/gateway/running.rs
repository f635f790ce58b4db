//! The app that runs now, and its replacement by another (rule 27).

use super::App;
use crate::telemetry::Metrics;
use arc_swap::{ArcSwap, Guard};
use std::sync::Arc;

/// The app that runs now. Cloning gives another handle on the same one.
#[derive(Clone, Debug)]
pub struct Running(Arc<ArcSwap<App>>);

impl Running {
    /// Takes the first app, and makes it what a scrape of `metrics` reads.
    #[must_use]
    pub fn new(app: App, metrics: &Metrics) -> Self {
        app.name_spaces();
        let running = Self(Arc::new(ArcSwap::from_pointee(app)));
        // Weak, because the app holds the metrics too.
        let seen = Arc::downgrade(&running.0);
        metrics.read_app(move || seen.upgrade().map(|app| app.load().reading()).unwrap_or_default());
        running
    }

    /// Returns the app as it is now: one snapshot, whatever is swapped in meanwhile.
    #[must_use]
    pub fn load(&self) -> Guard<Arc<App>> {
        self.0.load()
    }

    /// Puts `app` in the place of the one that runs. Requests in flight end with the one they began with.
    pub fn swap(&self, app: App, metrics: &Metrics) {
        app.name_spaces();
        self.0.store(Arc::new(app));
        self.0.load().keep_labels(metrics);
    }
}
