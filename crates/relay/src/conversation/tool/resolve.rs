//! From what a model wrote to a call of a declared tool: its name, and arguments of the types its schema asks for.

use serde_json::Value;

use crate::conversation::{CallInput, Tool, ToolInput, Tools, json::Json};

/// A call as it is found, before it has an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The declared tool's name.
    pub name: String,
    /// What it is called with.
    pub input: CallInput,
}

/// The keys under which models write the name.
const NAMES: [&str; 5] = ["name", "tool", "tool_name", "function", "recipient_name"];

/// The keys under which they write the arguments.
const ARGUMENTS: [&str; 4] = ["arguments", "parameters", "args", "input"];

/// Namespaces that some models put before a name.
const PREFIXES: [&str; 3] = ["functions.", "default_api.", "tools."];

/// Finds the tool a model means: exactly, without a namespace, in another case, with `-` for `_`. Where that leaves more
/// than one, none.
pub(super) fn tool<'a>(tools: &'a Tools, name: &str) -> Option<&'a Tool> {
    let name = name.trim();
    let bare = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    // Counters that some templates put behind a name: `functions.ping:0`.
    let bare = bare
        .split_once(':')
        .map_or(bare, |(name, count)| if count.bytes().all(|byte| byte.is_ascii_digit()) { name } else { bare });
    let last = bare.rsplit_once('.').map_or(bare, |(_, last)| last);
    let exact = [name, bare, &bare.replace('.', "__"), last].into_iter().find_map(|name| tools.find(name));
    exact.or_else(|| only(tools, |tool| tool.name.eq_ignore_ascii_case(last))).or_else(|| {
        let folded = fold(last);
        only(tools, |tool| fold(&tool.name) == folded)
    })
}

fn only(tools: &Tools, is_meant: impl Fn(&Tool) -> bool) -> Option<&Tool> {
    let mut meant = tools.list.iter().filter(|tool| is_meant(tool));
    let first = meant.next()?;
    meant.next().is_none().then_some(first)
}

fn fold(name: &str) -> String {
    name.chars().map(|c| if c == '-' || c == ' ' { '_' } else { c.to_ascii_lowercase() }).collect()
}

/// The calls that a JSON value is: one, a list of them, or `{"tool_calls": [...]}`. `None` if any of it is no call.
pub(super) fn calls(tools: &Tools, value: &Json) -> Option<Vec<Call>> {
    match value {
        Json::Array(items) if !items.is_empty() => items.iter().map(|item| call(tools, item)).collect(),
        Json::Object(_) => match value.get("tool_calls") {
            Some(list @ Json::Array(_)) => calls(tools, list),
            _ => call(tools, value).map(|call| vec![call]),
        },
        _ => None,
    }
}

fn call(tools: &Tools, value: &Json) -> Option<Call> {
    let Json::Object(entries) = value else { return None };
    if let Some(inner @ Json::Object(_)) = value.get("function") {
        return call(tools, inner);
    }
    let (name_key, name) = NAMES.iter().find_map(|key| Some((*key, value.get(key)?.as_str()?)))?;
    let tool = tool(tools, name)?;
    let arguments = ARGUMENTS.iter().find_map(|key| value.get(key));
    let input = match arguments {
        Some(arguments) => input(tool, arguments.clone())?,
        None => {
            // Some models write the arguments beside the name.
            let beside = |key: &str| key != name_key && property(tool, key).is_some();
            let entries = entries.iter().filter(|(key, _)| beside(key)).cloned().collect();
            input(tool, Json::Object(entries))?
        }
    };
    Some(Call { name: tool.name.clone(), input })
}

/// A call of `tool` with these arguments; `None` where they can't be meant as such.
pub(super) fn input(tool: &Tool, arguments: Json) -> Option<CallInput> {
    let arguments = match arguments {
        // Encoded twice.
        Json::String(text) if text.trim().is_empty() => Json::Object(Vec::new()),
        Json::String(text) => match (Json::read(&text), &tool.input) {
            (Some(value @ Json::Object(_)), _) => value,
            (_, ToolInput::Text { .. }) => return Some(CallInput::Text(text)),
            _ => return raw(tool, &text),
        },
        Json::Null => Json::Object(Vec::new()),
        other => other,
    };
    let Json::Object(entries) = arguments else { return None };
    match &tool.input {
        ToolInput::Json(schema) => Some(CallInput::Json(fitted(entries, schema).to_string())),
        // A tool that takes text has one argument, whatever the model calls it.
        ToolInput::Text { .. } => match entries.as_slice() {
            [(_, Json::String(text))] => Some(CallInput::Text(text.clone())),
            _ => Some(CallInput::Text(Json::Object(entries).to_string())),
        },
    }
}

