//! What may be a call without any mark: JSON by itself, a fenced block, `functions.name(...)`. It is one only if it names a
//! tool that was declared.

use super::{LONGEST_HEAD, Progress, TOOL_CALL_END, find, head, undecided};
use crate::conversation::{
    Tools,
    json::{Json, Scan},
    tool::{
        block,
        opener::Opener,
        python,
        resolve::{self, Call},
    },
};

/// Whether a candidate names a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Perhaps,
    /// It names a tool that was declared.
    Yes,
    /// Its first key is one that calls have.
    Likely,
    No,
}

/// JSON without a mark.
pub(super) fn bare(tools: &Tools, scan: &mut Scan, named: &mut Named, held: &str, seen: &mut usize) -> Progress {
    if *named == Named::Perhaps {
        *named = names_a_tool(tools, held);
    }
    if *named == Named::No {
        return Progress::IsText(1);
    }
    let end = scan.push(&held.as_bytes()[*seen..]).map(|length| *seen + length);
    *seen = held.len();
    let Some(end) = end else { return Progress::Waits };
    match Json::read(&held[..end]).and_then(|value| resolve::calls(tools, &value)) {
        Some(calls) => Progress::Calls(calls, end),
        None => Progress::IsText(end),
    }
}

/// Whether JSON that begins like this can be a call: its first key is one that calls have, and a name is one of a tool.
fn names_a_tool(tools: &Tools, text: &str) -> Named {
    let undecided = if text.len() < LONGEST_HEAD { Named::Perhaps } else { Named::No };
    let start = head(text).trim_start_matches(|c: char| c.is_whitespace() || c == '[');
    let Some(body) = start.strip_prefix('{').map(str::trim_start) else {
        return if start.is_empty() { undecided } else { Named::No };
    };
    let Some(first) = body.chars().next() else { return undecided };
    let (key, rest) = if matches!(first, '"' | '\'') {
        let Some(split) = body[1..].split_once(first) else { return undecided };
        split
    } else {
        body.split_at(body.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(body.len()))
    };
    let Some(value) = rest.trim_start().strip_prefix(':').map(str::trim_start) else {
        return if rest.trim_start().is_empty() && !key.is_empty() { undecided } else { Named::No };
    };
    match (key, value.chars().next()) {
        ("arguments" | "parameters" | "args" | "input" | "tool_calls" | "id" | "index", _) => Named::Likely,
        ("type", Some('"')) if "\"function\"".starts_with(value) || value.starts_with("\"function\"") => Named::Likely,
        ("name" | "tool" | "tool_name" | "function" | "recipient_name" | "type", None) => undecided,
        ("function", Some('{')) => Named::Likely,
        ("name" | "tool" | "tool_name" | "function" | "recipient_name", Some(quote @ ('"' | '\''))) => {
            match value[1..].split_once(quote) {
                Some((name, _)) if resolve::tool(tools, name).is_some() => Named::Yes,
                Some(_) => Named::No,
                None => undecided,
            }
        }
        _ => Named::No,
    }
}

/// A block in a fence.
pub(super) fn fence(tools: &Tools, held: &str, seen: &mut usize) -> Progress {
    let ticks = held.len() - held.trim_start_matches('`').len();
    if ticks < 3 && held.len() > ticks {
        return Progress::IsText(ticks);
    }
    let Some(line) = head(held).find('\n').map(|at| at + 1) else { return undecided(held) };
    let language = held[ticks..line].trim();
    let body = held[line..].trim_start();
    let may_call = match language.to_ascii_lowercase().as_str() {
        "" | "json" | "tool_call" | "tool_calls" => {
            body.is_empty() || may_be_tagged(body) || names_a_tool(tools, body) != Named::No
        }
        "tool_code" => true,
        _ => false,
    };
    if !may_call {
        return Progress::IsText(line);
    }
    *seen = (*seen).max(line);
    let Some(end) = find(held, "\n```", seen) else { return Progress::Waits };
    match fenced_calls(tools, &held[..end]) {
        Some(calls) => Progress::Calls(calls, end),
        None => Progress::IsText(line),
    }
}

/// Whether a fenced text begins with a block, or may.
fn may_be_tagged(body: &str) -> bool {
    body.starts_with(TOOL_CALL) || TOOL_CALL.starts_with(body)
}

const TOOL_CALL: &str = "<tool_call";

/// The calls of a fenced block, closed or not, if it holds nothing else.
pub(super) fn fenced_calls(tools: &Tools, block: &str) -> Option<Vec<Call>> {
    let (head, body) = block.split_once('\n')?;
    let body = body.trim_end().trim_end_matches('`').trim();
    if head.trim_start_matches('`').trim().eq_ignore_ascii_case("tool_code") {
        return python::calls(tools, body);
    }
    if body.starts_with(TOOL_CALL) {
        let blocks = body.split_inclusive(TOOL_CALL_END).map(str::trim);
        let calls: Option<Vec<_>> = blocks.map(|call| block::calls(tools, Opener::ToolCall, call, true)).collect();
        return calls.map(|calls| calls.concat()).filter(|calls| !calls.is_empty());
    }
    Json::read(body).and_then(|value| resolve::calls(tools, &value))
}

/// `functions.name(...)`.
pub(super) fn syntax(tools: &Tools, scan: &mut Scan, held: &str, seen: &mut usize) -> Progress {
    const MARK: &str = "functions.";
    if !held.starts_with(MARK) {
        return if MARK.starts_with(held) { Progress::Waits } else { Progress::IsText(1) };
    }
    if *seen == 0 {
        let Some(bracket) = head(held).find('(') else { return undecided(held) };
        if resolve::tool(tools, &held[..bracket]).is_none() {
            return Progress::IsText(1);
        }
        let Some(first) = held[bracket + 1..].find(|c: char| !c.is_whitespace()) else { return undecided(held) };
        if !held[bracket + 1 + first..].starts_with('{') {
            return Progress::IsText(1);
        }
        *seen = bracket + 1;
    }
    let end = scan.push(&held.as_bytes()[*seen..]).map(|length| *seen + length);
    *seen = held.len();
    let Some(end) = end else { return Progress::Waits };
    match python::call(tools, &format!("{})", &held[..end])) {
        Some((call, _)) => Progress::Calls(vec![call], end),
        None => Progress::IsText(1),
    }
}
