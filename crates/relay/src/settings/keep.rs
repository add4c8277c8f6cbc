//! Where responses are kept.

use std::{fmt, str::FromStr};

/// Where the answers of `POST /v1/responses` are kept, with what was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeepResponses {
    /// Nowhere.
    Off,
    /// In memory, for an hour, and no longer than the relay lives.
    #[default]
    Memory,
    /// In the data folder, for a day.
    Disk,
}

/// The text is none of `off`, `memory`, `disk`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("none of off, memory, disk")]
pub struct InvalidKeepResponses;

impl FromStr for KeepResponses {
    type Err = InvalidKeepResponses;

    fn from_str(text: &str) -> Result<Self, InvalidKeepResponses> {
        match text.to_ascii_lowercase().as_str() {
            "off" => Ok(Self::Off),
            "memory" => Ok(Self::Memory),
            "disk" => Ok(Self::Disk),
            _ => Err(InvalidKeepResponses),
        }
    }
}

impl fmt::Display for KeepResponses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "off",
            Self::Memory => "memory",
            Self::Disk => "disk",
        })
    }
}
