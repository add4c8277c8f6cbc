//! What a fault means, and what follows from that: the whole truth of the suite in one small table. It is written down
//! here once more on purpose, from the promises and not from the relay's own table.

/// What a fault means for the one who pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing was done: the relay asks once more, then the client may. With the seconds of 1min.ai's `Retry-After`.
    NotCarriedOut(Trouble, Option<u64>),
    /// 1min.ai said no and will say no again: a 4xx, and nobody asks again.
    Refused(About),
    /// It may be done and billed: a 5xx, and nobody asks again.
    PerhapsCarriedOut(Doubt),
    /// The answer was complete all the same.
    Harmless,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    Unreachable,
    Rate,
    Outage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Key,
    Access,
    Credits,
    Model,
    Length,
    Policy,
    Request,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    Broken,
    Late,
}

/// What a client is told, and what the record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) status: u16,
    pub(super) kind: &'static str,
    pub(super) code: Option<&'static str>,
    pub(super) param: Option<&'static str>,
    /// The error's name in the record.
    pub(super) name: &'static str,
}

pub(super) const INVALID: &str = "invalid_request_error";

impl Meaning {
    /// The table.
    pub(super) const fn told(self) -> Option<Told> {
        Some(match self {
            Self::Harmless => return None,
            Self::NotCarriedOut(Trouble::Unreachable, _) | Self::PerhapsCarriedOut(Doubt::Broken) => {
                told(502, "server_error", "upstream_error")
            }
            Self::NotCarriedOut(Trouble::Rate, _) => told(429, "requests", "rate_limit_exceeded"),
            Self::NotCarriedOut(Trouble::Outage, _) => told(503, "server_error", "service_unavailable"),
            Self::PerhapsCarriedOut(Doubt::Late) => told(504, "server_error", "upstream_timeout"),
            Self::Refused(About::Key) => told(401, INVALID, "invalid_api_key"),
            Self::Refused(About::Access) => told(403, INVALID, "upstream_forbidden"),
            Self::Refused(About::Credits) => told(429, "insufficient_quota", "insufficient_quota"),
            Self::Refused(About::Model) => Told { param: Some("model"), ..told(404, INVALID, "model_not_found") },
            Self::Refused(About::Length) => {
                Told { param: Some("messages"), ..told(400, INVALID, "context_length_exceeded") }
            }
            Self::Refused(About::Policy) => told(400, INVALID, "content_policy_violation"),
            Self::Refused(About::Request) => Told { code: None, ..told(400, INVALID, "upstream_refused") },
        })
    }

    /// Whether clients are told never to try again.
    pub(super) const fn is_final(self) -> bool {
        matches!(self, Self::Refused(_) | Self::PerhapsCarriedOut(_))
    }

    /// The seconds after which the client is told to try again.
    pub(super) fn retry_after(self) -> Option<u64> {
        match self {
            Self::NotCarriedOut(Trouble::Rate, wait) => Some(wait.unwrap_or(2)),
            Self::NotCarriedOut(Trouble::Outage, wait) => Some(wait.unwrap_or(1)),
            _ => None,
        }
    }

    /// Calls at 1min.ai, of which each may be billed: one, and one more only where nothing was done and the wait for it
    /// is short enough for whoever reads the answer.
    pub(super) fn calls(self, is_streaming: bool) -> u32 {
        let longest = if is_streaming { 8 } else { 30 };
        match self {
            Self::NotCarriedOut(_, wait) if wait.is_none_or(|wait| wait <= longest) => 2,
            _ => 1,
        }
    }
}

/// An error whose name is its code.
pub(super) const fn told(status: u16, kind: &'static str, name: &'static str) -> Told {
    Told { status, kind, code: Some(name), param: None, name }
}
