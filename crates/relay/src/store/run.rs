//! What is written of a run that goes on without its client: a row before the call, the result after it. A row without a
//! result whose relay is gone is a run that was lost, and perhaps billed.

use serde::{Deserialize, Serialize};

use super::Record;

/// The row of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunRecord {
    pub(crate) id: String,
    pub(crate) owner: String,
    pub(crate) created_unix_ms: u64,
    pub(crate) expires_unix_ms: u64,
    pub(crate) kind: RunKind,
    /// The model that was asked, by its id at 1min.ai.
    pub(crate) model: String,
    /// What tells its request from others, in hexadecimal.
    pub(crate) fingerprint: String,
    /// The relay that runs it; see [`Instance`](super::Instance).
    pub(crate) instance: String,
    /// When it is over at the latest, whatever happens.
    pub(crate) ends_by_unix_ms: u64,
    pub(crate) state: RunState,
    /// What 1min.ai gave, so that what could not be fetched can be fetched again.
    pub(crate) calls: Vec<RunCall>,
    /// What was made and is kept.
    pub(crate) files: Vec<RunFile>,
    /// The text that was made.
    pub(crate) text: Option<String>,
    /// What it cost, where 1min.ai said so.
    pub(crate) credits: Option<f64>,
}

/// What a run makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RunKind {
    /// Pictures.
    Picture,
    /// A sound.
    Speech,
    /// The words of a sound.
    Transcript,
}

impl RunKind {
    /// Its name.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Speech => "speech",
            Self::Transcript => "transcript",
        }
    }
}

/// What became of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RunState {
    /// Nothing yet.
    Running,
    /// It is complete.
    Done {
        /// When.
        ended_unix_ms: u64,
    },
    /// Its relay went away in the middle; it may have been billed.
    Lost {
        /// When that was noticed.
        noticed_unix_ms: u64,
    },
    /// It failed.
    Failed {
        /// When.
        ended_unix_ms: u64,
        /// Why, in words.
        why: String,
        /// Whether it may have been billed all the same.
        is_perhaps_billed: bool,
    },
}

/// What one call at 1min.ai gave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunCall {
    /// Its id at 1min.ai.
    pub(crate) uuid: Option<String>,
    /// Where its files are.
    pub(crate) results: Vec<String>,
    /// A signed address of the first one.
    pub(crate) temporary_url: Option<String>,
    /// How many of its files are kept.
    pub(crate) kept: usize,
}

/// A kept file of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunFile {
    /// Its name among the results: the id, and what its media type ends names with.
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) size_bytes: u64,
}

impl Record for RunRecord {
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
        0
    }
}
