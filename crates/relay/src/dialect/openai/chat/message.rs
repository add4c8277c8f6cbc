//! From `messages` to turns.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    media,
    wire::{Content, ContentPart, Function, Message, ToolCall},
};
use crate::{
    conversation::{self, CallInput, Part, Role, ToolResult, Turn},
    error::{Error, Fault},
};

/// One turn a message, in order.
pub(super) fn turns(messages: Vec<Message>) -> Result<Vec<Turn>, Error> {
    let mut called = HashMap::new();
    messages.into_iter().enumerate().map(|(index, message)| turn(index, message, &mut called)).collect()
}

/// `called`: names of the tools by the ids of their calls so far, for results that name only the id.
fn turn(index: usize, message: Message, called: &mut HashMap<String, String>) -> Result<Turn, Error> {
    let role = role(index, message.role.as_deref())?;
    let content = parts(index, message.content)?;
    if role == Role::Tool {
        let (texts, media) = texts_first(content);
        let call_id = message.tool_call_id.map(|id| id.0);
        let name = call_id.as_ref().and_then(|id| called.get(id).cloned()).or(message.name);
        let result = ToolResult { call_id, name, output: texts.join("\n"), is_error: false };
        let parts = [Part::ToolResult(result)].into_iter().chain(media).collect();
        return Ok(Turn { role, name: None, parts });
    }
    let mut parts = content;
    parts.extend(message.refusal.map(Part::Text));
    for call in
        message.tool_calls.into_iter().flatten().flatten().map(call).chain(message.function_call.map(legacy_call))
    {
        called.insert(call.id.clone(), call.name.clone());
        parts.push(Part::ToolCall(call));
    }
    Ok(Turn { role, name: message.name.filter(|name| !name.is_empty()), parts })
}

fn role(index: usize, role: Option<&str>) -> Result<Role, Error> {
    let param = format!("messages[{index}].role");
    match role {
        Some("system" | "developer") => Ok(Role::System),
        Some("user") => Ok(Role::User),
        Some("assistant") => Ok(Role::Assistant),
        Some("tool" | "function") => Ok(Role::Tool),
        None => Err(Error::field(&param, Fault::Missing, format!("Missing required parameter: '{param}'."))),
        Some(other) => {
            let allowed = "'system', 'developer', 'user', 'assistant', 'tool' or 'function'";
            let message = format!("Invalid value: '{other}'. '{param}' must be {allowed}.");
            Err(Error::field(param, Fault::Invalid, message))
        }
    }
}

/// The parts of a content, in order; absent counts as none.
fn parts(index: usize, content: Option<Content>) -> Result<Vec<Part>, Error> {
    match content {
        None => Ok(Vec::new()),
        Some(Content::Text(text)) => Ok(vec![Part::Text(text)]),
        Some(Content::Parts(parts)) => parts
            .into_iter()
            .enumerate()
            .map(|(at, content)| part(&format!("messages[{index}].content[{at}]"), content))
            .collect(),
    }
}

/// The texts of a tool's result, and what is to be attached beside it.
fn texts_first(content: Vec<Part>) -> (Vec<String>, Vec<Part>) {
    let (mut texts, mut media) = (Vec::new(), Vec::new());
    for part in content {
        match part {
            Part::Text(text) => texts.push(text),
            other => media.push(other),
        }
    }
    (texts, media)
}

fn part(param: &str, part: ContentPart) -> Result<Part, Error> {
    let param_type = format!("{param}.type");
    match part.kind.as_deref() {
        Some("text" | "input_text" | "output_text") => Ok(Part::Text(part.text.unwrap_or_default())),
        Some("refusal") => Ok(Part::Text(part.refusal.or(part.text).unwrap_or_default())),
        Some("image_url" | "input_image" | "image") => media::image(param, part).map(Part::Image),
        Some("file" | "input_file" | "document") => media::file(param, part).map(Part::File),
        Some("input_audio") => {
            let message = "Content of type 'input_audio' can't be answered here: 1min.ai's chat takes no sound. Make a text of \
                           it first with POST /v1/audio/transcriptions.";
            Err(Error::field(param_type, Fault::UnsupportedValue, message))
        }
        // A part that is null.
        None if part == ContentPart::default() => Ok(Part::Text(String::new())),
        None => Err(Error::field(&param_type, Fault::Missing, format!("Missing required parameter: '{param_type}'."))),
        Some(other) => {
            let message = format!("Invalid value: '{other}'. '{param_type}' must be 'text', 'image_url' or 'file'.");
            Err(Error::field(param_type, Fault::Invalid, message))
        }
    }
}

fn call(call: ToolCall) -> conversation::ToolCall {
    let id = call.id.map(|id| id.0).unwrap_or_default();
    match (call.function, call.custom) {
        (None, Some(custom)) => conversation::ToolCall {
            id,
            name: custom.name.unwrap_or_default(),
            input: CallInput::Text(custom.input.unwrap_or_default()),
        },
        (function, _) => conversation::ToolCall { id, ..legacy_call(function.unwrap_or_default()) },
    }
}

/// Name and arguments; arguments should be a JSON text, and are taken as an object too.
fn legacy_call(function: Function) -> conversation::ToolCall {
    let arguments = match function.arguments {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
    };
    let input = CallInput::Json(arguments);
    conversation::ToolCall { id: String::new(), name: function.name.unwrap_or_default(), input }
}
