//! Who may read the figures.

use std::{fmt, str::FromStr};

/// Who may read `GET /metrics`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MetricsFor {
    /// Nobody: the route is not there.
    #[default]
    Nobody,
    /// Programs of this machine.
    Loopback,
    /// Whoever reaches the relay.
    Network,
}

/// The text is none of `off`, `loopback`, `network`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("none of off, loopback, network")]
pub struct InvalidMetricsFor;

impl FromStr for MetricsFor {
    type Err = InvalidMetricsFor;

    fn from_str(text: &str) -> Result<Self, InvalidMetricsFor> {
        match text.to_ascii_lowercase().as_str() {
            "off" => Ok(Self::Nobody),
            "loopback" => Ok(Self::Loopback),
            "network" => Ok(Self::Network),
            _ => Err(InvalidMetricsFor),
        }
    }
}

impl fmt::Display for MetricsFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "off",
            Self::Loopback => "loopback",
            Self::Network => "network",
        })
    }
}
