//! How SNS is asked: over TLS, without redirects, within bounds of size and time.

use crate::fetch::{FetchError, ProbeAnswer, Prober};
use http::{HeaderMap, Method};
use std::future::Future;
use std::pin::Pin;

/// Gets what is at an address of SNS. Behind a trait, so that tests never leave the machine.
pub trait SnsWeb: Send + Sync + 'static {
    /// Gets `url`, whose host is `host` and which has been judged already. It must follow no redirect, and bound its time and what it
    /// reads.
    fn get<'a>(
        &'a self,
        url: &'a str,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<ProbeAnswer, FetchError>> + Send + 'a>>;
}

/// Within 10 s, and 64 KiB.
impl SnsWeb for Prober {
    fn get<'a>(
        &'a self,
        url: &'a str,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<ProbeAnswer, FetchError>> + Send + 'a>> {
        Box::pin(self.ask(Method::GET, url, host, HeaderMap::new()))
    }
}
