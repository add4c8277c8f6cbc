//! What can go wrong with a call, told apart by what it means for the caller: was it carried out, and so billed?

use std::time::Duration;

/// Whether a failed call may have been carried out. Every success at 1min.ai is billed and nothing is idempotent, so
/// this alone decides whether asking again is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Nothing was done; asking again costs nothing and can help.
    NotCarriedOut,
    /// 1min.ai refused; the same call will be refused again.
    Deterministic,
    /// Nobody knows; asking again may be a second bill.
    PerhapsCarriedOut,
}

/// Why a call failed. No variant ever holds the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No connection was made: name, route, proxy or TLS.
    #[error("1min.ai can't be reached: {cause}")]
    Connect {
        /// The innermost cause, without address or credentials.
        cause: String,
    },
    /// Too many requests for this key (429), or the model's vendor said so.
    #[error("{message}")]
    RateLimited {
        /// 1min.ai's own words.
        message: String,
        /// How long to wait, where `Retry-After` said it.
        retry_after: Option<Duration>,
    },
    /// 1min.ai is not there: 503, or Cloudflare could not reach it (521, 522).
    #[error("{message}")]
    Unavailable {
        /// The HTTP status.
        status: u16,
        /// 1min.ai's own words, or the title of the page that came instead.
        message: String,
        /// How long to wait, where `Retry-After` said it.
        retry_after: Option<Duration>,
    },
    /// 1min.ai said no and will say no again.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// 1min.ai or the model's vendor failed with the call in hand.
    #[error("{message}")]
    Failed {
        /// The HTTP status; 200 where the failure came inside an answer.
        status: u16,
        /// 1min.ai's own words, with the true cause where it told one.
        message: String,
    },
    /// 1min.ai took longer than it was given.
    #[error("1min.ai sent {phase} within {} s", .limit.as_secs_f32())]
    Timeout {
        /// What was waited for.
        phase: TimeoutPhase,
        /// How long it was waited for.
        limit: Duration,
    },
    /// The connection ended before the answer did.
    #[error("The answer of 1min.ai was cut off: {cause}")]
    Cut {
        /// What ended it.
        cause: String,
    },
    /// What came is nothing that 1min.ai is known to send.
    #[error("1min.ai sent an answer that can't be read: {what}")]
    Unreadable {
        /// The shape of what came, never its text.
        what: String,
    },
}

/// A refusal that asking again does not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What it is about.
    pub reason: Reason,
    /// 1min.ai's code, such as `UNSUPPORTED_MODEL`, where it gave one.
    pub code: Option<String>,
    /// 1min.ai's own words, the true cause first.
    pub message: String,
    /// The field of the request that is wrong, where 1min.ai named one.
    pub field: Option<String>,
}

/// What a [`Refusal`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The key is missing, wrong or revoked (401).
    Key,
    /// The key is good but not for this (403).
    Forbidden,
    /// The account is out of credits (402, or the words say so; nobody has recorded the real answer).
    Credits,
    /// The model does not exist, or not for this call.
    Model,
    /// The prompt is longer than the model's context.
    ContextLength,
    /// Moderation, at 1min.ai or at the model's vendor.
    Policy,
    /// Anything else in the request.
    Request,
}

/// What did not come in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeoutPhase {
    /// The first byte of the answer.
    FirstByte,
    /// The next byte of an answer that had begun.
    Idle,
    /// The end of the answer.
    Total,
}

impl std::fmt::Display for TimeoutPhase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::FirstByte => "no answer",
            Self::Idle => "nothing more of its answer",
            Self::Total => "no complete answer",
        })
    }
}

impl Error {
    /// Whether the call may have been carried out.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Connect { .. } | Self::RateLimited { .. } | Self::Unavailable { .. } => Class::NotCarriedOut,
            Self::Refused(_) => Class::Deterministic,
            Self::Failed { .. } | Self::Timeout { .. } | Self::Cut { .. } | Self::Unreadable { .. } => {
                Class::PerhapsCarriedOut
            }
        }
    }

    /// Whether the same call may be made again without risking a second bill.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.class() == Class::NotCarriedOut
    }

    /// How long to wait before the same call is made again: as 1min.ai asked, else 2 s for the rate and 1 s for an
    /// outage. `None` where it must not be made again.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } => Some(retry_after.unwrap_or(Duration::from_secs(2))),
            Self::Unavailable { retry_after, .. } => Some(retry_after.unwrap_or(Duration::from_secs(1))),
            Self::Connect { .. } => Some(Duration::from_millis(250)),
            _ => None,
        }
    }
}
