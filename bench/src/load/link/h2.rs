//! An HTTP/2 connection that several tasks share: each holds a clone and has one stream open at a time.

use super::connect::{Alpn, Connector};
use super::{Body, Standing, read};
use crate::load::judge::Judge;
use crate::load::{Fault, Target};
use http::Request;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::TokioExecutor;
use std::sync::Arc;
use tokio::sync::Mutex;

/// How many bytes may be under way on one stream: the load must not be what holds a large body up.
const STREAM_WINDOW: u32 = 2 * 1024 * 1024;

/// The same on a connection.
const CONNECTION_WINDOW: u32 = 16 * 1024 * 1024;

/// One task's part in a connection.
#[derive(Clone, Debug)]
pub(in crate::load) struct Shared {
    slot: Arc<Mutex<Slot>>,
    /// What was taken from the slot for the request that is next, or under way.
    taken: Option<(SendRequest<Body>, u64)>,
}

#[derive(Debug)]
struct Slot {
    open: Option<SendRequest<Body>>,
    /// Which connection in this slot it is, so that a task that met with an error gives up no newer one.
    generation: u64,
    /// How many requests it may still carry.
    left: u64,
    requests: u64,
    given_up: u64,
}

impl Shared {
    /// Takes after how many requests a connection is closed. Clones share their connection.
    pub(in crate::load) fn new(requests: u64) -> Self {
        let slot = Slot {
            open: None,
            generation: 0,
            left: 0,
            requests,
            given_up: 0,
        };
        Self {
            slot: Arc::new(Mutex::new(slot)),
            taken: None,
        }
    }

    pub(in crate::load) async fn ensure(&mut self, connector: &Connector, target: &Target) -> Result<Standing, Fault> {
        // Who comes while the connection is being made waits for it here.
        let mut slot = self.slot.lock().await;
        let usable = slot.left > 0 && slot.given_up < slot.generation;
        if let (true, Some(open)) = (usable, &mut slot.open)
            && open.ready().await.is_ok()
        {
            let open = open.clone();
            slot.left = slot.left.saturating_sub(1);
            self.taken = Some((open, slot.generation));
            return Ok(Standing::Used);
        }
        slot.open = None;
        let transport = connector.connect(target, Alpn::Http2).await?;
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW);
        let (sender, connection) = builder.handshake(transport).await.map_err(|_| Fault::Connect)?;
        // It ends when the last clone of the sender and the last stream are gone. Its errors reach those who wait for answers.
        tokio::spawn(connection);
        slot.generation = slot.generation.saturating_add(1);
        slot.left = slot.requests.saturating_sub(1);
        slot.open = Some(sender.clone());
        self.taken = Some((sender, slot.generation));
        Ok(Standing::New)
    }

    pub(in crate::load) async fn exchange(
        &mut self,
        request: Request<Body>,
        judge: &mut Judge<'_>,
    ) -> Result<(), Fault> {
        let (sender, _) = self.taken.as_mut().ok_or(Fault::Broken)?;
        let response = sender.send_request(request).await.map_err(|_| Fault::Broken)?;
        read(response, judge).await
    }

    /// Gives up the connection that the last request went over.
    pub(in crate::load) fn give_up(&mut self) {
        let Some((_, generation)) = self.taken.take() else {
            return;
        };
        // Whoever holds the lock is making a new connection, or will meet with the same error.
        if let Ok(mut slot) = self.slot.try_lock() {
            slot.given_up = slot.given_up.max(generation);
        }
    }
}
