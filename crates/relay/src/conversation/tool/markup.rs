//! Calls that models write as tags instead of JSON: `<invoke name="f"><parameter name="k">v</parameter></invoke>`,
//! `<function=f><parameter=k>v</parameter></function>`, and `f<arg_key>k</arg_key><arg_value>v</arg_value>`.

use super::{
    opener::NAMESPACE,
    resolve::{self, Call},
};
use crate::conversation::{Tool, Tools, json::Json};

/// The calls in a text of `<invoke>` tags, with or without their namespace.
pub(super) fn invokes(tools: &Tools, text: &str) -> Option<Vec<Call>> {
    let namespaced = text.contains(&format!("<{NAMESPACE}invoke "));
    let prefix = if namespaced { NAMESPACE } else { "" };
    let (open, close) = (format!("<{prefix}invoke "), format!("</{prefix}invoke>"));
    let bodies = between(text, &open, &close);
    let call = |body: &str| {
        let (attributes, inner) = body.split_once('>')?;
        let tool = resolve::tool(tools, attribute(attributes, "name")?)?;
        let (open, close) = (format!("<{prefix}parameter "), format!("</{prefix}parameter>"));
        let entry = |parameter: &str| {
            let (attributes, value) = parameter.split_once('>')?;
            Some(entry(tool, attribute(attributes, "name")?, value))
        };
        called(tool, between(inner, &open, &close).into_iter().map(entry).collect::<Option<_>>()?)
    };
    at_least_one(bodies.into_iter().map(call).collect())
}

/// The calls in a text of `<function=name>` tags.
pub(super) fn functions(tools: &Tools, text: &str) -> Option<Vec<Call>> {
    let call = |body: &str| {
        let (name, inner) = body.split_once('>')?;
        let tool = resolve::tool(tools, name)?;
        let entry = |parameter: &str| {
            let (key, value) = parameter.split_once('>')?;
            Some(entry(tool, key, without_line_ends(value)))
        };
        called(tool, between(inner, "<parameter=", "</parameter>").into_iter().map(entry).collect::<Option<_>>()?)
    };
    at_least_one(between(text, "<function=", "</function>").into_iter().map(call).collect())
}

/// A call as GLM writes it: a name, then keys and values in tags.
pub(super) fn keys_and_values(tools: &Tools, text: &str) -> Option<Vec<Call>> {
    let (name, inner) = text.split_once("<arg_key>").map_or((text, ""), |(name, _)| (name, &text[name.len()..]));
    let tool = resolve::tool(tools, name)?;
    let keys = between(inner, "<arg_key>", "</arg_key>");
    let values = between(inner, "<arg_value>", "</arg_value>");
    if keys.len() != values.len() {
        return None;
    }
    let entries = keys.into_iter().zip(values).map(|(key, value)| entry(tool, key.trim(), value)).collect();
    called(tool, entries).map(|call| vec![call])
}

fn at_least_one(calls: Option<Vec<Call>>) -> Option<Vec<Call>> {
    calls.filter(|calls| !calls.is_empty())
}

fn called(tool: &Tool, entries: Vec<(String, Json)>) -> Option<Call> {
    Some(Call { name: tool.name.clone(), input: resolve::input(tool, Json::Object(entries))? })
}

/// A value is text; the schema says what it is meant to be.
fn entry(tool: &Tool, key: &str, value: &str) -> (String, Json) {
    let text = || Json::String(value.to_owned());
    let value = match resolve::property(tool, key) {
        Some(property) if !resolve::allows(property, "string") => {
            resolve::from_text(value, property).unwrap_or_else(text)
        }
        _ => text(),
    };
    (key.to_owned(), value)
}

/// The texts between each `open` and the `close` after it; the last may be open to the end.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(open) {
        let (body, tail) = after.split_once(close).unwrap_or((after, ""));
        found.push(body);
        rest = tail;
    }
    found
}

/// The value of an attribute in either quotes.
pub(super) fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = attributes.split_once(name)?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split_once(quote).map(|(value, _)| value)
}

/// A value between tags on lines of their own.
pub(super) fn without_line_ends(text: &str) -> &str {
    let text = text.strip_prefix("\r\n").or_else(|| text.strip_prefix('\n')).unwrap_or(text);
    text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(text)
}
