//! Connections that are kept for the next request to the same origin.
//!
//! Nobody drives an idle connection: that the origin has hung up is seen when it is taken out again, and else when its time is
//! over.

use super::connection::{OriginConnection, quietly};
use super::deadlines::OriginSettings;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep_until};

/// The idle connections of one worker.
#[derive(Debug)]
pub(super) struct Pool {
    inner: Mutex<Inner>,
    most_idle: usize,
    idle_for: Duration,
}

#[derive(Debug, Default)]
struct Inner {
    /// By scheme, host and port, which come out of the configuration; the one that was used last stands last.
    idle: HashMap<Box<str>, Vec<Idle>, RandomState>,
    /// Whether somebody looks after those whose time is over.
    swept: bool,
}

#[derive(Debug)]
struct Idle {
    connection: Box<OriginConnection>,
    since: Instant,
}

impl Pool {
    pub(super) fn new(settings: &OriginSettings) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::default(),
            most_idle: settings.max_idle_per_origin,
            idle_for: settings.idle_timeout,
        })
    }

    /// Takes out a connection to `origin` that can be used, the one that was used last.
    pub(super) fn take(&self, origin: &str) -> Option<Box<OriginConnection>> {
        loop {
            let Idle { mut connection, since } = self.lock().idle.get_mut(origin)?.pop()?;
            if since.elapsed() >= self.idle_for {
                // Those below it are older.
                let older = self.lock().idle.remove(origin);
                drop((connection, older));
                return None;
            }
            // Whether the origin has hung up is seen before anything is sent.
            if connection.is_free() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection, if it can be used again and there is room.
    pub(super) fn put(self: &Arc<Self>, mut connection: Box<OriginConnection>) {
        // Without a runtime there is nobody to sweep.
        let Ok(runtime) = Handle::try_current() else { return };
        if !connection.is_free() {
            // The short text of an answer that nobody reads has often come with its head; then it is done with here.
            connection.drive(&mut quietly());
        }
        if !connection.is_free() || self.most_idle == 0 {
            return;
        }
        connection.rest();
        let since = Instant::now();
        let mut inner = self.lock();
        let sweep = !std::mem::replace(&mut inner.swept, true);
        match inner.idle.get_mut(connection.origin()) {
            Some(idle) if idle.len() >= self.most_idle => {}
            Some(idle) => idle.push(Idle { connection, since }),
            None => {
                let origin = connection.origin().into();
                inner.idle.insert(origin, vec![Idle { connection, since }]);
            }
        }
        drop(inner);
        if sweep {
            runtime.spawn(sweep_out(Arc::downgrade(self), since + self.idle_for));
        }
    }

    /// Drops those whose time is over; returns when it is for the next, `None` when nobody is left.
    fn sweep(&self) -> Option<Instant> {
        let mut over = Vec::new();
        let mut inner = self.lock();
        inner.idle.retain(|_, idle| {
            let young = idle.partition_point(|idle| idle.since.elapsed() >= self.idle_for);
            over.extend(idle.drain(..young));
            !idle.is_empty()
        });
        let oldest = inner
            .idle
            .values()
            .filter_map(|idle| idle.first())
            .map(|idle| idle.since)
            .min();
        inner.swept = oldest.is_some();
        drop(inner);
        oldest.map(|since| since + self.idle_for)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn sweep_out(pool: Weak<Pool>, first: Instant) {
    let mut due = Some(first);
    while let Some(at) = due {
        sleep_until(at).await;
        due = pool.upgrade().and_then(|pool| pool.sweep());
    }
}
