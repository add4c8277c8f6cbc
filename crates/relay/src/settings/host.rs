//! Where the relay listens.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// An address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Host {
    /// 127.0.0.1, and `::1` where the machine has it. Every loopback address means both: clients resolve `localhost` to
    /// either.
    Loopback,
    /// This one address; 0.0.0.0 and :: are all of the machine's.
    Address(IpAddr),
}

/// The text is neither `localhost` nor an IP address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not localhost and not an IP address")]
pub struct InvalidHost;

impl Host {
    /// The addresses to bind: the first must be had, the others if the machine has them.
    #[must_use]
    pub fn addresses(self) -> Vec<IpAddr> {
        match self {
            Self::Loopback => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            Self::Address(address) => vec![address],
        }
    }

    /// Whether only this machine can connect.
    #[must_use]
    pub const fn is_loopback(self) -> bool {
        matches!(self, Self::Loopback)
    }
}

impl FromStr for Host {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        if text.eq_ignore_ascii_case("localhost") {
            return Ok(Self::Loopback);
        }
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        let address: IpAddr = bare.parse().map_err(|_| InvalidHost)?;
        Ok(if address.is_loopback() { Self::Loopback } else { Self::Address(address) })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback => f.write_str("localhost"),
            Self::Address(address) => address.fmt(f),
        }
    }
}
