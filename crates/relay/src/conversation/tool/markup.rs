//! Calls that models write as tags instead of JSON: `<invoke name="f"><parameter name="k">v</parameter></invoke>`,
//! `<function=f><parameter=k>v</parameter></function>`, and `f<arg_key>k</arg_key><arg_value>v</arg_value>`.

use super::{
    opener::NAMESPACE,
    resolve::{self, Call},
};
use crate::conversation::{Tool, Tools, json::Json};

/// The calls in a text of `<invoke>` tags, with or without their namespace.
pub(super) fn invokes(tools: &Tools, text: &str, is_whole: bool) -> Option<Vec<Call>> {
    let namespaced = text.contains(&format!("<{NAMESPACE}invoke "));
    let prefix = if namespaced { NAMESPACE } else { "" };
    let tag = |name: &str| (format!("<{prefix}{name} "), format!("</{prefix}{name}>"));
    let ((open, close), (open_value, close_value)) = (tag("invoke"), tag("parameter"));
    let call = |body: &str| {
        let (attributes, inner) = body.split_once('>')?;
        let tool = resolve::tool(tools, attribute(attributes, "name")?)?;
        let entry = |parameter: &str| {
            let (attributes, value) = parameter.split_once('>')?;
            Some(entry(tool, attribute(attributes, "name")?, value))
        };
        let parameters = between(inner, &open_value, &close_value, is_whole)?;
        called(tool, parameters.into_iter().map(entry).collect::<Option<_>>()?)
    };
    at_least_one(between(text, &open, &close, is_whole)?.into_iter().map(call).collect())
}

/// The calls in a text of `<function=name>` tags.
pub(super) fn functions(tools: &Tools, text: &str, is_whole: bool) -> Option<Vec<Call>> {
    let call = |body: &str| {
        let (name, inner) = body.split_once('>')?;
        let tool = resolve::tool(tools, name)?;
        let entry = |parameter: &str| {
            let (key, value) = parameter.split_once('>')?;
            Some(entry(tool, key, without_line_ends(value)))
        };
        let parameters = between(inner, "<parameter=", "</parameter>", is_whole)?;
        called(tool, parameters.into_iter().map(entry).collect::<Option<_>>()?)
    };
    at_least_one(between(text, "<function=", "</function>", is_whole)?.into_iter().map(call).collect())
}

/// A call as GLM writes it: a name, then keys and values in tags.
pub(super) fn keys_and_values(tools: &Tools, text: &str) -> Option<Vec<Call>> {
    let (name, inner) = text.split_once("<arg_key>").map_or((text, ""), |(name, _)| (name, &text[name.len()..]));
    let tool = resolve::tool(tools, name)?;
    let pairs = inner.split("<arg_key>").skip(1).map(|pair| {
        let (key, value) = pair.split_once("</arg_key>")?;
        let (_, value) = value.split_once("<arg_value>")?;
        let (value, _) = value.rsplit_once("</arg_value>")?;
        Some(entry(tool, key.trim(), value))
    });
    called(tool, pairs.collect::<Option<_>>()?).map(|call| vec![call])
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

/// The texts between each `open` and its `close`: the one behind which only another begins, or nothing is left, because a
/// value may hold such a tag itself. `None` where one is not closed in a text that is whole; else the last goes to the end.
fn between<'a>(text: &'a str, open: &str, close: &str, is_whole: bool) -> Option<Vec<&'a str>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(open) {
        let ends = |at: usize| {
            let tail = after[at + close.len()..].trim_start();
            tail.is_empty() || tail.starts_with(open) || (tail.starts_with("</") && !tail.contains(close))
        };
        let end = after.match_indices(close).map(|(at, _)| at).find(|at| ends(*at));
        let Some(end) = end else {
            if is_whole {
                return None;
            }
            found.push(after);
            break;
        };
        found.push(&after[..end]);
        rest = &after[end + close.len()..];
    }
    Some(found)
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
