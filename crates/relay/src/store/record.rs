//! What is known of what is kept.

use serde::{Deserialize, Serialize};

use super::cabinet::Record;

/// A file that was uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileRecord {
    /// Its id.
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) owner: String,
    /// Its name, as it was sent.
    pub(crate) name: String,
    /// What it is for, as it was sent.
    pub(crate) purpose: String,
    /// What it is, if that is known.
    pub(crate) media_type: Option<String>,
    /// How large it is.
    pub(crate) size_bytes: u64,
    /// When it was uploaded.
    pub(crate) created_unix_ms: u64,
    /// When it goes; `None`: it stays until it is deleted.
    pub(crate) expires_unix_ms: Option<u64>,
    /// What tells its content from every other, in hexadecimal.
    pub(crate) sha256: String,
}

/// A file that 1min.ai made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ResultRecord {
    /// Its id, which nobody can guess.
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) owner: String,
    /// The run that made it.
    pub(crate) run: String,
    /// What it is.
    pub(crate) media_type: String,
    /// What its name ends with, without the dot.
    pub(crate) extension: String,
    /// How large it is.
    pub(crate) size_bytes: u64,
    /// When it was made.
    pub(crate) created_unix_ms: u64,
    /// When it goes.
    pub(crate) expires_unix_ms: u64,
}

impl Record for FileRecord {
    fn id(&self) -> &str {
        &self.id
    }

    fn created_unix_ms(&self) -> u64 {
        self.created_unix_ms
    }

    fn expires_unix_ms(&self) -> Option<u64> {
        self.expires_unix_ms
    }

    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }
}

impl Record for ResultRecord {
    fn id(&self) -> &str {
        &self.id
    }

    fn created_unix_ms(&self) -> u64 {
        self.created_unix_ms
    }

    fn expires_unix_ms(&self) -> Option<u64> {
        Some(self.expires_unix_ms)
    }

    fn size_bytes(&self) -> u64 {
        self.size_bytes
    }
}
