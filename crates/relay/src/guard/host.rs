//! Refuses requests under foreign host names. A web page can make its own name resolve to 127.0.0.1 (DNS rebinding) and
//! would then count as same-origin; the name in `Host` gives it away. An IP address can't be rebound.

use std::net::IpAddr;

use axum::{extract::Request, middleware::Next, response::Response};
use http::{header, uri::Authority};

use crate::error::Error;

/// Names that lead to this machine wherever they are resolved.
const OWN_NAMES: [&str; 2] = ["localhost", "host.docker.internal"];

/// The layer.
pub(crate) async fn layer(request: Request, next: Next) -> Result<Response, Error> {
    // HTTP/2 and absolute addresses carry the name in the address, HTTP/1.0 may carry none.
    let header = request.headers().get(header::HOST).map(|value| value.to_str().unwrap_or("(unreadable)"));
    let names = [header, request.uri().authority().map(Authority::as_str)];
    if names.into_iter().flatten().all(is_allowed) { Ok(next.run(request).await) } else { Err(Error::HostNotAllowed) }
}

fn is_allowed(authority: &str) -> bool {
    let Ok(authority) = authority.parse::<Authority>() else { return false };
    let host = authority.host();
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.parse::<IpAddr>().is_ok() || OWN_NAMES.iter().any(|name| bare.trim_end_matches('.').eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn addresses_and_own_names_pass_and_foreign_names_do_not() {
        for own in [
            "127.0.0.1:5001",
            "[::1]:5001",
            "LOCALHOST",
            "localhost.:80",
            "192.168.1.7:5001",
            "host.docker.internal:5001",
        ] {
            assert!(is_allowed(own), "{own}");
        }
        for foreign in ["evil.example", "localhost.evil.example:5001", "127.0.0.1.nip.io", "", "a b", "0x7f.1"] {
            assert!(!is_allowed(foreign), "{foreign}");
        }
    }
}
