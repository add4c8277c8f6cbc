//! A complete block of a model's text that calls tools, in any of the forms that models use.

use super::{
    markup,
    opener::Opener,
    resolve::{self, Call},
};
use crate::conversation::{Tool, ToolInput, Tools, json::Json};

/// The calls in a block of this kind, its mark included. An empty block holds none; `None`: it can't be read, or calls
/// what was not declared. `is_whole`: whether the block came to its end, or the answer ended inside it.
pub(super) fn calls(tools: &Tools, opener: Opener, block: &str, is_whole: bool) -> Option<Vec<Call>> {
    let calls = match opener {
        Opener::ToolCall => tool_call(tools, block, is_whole),
        Opener::FunctionCalls | Opener::Invoke => markup::invokes(tools, block, is_whole),
        Opener::Function => markup::functions(tools, block, is_whole),
        Opener::Mistral => mistral(tools, block, is_whole),
        Opener::DeepSeek => special(tools, block, ["<｜tool▁call▁begin｜>", "<｜tool▁sep｜>", "<｜tool▁call▁end｜>"]),
        Opener::Kimi => {
            special(tools, block, ["<|tool_call_begin|>", "<|tool_call_argument_begin|>", "<|tool_call_end|>"])
        }
    }?;
    // What was cut may lack its end; a call that lacks what its tool requires was not meant to end there.
    let is_complete = |call: &Call| tools.find(&call.name).is_some_and(|tool| resolve::is_complete(tool, &call.input));
    (is_whole || calls.iter().all(is_complete)).then_some(calls)
}

/// `<tool_call ...>` and what stands in it: JSON, free text for the tool its attribute names, or another form.
fn tool_call(tools: &Tools, block: &str, is_whole: bool) -> Option<Vec<Call>> {
    let (tag, body) = block.split_once('>')?;
    let body = body.trim_end();
    let body = body.strip_suffix("</tool_call>").unwrap_or(body);
    if let Some(name) = markup::attribute(tag, "name") {
        return named(resolve::tool(tools, name)?, body).map(|call| vec![call]);
    }
    let inner = body.trim();
    match inner.bytes().next() {
        None => is_whole.then(Vec::new),
        Some(b'{' | b'[') => json(tools, inner, is_whole),
        _ if inner.contains("<function=") => markup::functions(tools, inner, is_whole),
        _ if inner.contains("invoke ") => markup::invokes(tools, inner, is_whole),
        _ => markup::keys_and_values(tools, inner).or_else(|| name_and_object(tools, inner, is_whole)),
    }
}

/// The body of a tag that names its tool.
fn named(tool: &Tool, body: &str) -> Option<Call> {
    let arguments = match &tool.input {
        ToolInput::Json(_) => Json::read(body).filter(|value| matches!(value, Json::Object(_))),
        ToolInput::Text { .. } => None,
    };
    let input = match arguments {
        Some(arguments) => resolve::input(tool, arguments),
        None => resolve::raw(tool, markup::without_line_ends(body)),
    };
    Some(Call { name: tool.name.clone(), input: input? })
}

fn json(tools: &Tools, text: &str, is_whole: bool) -> Option<Vec<Call>> {
    let value = if is_whole { Json::read(text) } else { Json::read_open(text) };
    value.and_then(|value| resolve::calls(tools, &value))
}

/// `name{...}`, with or without something between.
fn name_and_object(tools: &Tools, text: &str, is_whole: bool) -> Option<Vec<Call>> {
    let (name, object) = text.split_at(text.find('{')?);
    let tool = resolve::tool(tools, name.trim().trim_end_matches("[ARGS]"))?;
    let arguments = if is_whole { Json::read(object)? } else { Json::read_open(object)? };
    Some(vec![Call { name: tool.name.clone(), input: resolve::input(tool, arguments)? }])
}

/// `[TOOL_CALLS]` before a list of calls, or before a name and an object.
fn mistral(tools: &Tools, block: &str, is_whole: bool) -> Option<Vec<Call>> {
    let body = block.strip_prefix("[TOOL_CALLS]")?.trim();
    if body.starts_with(['[', '{']) { json(tools, body, is_whole) } else { name_and_object(tools, body, is_whole) }
}

/// Calls between special tokens: the name before the separator, or on the first line after it.
fn special(tools: &Tools, block: &str, [begin, separator, end]: [&str; 3]) -> Option<Vec<Call>> {
    let call = |segment: &str| {
        let segment = segment.split(end).next().unwrap_or_default();
        let (before, after) = segment.split_once(separator)?;
        let object = &after[after.find('{')?..];
        let name = after[..after.len() - object.len()].lines().next().unwrap_or_default().trim();
        let tool = resolve::tool(tools, if name.is_empty() { before } else { name })?;
        let (arguments, _) = Json::read_start(object)?;
        Some(Call { name: tool.name.clone(), input: resolve::input(tool, arguments)? })
    };
    let calls: Option<Vec<Call>> = block.split(begin).skip(1).map(call).collect();
    calls.filter(|calls| !calls.is_empty())
}
