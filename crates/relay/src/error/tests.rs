use onemin::{Class, TimeoutPhase};

use super::*;

fn refused(reason: Reason) -> Error {
    Error::Upstream(onemin::Error::Refused(Refusal { reason, code: None, message: "their words".into(), field: None }))
}

fn upstream(error: onemin::Error) -> Error {
    Error::Upstream(error)
}

/// One of each. A new variant fails to compile in `covers_every_variant`, and belongs into this list as well.
fn every_error() -> Vec<Error> {
    let words = || "their words".to_owned();
    let wait = Some(Duration::from_secs(7));
    vec![
        Error::MalformedJson { detail: "at line 1".into() },
        Error::field("n", Fault::Missing, "n is missing."),
        Error::field("n", Fault::Invalid, "n is wrong."),
        Error::field("n", Fault::UnsupportedValue, "n can't be done."),
        Error::field("n", Fault::Unsupported, "n can't be honoured."),
        Error::BodyTooLarge { limit_mb: 64 },
        Error::BodyCut,
        Error::Busy,
        Error::UnsupportedEncoding { encoding: "br".into() },
        Error::UnsupportedMediaType { media_type: "image/png".into() },
        Error::MissingKey,
        Error::InvalidKey(onemin::InvalidKey::Empty),
        Error::UnknownToken,
        Error::MissingToken,
        Error::HostNotAllowed,
        Error::OriginNotAllowed,
        Error::OriginWithoutCredential,
        Error::UnknownRoute { method: Method::POST, path: "/v1/foo".into() },
        Error::MethodNotAllowed { method: Method::PUT },
        Error::ModelNotFound { model: "nope".into(), nearest: Vec::new(), words: None },
        Error::ModelNotFound { model: "nope".into(), nearest: vec!["one".into()], words: Some("words.".into()) },
        Error::ModelNotFound { model: "nope".into(), nearest: ["a", "b", "c"].map(String::from).into(), words: None },
        upstream(onemin::Error::Connect { cause: "refused".into() }),
        upstream(onemin::Error::RateLimited { message: words(), retry_after: wait }),
        upstream(onemin::Error::Unavailable { status: 522, message: words(), retry_after: wait }),
        refused(Reason::Key),
        refused(Reason::Forbidden),
        refused(Reason::Credits),
        refused(Reason::Model),
        refused(Reason::ContextLength),
        refused(Reason::Policy),
        refused(Reason::Request),
        upstream(onemin::Error::Failed { status: 500, message: words() }),
        upstream(onemin::Error::Timeout { phase: TimeoutPhase::Idle, limit: Duration::from_secs(120) }),
        upstream(onemin::Error::Cut { cause: "reset".into() }),
        upstream(onemin::Error::Unreadable { what: "an HTML page".into() }),
        Error::Stopped,
        Error::Internal,
    ]
}

const fn covers_every_variant(error: &Error) -> bool {
    match error {
        Error::MalformedJson { .. }
        | Error::InvalidField { .. }
        | Error::BodyTooLarge { .. }
        | Error::BodyCut
        | Error::Busy
        | Error::UnsupportedEncoding { .. }
        | Error::UnsupportedMediaType { .. }
        | Error::MissingKey
        | Error::InvalidKey(_)
        | Error::UnknownToken
        | Error::MissingToken
        | Error::HostNotAllowed
        | Error::OriginNotAllowed
        | Error::OriginWithoutCredential
        | Error::UnknownRoute { .. }
        | Error::MethodNotAllowed { .. }
        | Error::ModelNotFound { .. }
        | Error::Stopped
        | Error::Internal => true,
        Error::Upstream(upstream) => match upstream {
            onemin::Error::Connect { .. }
            | onemin::Error::RateLimited { .. }
            | onemin::Error::Unavailable { .. }
            | onemin::Error::Refused(_)
            | onemin::Error::Failed { .. }
            | onemin::Error::Timeout { .. }
            | onemin::Error::Cut { .. }
            | onemin::Error::Unreadable { .. } => true,
        },
    }
}

/// Status, type, code, param, x-should-retry, retry-after, message: the table as a person reads it.
#[test]
fn the_table_of_every_error() {
    let table: Vec<String> = every_error()
        .iter()
        .map(|error| {
            assert!(covers_every_variant(error));
            let envelope = serde_json::to_value(error.to_envelope()).unwrap();
            let text = |name: &str| envelope["error"][name].as_str().unwrap_or("-").to_owned();
            let response = error.clone().into_response();
            let header = |name: &str| {
                response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("-").to_owned()
            };
            format!(
                "{} {} {} param={} should-retry={} retry-after={} [{}]\n    {}",
                response.status().as_u16(),
                text("type"),
                text("code"),
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
        assert_eq!(keys, ["code", "message", "param", "type"], "{error:?}");
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
