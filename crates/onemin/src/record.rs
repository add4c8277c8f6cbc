//! The record envelope: what 1min.ai wraps around every answer (docs, live). Read loosely, because the fields vary by
//! model and by day; everything else in it (team, user, credit counters, the echoed prompt) is private and skipped.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    answer::{Answer, Metadata},
    error::Error,
    failure,
    feature::FeatureAnswer,
    key::ApiKey,
    surrogate,
};

/// `{"aiRecord":{...}}`; a `metadata` or `content` at top level was seen by single clients (code).
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope {
    #[serde(default, rename = "aiRecord")]
    record: Option<Record>,
    #[serde(default)]
    metadata: Option<Value>,
    #[serde(default)]
    content: Option<Value>,
    #[serde(default, rename = "temporaryUrl")]
    temporary_url: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
struct Record {
    #[serde(default)]
    uuid: Option<Value>,
    #[serde(default)]
    status: Option<Value>,
    #[serde(default)]
    metadata: Option<Value>,
    #[serde(default, rename = "aiRecordDetail")]
    detail: Option<Detail>,
    #[serde(default, rename = "temporaryUrl")]
    temporary_url: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
struct Detail {
    #[serde(default, rename = "resultObject")]
    result: Option<Value>,
}

/// Reads a whole answer that came with HTTP 200.
pub(crate) fn read(body: &[u8], key: &ApiKey) -> Result<Answer, Error> {
    match parse(body) {
        Ok(envelope) if envelope.holds_answer() => envelope.into_answer(key),
        _ => Err(unreadable(body, key)),
    }
}

/// How far a feature call is.
#[derive(Debug, PartialEq)]
pub(crate) enum Progress {
    /// It is done.
    Done(FeatureAnswer),
    /// It goes on; its result is asked for by this id.
    Processing(Option<String>),
    /// There is no such call (docs).
    Unknown,
}

/// Reads the record of a feature call.
pub(crate) fn read_feature(body: &[u8], key: &ApiKey) -> Result<Progress, Error> {
    match parse(body) {
        Ok(envelope) if envelope.record.is_some() => envelope.into_progress(key),
        _ if is_null_record(body) => Ok(Progress::Unknown),
        _ => Err(unreadable(body, key)),
    }
}

fn is_null_record(body: &[u8]) -> bool {
    serde_json::from_slice(body).is_ok_and(|json: Value| json.get("aiRecord").is_some_and(Value::is_null))
}

/// Parses an envelope, half characters mended where there are any.
fn parse(body: &[u8]) -> serde_json::Result<Envelope> {
    serde_json::from_slice(body).or_else(|error| match std::str::from_utf8(body).ok().and_then(surrogate::mend) {
        Some(mended) => serde_json::from_str(&mended),
        None => Err(error),
    })
}

/// What a body that is no envelope says: an error inside HTTP 200, or nothing known.
fn unreadable(body: &[u8], key: &ApiKey) -> Error {
    match serde_json::from_slice::<Value>(body) {
        Ok(json) if failure::is_error(&json) => failure::from_json(&json, key),
        Ok(json) => Error::Unreadable { what: format!("JSON with {}", key.redact(&shape(&json))) },
        Err(_) if body.trim_ascii_start().starts_with(b"<") => Error::Unreadable { what: "an HTML page".into() },
        Err(_) => Error::Unreadable { what: format!("{} bytes that are no JSON", body.len()) },
    }
}

impl Envelope {
    /// Whether there is a record at all, or a text in its place.
    pub(crate) const fn holds_answer(&self) -> bool {
        self.record.is_some() || self.content.is_some()
    }

    /// The text and figures of a record, or the failure it tells of.
    pub(crate) fn into_answer(self, key: &ApiKey) -> Result<Answer, Error> {
        let record = self.record.unwrap_or_default();
        let result = record.detail.and_then(|detail| detail.result);
        let status = record.status.as_ref().and_then(Value::as_str).unwrap_or("SUCCESS");
        if !status.eq_ignore_ascii_case("SUCCESS") {
            return Err(failed(status, record.metadata.as_ref(), result.as_ref(), key));
        }
        let text = match result {
            None | Some(Value::Null) => self.content.as_ref().and_then(text_of),
            Some(Value::Array(list)) if list.is_empty() => self.content.as_ref().and_then(text_of),
            Some(result) => match refusal_in(&result) {
                Some(object) => return Err(failure::from_moderation(object, key)),
                None => Some(text_of(&result).ok_or_else(|| Error::Unreadable {
                    what: format!("a record whose resultObject is {}", key.redact(&shape(&result))),
                })?),
            },
        };
        let own = record.metadata.as_ref().map(Metadata::read).unwrap_or_default();
        let outer = self.metadata.as_ref().map(Metadata::read).unwrap_or_default();
        Ok(Answer { text: text.unwrap_or_default(), metadata: own.or(outer) })
    }

    /// How far the call is, or the failure its record tells of.
    fn into_progress(self, key: &ApiKey) -> Result<Progress, Error> {
        let record = self.record.unwrap_or_default();
        let text = |value: &Option<Value>| value.as_ref()?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let result = record.detail.and_then(|detail| detail.result).filter(|result| !result.is_null());
        let status = record.status.as_ref().and_then(Value::as_str).unwrap_or("SUCCESS");
        if status.eq_ignore_ascii_case("PROCESSING") {
            return Ok(Progress::Processing(text(&record.uuid)));
        }
        if !status.eq_ignore_ascii_case("SUCCESS") {
            return Err(failed(status, record.metadata.as_ref(), result.as_ref(), key));
        }
        if let Some(object) = result.as_ref().and_then(refusal_in) {
            return Err(failure::from_moderation(object, key));
        }
        let temporary_url = text(&record.temporary_url).or_else(|| text(&self.temporary_url));
        let mut results = result.or(self.content).map(texts_of).unwrap_or_default();
        if results.is_empty() {
            // A file that is signed for is there, whatever the list says.
            results.extend(temporary_url.clone());
        }
        if results.is_empty() {
            return Err(Error::Unreadable { what: "a success in which nothing was made".into() });
        }
        let own = record.metadata.as_ref().map(Metadata::read).unwrap_or_default();
        let outer = self.metadata.as_ref().map(Metadata::read).unwrap_or_default();
        let metadata = own.or(outer);
        Ok(Progress::Done(FeatureAnswer { uuid: text(&record.uuid), results, temporary_url, metadata, sound: None }))
    }
}

/// A status that is not `SUCCESS` (`FAILURE` in the docs, `FAILED` in code, `PROCESSING` for a call that should have
/// been whole). Where the reason stands is not known: `metadata` and `resultObject` are looked through.
fn failed(status: &str, metadata: Option<&Value>, result: Option<&Value>, key: &ApiKey) -> Error {
    let reason = result
        .and_then(|result| result.as_str().or_else(|| result.pointer("/0")?.as_str()))
        .or_else(|| [result, metadata].into_iter().flatten().find_map(message_in));
    match reason.filter(|reason| !reason.trim().is_empty()) {
        Some(reason) => failure::from_failed_record(reason, key),
        None => {
            let message = format!("1min.ai answered with a record whose status is {}", key.redact(status));
            Error::Failed { status: 200, message }
        }
    }
}

fn message_in(value: &Value) -> Option<&str> {
    ["message", "error", "reason"].iter().find_map(|name| value.get(name)?.as_str())
}

/// The refusal object in a result: `{"code":...,"message":...}` instead of a text, bare or in the list.
fn refusal_in(result: &Value) -> Option<&Value> {
    let object = result.as_array().and_then(|list| list.first()).unwrap_or(result);
    (object.is_object() && object.get("message").is_some()).then_some(object)
}

/// A text: a string, a list of them (more than one has never been reported), or an object that holds one.
fn text_of(result: &Value) -> Option<String> {
    match result {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            let parts: Option<Vec<String>> = parts.iter().map(text_of).collect();
            Some(parts?.join("\n"))
        }
        Value::Object(object) => {
            ["text", "content"].iter().find_map(|name| object.get(*name)?.as_str()).map(str::to_owned)
        }
        _ => None,
    }
}

/// The entries of a result, each as text: what is none is given as its JSON.
fn texts_of(result: Value) -> Vec<String> {
    let entries = match result {
        Value::Array(entries) => entries,
        entry => vec![entry],
    };
    let text = |entry| match entry {
        Value::String(text) => Some(text),
        Value::Null => None,
        other => Some(other.to_string()),
    };
    entries.into_iter().filter_map(text).collect()
}

/// The shape of a value for a log: kinds and key names, never a text.
fn shape(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let keys: Vec<&str> = object.keys().take(8).map(String::as_str).collect();
            format!("an object of [{}]", keys.join(", "))
        }
        Value::Array(list) => format!("a list of {}", list.len()),
        Value::String(_) => "a string".into(),
        Value::Number(_) => "a number".into(),
        Value::Bool(_) => "a boolean".into(),
        Value::Null => "null".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Class, Reason};
    use serde_json::json;

    fn key() -> ApiKey {
        ApiKey::new("canary-0123456789abcdef").unwrap()
    }

    fn record(status: &str, result: &Value) -> Value {
        json!({"aiRecord": {"status": status, "aiRecordDetail": {"promptObject": {}, "resultObject": result}}})
    }

    fn text(body: &Value) -> String {
        read(body.to_string().as_bytes(), &key()).unwrap().text
    }

    fn error(body: &Value) -> Error {
        read(body.to_string().as_bytes(), &key()).unwrap_err()
    }

    #[test]
    fn the_text_is_found_wherever_it_stands() {
        assert_eq!(text(&record("SUCCESS", &json!(["ok"]))), "ok");
        assert_eq!(text(&record("SUCCESS", &json!(["one", "two"]))), "one\ntwo");
        assert_eq!(text(&record("success", &json!("bare"))), "bare");
        assert_eq!(text(&record("SUCCESS", &json!([{"text": "inside"}]))), "inside");
        assert_eq!(text(&record("SUCCESS", &json!([]))), "");
        assert_eq!(text(&record("SUCCESS", &json!(null))), "");
        assert_eq!(text(&json!({"aiRecord": {}, "content": "top"})), "top");
        assert_eq!(text(&json!({"content": "top"})), "top");
    }

    #[test]
    fn any_other_status_is_a_failure_with_its_reason() {
        for status in ["FAILURE", "FAILED", "PROCESSING", "SOMETHING_NEW"] {
            let failed = error(&record(status, &json!(["the reason"])));
            assert_eq!(failed, Error::Failed { status: 200, message: "the reason".into() }, "{status}");
            assert!(error(&record(status, &json!(null))).to_string().contains(status));
        }
        let body = json!({"aiRecord": {"status": "FAILED", "metadata": {"message": "in metadata"}}});
        assert_eq!(error(&body).to_string(), "in metadata");
    }

    #[test]
    fn an_object_instead_of_a_text_is_moderation() {
        let object = json!({"code": "CONTENT_MODERATION", "message": "The request was flagged"});
        for result in [object.clone(), json!([object])] {
            let Error::Refused(refusal) = error(&record("SUCCESS", &result)) else { panic!("refused") };
            assert_eq!(refusal.reason, Reason::Policy);
            assert_eq!(refusal.message, "The request was flagged");
        }
    }

    fn progress(body: &Value) -> Result<Progress, Error> {
        read_feature(body.to_string().as_bytes(), &key())
    }

    fn made(body: &Value) -> FeatureAnswer {
        let Ok(Progress::Done(answer)) = progress(body) else { panic!("done: {body}") };
        answer
    }

    #[test]
    fn what_a_feature_made_is_read_wherever_it_stands() {
        let body = json!({"aiRecord": {
            "uuid": "1-2", "status": "SUCCESS", "metadata": {"credit": 7}, "temporaryUrl": "https://x/a.png?s",
            "aiRecordDetail": {"promptObject": {}, "resultObject": ["images/a.png", "images/b.png"]},
        }});
        let expected = FeatureAnswer {
            uuid: Some("1-2".into()),
            results: vec!["images/a.png".into(), "images/b.png".into()],
            temporary_url: Some("https://x/a.png?s".into()),
            metadata: Metadata { credits: Some(7.0), ..Metadata::default() },
            sound: None,
        };
        assert_eq!(made(&body), expected);
        assert_eq!(made(&record("SUCCESS", &json!("bare"))).results, ["bare"]);
        assert_eq!(made(&record("success", &json!([""]))).results, [""], "a silent recording");
        assert_eq!(made(&record("SUCCESS", &json!([{"text": "a"}, null, 1]))).results, [r#"{"text":"a"}"#, "1"]);
        let mut beside = record("SUCCESS", &json!([]));
        beside["temporaryUrl"] = json!("https://x/a.png");
        assert_eq!(made(&beside).results, ["https://x/a.png"]);
    }

    #[test]
    fn a_feature_that_made_nothing_never_reads_as_done() {
        let mut processing = record("PROCESSING", &json!([]));
        assert_eq!(progress(&processing), Ok(Progress::Processing(None)));
        processing["aiRecord"]["uuid"] = json!("1-2");
        assert_eq!(progress(&processing), Ok(Progress::Processing(Some("1-2".into()))));
        assert_eq!(progress(&json!({"aiRecord": null})), Ok(Progress::Unknown));
        for empty in [json!([]), json!(null), json!([null])] {
            let error = progress(&record("SUCCESS", &empty)).unwrap_err();
            assert!(error.to_string().contains("nothing was made"), "{empty}");
            assert_eq!(error.class(), Class::PerhapsCarriedOut);
        }
        let failed = progress(&record("FAILURE", &json!(["the reason"]))).unwrap_err();
        assert_eq!(failed, Error::Failed { status: 200, message: "the reason".into() });
        let object = json!([{"code": "CONTENT_MODERATION", "message": "flagged"}]);
        let Err(Error::Refused(refusal)) = progress(&record("SUCCESS", &object)) else { panic!("refused") };
        assert_eq!((refusal.reason, refusal.message.as_str()), (Reason::Policy, "flagged"));
        let refused = progress(&json!({"errorCode": "UNSUPPORTED_MODEL", "message": "no"})).unwrap_err();
        assert_eq!(refused.class(), Class::Deterministic);
        assert!(matches!(progress(&json!({"x": 1})), Err(Error::Unreadable { .. })));
    }

    #[test]
    fn what_is_no_answer_never_reads_as_one() {
        assert_eq!(error(&json!({"errorCode": "UNSUPPORTED_MODEL", "message": "no"})).class(), Class::Deterministic);
        for body in [json!({}), json!({"aiRecord": null}), json!([1]), json!({"x": 1}), json!("text")] {
            assert!(matches!(error(&body), Error::Unreadable { .. }), "{body}");
        }
        let odd = record("SUCCESS", &json!(42));
        assert!(error(&odd).to_string().contains("a number"));
        assert!(read(b"<html></html>", &key()).unwrap_err().to_string().contains("HTML"));
        assert!(read(b"", &key()).is_err());
    }
}
