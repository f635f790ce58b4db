//! The listeners: addresses, trusted proxies, bounds.

use super::{events, tls};
use crate::config::document::Value;
use crate::config::faults::Place;
use crate::config::fields::{self, Fields};
use crate::config::file::ADMIN;
use crate::config::model::{AdminConfig, ListenerConfig};
use crate::config::report::{Report, Wrong};
use crate::config::secret;
use crate::config::text::Text;
use crate::config::units;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8080);
const ADMIN_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9901);
const MAX_CONNECTIONS: usize = 10_000;
const DRAIN: Duration = Duration::from_secs(30);

/// Judges the public listener.
pub(super) fn listener(fields: &Fields<'_>, report: &mut Report<'_>) -> Option<ListenerConfig> {
    let address = match fields.get("listen") {
        Some(_) => fields.value("listen", report, address),
        None => Some(LISTEN),
    };
    let tls = fields.get("tls").map(|entry| tls::tls(entry, report));
    let workers = fields.value("workers", report, |text| match text.as_str() {
        "auto" => Ok(None),
        _ => units::count(text, 1024).map(Some).map_err(|wrong| Wrong {
            remedy: "write how many threads shall serve, or \"auto\" for one per core".into(),
            ..wrong
        }),
    });
    let trusted_proxies = trusted_proxies(fields, report);
    let max_connections = fields.value("max_connections", report, |text| units::count(text, 1_000_000));
    let drain = fields.value("drain", report, drain);
    Some(ListenerConfig {
        address: address.or_else(|| absent(fields, "listen").then_some(LISTEN))?,
        tls: match tls {
            Some(tls) => Some(tls?),
            None => None,
        },
        trusted_proxies,
        max_connections: max_connections.unwrap_or(MAX_CONNECTIONS),
        workers: workers.flatten(),
        drain: drain.unwrap_or(DRAIN),
    })
}

/// The admin listener.
pub(super) enum Admin {
    Off,
    At(AdminConfig),
}

/// Judges the admin listener.
pub(super) fn admin(fields: &Fields<'_>, report: &mut Report<'_>) -> Option<Admin> {
    let Some(entry) = fields.get("admin") else {
        return Some(Admin::At(AdminConfig {
            address: ADMIN_LISTEN,
            token: None,
            events_token: None,
            sns_topics: Vec::new(),
        }));
    };
    if let Value::Text(_) | Value::Empty = entry.node.value {
        return fields::value(entry, report, |text| match text.as_str() {
            "off" => Ok(Admin::Off),
            _ => Err(Wrong::new(
                format!("\"admin\" is {}", text.shown()),
                "write { listen: 127.0.0.1:9901 }, or \"off\"",
            )),
        });
    }
    let fields = Fields::open(&entry.node, &ADMIN, report)?;
    let token = match fields.get("token") {
        Some(entry) => secret::long_secret(entry, report).map(|found| found.value),
        None => None,
    };
    let events_token = events::token(&fields, token.as_ref(), report);
    let sns_topics = events::topics(&fields, report);
    let listen = fields.require("listen", "write { listen: 127.0.0.1:9901 }, or \"off\"", report)?;
    let address = if absent(&fields, "listen") {
        ADMIN_LISTEN
    } else {
        fields::value(listen, report, address)?
    };
    if !address.ip().is_loopback() {
        report.warn(
            &listen.node.place,
            format!("the admin listener answers on {address}, without asking who is there"),
            "write 127.0.0.1, or keep others away from this port by the network",
        );
    }
    Some(Admin::At(AdminConfig {
        address,
        token,
        events_token,
        sns_topics,
    }))
}

/// Refuses an admin listener that would take the public one's address.
pub(super) fn judge_admin(fields: &Fields<'_>, public: SocketAddr, admin: SocketAddr, report: &mut Report<'_>) {
    let (a, b) = (public.ip(), admin.ip());
    let shared = a == b || a.is_unspecified() || b.is_unspecified();
    if public.port() == admin.port() && public.port() != 0 && shared {
        let place = fields.get("admin").or_else(|| fields.get("listen"));
        report.fault(
            place.map_or(&Place::Whole, |entry| &entry.node.place),
            format!("\"admin\" and \"listen\" both take port {}", public.port()),
            "give the admin listener a port of its own: { listen: 127.0.0.1:9901 }",
        );
    }
}

fn absent(fields: &Fields<'_>, name: &str) -> bool {
    matches!(fields.get(name), Some(entry) if matches!(&entry.node.value, Value::Text(text) if text.is_absent()))
}

fn address(text: &Text) -> Result<SocketAddr, Wrong> {
    let written = text.as_str();
    written.parse().map_err(|_| {
        let port = written.trim_start_matches(':');
        let remedy = if port.parse::<u16>().is_ok() {
            format!("write the address too: 0.0.0.0:{port} for everyone, 127.0.0.1:{port} for this machine")
        } else if written.parse::<IpAddr>().is_ok() {
            "write the port too, such as 0.0.0.0:8080 or [::]:8080".into()
        } else if written.starts_with("localhost:") {
            text.advice(
                |written| {
                    format!(
                        "write the address itself: {}",
                        written.replacen("localhost", "127.0.0.1", 1)
                    )
                },
                "write the address itself",
            )
        } else {
            "write an IP address and a port: 0.0.0.0:8080 or [::]:8080".into()
        };
        Wrong::new(format!("{} is not an address to listen on", text.shown()), remedy)
    })
}

fn drain(text: &Text) -> Result<Duration, Wrong> {
    const LONGEST: Duration = Duration::from_hours(1);
    match units::duration(text)? {
        duration if duration <= LONGEST => Ok(duration),
        _ => Err(Wrong::new(
            format!("{} is longer than an hour", text.shown()),
            "write how long requests in flight may take to finish, such as 30s",
        )),
    }
}

fn trusted_proxies(fields: &Fields<'_>, report: &mut Report<'_>) -> Vec<IpNet> {
    let Some(entry) = fields.get("trusted_proxies") else {
        return Vec::new();
    };
    let mut networks = Vec::new();
    for (place, text) in fields::values(entry, "write networks such as 10.0.0.0/8", report) {
        match network(text) {
            Ok(network) if network.prefix_len() == 0 => {
                report.warn(
                    place,
                    format!("{network} trusts everyone: any client can claim any address, host and scheme"),
                    "write the networks of your own proxies only",
                );
                networks.push(network);
            }
            Ok(network) => networks.push(network),
            Err(wrong) => report.wrong(place, wrong),
        }
    }
    networks
}

fn network(text: &Text) -> Result<IpNet, Wrong> {
    let written = text.as_str();
    if let Ok(ip) = written.parse::<IpAddr>() {
        return Err(Wrong::new(
            format!("{} is an address, not a network", text.shown()),
            format!("write {}", IpNet::from(ip)),
        ));
    }
    let network: IpNet = written.parse().map_err(|_| {
        Wrong::new(
            format!("{} is not a network", text.shown()),
            "write networks such as 10.0.0.0/8, 192.168.1.7/32 or fd00::/8",
        )
    })?;
    if network.trunc() == network {
        Ok(network)
    } else {
        Err(Wrong::new(
            format!("{} has bits set behind its prefix", text.shown()),
            format!(
                "write {} for the network, or {} for the one address",
                network.trunc(),
                IpNet::from(network.addr())
            ),
        ))
    }
}
