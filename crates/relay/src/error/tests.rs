use std::time::Duration;

use axum::response::IntoResponse;
use http::header;
use onemin::{Class, Error as Onemin, Reason, Refusal, TimeoutPhase};

use super::*;

fn refused(reason: Reason) -> Error {
    Error::Upstream(Onemin::Refused(Refusal { reason, code: None, message: "their words".into(), field: None }))
}

fn upstream(error: Onemin) -> Error {
    Error::Upstream(error)
}

fn upload(cause: Onemin) -> Error {
    Error::Upload { param: "messages[0].content[1].image_url".into(), cause }
}

fn timeout(phase: TimeoutPhase) -> Error {
    upstream(Onemin::Timeout { phase, limit: Duration::from_secs(120) })
}

fn not_found(nearest: &[&str], words: Option<&str>) -> Error {
    let nearest = nearest.iter().map(|name| (*name).to_owned()).collect();
    Error::ModelNotFound { model: "nope".into(), nearest, words: words.map(str::to_owned) }
}

fn short(is_held: bool) -> Error {
    Error::BudgetShort {
        whose: "your access token",
        limit: 5_000,
        period: "month",
        until: "2026-12-01 00:00 Europe/Berlin".into(),
        left: 800,
        reckoned: if is_held { 500 } else { 900 },
        is_held,
    }
}

fn words() -> String {
    "their words".to_owned()
}

const WAIT: Option<Duration> = Some(Duration::from_secs(7));

/// One of each, beside the pattern it stands for. The patterns together must leave nothing out, so a variant without an
/// example does not compile.
macro_rules! examples {
    ($($pattern:pat => $example:expr,)*) => {
        fn every_error() -> Vec<Error> {
            let leaves_nothing_out = |error: &Error| match error {
                $($pattern => {})*
            };
            let examples = vec![$($example),*];
            examples.iter().for_each(leaves_nothing_out);
            $(assert!(examples.iter().any(|error| matches!(error, $pattern)), "{}", stringify!($pattern));)*
            examples
        }
    };
}

