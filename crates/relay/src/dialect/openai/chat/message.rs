//! From `messages` to turns.

use std::collections::HashMap;

use serde_json::Value;

use super::wire::{Content, ContentPart, Function, Message, ToolCall};
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
    let texts = texts(index, message.content)?;
    if role == Role::Tool {
        let call_id = message.tool_call_id.map(|id| id.0);
        let name = call_id.as_ref().and_then(|id| called.get(id).cloned()).or(message.name);
        let result = ToolResult { call_id, name, output: texts.join("\n"), is_error: false };
        return Ok(Turn { role, name: None, parts: vec![Part::ToolResult(result)] });
    }
    let mut parts: Vec<Part> = texts.into_iter().chain(message.refusal).map(Part::Text).collect();
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

/// The texts of a content; absent counts as none.
fn texts(index: usize, content: Option<Content>) -> Result<Vec<String>, Error> {
    match content {
        None => Ok(Vec::new()),
        Some(Content::Text(text)) => Ok(vec![text]),
        Some(Content::Parts(parts)) => parts
            .into_iter()
            .enumerate()
            .map(|(at, part)| text(&format!("messages[{index}].content[{at}]"), part))
            .collect(),
    }
}

fn text(param: &str, part: ContentPart) -> Result<String, Error> {
    let param_type = format!("{param}.type");
    match part.kind.as_deref() {
        Some("text" | "input_text" | "output_text") => Ok(part.text.unwrap_or_default()),
        Some("refusal") => Ok(part.refusal.or(part.text).unwrap_or_default()),
        Some(known @ ("image_url" | "input_image" | "image" | "input_audio" | "file" | "input_file" | "document")) => {
            let message =
                format!("Content of type '{known}' is not supported by this version of the relay. Send text.");
            Err(Error::field(param_type, Fault::UnsupportedValue, message))
        }
        // A part that is null.
        None if part == ContentPart::default() => Ok(String::new()),
        None => Err(Error::field(&param_type, Fault::Missing, format!("Missing required parameter: '{param_type}'."))),
        Some(other) => {
            let message = format!("Invalid value: '{other}'. '{param_type}' must be 'text'.");
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
