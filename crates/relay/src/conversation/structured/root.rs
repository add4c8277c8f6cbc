//! Finds the root of a JSON value in text, and its end.

use serde::de::IgnoredAny;
use serde_json::Value;

use crate::conversation::request::Format;

/// What the root of an answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds {
    pub(super) object: bool,
    pub(super) array: bool,
    /// A string, number, boolean or null.
    pub(super) scalar: bool,
}

/// How many references and alternatives are followed to learn what the root may be.
const MOST_STEPS: usize = 64;

impl Kinds {
    const NONE: Self = Self { object: false, array: false, scalar: false };
    const CONTAINERS: Self = Self { object: true, array: true, scalar: false };

    /// What this format allows; a schema that does not say is taken to mean an object or array.
    pub(super) fn of(format: &Format) -> Self {
        match format {
            Format::Text => Self::NONE,
            Format::JsonObject => Self { object: true, ..Self::NONE },
            Format::JsonSchema(schema) => {
                let mut steps = MOST_STEPS;
                Self::of_schema(&schema.schema, &schema.schema, &mut steps).unwrap_or(Self::CONTAINERS)
            }
        }
    }

    /// What a schema allows; `None` if it does not say.
    fn of_schema(schema: &Value, whole: &Value, steps: &mut usize) -> Option<Self> {
        *steps = steps.checked_sub(1)?;
        if let Some(kind) = schema.get("type") {
            let names = kind.as_array().map_or(std::slice::from_ref(kind), Vec::as_slice);
            return Self::any(names.iter().map(|name| Some(Self::of_name(name.as_str()?))));
        }
        if let Some(value) = schema.get("const") {
            return Some(Self::of_value(value));
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return Self::any(values.iter().map(|value| Some(Self::of_value(value))));
        }
        if let Some(target) = schema.get("$ref").and_then(|reference| resolve(whole, reference)) {
            return Self::of_schema(target, whole, steps);
        }
        if let Some(choices) = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(key)?.as_array()) {
            return Self::any(choices.iter().map(|choice| Self::of_schema(choice, whole, steps)));
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            return parts.iter().find_map(|part| Self::of_schema(part, whole, steps));
        }
        let has = |keys: &[&str]| keys.iter().any(|key| schema.get(key).is_some());
        match (has(&["properties", "required", "additionalProperties"]), has(&["items", "prefixItems"])) {
            (true, false) => Some(Self { object: true, ..Self::NONE }),
            (false, true) => Some(Self { array: true, ..Self::NONE }),
            _ => None,
        }
    }

    /// All of these together; `None` if one does not say, or if there is none.
    fn any(kinds: impl Iterator<Item = Option<Self>>) -> Option<Self> {
        let either = |one: Self, other: Self| Self {
            object: one.object || other.object,
            array: one.array || other.array,
            scalar: one.scalar || other.scalar,
        };
        let all = kinds.collect::<Option<Vec<_>>>()?.into_iter().fold(Self::NONE, either);
        (all != Self::NONE).then_some(all)
    }

    fn of_name(name: &str) -> Self {
        Self { object: name == "object", array: name == "array", scalar: !matches!(name, "object" | "array") }
    }

    fn of_value(value: &Value) -> Self {
        Self { object: value.is_object(), array: value.is_array(), scalar: !value.is_object() && !value.is_array() }
    }
}

/// What a reference within a schema points to. Others are never followed.
pub(super) fn resolve<'a>(whole: &'a Value, reference: &Value) -> Option<&'a Value> {
    let pointer = reference.as_str()?.strip_prefix('#')?;
    // Characters that a URI can't hold are written with percent signs; names with those are too rare to read them.
    if pointer.contains('%') { None } else { whole.pointer(pointer) }
}

/// Looks for a root in text that grows at its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search {
    kinds: Kinds,
    /// How far the text holds no root.
    at: usize,
    /// How far the white space after the bracket at `at` is known to go.
    ahead: usize,
}

impl Search {
    /// Searches from the byte offset `from` on.
    pub(super) fn new(kinds: Kinds, from: usize) -> Self {
        Self { kinds, at: from, ahead: from }
    }

