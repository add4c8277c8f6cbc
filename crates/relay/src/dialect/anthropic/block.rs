//! From the blocks of a content to the parts of a turn. Blocks that say nothing to the model (thinking, what Anthropic's own
//! servers ran, types that are not known) are passed over.

use std::collections::HashMap;

use serde_json::Value;

use super::wire::Fields;
use crate::{
    conversation::{CallInput, Media, MediaSource, Part, ToolCall, ToolResult},
    dialect::data_url,
    error::{Error, Fault},
};

/// Names of the tools by the ids of their calls so far; results only name the id.
pub(super) type Called = HashMap<String, String>;

/// What a block is.
pub(super) enum Read {
    /// Something the message says; perhaps nothing.
    Said(Vec<Part>),
    /// The result of a call, and the pictures and files that came with it.
    Result(Vec<Part>),
}

/// Reads the block in the field `param`.
pub(super) fn read(param: &str, mut fields: Fields, called: &mut Called) -> Result<Read, Error> {
    match kind(param, &fields)? {
        Kind::ToolUse => {
            let call = tool_use(&mut fields);
            called.insert(call.id.clone(), call.name.clone());
            Ok(Read::Said(vec![Part::ToolCall(call)]))
        }
        Kind::ToolResult => tool_result(param, &mut fields, called).map(Read::Result),
        kind => said(param, kind, &mut fields).map(Read::Said),
    }
}

/// Reads blocks among which there are no calls and no results.
pub(super) fn parts(param: &str, blocks: Vec<Fields>) -> Result<Vec<Part>, Error> {
    let mut parts = Vec::new();
    for (index, mut fields) in blocks.into_iter().enumerate() {
        let param = format!("{param}[{index}]");
        let kind = kind(&param, &fields)?;
        parts.extend(said(&param, kind, &mut fields)?);
    }
    Ok(parts)
}

/// The part that is a text; none if it is empty.
pub(super) fn text(text: String) -> Vec<Part> {
    if text.is_empty() { Vec::new() } else { vec![Part::Text(text)] }
}

/// The types of blocks that say something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Image,
    Document,
    SearchResult,
    ToolUse,
    ToolResult,
    Other,
}

fn kind(param: &str, fields: &Fields) -> Result<Kind, Error> {
    match fields.get("type").and_then(Value::as_str) {
        Some("text") => Ok(Kind::Text),
        Some("image") => Ok(Kind::Image),
        Some("document") => Ok(Kind::Document),
        Some("search_result") => Ok(Kind::SearchResult),
        Some("tool_use") => Ok(Kind::ToolUse),
        Some("tool_result") => Ok(Kind::ToolResult),
        Some(_) => Ok(Kind::Other),
        // A block that is null.
        None if fields.is_empty() => Ok(Kind::Other),
        None => {
            let param = format!("{param}.type");
            let message = format!("Missing required parameter: '{param}'.");
            Err(Error::field(param, Fault::Missing, message))
        }
    }
}

fn said(param: &str, kind: Kind, fields: &mut Fields) -> Result<Vec<Part>, Error> {
    match kind {
        Kind::Text => Ok(text(take(fields, "text").unwrap_or_default())),
        Kind::Image => image(param, fields),
        Kind::Document => document(param, fields),
        Kind::SearchResult => search_result(param, fields),
        Kind::ToolUse | Kind::ToolResult | Kind::Other => Ok(Vec::new()),
    }
}

