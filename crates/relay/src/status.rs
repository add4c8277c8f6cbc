//! What the relay is doing, in one value.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::Serialize;

use crate::{catalog::CatalogStatus, memcached::ServerState};

/// What the relay is doing, for tray, window and program alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Whether it runs.
    pub state: RunState,
    /// The base addresses at which other machines reach it, such as `http://192.168.1.7:5001/v1`; none where it only serves this
    /// one.
    pub reachable: Vec<String>,
    /// Whether a 1min.ai key is stored.
    pub has_key: bool,
    /// Whether it is the demo.
    pub is_demo: bool,
    /// What is known of 1min.ai's models.
    pub catalog: CatalogStatus,
    /// The memcached servers through which relays share limits; `None`: this one counts alone.
    pub memcached: Option<Vec<ServerState>>,
}

/// Whether the relay runs, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It accepts no connections.
    Stopped,
    /// It serves on these addresses.
    Running {
        /// Where it listens; the first one is the one to show.
        addresses: Vec<SocketAddr>,
    },
    /// It accepts no more connections, and waits for requests to finish.
    Stopping,
}

impl Status {
    /// The address apps are pointed at, such as `http://127.0.0.1:5001/v1`.
    #[must_use]
    pub fn base_url(&self) -> Option<String> {
        let RunState::Running { addresses } = &self.state else { return None };
        addresses.first().copied().map(base_url)
    }
}

/// The address apps are pointed at when the relay listens at `address`.
#[must_use]
pub fn base_url(address: SocketAddr) -> String {
    // "Every address" is no address to connect to.
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}/v1", SocketAddr::new(ip, address.port()))
}