    /// Where the first root begins, as far as that is certain. `text` is all of it so far, from the start.
    pub(super) fn find(&mut self, text: &str) -> Option<usize> {
        let kinds = self.kinds;
        let is_open = |c: char| (kinds.object && c == '{') || (kinds.array && c == '[');
        loop {
            let Some(open) = text[self.at..].find(is_open) else {
                self.at = text.len();
                return None;
            };
            self.at += open;
            let is_new = self.ahead <= self.at;
            if is_new && is_first_or_after_fence(&text[..self.at]) {
                return Some(self.at);
            }
            self.ahead = self.ahead.max(self.at + 1);
            let rest = text[self.ahead..].trim_start();
            self.ahead = text.len() - rest.len();
            if looks_like_json(text.as_bytes()[self.at], rest)? {
                return Some(self.at);
            }
            self.at += 1;
        }
    }
}

/// Whether there is nothing before it, or an opening fence with its word.
fn is_first_or_after_fence(before: &str) -> bool {
    let before = before.trim_end_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '.');
    // The longest word of a fence that is worth looking back for.
    let from = before.floor_char_boundary(before.len().saturating_sub(24));
    before.is_empty() || before[from..].trim_end_matches(is_word).ends_with("```")
}

/// Whether a bracket and what follows it look like JSON; `None` if more text must tell.
fn looks_like_json(open: u8, rest: &str) -> Option<bool> {
    let next = *rest.as_bytes().first()?;
    if open == b'{' {
        return Some(matches!(next, b'"' | b'}'));
    }
    let word = match next {
        b't' => "true",
        b'f' => "false",
        b'n' => "null",
        _ => return Some(matches!(next, b'"' | b'{' | b'[' | b']' | b'-' | b'0'..=b'9')),
    };
    if rest.len() < word.len() && word.starts_with(rest) { None } else { Some(rest.starts_with(word)) }
}

/// Looks for the end of a value whose root has been found.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Balance {
    open: u8,
    depth: usize,
    in_string: bool,
    is_escaped: bool,
}

impl Balance {
    /// How many bytes of `text` are part of the value, and whether it ends there. The first text begins with the root.
    pub(super) fn push(&mut self, text: &str) -> (usize, bool) {
        for (at, byte) in text.bytes().enumerate() {
            if self.open == 0 {
                self.open = byte;
            }
            if self.in_string {
                match byte {
                    _ if self.is_escaped => self.is_escaped = false,
                    b'\\' => self.is_escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
            } else if byte == b'"' {
                self.in_string = true;
            } else if byte == self.open {
                self.depth += 1;
            } else if byte == self.close() {
                // Only brackets of the root's kind count: in JSON the others close of themselves, in other text they may
                // not.
                self.depth -= 1;
                if self.depth == 0 {
                    return (at + 1, true);
                }
            }
        }
        (text.len(), false)
    }

    fn close(self) -> u8 {
        if self.open == b'{' { b'}' } else { b']' }
    }
}

/// A part of a text that may be a JSON value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    /// The part: to the bracket that closes it, or to the end.
    pub(super) value: &'a str,
    /// Everything from its root on.
    pub(super) rest: &'a str,
}

/// How many candidates of a text are looked at.
const MOST_CANDIDATES: usize = 8;

/// The parts of a whole text that may be the value, the likeliest first.
pub(super) fn candidates(kinds: Kinds, text: &str) -> Vec<Candidate<'_>> {
    let mut found = Vec::new();
    let whole = if is_json(text) { text.trim() } else { without_fence(text) };
    let scalar = kinds.scalar.then_some(Candidate { value: whole, rest: whole });
    let is_likely = !whole.starts_with(['{', '[']);
    found.extend(scalar.filter(|_| is_likely));
    let mut from = 0;
    while found.len() < MOST_CANDIDATES {
        let Some(root) = Search::new(kinds, from).find(text) else { break };
        let rest = &text[root..];
        let (end, is_closed) = Balance::default().push(rest);
        found.push(Candidate { value: &rest[..end], rest });
        from = root + if is_closed { end } else { 1 };
    }
    found.extend(scalar.filter(|_| !is_likely));
    found
}

/// Whether it is JSON, strictly.
pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// The text less a code fence around it, and less the prose around that; trimmed.
fn without_fence(text: &str) -> &str {
    let text = text.trim().trim_start_matches('\u{feff}');
    let Some((_, after)) = text.split_once("```") else { return text };
    let Some((word, body)) = after.split_once('\n') else {
        return after.split_once("```").map_or(text, |(body, _)| body.trim());
    };
    if word.trim_end().contains(|c: char| c.is_whitespace() || c == '`') {
        return text;
    }
    body.rsplit_once("```").map_or(body, |(body, _)| body).trim()
}
