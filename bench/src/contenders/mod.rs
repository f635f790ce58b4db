//! Those who are compared: each is started by the harness itself on loopback, on the cores it is given, in front of the same origins,
//! and checked before it is measured.
//!
//! A [`Contender`] is a name in a scenario; [`Stage`] is it running. What is asked of it is made in `asks`, whether it
//! answers rightly is seen in `check`.

mod asks;
mod check;
mod evergate;
mod fetch;
mod ground;
mod launch;
mod nginx;
mod others;
mod ports;
mod stage;
mod versions;

pub use asks::{Asked, Work};
pub use ground::Ground;
pub use launch::{Arguments as LaunchArguments, become_server};
pub use stage::{Origins, Stage};
pub use versions::versions;

use serde::Deserialize;
use std::fmt;

/// Who is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contender {
    /// The gateway. Where the work is about cold keys or expired links, its cache of signed URLs is too small to help.
    Evergate,
    /// The gateway without a cache of signed URLs.
    EvergateUncached,
    /// The gateway with a cache of signed URLs that holds all of them, where [`Contender::Evergate`] has a small one.
    EvergateWarm,
    /// The gateway, asked with signatures that are wrong: it must refuse them all.
    EvergateRejected,
    /// nginx `return 302`.
    #[serde(rename = "nginx-302")]
    NginxRedirect,
    /// nginx, signing with a script of our own.
    NginxNjs,
    /// nginx `proxy_pass`.
    NginxProxy,
    /// nginx `proxy_cache`.
    NginxCache,
    /// Varnish.
    Varnish,
    /// HAProxy `redirect`.
    Haproxy,
    /// A bare 302 on the gateway's own HTTP library.
    #[serde(rename = "ceiling-302")]
    CeilingRedirect,
    /// A bare body from memory on the gateway's own HTTP library.
    CeilingBody,
    /// The origin itself, asked without anything between.
    Origin,
}

impl Contender {
    /// Every contender.
    pub const ALL: [Self; 13] = [
        Self::Evergate,
        Self::EvergateUncached,
        Self::EvergateWarm,
        Self::EvergateRejected,
        Self::NginxRedirect,
        Self::NginxNjs,
        Self::NginxProxy,
        Self::NginxCache,
        Self::Varnish,
        Self::Haproxy,
        Self::CeilingRedirect,
        Self::CeilingBody,
        Self::Origin,
    ];

    /// Its name in scenarios and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Evergate => "evergate",
            Self::EvergateUncached => "evergate-uncached",
            Self::EvergateWarm => "evergate-warm",
            Self::EvergateRejected => "evergate-rejected",
            Self::NginxRedirect => "nginx-302",
            Self::NginxNjs => "nginx-njs",
            Self::NginxProxy => "nginx-proxy",
            Self::NginxCache => "nginx-cache",
            Self::Varnish => "varnish",
            Self::Haproxy => "haproxy",
            Self::CeilingRedirect => "ceiling-302",
            Self::CeilingBody => "ceiling-body",
            Self::Origin => "origin",
        }
    }

    /// Whether it is the gateway, in whichever form.
    #[must_use]
    pub const fn is_gateway(self) -> bool {
        matches!(
            self,
            Self::Evergate | Self::EvergateUncached | Self::EvergateWarm | Self::EvergateRejected
        )
    }

    /// Whether it stands in front of the unsigned origin.
    #[must_use]
    pub const fn needs_plain_origin(self) -> bool {
        matches!(self, Self::NginxProxy | Self::NginxCache | Self::Varnish)
    }

    /// Says what is not installed; `None` when nothing is missing.
    #[must_use]
    pub fn missing(self) -> Option<String> {
        match self {
            Self::NginxRedirect => nginx::missing(nginx::Role::Redirect),
            Self::NginxNjs => nginx::missing(nginx::Role::Script),
            Self::NginxProxy | Self::NginxCache => nginx::missing(nginx::Role::Cache),
            Self::Varnish => others::varnish_missing().or_else(|| nginx::missing(nginx::Role::Files)),
            Self::Haproxy => others::haproxy_missing(),
            _ => None,
        }
    }
}

impl fmt::Display for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much the gateway's cache of signed URLs holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// All of them.
    Warm,
    /// One in a hundred.
    Cold,
    /// None.
    Uncached,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_scenarios_are_those_in_reports() {
        for contender in Contender::ALL {
            let read: Contender = serde_json::from_str(&format!("\"{contender}\"")).unwrap();
            assert_eq!(read, contender);
        }
    }
}
