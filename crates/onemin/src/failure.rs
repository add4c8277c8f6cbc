//! Reads a failure out of whatever 1min.ai sent: two JSON shapes, older bodies, HTML, plain text, and the single
//! sentence of a stream's `error` event. What comes out is an [`Error`] with the true cause in front.
//!
//! `details.request` and raw bodies never get into an error: they hold internal paths.

use std::time::Duration;

use serde_json::Value;

use crate::{
    error::{Error, Reason, Refusal},
    key::ApiKey,
};

/// The longest message taken over, in characters.
const LONGEST_MESSAGE: usize = 1_000;

/// What 1min.ai said about a failure, before it is judged.
#[derive(Debug, Default, PartialEq, Eq)]
struct Words {
    code: Option<String>,
    message: String,
    field: Option<String>,
    /// The status the model's vendor answered 1min.ai with (`details.response.status`, live).
    vendor_status: Option<u64>,
}

/// A failed HTTP answer.
pub(crate) fn from_response(status: u16, retry_after: Option<Duration>, body: &[u8], key: Option<&ApiKey>) -> Error {
    let words = read(body).presentable(key);
    match status {
        300..=399 => Error::Unreadable { what: format!("a redirect (HTTP {status}); is the API address right?") },
        503 | 521 | 522 => Error::Unavailable { status, message: words.or_status(status), retry_after },
        408 | 500..=599 => Error::Failed { status, message: words.or_status(status) },
        _ => judge(status, retry_after, words),
    }
}

/// An error in an answer that began with HTTP 200: a JSON body instead of a record.
pub(crate) fn from_json(body: &Value, key: &ApiKey) -> Error {
    judge(200, None, read_json(body).presentable(Some(key)))
}

/// The text of a stream's `error` event. `has_begun`: part of the answer was already there.
pub(crate) fn from_message(message: &str, has_begun: bool, key: &ApiKey) -> Error {
    let words = Words::of(message).presentable(Some(key));
    if has_begun { Error::Failed { status: 200, message: words.or_status(200) } } else { judge(200, None, words) }
}

/// A record whose result is an object instead of a text: the vendor's moderation refused (live, one client).
pub(crate) fn from_moderation(object: &Value, key: &ApiKey) -> Error {
    let words = read_json(object).presentable(Some(key));
    let message = words.or_status(200);
    Error::Refused(Refusal { reason: Reason::Policy, code: words.code, message, field: None })
}

/// The reason of a record whose status is not `SUCCESS`. What the words don't explain may have been carried out.
pub(crate) fn from_failed_record(reason: &str, key: &ApiKey) -> Error {
    let words = Words::of(reason).presentable(Some(key));
    let message = words.message.clone();
    match judge(200, None, words) {
        Error::Refused(Refusal { reason: Reason::Request, .. }) => Error::Failed { status: 200, message },
        judged => judged,
    }
}

/// Whether a JSON body looks like one of the error shapes.
pub(crate) fn is_error(body: &Value) -> bool {
    body.get("errorCode").is_some() || body.get("error").is_some_and(|error| !error.is_null())
}

/// Decides what the words mean. The order matters: the most certain signs come first.
fn judge(status: u16, retry_after: Option<Duration>, words: Words) -> Error {
    let message = words.or_status(status);
    if is_rate_limit(status, &words) {
        return Error::RateLimited { message, retry_after };
    }
    let is_vendor_down = words.vendor_status.is_some_and(|vendor| vendor >= 500);
    let reason = reason(status, &words);
    if reason == Reason::Request && (is_vendor_down || (status == 200 && sounds_temporary(&words.message))) {
        return Error::Failed { status, message };
    }
    Error::Refused(Refusal { reason, code: words.code, message, field: words.field })
}

fn is_rate_limit(status: u16, words: &Words) -> bool {
    let code = words.code.as_deref().unwrap_or_default();
    let is_named = code == "RATE_LIMITED" || words.vendor_status == Some(429);
    is_named || (status == 429 && !is_about_credits(words)) || words.message.eq_ignore_ascii_case("too many requests")
}

fn reason(status: u16, words: &Words) -> Reason {
    let code = words.code.as_deref().unwrap_or_default();
    let message = words.message.to_ascii_lowercase();
    let says = |signs: &[&str]| signs.iter().any(|sign| message.contains(sign));
    let is_own_key = words.vendor_status.is_none() && says(&["api key"]);
    if status == 401 || code == "UNAUTHORIZED" || code == "INVALID_AUTH_TOKEN" || is_own_key {
        Reason::Key
    } else if status == 402 || is_about_credits(words) {
        Reason::Credits
    } else if status == 403 {
        Reason::Forbidden
    } else if code == "UNSUPPORTED_MODEL" || is_about_model(&message) {
        Reason::Model
    } else if says(&CONTEXT_LENGTH) {
        Reason::ContextLength
    } else if code.contains("MODERATION") || says(&POLICY) {
        Reason::Policy
    } else {
        Reason::Request
    }
}