examples! {
    Error::ExpiredToken => Error::ExpiredToken,
    Error::TokenWithoutKey => Error::TokenWithoutKey,
    Error::KeyNotChecked { .. } => Error::KeyNotChecked { why: "1min.ai could not be reached".into() },
    Error::RateLimited { .. } =>
        Error::RateLimited { whose: "this relay", limit: 180, wait: Duration::from_millis(1_500) },
    Error::TooManyAtOnce { .. } =>
        Error::TooManyAtOnce { whose: "your access token", limit: 4, wait: Duration::from_secs(1) },
    Error::BudgetSpent { .. } => Error::BudgetSpent {
        whose: "this relay",
        limit: 5_000,
        period: "day",
        until: "2026-12-01 00:00 Europe/Berlin".into(),
    },
    Error::BudgetShort { is_held: false, .. } => short(false),
    Error::BudgetShort { is_held: true, .. } => short(true),
    Error::NotShared { .. } => Error::NotShared { what: "Files", more: "" },
    Error::MalformedJson { .. } => Error::MalformedJson { detail: "at line 1".into() },
    Error::SpeechNotJoined { .. } => Error::SpeechNotJoined { parts: 3 },
    Error::InvalidField { fault: Fault::Missing, .. } => Error::field("n", Fault::Missing, "n is missing."),
    Error::InvalidField { fault: Fault::Invalid, .. } => Error::field("n", Fault::Invalid, "n is wrong."),
    Error::InvalidField { fault: Fault::UnsupportedValue, .. } =>
        Error::field("n", Fault::UnsupportedValue, "n can't be done."),
    Error::InvalidField { fault: Fault::Unsupported, .. } =>
        Error::field("n", Fault::Unsupported, "n can't be honoured."),
    Error::InvalidField { fault: Fault::ImageUrl, .. } =>
        Error::field("n", Fault::ImageUrl, "n can't be fetched: it can't be reached."),
    Error::BodyTooLarge { .. } => Error::BodyTooLarge { limit_mb: 64 },
    Error::MalformedForm { .. } => Error::MalformedForm { detail: "it ends too early".into() },
    Error::FileTooLarge { .. } => Error::FileTooLarge { param: "file".into(), limit_mb: 50 },
    Error::FileNotFound { .. } => Error::FileNotFound { id: "file-1".into(), param: "id".into() },
    Error::NoSuchModels { .. } => Error::NoSuchModels { purpose: "embeddings" },
    Error::ResultNotFound => Error::ResultNotFound,
    Error::FailedBefore { .. } => Error::FailedBefore { why: "their words.".into() },
    Error::StorageFull { .. } => Error::StorageFull { what: "The file", advice: "Nothing was uploaded." },
    Error::StorageFailed { .. } => {
        Error::StorageFailed { what: "The file", cause: "Permission denied".into(), advice: "Nothing was uploaded." }
    },
    Error::NotFetched { .. } => Error::NotFetched { cause: Onemin::Connect { cause: "their cause".into() } },
    Error::PartlyMade { .. } => Error::PartlyMade {
        made: 2,
        cause: Box::new(upstream(Onemin::RateLimited { message: words(), retry_after: WAIT })),
    },
    Error::BodyCut => Error::BodyCut,
    Error::Busy => Error::Busy,
    Error::UnsupportedEncoding { .. } => Error::UnsupportedEncoding { encoding: "br".into() },
    Error::UnsupportedMediaType { .. } => Error::UnsupportedMediaType { media_type: "image/png".into() },
    Error::MissingKey => Error::MissingKey,
    Error::InvalidKey(_) => Error::InvalidKey(onemin::InvalidKey::Empty),
    Error::UnknownToken => Error::UnknownToken,
    Error::MissingToken => Error::MissingToken,
    Error::HostNotAllowed => Error::HostNotAllowed,
    Error::MetricsOff => Error::MetricsOff,
    Error::MetricsNotAllowed => Error::MetricsNotAllowed,
    Error::OriginNotAllowed => Error::OriginNotAllowed,
    Error::OriginWithoutCredential => Error::OriginWithoutCredential,
    Error::UnknownRoute { .. } => Error::UnknownRoute { method: Method::POST, path: "/v1/foo".into() },
    Error::MethodNotAllowed { .. } => Error::MethodNotAllowed { method: Method::PUT },
    Error::ModelNotFound { words: None, .. } => not_found(&[], None),
    Error::ModelNotFound { words: Some(_), .. } => not_found(&["one"], Some("words.")),
    Error::ResponseNotFound { .. } => Error::ResponseNotFound { id: "resp_1".into() },
    Error::PreviousResponseNotFound { .. } => Error::PreviousResponseNotFound { id: "resp_1".into() },
    Error::Upstream(Onemin::Connect { .. }) => upstream(Onemin::Connect { cause: "refused".into() }),
    Error::Upstream(Onemin::RateLimited { .. }) =>
        upstream(Onemin::RateLimited { message: words(), retry_after: WAIT }),
    Error::Upstream(Onemin::Unavailable { .. }) =>
        upstream(Onemin::Unavailable { status: 522, message: words(), retry_after: WAIT }),
    Error::Upstream(Onemin::Refused(Refusal { reason: Reason::Key, .. })) => refused(Reason::Key),
    Error::Upstream(Onemin::Refused(Refusal { reason: Reason::Forbidden, .. })) => refused(Reason::Forbidden),
    Error::Upstream(Onemin::Refused(Refusal { reason: Reason::Credits, .. })) => refused(Reason::Credits),
    Error::Upstream(Onemin::Refused(Refusal { reason: Reason::Model, .. })) => refused(Reason::Model),
    Error::Upstream(Onemin::Refused(Refusal { reason: Reason::ContextLength, .. })) => refused(Reason::ContextLength),
    Error::Upstream(Onemin::Refused(Refusal { reason: Reason::Policy, .. })) => refused(Reason::Policy),
    Error::Upstream(Onemin::Refused(Refusal { reason: Reason::Request, .. })) => refused(Reason::Request),
    Error::Upstream(Onemin::Failed { .. }) => upstream(Onemin::Failed { status: 500, message: words() }),
    Error::Upstream(Onemin::Timeout { phase: TimeoutPhase::FirstByte, .. }) => timeout(TimeoutPhase::FirstByte),
    Error::Upstream(Onemin::Timeout { phase: TimeoutPhase::Idle, .. }) => timeout(TimeoutPhase::Idle),
    Error::Upstream(Onemin::Timeout { phase: TimeoutPhase::Total, .. }) => timeout(TimeoutPhase::Total),
    Error::Upstream(Onemin::Cut { .. }) => upstream(Onemin::Cut { cause: "reset".into() }),
    Error::Upstream(Onemin::Unreadable { .. }) => upstream(Onemin::Unreadable { what: "an HTML page".into() }),
    Error::Upload { cause: Onemin::Refused(Refusal { reason: Reason::Request, .. }), .. } =>
        upload(Onemin::Refused(Refusal { reason: Reason::Request, code: None, message: words(), field: None })),
    Error::Upload { .. } => upload(Onemin::Failed { status: 500, message: words() }),
    Error::Stopped => Error::Stopped,
    Error::Internal => Error::Internal,
}

