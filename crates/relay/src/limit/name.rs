//! Who is counted.

use std::{fmt, net::IpAddr};

use ipnet::{IpNet, Ipv6Net};

use crate::guard::owner::{Account, Owner};

/// The network that one machine of IPv6 is given by default, all of whose addresses are its own to use (RFC 4291, 2.5.4).
const IPV6_PREFIX: u8 = 64;

/// Who is counted. It shows as letters, digits, and what separates them, and never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Name {
    /// The stored 1min.ai key. It is not told apart by what it is, because how keys are told apart changes when relays come to
    /// share something, and all that share memcached have the same one.
    StoredKey,
    /// A 1min.ai key that a client brings.
    Account(Account),
    /// A caller.
    Caller(Owner),
    /// All that come from one address.
    Address(IpNet),
}

impl Name {
    /// All that come from this address; of IPv6, from its network.
    pub(super) fn of_address(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => {
                Ipv6Net::new(address, IPV6_PREFIX).map_or(IpNet::from(IpAddr::V6(address)), |net| net.trunc().into())
            }
            address @ IpAddr::V4(_) => address.into(),
        })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StoredKey => f.write_str("stored-key"),
            Self::Account(account) => write!(f, "account-{}", account.as_str()),
            Self::Caller(owner) => write!(f, "caller-{}", owner.as_str()),
            Self::Address(network) => write!(f, "address-{network}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_ipv6_counts_as_one_and_an_address_of_ipv4_as_itself_however_it_is_written() {
        let name = |text: &str| Name::of_address(text.parse().unwrap()).to_string();
        assert_eq!(name("2001:db8:1:2:3::4"), "address-2001:db8:1:2::/64");
        assert_eq!(name("2001:db8:1:2:ffff::"), name("2001:db8:1:2:3::4"));
        assert_ne!(name("2001:db8:1:3::"), name("2001:db8:1:2::"));
        assert_eq!(name("192.0.2.1"), "address-192.0.2.1/32");
        assert_eq!(name("::ffff:192.0.2.1"), name("192.0.2.1"));
    }
}