/// A call of `tool` with text in place of JSON: of a tool that takes text, or one whose only argument is a string.
pub(super) fn raw(tool: &Tool, text: &str) -> Option<CallInput> {
    let ToolInput::Json(schema) = &tool.input else { return Some(CallInput::Text(text.to_owned())) };
    let properties = schema.get("properties")?.as_object()?;
    let mut properties = properties.iter();
    let (Some((name, property)), None) = (properties.next(), properties.next()) else { return None };
    let arguments = Json::Object(vec![(name.clone(), Json::String(text.to_owned()))]);
    allows(property, "string").then(|| CallInput::Json(arguments.to_string()))
}

/// A whole answer that is nothing but the arguments of the one tool that had to be called.
#[must_use]
pub fn arguments_alone(tool: &Tool, answer: &str) -> Option<Call> {
    let text = answer.trim();
    let text = text.strip_prefix("```").map_or(text, |fenced| {
        let body = fenced.split_once('\n').map_or("", |(_, body)| body);
        body.trim_end().strip_suffix("```").unwrap_or(body)
    });
    let value @ Json::Object(_) = Json::read(text)? else { return None };
    Some(Call { name: tool.name.clone(), input: input(tool, value)? })
}

/// Whether arguments hold all that their schema requires.
pub(super) fn is_complete(tool: &Tool, input: &CallInput) -> bool {
    let (ToolInput::Json(schema), CallInput::Json(arguments)) = (&tool.input, input) else { return true };
    let Some(arguments) = Json::read(arguments) else { return false };
    let required = schema.get("required").and_then(Value::as_array);
    required.into_iter().flatten().filter_map(Value::as_str).all(|name| arguments.get(name).is_some())
}

/// Arguments of the types their schema asks for, where the meaning is plain. Unknown keys stay as they are.
fn fitted(entries: Vec<(String, Json)>, schema: &Value) -> Json {
    let properties = schema.get("properties");
    let fit = |(key, value): (String, Json)| {
        let value = match properties.and_then(|properties| properties.get(&key)) {
            Some(property) => fit(value, property),
            None => value,
        };
        (key, value)
    };
    Json::Object(entries.into_iter().map(fit).collect())
}

fn fit(value: Json, property: &Value) -> Json {
    let has_type = property.get("type").is_some();
    if !has_type || allows(property, type_of(&value)) {
        return value;
    }
    match value {
        Json::String(text) => from_text(&text, property).unwrap_or_else(|| listed(Json::String(text), property)),
        Json::Number(text) if allows(property, "string") => Json::String(text),
        Json::Bool(value) if allows(property, "string") => Json::String(value.to_string()),
        Json::Number(text) if allows(property, "integer") => {
            Json::Number(text.strip_suffix(".0").unwrap_or(&text).to_owned())
        }
        value => listed(value, property),
    }
}

/// One value where a list is asked for.
fn listed(value: Json, property: &Value) -> Json {
    if allows(property, "array") { Json::Array(vec![value]) } else { value }
}

/// A text as the type its schema asks for: `"5"` for a number, `"true"`, a list or object written as text.
pub(super) fn from_text(text: &str, property: &Value) -> Option<Json> {
    Json::read(text.trim()).filter(|value| allows(property, type_of(value)))
}

pub(super) fn property<'a>(tool: &'a Tool, name: &str) -> Option<&'a Value> {
    let ToolInput::Json(schema) = &tool.input else { return None };
    schema.get("properties")?.get(name)
}

/// Whether a schema allows a JSON type; an integer is a number as well.
pub(super) fn allows(schema: &Value, kind: &str) -> bool {
    let is_kind = |name: &Value| name == kind || (kind == "integer" && name == "number");
    match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(is_kind),
        Some(name) => is_kind(name),
        None => false,
    }
}

fn type_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(digits) if digits.contains(['.', 'e', 'E']) => "number",
        Json::Number(_) => "integer",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}
