//! What the doctor says of one thing.

use serde::Serialize;

/// How a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// It works.
    Ok,
    /// It works, but is worth knowing.
    Warning,
    /// It keeps the relay from working.
    Problem,
}

impl State {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// How one thing is, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) name: &'static str,
    pub(super) state: State,
    pub(super) text: String,
    /// What to do, without a full stop.
    pub(super) advice: Option<String>,
}

impl Finding {
    pub(super) fn ok(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, state: State::Ok, text: text.into(), advice: None }
    }

    pub(super) fn warning(name: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, state: State::Warning, text: text.into(), advice: Some(advice.into()) }
    }

    pub(super) fn problem(name: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name, state: State::Problem, text: text.into(), advice: Some(advice.into()) }
    }
}