/// A text field; empty counts as absent.
fn take(fields: &mut Fields, name: &str) -> Option<String> {
    match fields.remove(name)? {
        Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// An id; some clients number their calls.
fn id(fields: &mut Fields, name: &str) -> Option<String> {
    match fields.remove(name)? {
        Value::String(id) => Some(id),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// A content inside a block: a text, or blocks.
fn content(param: &str, fields: &mut Fields) -> Result<Vec<Part>, Error> {
    match fields.remove("content") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(said)) => Ok(text(said)),
        Some(Value::Array(blocks)) => {
            let fields = |block| if let Value::Object(fields) = block { fields } else { Fields::new() };
            parts(&format!("{param}.content"), blocks.into_iter().map(fields).collect())
        }
        Some(other) => Ok(text(other.to_string())),
    }
}

fn tool_use(fields: &mut Fields) -> ToolCall {
    let arguments = match fields.remove("input") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
    };
    ToolCall {
        id: id(fields, "id").unwrap_or_default(),
        name: take(fields, "name").unwrap_or_default(),
        input: CallInput::Json(arguments),
    }
}

/// The result, its texts joined; pictures and files stand behind it.
fn tool_result(param: &str, fields: &mut Fields, called: &Called) -> Result<Vec<Part>, Error> {
    let call_id = id(fields, "tool_use_id");
    let is_text = |part: &Part| matches!(part, Part::Text(_));
    let (texts, media): (Vec<Part>, Vec<Part>) = content(param, fields)?.into_iter().partition(is_text);
    let texts: Vec<String> =
        texts.into_iter().filter_map(|part| if let Part::Text(text) = part { Some(text) } else { None }).collect();
    let result = ToolResult {
        name: call_id.as_ref().and_then(|id| called.get(id)).cloned(),
        call_id,
        output: texts.join("\n"),
        is_error: fields.get("is_error") == Some(&Value::Bool(true)),
    };
    Ok(std::iter::once(Part::ToolResult(result)).chain(media).collect())
}

fn image(param: &str, fields: &mut Fields) -> Result<Vec<Part>, Error> {
    let source_param = format!("{param}.source");
    match source(&source_param, fields)? {
        Source::Media(source, name) => Ok(vec![Part::Image(Media { param: source_param, source, name })]),
        Source::Text(_) | Source::Content(_) => Err(no_source(&source_param, "'base64', 'url' or 'file'")),
    }
}

/// A document. What it is called and what it is about are told before it.
fn document(param: &str, fields: &mut Fields) -> Result<Vec<Part>, Error> {
    let source_param = format!("{param}.source");
    let source = source(&source_param, fields)?;
    let (title, context) = (take(fields, "title"), take(fields, "context"));
    match source {
        Source::Media(source, name) => {
            let file = Part::File(Media { param: source_param, source, name: title.or(name) });
            Ok(context.map(Part::Text).into_iter().chain([file]).collect())
        }
        Source::Text(said) => Ok(text(joined([title, context, Some(said)]))),
        Source::Content(mut fields) => {
            let mut parts = text(joined([title, context, None]));
            parts.extend(content(&source_param, &mut fields)?);
            Ok(parts)
        }
    }
}

/// What an app has found by itself: where, and what.
fn search_result(param: &str, fields: &mut Fields) -> Result<Vec<Part>, Error> {
    let mut parts = text(joined([take(fields, "title"), take(fields, "source"), None]));
    parts.extend(content(param, fields)?);
    Ok(parts)
}

fn joined(texts: [Option<String>; 3]) -> String {
    texts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// Where a picture or document is.
enum Source {
    /// With a name that says what it is, where the bytes don't.
    Media(MediaSource, Option<String>),
    Text(String),
    /// The fields of a source that has a content of its own.
    Content(Fields),
}

/// Reads `source`, which stands in the field `param`.
fn source(param: &str, fields: &mut Fields) -> Result<Source, Error> {
    let Some(Value::Object(mut fields)) = fields.remove("source") else {
        return Err(Error::field(param, Fault::Missing, format!("Missing required parameter: '{param}'.")));
    };
    let kind = take(&mut fields, "type").unwrap_or_default();
    let (name, data) = match kind.as_str() {
        "content" => return Ok(Source::Content(fields)),
        "base64" | "text" => ("data", take(&mut fields, "data")),
        "url" => ("url", take(&mut fields, "url")),
        "file" => ("file_id", take(&mut fields, "file_id")),
        _ => return Err(no_source(param, "'base64', 'url', 'file', 'text' or 'content'")),
    };
    let param = format!("{param}.{name}");
    let Some(data) = data else {
        let message = format!("Missing required parameter: '{param}'.");
        return Err(Error::field(param, Fault::Missing, message));
    };
    match kind.as_str() {
        "text" => Ok(Source::Text(data)),
        "file" => Ok(Source::Media(MediaSource::File(data), None)),
        // Some apps write a whole data URL in either place.
        "url" if !data_url::is_data_url(&data) => Ok(Source::Media(MediaSource::Url(data), None)),
        _ => bytes(param, &data, take(&mut fields, "media_type")),
    }
}

fn bytes(param: String, data: &str, media_type: Option<String>) -> Result<Source, Error> {
    let message = || format!("'{param}' is no base64. Send the bytes of the file in base64, and nothing else.");
    let read =
        data_url::decode(data).map_err(|data_url::Unreadable| Error::field(&param, Fault::Invalid, message()))?;
    let media_type = read.media_type.or(media_type);
    Ok(Source::Media(MediaSource::Bytes(read.bytes), data_url::name_for(media_type.as_deref())))
}

fn no_source(param: &str, allowed: &str) -> Error {
    let param = format!("{param}.type");
    let message = format!("'{param}' must be {allowed}.");
    Error::field(param, Fault::Invalid, message)
}