/// Status, type, code, Anthropic's type, param, x-should-retry, retry-after, message: the table as a person reads it.
#[test]
fn the_table_of_every_error() {
    let table: Vec<String> = every_error()
        .iter()
        .map(|error| {
            let envelope = serde_json::to_value(error.to_envelope()).unwrap();
            let text = |name: &str| envelope["error"][name].as_str().unwrap_or("-").to_owned();
            let response = error.clone().into_response();
            let header = |name: &str| {
                response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("-").to_owned()
            };
            format!(
                "{} {} {} anthropic={} param={} should-retry={} retry-after={} [{}]\n    {}",
                response.status().as_u16(),
                text("type"),
                text("code"),
                error.anthropic_kind(),
                text("param"),
                header("x-should-retry"),
                header("retry-after"),
                error.name(),
                text("message")
            )
        })
        .collect();
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn the_envelope_always_has_its_four_keys() {
    for error in every_error() {
        let envelope = serde_json::to_value(error.to_envelope()).unwrap();
        let keys: Vec<&str> = envelope["error"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["message", "type", "param", "code"], "{error:?}");
        assert!(!envelope["error"]["message"].as_str().unwrap().is_empty());
    }
}

#[test]
fn the_class_of_a_failure_decides_who_may_try_again() {
    for error in every_error() {
        let Error::Upstream(upstream) = &error else { continue };
        let row = error.row();
        match upstream.class() {
            Class::NotCarriedOut => assert!(!row.is_final, "{error:?}"),
            Class::Deterministic => assert!(row.is_final && row.status.is_client_error(), "{error:?}"),
            Class::PerhapsCarriedOut => assert!(row.is_final && row.status.is_server_error(), "{error:?}"),
        }
    }
}

#[test]
fn a_missing_key_is_asked_for_as_http_says() {
    let response = Error::MissingKey.into_response();
    assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer");
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
}

#[test]
fn the_nearest_names_read_as_a_sentence() {
    let message = |nearest: &[&str]| not_found(nearest, None).to_string();
    assert!(message(&["a", "b", "c"]).contains(" Did you mean `a`, `b` or `c`? GET "), "{}", message(&["a", "b", "c"]));
    assert!(message(&[]).contains("have access to it. GET "));
}

/// How `POST /v1/responses` tells each: its status, or that it is told inside the stream, and the code in the stream.
#[test]
fn the_table_of_responses() {
    let table: Vec<String> = every_error()
        .iter()
        .map(|error| {
            let (name, code, message) = (error.name(), error.response_code(), error.response_message());
            let inside = error.must_not_look_temporary();
            let response = ForResponses(error.clone()).into_response();
            let status = response.status().as_u16();
            assert!(!inside || code == "invalid_prompt", "{error:?}");
            assert!(message.starts_with(&error.to_string()), "{error:?}");
            let more = message.trim_start_matches(&error.to_string()).to_owned();
            format!("{name}: {status}{} {code}{more}", if inside { ", in a stream 200" } else { "" })
        })
        .collect();
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn what_codex_would_repeat_in_vain_is_a_400_or_told_inside() {
    for error in every_error() {
        let row = ForResponses(error.clone()).into_response();
        let status = row.status().as_u16();
        if error.row().is_final && !error.must_not_look_temporary() {
            assert!(matches!(status, 400 | 401 | 404 | 405 | 429), "{error:?}: {status}");
        }
    }
}
