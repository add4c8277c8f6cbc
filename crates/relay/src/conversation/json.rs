//! JSON as models write it: read tolerantly, written strictly.
//!
//! A text that is JSON is read as it is. One that nearly is gets mended, one mistake after the other: control characters and
//! bare quotes inside strings, backslashes that escape nothing, commas before a bracket, comments, single quotes, `True`,
//! `False`, `None`, keys without quotes, and, where asked for, brackets that were never closed. Numbers keep their digits and
//! objects their order: nothing passes through a float or a map. Nothing is invented: what can't be read is `None`.

mod read;
mod scan;

use std::{
    collections::HashSet,
    fmt::{self, Write},
};

pub use scan::Scan;

/// A JSON value whose numbers are still text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, digit by digit.
    Number(String),
    /// A string.
    String(String),
    /// A list.
    Array(Vec<Self>),
    /// An object, in order. A key that stands twice counts with its last value.
    Object(Vec<(String, Self)>),
}

impl Json {
    /// Reads the value that `text` is, blanks around it left out. Strictly if it can be, else mended.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        read::strict(text).or_else(|| read::mended(text, false))
    }

    /// The same of a text that may have ended too soon: what is open is closed.
    #[must_use]
    pub fn read_open(text: &str) -> Option<Self> {
        Self::read(text).or_else(|| read::mended(text, true))
    }

    /// The value at the beginning of `text`, and how many bytes it takes.
    #[must_use]
    pub fn read_start(text: &str) -> Option<(Self, usize)> {
        read::start(text)
    }

    /// The value of a key of an object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(entries) = self else { return None };
        entries.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }
}

impl fmt::Display for Json {
    /// Writes it without blanks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(digits) => f.write_str(digits),
            Self::String(text) => write_string(f, text),
            Self::Array(items) => {
                f.write_char('[')?;
                for (index, item) in items.iter().enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    write!(f, "{comma}{item}")?;
                }
                f.write_char(']')
            }
            Self::Object(entries) => {
                f.write_char('{')?;
                let mut seen = HashSet::new();
                let mut last: Vec<_> = entries.iter().rev().filter(|(key, _)| seen.insert(key)).collect();
                last.reverse();
                for (written, (key, value)) in last.into_iter().enumerate() {
                    f.write_str(if written > 0 { "," } else { "" })?;
                    write_string(f, key)?;
                    write!(f, ":{value}")?;
                }
                f.write_char('}')
            }
        }
    }
}

/// A string with what JSON demands escaped, and nothing else.
fn write_string(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str(&serde_json::Value::from(text).to_string())
}

/// `text` as strict JSON without blanks, if it can be read.
#[must_use]
pub fn repair(text: &str) -> Option<String> {
    Json::read(text).map(|value| value.to_string())
}

#[cfg(test)]
mod tests;
