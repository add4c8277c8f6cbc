use super::*;
use crate::Class;

const CANARY: &str = "canary-0123456789abcdef";

fn key() -> ApiKey {
    ApiKey::new(CANARY).unwrap()
}

fn reason_of(error: &Error) -> Option<Reason> {
    match error {
        Error::Refused(refusal) => Some(refusal.reason),
        _ => None,
    }
}

/// Status, body, class, reason of a refusal, and the words that must reach the user.
const TABLE: &[(u16, &str, Class, Option<Reason>, &str)] = &[
    // Shape A (docs).
    (
        400,
        r#"{"success":false,"error":{"code":"INVALID_REQUEST","message":"Invalid request"}}"#,
        Class::Deterministic,
        Some(Reason::Request),
        "Invalid request",
    ),
    (
        401,
        r#"{"success":false,"error":{"code":"UNAUTHORIZED","message":"Invalid or missing API key"}}"#,
        Class::Deterministic,
        Some(Reason::Key),
        "Invalid or missing API key",
    ),
    (
        422,
        r#"{"success":false,"error":{"code":"PROMPT_OBJECT_VALIDATION_FAILED","message":"Prompt object validation failed","details":[{"field":"prompt","message":"prompt is required"}]}}"#,
        Class::Deterministic,
        Some(Reason::Request),
        "prompt is required",
    ),
    (
        429,
        r#"{"success":false,"error":{"code":"RATE_LIMITED","message":"Too many requests"}}"#,
        Class::NotCarriedOut,
        None,
        "Too many requests",
    ),
    // Shape B (live).
    (
        400,
        r#"{"errorCode":"UNSUPPORTED_MODEL","message":"Model nope is not supported"}"#,
        Class::Deterministic,
        Some(Reason::Model),
        "Model nope is not supported",
    ),
    (
        400,
        r#"{"errorCode":"MISSING_REQUIRED_FIELDS","message":"Missing required fields","details":"[{\"field\": \"quality\", \"message\": \"Field 'quality' is required\"}]"}"#,
        Class::Deterministic,
        Some(Reason::Request),
        "Field 'quality' is required",
    ),
    (
        400,
        r#"{"errorCode":"EXTERNAL_API_RESPONSE_WITH_ERROR","message":"The alibaba service is a bit busy right now","details":"{\"response\":{\"status\":400,\"data\":{\"message\":\"The size does not match\"}},\"request\":{\"url\":\"/internal/path\"}}"}"#,
        Class::Deterministic,
        Some(Reason::Request),
        "The size does not match",
    ),
    (
        400,
        r#"{"errorCode":"EXTERNAL_API_RESPONSE_WITH_ERROR","message":"busy","details":"{\"response\":{\"status\":400,\"data\":{\"error\":{\"message\":\"This model's maximum context length is 8192 tokens\"}}}}"}"#,
        Class::Deterministic,
        Some(Reason::ContextLength),
        "maximum context length",
    ),
    (
        400,
        r#"{"errorCode":"EXTERNAL_API_RESPONSE_WITH_ERROR","message":"busy","details":"{\"response\":{\"status\":429,\"data\":{\"message\":\"You exceeded your current quota\"}}}"}"#,
        Class::NotCarriedOut,
        None,
        "You exceeded your current quota",
    ),
    (
        400,
        r#"{"errorCode":"EXTERNAL_API_RESPONSE_WITH_ERROR","message":"busy","details":"{\"response\":{\"status\":500,\"data\":{\"message\":\"Internal\"}}}"}"#,
        Class::PerhapsCarriedOut,
        None,
        "Internal",
    ),
    (
        400,
        r#"{"errorCode":"EXTERNAL_API_RESPONSE_WITH_ERROR","message":"busy","details":"not json"}"#,
        Class::Deterministic,
        Some(Reason::Request),
        "busy",
    ),
    // Nobody knows how it looks when the credits are gone.
    (
        402,
        r#"{"errorCode":"INSUFFICIENT_CREDIT","message":"Not enough credits"}"#,
        Class::Deterministic,
        Some(Reason::Credits),
        "Not enough credits",
    ),
    (402, "", Class::Deterministic, Some(Reason::Credits), "HTTP 402"),
    (403, r#"{"message":"Your balance is too low"}"#, Class::Deterministic, Some(Reason::Credits), "balance"),
    (400, r#"{"errorCode":"QUOTA_EXCEEDED"}"#, Class::Deterministic, Some(Reason::Credits), "QUOTA_EXCEEDED"),
    (429, r#"{"message":"Credit limit reached"}"#, Class::Deterministic, Some(Reason::Credits), "Credit limit"),
    (403, r#"{"message":"Forbidden"}"#, Class::Deterministic, Some(Reason::Forbidden), "Forbidden"),
    // Older bodies, nothing, plain text, HTML.
    (400, r#"{"message":"Invalid model gpt-1"}"#, Class::Deterministic, Some(Reason::Model), "Invalid model gpt-1"),
    (404, "", Class::Deterministic, Some(Reason::Request), "HTTP 404"),
    (413, "Payload Too Large", Class::Deterministic, Some(Reason::Request), "Payload Too Large"),
    (408, "", Class::PerhapsCarriedOut, None, "HTTP 408"),
    (500, r#"{"message":"oops"}"#, Class::PerhapsCarriedOut, None, "oops"),
    (502, "<html><title> Bad Gateway </title></html>", Class::PerhapsCarriedOut, None, "Bad Gateway"),
    (503, "", Class::NotCarriedOut, None, "HTTP 503"),
    (520, "<html>", Class::PerhapsCarriedOut, None, "HTTP 520"),
    (521, "<html>", Class::NotCarriedOut, None, "HTTP 521"),
    (
        522,
        "<!DOCTYPE html><html><head><title>api.1min.ai | 522: Connection timed out</title></head></html>",
        Class::NotCarriedOut,
        None,
        "522: Connection timed out",
    ),
    (524, "<html>", Class::PerhapsCarriedOut, None, "HTTP 524"),
    (
        500,
        r#"{"errorCode":"X","details":{"request":{"url":"/internal/path"#,
        Class::PerhapsCarriedOut,
        None,
        "HTTP 500",
    ),
    (302, "", Class::PerhapsCarriedOut, None, "redirect"),
];

#[test]
fn every_known_failure_has_its_class_reason_and_words() {
    for (status, body, class, reason, words) in TABLE {
        let error = from_response(*status, None, body.as_bytes(), Some(&key()));
        assert_eq!(error.class(), *class, "{status} {body}");
        assert_eq!(reason_of(&error), *reason, "{status} {body}");
        assert_eq!(error.is_retryable(), *class == Class::NotCarriedOut, "{status} {body}");
        assert_eq!(error.retry_after().is_some(), error.is_retryable(), "{status} {body}");
        assert!(error.to_string().contains(words), "{error} lacks {words}");
        assert!(!error.to_string().contains("/internal/path"), "{error}");
    }
}

#[test]
fn a_field_is_named_where_1min_named_it() {
    let body = br#"{"errorCode":"X","message":"m","details":[{"field":"quality","message":"needed"},{"field":"size","message":"too"}]}"#;
    let Error::Refused(refusal) = from_response(400, None, body, Some(&key())) else { panic!("refused") };
    assert_eq!(refusal.field.as_deref(), Some("quality"));
    assert_eq!(refusal.message, "needed; too");
    assert_eq!(refusal.code.as_deref(), Some("X"));
}

#[test]
fn a_refused_stream_is_judged_by_its_words() {
    let of = |message| from_message(message, false, &key());
    assert_eq!(reason_of(&of("Model this-model-does-not-exist is not supported")), Some(Reason::Model));
    assert_eq!(reason_of(&of("You have no credits left")), Some(Reason::Credits));
    assert_eq!(reason_of(&of("Invalid API key")), Some(Reason::Key));
    assert_eq!(reason_of(&of("prompt must not be empty")), Some(Reason::Request));
    assert_eq!(of("Too many requests").class(), Class::NotCarriedOut);
    let busy = of("The service is a bit busy right now or facing a temporary issue");
    assert_eq!(busy.class(), Class::PerhapsCarriedOut);
}

#[test]
fn an_error_after_text_is_never_a_refusal() {
    let error = from_message("Model x is not supported", true, &key());
    assert_eq!(error, Error::Failed { status: 200, message: "Model x is not supported".into() });
}

#[test]
fn an_echoed_key_is_in_no_part_of_an_error() {
    let body = format!(
        r#"{{"errorCode":"{CANARY}","message":"key {CANARY}","details":[{{"field":"{CANARY}","message":"{CANARY}"}}]}}"#
    );
    for status in [400, 401, 429, 500, 503] {
        let error = from_response(status, None, body.as_bytes(), Some(&key()));
        assert!(!format!("{error:?} {error}").contains("canary"), "{error:?}");
    }
    assert!(!from_message(CANARY, true, &key()).to_string().contains("canary"));
}

#[test]
fn a_key_is_taken_out_wherever_a_long_message_is_cut() {
    for before in LONGEST_MESSAGE - 2 * CANARY.len()..LONGEST_MESSAGE + 2 {
        let body = format!("{}{CANARY}", "x".repeat(before));
        assert!(!from_response(500, None, body.as_bytes(), Some(&key())).to_string().contains("canary"), "{before}");
    }
}

#[test]
fn what_a_model_can_not_do_is_not_a_missing_model() {
    for message in [
        "Unsupported parameter: 'max_tokens' is not supported with this model.",
        "Web search is not supported for this model",
        "Image input is not supported by model x",
    ] {
        assert_eq!(reason_of(&from_message(message, false, &key())), Some(Reason::Request), "{message}");
    }
    let missing = from_message("The model `x` does not exist", false, &key());
    assert_eq!(reason_of(&missing), Some(Reason::Model));
}

#[test]
fn a_failed_record_is_judged_by_its_words() {
    assert_eq!(reason_of(&from_failed_record("Not enough credits", &key())), Some(Reason::Credits));
    assert_eq!(from_failed_record("something broke", &key()).class(), Class::PerhapsCarriedOut);
    let long = from_failed_record(&"x".repeat(200_000), &key()).to_string();
    assert_eq!(long.chars().count(), LONGEST_MESSAGE + 1);
}

#[test]
fn retry_after_is_kept_and_long_words_are_cut() {
    let wait = Some(Duration::from_secs(7));
    assert_eq!(from_response(429, wait, b"", Some(&key())).retry_after(), wait);
    assert_eq!(from_response(503, wait, b"", Some(&key())).retry_after(), wait);
    let long = "ä".repeat(5_000);
    assert_eq!(
        from_response(400, None, long.as_bytes(), Some(&key())).to_string().chars().count(),
        LONGEST_MESSAGE + 1
    );
}
