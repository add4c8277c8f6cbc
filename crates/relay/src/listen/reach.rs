//! Where other machines reach the relay, as far as this machine knows.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::sync::watch;

use crate::status::{RunState, Status, base_url};

/// How often it is looked whether the machine has come into another network.
const LOOK: Duration = Duration::from_secs(30);

/// The base addresses for other machines, such as `http://192.168.1.7:5001/v1`, those of IPv4 first; none where the relay only
/// serves this one.
pub(crate) fn reachable(bound: &[SocketAddr]) -> Vec<String> {
    if bound.iter().all(|address| address.ip().is_loopback()) {
        return Vec::new();
    }
    // A machine that does not tell has no addresses to offer.
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let own: Vec<IpAddr> = interfaces.iter().map(if_addrs::Interface::ip).collect();
    among(bound, &own)
}

/// Keeps the status true while the machine moves between networks, for as long as it is let run.
pub(crate) async fn keep_reachable(status: watch::Sender<Status>) {
    loop {
        tokio::time::sleep(LOOK).await;
        status.send_if_modified(|status| {
            let RunState::Running { addresses } = &status.state else { return false };
            let now = reachable(addresses);
            let is_new = now != status.reachable;
            status.reachable = now;
            is_new
        });
    }
}

fn among(bound: &[SocketAddr], own: &[IpAddr]) -> Vec<String> {
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in bound {
        let ip = address.ip();
        let meant = own.iter().filter(|own| if ip.is_unspecified() { is_taken(ip, **own) } else { **own == ip });
        addresses.extend(meant.filter(|ip| is_lasting(**ip)).map(|ip| SocketAddr::new(*ip, address.port())));
    }
    addresses.sort_unstable();
    addresses.dedup();
    addresses.into_iter().map(base_url).collect()
}

/// Whether who listens on all addresses, `all`, hears what comes to `own`. On Windows `::` is IPv6 alone.
const fn is_taken(all: IpAddr, own: IpAddr) -> bool {
    match all {
        IpAddr::V4(_) => own.is_ipv4(),
        IpAddr::V6(_) => own.is_ipv6() || !cfg!(windows),
    }
}

/// Whether others can use the address as it is: it is not this machine's own, and not one of a single cable, which in IPv6
/// counts only with the name of the interface.
fn is_lasting(ip: IpAddr) -> bool {
    let is_link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    !ip.is_loopback() && !ip.is_unspecified() && !is_link_local
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_are_told_what_leads_here() {
        let own = ["127.0.0.1", "::1", "fd00::7", "192.168.1.7", "10.0.0.7", "169.254.1.1", "fe80::1"];
        let own: Vec<IpAddr> = own.iter().map(|ip| ip.parse().unwrap()).collect();
        let told = |bound: &[&str]| {
            let bound: Vec<SocketAddr> = bound.iter().map(|address| address.parse().unwrap()).collect();
            among(&bound, &own)
        };
        assert_eq!(told(&["127.0.0.1:5001", "[::1]:5001"]), [""; 0]);
        assert_eq!(told(&["0.0.0.0:5001"]), ["http://10.0.0.7:5001/v1", "http://192.168.1.7:5001/v1"]);
        assert_eq!(told(&["192.168.1.7:80"]), ["http://192.168.1.7:80/v1"]);
        assert_eq!(told(&["[fd00::7]:80"]), ["http://[fd00::7]:80/v1"]);
        assert_eq!(told(&["192.168.1.8:80"]), [""; 0], "it went with its cable");
        let all = told(&["[::]:5001"]);
        assert!(all.contains(&"http://[fd00::7]:5001/v1".to_owned()), "{all:?}");
        assert_eq!(all.len(), if cfg!(windows) { 1 } else { 3 });
    }

    #[test]
    fn who_serves_this_machine_alone_is_reached_by_no_other() {
        assert_eq!(reachable(&["127.0.0.1:1".parse().unwrap(), "[::1]:1".parse().unwrap()]), [""; 0]);
    }
}
