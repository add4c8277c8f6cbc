//! The rows and words of 1min.ai's failures.

use std::borrow::Cow;

use http::StatusCode;
use onemin::{Class, Reason, Refusal};

use super::{Error, table::Row};

/// The rows of 1min.ai's failures; their class decides who may try again.
pub(super) fn upstream_row(error: &onemin::Error) -> Row {
    use onemin::Error as Upstream;
    match error {
        Upstream::Connect { .. } => {
            Row { is_final: false, ..Row::failed(StatusCode::BAD_GATEWAY, Some("upstream_error")) }
        }
        Upstream::RateLimited { .. } => Row {
            kind: "requests",
            retry_after: error.retry_after(),
            is_final: false,
            ..Row::refused(StatusCode::TOO_MANY_REQUESTS, Some("rate_limit_exceeded"))
        },
        Upstream::Unavailable { .. } => Row {
            retry_after: error.retry_after(),
            is_final: false,
            ..Row::failed(StatusCode::SERVICE_UNAVAILABLE, Some("service_unavailable"))
        },
        Upstream::Refused(refusal) => refusal_row(refusal.reason),
        Upstream::Failed { .. } | Upstream::Cut { .. } | Upstream::Unreadable { .. } => {
            Row::failed(StatusCode::BAD_GATEWAY, Some("upstream_error"))
        }
        Upstream::Timeout { .. } => Row::failed(StatusCode::GATEWAY_TIMEOUT, Some("upstream_timeout")),
    }
}

fn refusal_row(reason: Reason) -> Row {
    match reason {
        Reason::Key => Row::refused(StatusCode::UNAUTHORIZED, Some("invalid_api_key")),
        Reason::Forbidden => Row::refused(StatusCode::FORBIDDEN, Some("upstream_forbidden")),
        Reason::Credits => Row {
            kind: "insufficient_quota",
            anthropic: "billing_error",
            ..Row::refused(StatusCode::TOO_MANY_REQUESTS, Some("insufficient_quota"))
        },
        Reason::Model => {
            Row { param: Some(Cow::Borrowed("model")), ..Row::refused(StatusCode::NOT_FOUND, Some("model_not_found")) }
        }
        Reason::ContextLength => Row {
            param: Some(Cow::Borrowed("messages")),
            ..Row::refused(StatusCode::BAD_REQUEST, Some("context_length_exceeded"))
        },
        Reason::Policy => Row::refused(StatusCode::BAD_REQUEST, Some("content_policy_violation")),
        Reason::Request => Row::refused(StatusCode::BAD_REQUEST, None),
    }
}

/// 1min.ai's own words, and what to do about them.
pub(super) fn upstream_message(error: &onemin::Error) -> String {
    use onemin::Error as Upstream;
    let advice = match error {
        Upstream::Connect { .. } => "Check the network and the proxy, then try again.",
        Upstream::RateLimited { .. } => "1min.ai limits the requests of a minute; wait and try again.",
        Upstream::Unavailable { .. } => "1min.ai is not available right now; try again later.",
        Upstream::Refused(refusal) => match refusal.reason {
            Reason::Key => "1min.ai refused the key: check it in your 1min.ai account.",
            Reason::Forbidden => "1min.ai does not allow this for your key.",
            Reason::Credits => "The 1min.ai account is out of credits: top it up.",
            Reason::Model => "Choose one of GET /v1/models.",
            Reason::ContextLength => "Shorten the conversation or choose a model with a larger context.",
            Reason::Policy => "Moderation refused this request: change its wording.",
            Reason::Request => "1min.ai refused this request; change it as its words say, or choose another model.",
        },
        Upstream::Failed { .. } | Upstream::Cut { .. } | Upstream::Unreadable { .. } | Upstream::Timeout { .. } => {
            "The call may have been billed, so the relay did not repeat it."
        }
    };
    let field = match error {
        Upstream::Refused(Refusal { field: Some(field), message, .. }) if !message.contains(field) => {
            format!("{field}: ")
        }
        _ => String::new(),
    };
    let words = format!("{field}{error}");
    let stop = if words.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{words}{stop} {advice}")
}

/// What failed where other parts of the same request were billed: whatever the cause, all of it must not be asked for again.
pub(super) fn partly_message(made: usize, cause: &Error) -> String {
    let words = match cause {
        // Without the advice to wait and try again.
        Error::Upstream(cause) => cause.to_string(),
        other => other.to_string(),
    };
    let words = words.trim_end_matches(['.', '!', '?', '…']);
    let others = match made {
        0 => "Other parts of this request may have been billed".to_owned(),
        made => format!("Other parts of this request ({made}) were made, billed and kept"),
    };
    format!("{words}. {others}: `1min-relay results` tells of them. Ask again only for what is missing.")
}

/// The same about an upload, which costs nothing.
pub(super) fn upload_message(param: &str, error: &onemin::Error) -> String {
    let words = error.to_string();
    let words = words.trim_end_matches(['.', '!', '?', '…']);
    let advice = match error.class() {
        Class::Deterministic => "Change it as these words say",
        Class::NotCarriedOut | Class::PerhapsCarriedOut => "Nothing was billed; try again",
    };
    format!("'{param}' could not be uploaded to 1min.ai: {words}. {advice}.")
}