/// How vendors say that a prompt is too long.
const CONTEXT_LENGTH: [&str; 7] = [
    "context length",
    "context_length",
    "context window",
    "maximum context",
    "prompt is too long",
    "input is too long",
    "maximum number of tokens",
];

/// How vendors say that moderation refused.
const POLICY: [&str; 6] =
    ["content policy", "content_policy", "content management policy", "moderation", "safety system", "was flagged"];

/// `CREDIT`, `BALANCE` or `QUOTA` in the code or as a word of the message. Nobody has recorded the real answer of an
/// account without credits, so the net is wide (guess). A vendor's own quota is 1min.ai's trouble, not the user's.
fn is_about_credits(words: &Words) -> bool {
    let code = words.code.as_deref().unwrap_or_default().to_ascii_uppercase();
    let is_vendors = words.vendor_status.is_some();
    ["CREDIT", "BALANCE", "QUOTA"].iter().any(|sign| code.contains(sign))
        || !is_vendors
            && words.message.split(|c: char| !c.is_alphanumeric()).any(|word| {
                ["credit", "credits", "balance", "quota"].iter().any(|sign| word.eq_ignore_ascii_case(sign))
            })
}

/// "Model x is not supported" (live), "The model x does not exist", "Invalid model x" (code). That a model can't do
/// something is another matter.
fn is_about_model(message: &str) -> bool {
    let subject = message.strip_prefix("the ").unwrap_or(message);
    let is_subject = subject.starts_with("model ") || subject.starts_with("model:");
    message.contains("invalid model")
        || is_subject && ["is not supported", "not found", "does not exist"].iter().any(|sign| subject.contains(sign))
}

/// Words of a passing trouble, in a refusal that carries no status.
fn sounds_temporary(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["busy", "temporar", "try again", "timeout", "timed out", "unavailable", "overloaded", "internal"]
        .iter()
        .any(|sign| message.contains(sign))
}

/// Reads a body of any kind.
fn read(body: &[u8]) -> Words {
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        return read_json(&json);
    }
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if text.starts_with(['{', '[']) {
        // JSON that was cut: what is left of it may be an internal path.
        return Words::default();
    }
    if text.starts_with('<') { Words::of(html_title(text).unwrap_or_default()) } else { Words::of(text) }
}

/// Reads both JSON shapes, older bodies (`{"message":...}`) and `{"error":"text"}`.
fn read_json(json: &Value) -> Words {
    let error = json.get("error").unwrap_or(json);
    if let Some(text) = error.as_str() {
        return Words::of(text);
    }
    let text = |keys: &[&str]| keys.iter().find_map(|key| error.get(key)?.as_str()).map(str::to_owned);
    let mut words = Words {
        code: text(&["code", "errorCode"]),
        message: text(&["message"]).unwrap_or_default(),
        ..Words::default()
    };
    match error.get("details") {
        Some(Value::String(inner)) => {
            if let Ok(inner) = serde_json::from_str(inner) {
                words.read_details(&inner);
            }
        }
        Some(details) => words.read_details(details),
        None => {}
    }
    words
}

impl Words {
    fn of(message: &str) -> Self {
        Self { message: message.trim().to_owned(), ..Self::default() }
    }

    /// `details` is a list of field and message, or the vendor's answer with the true cause.
    fn read_details(&mut self, details: &Value) {
        let list = details.as_array().map(Vec::as_slice).unwrap_or_default();
        self.field = list.first().and_then(|first| first.get("field")?.as_str()).map(str::to_owned);
        let messages: Vec<&str> = list.iter().filter_map(|detail| detail.get("message")?.as_str()).collect();
        if !messages.is_empty() {
            self.message = messages.join("; ");
        }
        self.vendor_status = details.pointer("/response/status").and_then(Value::as_u64);
        let cause = ["/response/data/message", "/response/data/error/message", "/response/data/error"]
            .iter()
            .find_map(|path| details.pointer(path)?.as_str());
        if let Some(cause) = cause {
            self.message = cause.to_owned();
        }
    }

    /// Without the key that was sent, if one was, and not endless. In this order: half a key is no longer found.
    fn presentable(mut self, key: Option<&ApiKey>) -> Self {
        for text in [Some(&mut self.message), self.code.as_mut(), self.field.as_mut()].into_iter().flatten() {
            let whole = key.map_or_else(|| text.clone(), |key| key.redact(text));
            *text = shorten(&whole);
        }
        self
    }

    /// The message, or a sentence where there was none.
    fn or_status(&self, status: u16) -> String {
        match (self.message.as_str(), &self.code) {
            ("", Some(code)) => format!("1min.ai answered {code} (HTTP {status})"),
            ("", None) => format!("1min.ai answered HTTP {status} without a reason"),
            (message, _) => message.to_owned(),
        }
    }
}

fn html_title(html: &str) -> Option<&str> {
    let lower = html.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower[start..].find("</title>")?;
    Some(html[start..end].trim())
}

fn shorten(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
