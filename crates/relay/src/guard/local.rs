//! Whether who asks is a program of this machine. This room must never know what it asks for.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, header};

/// What proxies add: who asks is behind one, and may be anywhere.
const FORWARDED: [HeaderName; 3] =
    [header::FORWARDED, HeaderName::from_static("x-forwarded-for"), HeaderName::from_static("x-real-ip")];

/// Whether a request from this address, with these headers, is one of this machine's own programs.
pub(super) fn is_of_this_machine(peer: IpAddr, headers: &HeaderMap) -> bool {
    peer.to_canonical().is_loopback() && FORWARDED.iter().all(|name| !headers.contains_key(name))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn this_machine_is_known_by_its_address_and_not_believed_of_what_comes_through_a_proxy() {
        let none = HeaderMap::new();
        for own in ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"] {
            assert!(is_of_this_machine(own.parse().unwrap(), &none), "{own}");
        }
        for foreign in ["192.168.1.7", "::ffff:192.168.1.7", "fe80::1", "0.0.0.0"] {
            assert!(!is_of_this_machine(foreign.parse().unwrap(), &none), "{foreign}");
        }
        for name in FORWARDED {
            let headers = HeaderMap::from_iter([(name.clone(), HeaderValue::from_static("127.0.0.1"))]);
            assert!(!is_of_this_machine("127.0.0.1".parse().unwrap(), &headers), "{name}");
        }
    }
}
