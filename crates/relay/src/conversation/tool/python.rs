//! Calls in the syntax of programs: `functions.name({...})`, and Gemini's `print(default_api.name(key="value"))`.

use super::resolve::{self, Call};
use crate::conversation::{Tools, json::Json};

/// The calls in a block of Gemini's `tool_code`, one a line.
pub(super) fn calls(tools: &Tools, code: &str) -> Option<Vec<Call>> {
    let mut rest = code.trim();
    let mut calls = Vec::new();
    while !rest.is_empty() {
        let (call, length) = call(tools, rest)?;
        calls.push(call);
        rest = rest[length..].trim_start_matches(|c: char| c.is_whitespace() || c == ';');
    }
    (!calls.is_empty()).then_some(calls)
}

/// The call at the beginning of a text, and how many bytes it takes.
pub(super) fn call(tools: &Tools, text: &str) -> Option<(Call, usize)> {
    if let Some(inner) = text.strip_prefix("print(") {
        let (call, length) = call(tools, inner)?;
        let tail = inner[length..].trim_start().strip_prefix(')')?;
        return Some((call, text.len() - tail.len()));
    }
    let (name, arguments) = text.split_once('(')?;
    let tool = resolve::tool(tools, name)?;
    let (arguments, tail) = match Json::read_start(arguments) {
        Some((value @ Json::Object(_), length)) => (value, arguments[length..].trim_start().strip_prefix(')')?),
        _ => keywords(arguments)?,
    };
    let input = resolve::input(tool, arguments)?;
    Some((Call { name: tool.name.clone(), input }, text.len() - tail.len()))
}

/// `key=value, ...)` as an object, and what follows the bracket.
fn keywords(text: &str) -> Option<(Json, &str)> {
    let mut entries = Vec::new();
    let mut rest = text.trim_start();
    loop {
        if let Some(tail) = rest.strip_prefix(')') {
            return Some((Json::Object(entries), tail));
        }
        let (key, value) = rest.split_once('=')?;
        let key = key.trim();
        if key.is_empty() || !key.chars().all(|c| c.is_alphanumeric() || c == '_') {
            return None;
        }
        let value = value.trim_start();
        let (read, length) = Json::read_start(value)?;
        entries.push((key.to_owned(), read));
        let tail = value[length..].trim_start();
        rest = tail.strip_prefix(',').unwrap_or(tail).trim_start();
    }
}
