//! Refuses requests under foreign host names. A web page can make its own name resolve to 127.0.0.1 (DNS rebinding) and
//! would then count as same-origin; the name in `Host` gives it away. An IP address can't be rebound.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{header, uri::Authority};

use super::blocked::BlockedKind;
use crate::{
    error::Error,
    shared::{Shared, Snapshot},
};

/// Names that lead to this machine wherever they are resolved.
const EVERYWHERE: [&str; 2] = ["localhost", "host.docker.internal"];

/// The layer.
pub(crate) async fn layer(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Result<Response, Error> {
    // HTTP/2 and absolute addresses carry the name in the address, HTTP/1.0 may carry none.
    let header = request.headers().get(header::HOST).map(|value| value.to_str().unwrap_or("(unreadable)"));
    let asked = [header, request.uri().authority().map(Authority::as_str)];
    let snapshot = request.extensions().get::<Arc<Snapshot>>().ok_or(Error::Internal)?;
    let named = [&shared.own_names, &snapshot.settings.allowed_hosts];
    let refused = asked.into_iter().flatten().find(|authority| !is_allowed(authority, &named));
    let Some(refused) = refused else { return Ok(next.run(request).await) };
    if let Ok(authority) = refused.parse::<Authority>() {
        shared.blocked.add(BlockedKind::Host, authority.host(), shared.clock.unix_ms());
    }
    Err(Error::HostNotAllowed)
}

/// The names under which other machines of the network find this one: its own, and the same as mDNS has it.
pub(crate) fn own_names() -> Vec<String> {
    let whole = gethostname::gethostname().to_string_lossy().trim_end_matches('.').to_ascii_lowercase();
    let short = whole.split('.').next().unwrap_or_default().to_owned();
    if short.is_empty() {
        return Vec::new();
    }
    let mut names = vec![format!("{short}.local"), short, whole];
    names.dedup();
    names
}

fn is_allowed(authority: &str, named: &[&Vec<String>]) -> bool {
    let Ok(authority) = authority.parse::<Authority>() else { return false };
    let host = authority.host();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let name = bare.trim_end_matches('.');
    let mut names = EVERYWHERE.into_iter().chain(named.iter().flat_map(|names| names.iter().map(String::as_str)));
    bare.parse::<IpAddr>().is_ok() || names.any(|own| own.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::{is_allowed, own_names};

    #[test]
    fn addresses_and_own_names_pass_and_foreign_names_do_not() {
        for own in [
            "127.0.0.1:5001",
            "[::1]:5001",
            "LOCALHOST",
            "localhost.:80",
            "192.168.1.7:5001",
            "host.docker.internal:5001",
            "Relay.LAN:5001",
        ] {
            assert!(is_allowed(own, &[&vec!["relay.lan".into()]]), "{own}");
        }
        for foreign in ["evil.example", "localhost.evil.example:5001", "127.0.0.1.nip.io", "", "a b", "0x7f.1"] {
            assert!(!is_allowed(foreign, &[&own_names()]), "{foreign}");
        }
    }

    #[test]
    fn the_machine_is_known_by_its_name() {
        for name in own_names() {
            assert!(is_allowed(&format!("{name}:5001"), &[&own_names()]), "{name}");
        }
        assert!(!is_allowed("the-machine:5001", &[]));
    }
}
