//! Which addresses may be opened: those of the public internet, and what the settings allow beside them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Everything of IPv4 that is not the public internet (IANA's registry of special addresses).
const CLOSED_V4: [Ipv4Net; 17] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    // Shared by the customers of a provider.
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    // Link-local; where clouds tell machines their secrets.
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    // Documentation.
    v4([192, 0, 2, 0], 24),
    // The way to 6to4, which is given up.
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    // Benchmarks.
    v4([198, 18, 0, 0], 15),
    // Documentation.
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    // Azure's own to its machines.
    v4([168, 63, 129, 16], 32),
    // Multicast.
    v4([224, 0, 0, 0], 4),
    // Reserved, with the broadcast address.
    v4([240, 0, 0, 0], 4),
    v4([255, 255, 255, 255], 32),
];

/// The only part of IPv6 that is given out to the public internet.
const PUBLIC_V6: Ipv6Net = v6([0x2000, 0, 0], 3);

/// What of that is special all the same: documentation, and IETF protocols without Teredo.
const CLOSED_V6: [Ipv6Net; 3] = [v6([0x2001, 0x0db8, 0], 32), v6([0x3fff, 0, 0], 20), v6([0x2001, 0, 0], 23)];

/// Wrappings of IPv4 addresses, which are as public as what is in them.
const NAT64: Ipv6Net = v6([0x0064, 0xff9b, 0], 96);
const SIX_TO_FOUR: Ipv6Net = v6([0x2002, 0, 0], 16);
const TEREDO: Ipv6Net = v6([0x2001, 0, 0], 32);

const fn v4(octets: [u8; 4], prefix: u8) -> Ipv4Net {
    let [a, b, c, d] = octets;
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(start: [u16; 3], prefix: u8) -> Ipv6Net {
    let [a, b, c] = start;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

/// Whether `address` may be opened: it is public, or one of these ranges holds it.
pub(super) fn may_open(address: IpAddr, allowed: &[IpNet]) -> bool {
    let plain = address.to_canonical();
    let is_allowed = allowed.iter().any(|range| range.contains(&address) || range.contains(&plain));
    is_allowed
        || match address {
            IpAddr::V4(address) => is_public_v4(address),
            IpAddr::V6(address) => is_public_v6(address),
        }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !CLOSED_V4.iter().any(|range| range.contains(&address))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let octets = address.octets();
    let at = |start: usize| Ipv4Addr::new(octets[start], octets[start + 1], octets[start + 2], octets[start + 3]);
    if NAT64.contains(&address) {
        return is_public_v4(at(12));
    }
    if SIX_TO_FOUR.contains(&address) {
        return is_public_v4(at(2));
    }
    if TEREDO.contains(&address) {
        // The server, and the client, whose bits are turned round.
        return is_public_v4(at(4)) && is_public_v4(Ipv4Addr::from_bits(!at(12).to_bits()));
    }
    PUBLIC_V6.contains(&address) && !CLOSED_V6.iter().any(|range| range.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_open(address: &str) -> bool {
        super::may_open(address.parse().unwrap(), &[])
    }

    const PUBLIC: &str = "1.1.1.1 100.63.255.255 100.128.0.0 172.15.255.255 172.32.0.0 192.0.1.0 198.17.255.255 \
        223.255.255.255 2606:4700::1111 2001:4860:4860::8888 64:ff9b::1.1.1.1 2002:101:101::1 2001:0:101:101::fefe:fefe";

    const PRIVATE: &str = "0.0.0.0 0.1.2.3 10.1.2.3 100.64.0.1 127.0.0.1 127.255.0.1 168.63.129.16 169.254.169.254 \
        172.16.0.1 172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 \
        203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::1.1.1.1 ::ffff:127.0.0.1 \
        ::ffff:1.1.1.1 64:ff9b::10.0.0.1 64:ff9b::169.254.169.254 64:ff9b:1::1.1.1.1 100::1 2001:db8::1 2001:2::1 \
        2001:10::1 2002:a00:1::1 2002:7f00:1:: 2001:0:a00:1::fefe:fefe 2001:0:101:101::f5ff:fffe 3fff::1 5f00::1 \
        fc00::1 fd12:3456::1 fe80::1 fec0::1 ff02::1";

    #[test]
    fn only_the_public_internet_is_open() {
        PUBLIC.split_whitespace().for_each(|address| assert!(may_open(address), "{address}"));
        PRIVATE.split_whitespace().for_each(|address| assert!(!may_open(address), "{address}"));
    }

    #[test]
    fn what_the_settings_allow_is_open_too_and_nothing_beside_it() {
        let allowed: [IpNet; 2] = ["10.1.0.0/16".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let may_open = |address: &str| super::may_open(address.parse().unwrap(), &allowed);
        assert!(may_open("10.1.2.3") && may_open("::ffff:10.1.2.3") && may_open("fd00::1") && may_open("1.1.1.1"));
        assert!(!may_open("10.2.0.1") && !may_open("::ffff:10.2.0.1") && !may_open("fc00::1"));
    }
}
