//! The address of a proxy, whose password is a secret.

use std::{fmt, str::FromStr};

use url::Url;

/// An HTTP or SOCKS proxy. `Debug` and `Display` hide its password.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(Url);

/// The text is no address of a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an address that begins with http://, https://, socks5:// or socks5h://")]
pub struct InvalidProxy;

impl ProxyUrl {
    /// The whole address, its password too: to connect, and for nothing else.
    #[must_use]
    pub const fn as_url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for ProxyUrl {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        let url = Url::parse(text).map_err(|_| InvalidProxy)?;
        let is_known = matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h");
        if is_known && url.has_host() { Ok(Self(url)) } else { Err(InvalidProxy) }
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = self.0.clone();
        if url.password().is_some() && url.set_password(Some("***")).is_err() {
            return f.write_str("(a proxy)");
        }
        url.fmt(f)
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let proxy: ProxyUrl = "socks5://me:canary@localhost:1080".parse().unwrap();
        assert_eq!(
            format!("{proxy} {proxy:?}"),
            "socks5://me:***@localhost:1080 ProxyUrl(socks5://me:***@localhost:1080)"
        );
        assert_eq!("ftp://localhost".parse::<ProxyUrl>(), Err(InvalidProxy));
        assert_eq!("localhost:8080".parse::<ProxyUrl>(), Err(InvalidProxy));
    }
}
