//! Items of an input, of every kind, into turns. What is not known is left out, never refused: clients give back whatever
//! they were given by OpenAI.

use std::collections::HashMap;

use serde_json::Value;

use super::tool::flat_name;
use crate::{
    conversation::{CallInput, Media, MediaSource, Part, Role, ToolCall, ToolResult, Turn},
    dialect::data_url::{self, DataUrl},
    error::{Error, Fault},
};

/// A conversation as it is read, item by item.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    pub(super) turns: Vec<Turn>,
    /// Names of tools by the ids of their calls so far, for results that name only the id.
    called: HashMap<String, String>,
}

impl Conversation {
    /// Adds the item that stands at `param`.
    pub(super) fn add(&mut self, item: &Value, param: &str) -> Result<(), Error> {
        let kind = text(item, "type").unwrap_or("message");
        match kind {
            "message" => self.message(item, param),
            "function_call" => {
                self.call(item, None, CallInput::Json(json_text(&item["arguments"])));
                Ok(())
            }
            "custom_tool_call" => {
                self.call(item, None, CallInput::Text(json_text(&item["input"])));
                Ok(())
            }
            // The model's own thinking can't be given back to it.
            "reasoning" => Ok(()),
            kind if kind.ends_with("_output") => self.result(item, param),
            "image_generation_call" => {
                self.drawn(item);
                Ok(())
            }
            // Calls of tools that OpenAI knows and the client ran: of a shell, of a patch.
            kind if kind.ends_with("_call") => {
                let fields = ["action", "operation", "arguments"].into_iter().find_map(|key| item.get(key));
                if let Some(fields) = fields.filter(|_| text(item, "call_id").is_some()) {
                    self.call(item, kind.strip_suffix("_call"), CallInput::Json(json_text(fields)));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn message(&mut self, item: &Value, param: &str) -> Result<(), Error> {
        let role = match text(item, "role") {
            Some("system" | "developer") => Role::System,
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            // As Chat Completions has it.
            Some("tool") => return self.result(item, param),
            // Neither a message nor anything else that is known.
            None => return Ok(()),
            Some(other) => {
                let param = format!("{param}.role");
                let allowed = "'system', 'developer', 'user' or 'assistant'";
                let message = format!("Invalid value: '{other}'. '{param}' must be {allowed}.");
                return Err(Error::field(param, Fault::Invalid, message));
            }
        };
        let parts = parts(&item["content"], &format!("{param}.content"), |_| None)?;
        self.turns.push(Turn { role, name: None, parts });
        Ok(())
    }

    /// A call belongs to what the assistant said just before it.
    fn call(&mut self, item: &Value, name: Option<&str>, input: CallInput) {
        let name = flat_name(text(item, "namespace"), name.or_else(|| text(item, "name")).unwrap_or_default());
        let id = ["call_id", "id"].into_iter().find_map(|key| text(item, key)).unwrap_or_default().to_owned();
        self.called.insert(id.clone(), name.clone());
        let part = Part::ToolCall(ToolCall { id, name, input });
        match self.turns.last_mut().filter(|turn| turn.role == Role::Assistant) {
            Some(turn) => turn.parts.push(part),
            None => self.turns.push(Turn { role: Role::Assistant, name: None, parts: vec![part] }),
        }
    }

    /// A picture that was drawn is told as what it shows; where it can be had, a model that draws may be asked for more like it.
    fn drawn(&mut self, item: &Value) {
        let shows = text(item, "revised_prompt").unwrap_or("a picture");
        let told = match text(item, "url") {
            Some(url) => format!("![image]({url})\n({shows})"),
            None => format!("(A picture was drawn: {shows})"),
        };
        let part = Part::Text(told);
        match self.turns.last_mut().filter(|turn| turn.role == Role::Assistant) {
            Some(turn) => turn.parts.push(part),
            None => self.turns.push(Turn { role: Role::Assistant, name: None, parts: vec![part] }),
        }
    }

    /// What a call gave back: its text, and the pictures and files beside it.
    fn result(&mut self, item: &Value, param: &str) -> Result<(), Error> {
        let key = if item.get("output").is_some() { "output" } else { "content" };
        let Some(output) = item.get(key) else { return Ok(()) };
        let call_id = ["call_id", "tool_call_id"].into_iter().find_map(|key| text(item, key)).map(str::to_owned);
        let name = call_id.as_ref().and_then(|id| self.called.get(id).cloned());
        let (mut texts, mut media) = (Vec::new(), Vec::new());
        for part in parts(output, &format!("{param}.{key}"), as_json)? {
            match part {
                Part::Text(text) => texts.push(text),
                other => media.push(other),
            }
        }
        let result = ToolResult { call_id, name, output: texts.join("\n"), is_error: false };
        let parts = std::iter::once(Part::ToolResult(result)).chain(media).collect();
        self.turns.push(Turn { role: Role::Tool, name: None, parts });
        Ok(())
    }
}

/// A content or an output: a text, a list of parts, or one part; null is nothing. `otherwise` reads what is not known.
fn parts(content: &Value, param: &str, otherwise: fn(&Value) -> Option<Part>) -> Result<Vec<Part>, Error> {
    match content {
        Value::Null => Ok(Vec::new()),
        Value::String(text) => Ok(vec![Part::Text(text.clone())]),
        Value::Array(parts) => {
            let mut read = Vec::with_capacity(parts.len());
            for (index, value) in parts.iter().enumerate() {
                read.extend(part(value, &format!("{param}[{index}]"))?.or_else(|| otherwise(value)));
            }
            Ok(read)
        }
        other => Ok(part(other, param)?.or_else(|| otherwise(other)).into_iter().collect()),
    }
}

/// What a tool gave back in a form of its own.
fn as_json(output: &Value) -> Option<Part> {
    (!output.is_null()).then(|| Part::Text(output.to_string()))
}

/// One part; `None`: nothing that is known.
fn part(part: &Value, param: &str) -> Result<Option<Part>, Error> {
    if let Value::String(text) = part {
        return Ok(Some(Part::Text(text.clone())));
    }
    Ok(match text(part, "type").unwrap_or_default() {
        "input_image" | "image_url" | "image" | "computer_screenshot" => Some(Part::Image(image(part, param)?)),
        "input_file" | "file" => Some(Part::File(file(part, param)?)),
        "input_audio" => {
            let message = "Content of type 'input_audio' can't be answered here: 1min.ai's chat takes no sound. Make a text of \
                           it first with POST /v1/audio/transcriptions.";
            return Err(Error::field(format!("{param}.type"), Fault::UnsupportedValue, message));
        }
        _ => ["text", "refusal"].into_iter().find_map(|key| text(part, key)).map(|text| Part::Text(text.to_owned())),
    })
}

fn image(part: &Value, param: &str) -> Result<Media, Error> {
    // Chat Completions has the URL in an object; some clients mix the two.
    let url = part["image_url"].as_str().or_else(|| part["image_url"]["url"].as_str()).filter(|url| !url.is_empty());
    let param = |key: &str| format!("{param}.{key}");
    match (url, text(part, "file_id")) {
        (Some(url), _) => by_url(url, param("image_url"), None, Fault::ImageUrl),
        (None, Some(id)) => Ok(Media { param: param("file_id"), source: MediaSource::File(id.to_owned()), name: None }),
        (None, None) => Err(nothing(&param("image_url"), "Send 'image_url' or 'file_id'.")),
    }
}

fn file(part: &Value, param: &str) -> Result<Media, Error> {
    let fields = part.get("file").filter(|fields| fields.is_object()).unwrap_or(part);
    let field = |key: &str| text(fields, key).filter(|value| !value.is_empty());
    let param = |key: &str| format!("{param}.{key}");
    let name = field("filename");
    if let Some(data) = field("file_data") {
        decoded(data, param("file_data"), name, Fault::Invalid)
    } else if let Some(url) = field("file_url") {
        by_url(url, param("file_url"), name, Fault::Invalid)
    } else if let Some(id) = field("file_id") {
        let source = MediaSource::File(id.to_owned());
        Ok(Media { param: param("file_id"), source, name: name.map(str::to_owned) })
    } else {
        Err(nothing(&param("file_data"), "Send 'file_data', 'file_url' or 'file_id'."))
    }
}

fn by_url(url: &str, param: String, name: Option<&str>, fault: Fault) -> Result<Media, Error> {
    if data_url::is_data_url(url) {
        return decoded(url, param, name, fault);
    }
    Ok(Media { param, source: MediaSource::Url(url.to_owned()), name: name.map(str::to_owned) })
}

/// The bytes in a `data:` URL, or in bare base64.
fn decoded(data: &str, param: String, name: Option<&str>, fault: Fault) -> Result<Media, Error> {
    let Ok(DataUrl { media_type, bytes }) = data_url::decode(data) else {
        let message = format!("'{param}' can't be read. Send base64, such as data:image/png;base64,....");
        return Err(Error::field(param, fault, message));
    };
    let name = name.map(str::to_owned).or_else(|| data_url::name_for(media_type.as_deref()));
    Ok(Media { param, source: MediaSource::Bytes(bytes), name })
}

fn nothing(param: &str, what_to_do: &str) -> Error {
    Error::field(param, Fault::Missing, format!("Missing required parameter: '{param}'. {what_to_do}"))
}

/// A text as it is, anything else as JSON; arguments should be a JSON text, and are taken as an object too.
fn json_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The text of a field.
pub(super) fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

#[cfg(test)]
mod tests;
