//! Turns server-sent events into 1min.ai's frames.

use std::borrow::Cow;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    failure,
    record::Envelope,
    sse::SseEvent,
    surrogate::{self, Text},
};

/// One frame of a chat stream.
#[derive(Debug)]
pub(crate) enum Frame {
    /// `content` (or `llm_chunk`, code): text to append; the first may be empty (live).
    Content(Text),
    /// `result` (or `ai_record_result`, code): the whole record.
    Record(Box<Envelope>),
    /// `done`, or a `[DONE]` line: the stream is complete.
    Done,
    /// `error`: the stream has failed; also how a refused request looks (live).
    Error(String),
}

/// A frame whose data is not what its name promises.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadFrame;

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow, default)]
    content: Option<Cow<'a, str>>,
}

/// The frames in one event. Unknown events give none; several `data:` lines may be one JSON text or one each (a working
/// relay feeds both to its tests).
pub(crate) fn decode(event: &SseEvent) -> Result<Vec<Frame>, BadFrame> {
    match decode_data(&event.name, &event.data) {
        Err(BadFrame) if event.data.contains('\n') => {
            let lines = event.data.lines().filter(|line| !line.trim().is_empty());
            lines.filter_map(|line| decode_data(&event.name, line).transpose()).collect()
        }
        decoded => Ok(decoded?.into_iter().collect()),
    }
}

fn decode_data(name: &str, data: &str) -> Result<Option<Frame>, BadFrame> {
    if data.trim() == "[DONE]" {
        return Ok(Some(Frame::Done));
    }
    match name {
        "content" | "llm_chunk" => content(data).map(Some),
        "result" | "ai_record_result" => record(data),
        "done" => Ok(Some(Frame::Done)),
        "error" => Ok(Some(Frame::Error(error_text(data)))),
        "" | "message" => unnamed(data),
        _ => Ok(None),
    }
}

fn content(data: &str) -> Result<Frame, BadFrame> {
    if let Ok(Content { content }) = serde_json::from_str(data) {
        return Ok(Frame::Content(Text::from(content.unwrap_or_default().into_owned())));
    }
    // A service that cuts its text between the halves of a character sends what is no JSON text by itself.
    let (mended, ends) = surrogate::mend_ends(data).ok_or(BadFrame)?;
    let Content { content } = serde_json::from_str(&mended).map_err(|_| BadFrame)?;
    Ok(Frame::Content(Text::mended(&content.unwrap_or_default(), ends)))
}

/// A record; or, in its place, an error. What is neither says nothing, least of all that the answer is complete.
fn record(data: &str) -> Result<Option<Frame>, BadFrame> {
    let envelope: Envelope = parse(data)?;
    if envelope.holds_answer() {
        return Ok(Some(Frame::Record(Box::new(envelope))));
    }
    Ok(failure::is_error(&parse(data)?).then(|| Frame::Error(error_text(data))))
}

/// Parses JSON, half characters mended where there are any.
fn parse<T: DeserializeOwned>(data: &str) -> Result<T, BadFrame> {
    let parsed = serde_json::from_str(data)
        .or_else(|error| surrogate::mend(data).map_or(Err(error), |mended| serde_json::from_str(&mended)));
    parsed.map_err(|_| BadFrame)
}

/// An event without a name is known by its keys (guess: names have always been sent).
fn unnamed(data: &str) -> Result<Option<Frame>, BadFrame> {
    if data.trim().is_empty() {
        return Ok(None);
    }
    let json: Value = parse(data)?;
    if failure::is_error(&json) {
        Ok(Some(Frame::Error(error_text(data))))
    } else if json.get("aiRecord").is_some() {
        record(data)
    } else if json.get("content").is_some() {
        content(data).map(Some)
    } else {
        Ok(None)
    }
}

/// The message of an `error` event: `error` as a string, `error.message`, `message`, or the raw data (code).
fn error_text(data: &str) -> String {
    let json: Value = serde_json::from_str(data).unwrap_or(Value::Null);
    ["/error", "/error/message", "/message"]
        .iter()
        .find_map(|path| json.pointer(path)?.as_str())
        .unwrap_or(data)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A compact form to compare: what kind of frame, and its text.
    fn frames(name: &str, data: &str) -> Result<Vec<String>, BadFrame> {
        let event = SseEvent { name: name.into(), data: data.into() };
        Ok(decode(&event)?
            .into_iter()
            .map(|frame| match frame {
                Frame::Content(text) => format!("content:{}", text.after(None).text),
                Frame::Record(_) => "record".into(),
                Frame::Done => "done".into(),
                Frame::Error(text) => format!("error:{text}"),
            })
            .collect())
    }

    fn one(name: &str, data: &str) -> String {
        frames(name, data).unwrap().join("|")
    }

    #[test]
    fn every_name_of_a_frame_is_known() {
        assert_eq!(one("content", r#"{"content":"a\n"}"#), "content:a\n");
        assert_eq!(one("llm_chunk", r#"{"content":""}"#), "content:");
        assert_eq!(one("content", r#"{"content":null}"#), "content:");
        assert_eq!(one("result", r#"{"aiRecord":{}}"#), "record");
        assert_eq!(one("ai_record_result", r#"{"content":"top"}"#), "record");
        assert_eq!(one("done", r#"{"message":"Stream completed"}"#), "done");
        assert_eq!(one("done", "anything"), "done");
        assert_eq!(one("", "[DONE]"), "done");
        assert_eq!(one("llm_result", r#"{"content":"whole"}"#), "");
        assert_eq!(one("reasoning", "x"), "");
    }

    #[test]
    fn an_error_is_read_from_wherever_it_stands() {
        assert_eq!(one("error", r#"{"error":"no"}"#), "error:no");
        assert_eq!(one("error", r#"{"error":{"message":"deep"}}"#), "error:deep");
        assert_eq!(one("error", r#"{"message":"flat"}"#), "error:flat");
        assert_eq!(one("error", "plain words"), "error:plain words");
        assert_eq!(one("", r#"{"error":"no name"}"#), "error:no name");
    }

    #[test]
    fn unnamed_events_are_known_by_their_keys() {
        assert_eq!(one("", r#"{"content":"x"}"#), "content:x");
        assert_eq!(one("message", r#"{"aiRecord":{}}"#), "record");
        assert_eq!(one("", r#"{"other":1}"#), "");
        assert_eq!(one("", ""), "");
    }

    #[test]
    fn a_result_without_a_record_completes_nothing() {
        assert_eq!(one("result", r#"{"aiRecord":null}"#), "");
        assert_eq!(one("result", r#"{"hello":1}"#), "");
        assert_eq!(one("result", r#"{"errorCode":"X","message":"no"}"#), "error:no");
        assert_eq!(one("", r#"{"aiRecord":null}"#), "");
    }

    #[test]
    fn several_lines_are_one_text_or_one_each() {
        assert_eq!(one("content", "{\"content\":\n\"a\"}"), "content:a");
        assert_eq!(one("content", "{\"content\":\"a\"}\n{\"content\":\"b\"}\n"), "content:a|content:b");
    }

    #[test]
    fn text_is_never_lost_without_a_word() {
        assert_eq!(frames("content", r#"{"content":"cut"#), Err(BadFrame));
        assert_eq!(frames("content", "{\"content\":\"a\"}\n{\"cont"), Err(BadFrame));
        assert_eq!(frames("content", r#"{"content":5}"#), Err(BadFrame));
        assert_eq!(frames("result", "{"), Err(BadFrame));
    }
}
