//! Why a run ended without a table. Any wrong answer is one: figures of wrong answers mean nothing.

use std::{io, path::PathBuf};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A program could not be run at all.
    #[error("{program} can't be run: {source}. Build it first: npm run bench does.")]
    Missing {
        /// Where it was looked for.
        program: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// A program ended, or said something else, before it said where it serves.
    #[error("{program} did not say where it serves, but {said:?}. Run it by hand to see why.")]
    Silent {
        /// The program.
        program: PathBuf,
        /// Its first line.
        said: String,
    },
    /// An answer is not what it must be.
    #[error("wrong answer of {who}: {why}: {answer}")]
    Wrong {
        /// Whose it is, to which question.
        who: String,
        /// What is wrong with it.
        why: String,
        /// The part of it that shows this.
        answer: String,
    },
    /// A party closed a connection that was in use.
    #[error("a party closed a connection that was in use")]
    Closed,
    /// A connection failed.
    #[error("a connection failed: {0}")]
    Http(#[from] hyper::Error),
    /// A party could not reach the upstream.
    #[error("the upstream could not be reached: {0}")]
    Forward(#[from] hyper_util::client::legacy::Error),
    /// The system refused something.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Something has no JSON form, or no HTTP form.
    #[error("{0}")]
    Form(String),
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Form(error.to_string())
    }
}

impl From<http::Error> for Failure {
    fn from(error: http::Error) -> Self {
        Self::Form(error.to_string())
    }
}
