//! An HTTP/1.1 connection that belongs to one task.

use super::connect::{Alpn, Connector, Transport};
use super::{Body, Standing, read};
use crate::load::judge::Judge;
use crate::load::{Fault, Target};
use http::Request;
use hyper::client::conn::http1::{Connection, SendRequest, handshake};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

/// A connection that is made when it is needed, and made anew after so many requests.
#[derive(Debug)]
pub(in crate::load) struct Single {
    open: Option<Open>,
    requests: u64,
}

#[derive(Debug)]
struct Open {
    sender: SendRequest<Body>,
    driven: Driven,
    /// How many requests it may still carry.
    left: u64,
}

/// The connection itself; `None` when it has ended.
#[derive(Debug)]
struct Driven(Option<Pin<Box<Connection<Transport, Body>>>>);

impl Single {
    /// Takes after how many requests a connection is closed.
    pub(in crate::load) fn new(requests: u64) -> Self {
        Self { open: None, requests }
    }

    pub(in crate::load) async fn ensure(&mut self, connector: &Connector, target: &Target) -> Result<Standing, Fault> {
        if let Some(open) = &mut self.open {
            let ready = open.left > 0 && open.driven.with(pin!(open.sender.ready())).await.is_ok();
            if ready && open.driven.is_open() {
                return Ok(Standing::Used);
            }
            self.open = None;
        }
        let transport = connector.connect(target, Alpn::Http1).await?;
        let (sender, connection) = handshake(transport).await.map_err(|_| Fault::Connect)?;
        self.open = Some(Open {
            sender,
            driven: Driven(Some(Box::pin(connection))),
            left: self.requests,
        });
        Ok(Standing::New)
    }

    pub(in crate::load) async fn exchange(
        &mut self,
        request: Request<Body>,
        judge: &mut Judge<'_>,
    ) -> Result<(), Fault> {
        let open = self.open.as_mut().ok_or(Fault::Broken)?;
        open.left = open.left.saturating_sub(1);
        let response = {
            let sending = pin!(open.sender.send_request(request));
            open.driven.with(sending).await.map_err(|_| Fault::Broken)?
        };
        open.driven.with(pin!(read(response, judge))).await
    }

    pub(in crate::load) fn close(&mut self) {
        self.open = None;
    }
}

impl Driven {
    fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// Waits for `future`, which the connection is about, and turns the connection over meanwhile.
    async fn with<F: Future>(&mut self, mut future: Pin<&mut F>) -> F::Output {
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(output);
            }
            let Some(connection) = &mut self.0 else {
                return Poll::Pending;
            };
            if connection.as_mut().poll(context).is_ready() {
                // What still waits for it learns of its end when it is dropped.
                self.0 = None;
            }
            future.as_mut().poll(context)
        })
        .await
    }
}
