//! Judges a whole answer: is it the JSON that was asked for, and if not, what is wrong with it?

use jsonschema::{PatternOptions, ValidationError, Validator, error::ValidationErrorKind};
use serde_json::Value;

use super::{
    cost::is_bearable,
    root::{Candidate, Kinds, candidates, is_json},
};
use crate::conversation::request::Format;

/// What there is to say of a whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// This is the value that was asked for.
    Fits(String),
    /// This is JSON; whether it fits the schema can't be told. That is no fault of the answer.
    Unchecked {
        /// The value.
        text: String,
        /// Why it can't be told.
        why: Unchecked,
    },
    /// It is not what was asked for.
    Wrong {
        /// The best there is for the client: the value, or the whole answer if it holds none.
        text: String,
        /// What to tell the model, so that it does better. It quotes the answer: not for logs.
        complaint: String,
    },
}

/// Why a value was not held against the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unchecked {
    /// The schema is no valid JSON Schema, or refers to one outside of it, which is never fetched.
    InvalidSchema,
    /// The schema takes too long to hold a value against, or that can't be foreseen.
    TooCostly,
    /// The value has numbers or a depth that can't be read here.
    Unreadable,
}

impl Unchecked {
    /// The reason as the end of a sentence, for logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidSchema => "the schema is not valid or refers to another one",
            Self::TooCostly => "the schema takes too long to check",
            Self::Unreadable => "the value has numbers or a depth that can't be read",
        }
    }
}

/// Judges a whole answer that was not cut. JSON is kept to the byte; else what `repair` makes of it counts: given the text
/// of one value, it returns JSON, or nothing. Of several values the first that fits is taken, unrepaired ones first.
#[must_use]
pub fn check(format: &Format, text: &str, repair: fn(&str) -> Option<String>) -> Verdict {
    if *format == Format::Text {
        return Verdict::Fits(text.to_owned());
    }
    let judge = Judge::of(format);
    let candidates = candidates(Kinds::of(format), text);
    let (json, other): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|candidate| is_json(candidate.value));
    let values = json.iter().map(|candidate| candidate.value.to_owned());
    let repaired = other.iter().filter_map(|candidate| repaired(*candidate, repair));
    let mut first_wrong = None;
    for value in values.chain(repaired) {
        match judge.judge(&value) {
            Judgement::Fits => return Verdict::Fits(value),
            Judgement::Unchecked(why) => return Verdict::Unchecked { text: value, why },
            Judgement::Wrong(complaint) => {
                first_wrong.get_or_insert(Verdict::Wrong { text: value, complaint });
            }
        }
    }
    first_wrong.unwrap_or_else(|| Verdict::Wrong { text: text.to_owned(), complaint: no_json(format) })
}

/// The value in a whole text, without repair or schema.
pub(super) fn pick(kinds: Kinds, text: &str) -> Option<&str> {
    let candidates = candidates(kinds, text);
    let json = candidates.iter().find(|candidate| is_json(candidate.value));
    let root = candidates.iter().find(|candidate| candidate.value.starts_with(['{', '[']));
    json.or(root).map(|candidate| candidate.value)
}

fn repaired(Candidate { value, rest }: Candidate<'_>, repair: fn(&str) -> Option<String>) -> Option<String> {
    // In text that is no JSON a bracket may close too early, and a value that was not closed may take a fence along.
    let wider = rest.rfind(['}', ']']).map(|end| &rest[..=end]);
    let wider = wider.filter(|wider| wider.len() != value.len());
    let unfenced = value.trim_end().trim_end_matches('`').trim_end();
    let is_same_kind = |repaired: &String| {
        is_json(repaired) && (!value.starts_with(['{', '[']) || repaired.as_bytes().first() == value.as_bytes().first())
    };
    [Some(unfenced), wider].into_iter().flatten().find_map(|text| repair(text).filter(is_same_kind))
}

/// What to hold values against.
enum Judge<'a> {
    /// Any value will do.
    Any,
    Schema(&'a Value, Box<Validator>),
    None(Unchecked),
}

enum Judgement {
    Fits,
    Unchecked(Unchecked),
    Wrong(String),
}

/// How far a pattern may go back in a text, so that no pattern takes long.
const MOST_BACKTRACKS: usize = 20_000;

/// How large a pattern may grow, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;

impl<'a> Judge<'a> {
    fn of(format: &'a Format) -> Self {
        let Format::JsonSchema(schema) = format else { return Self::Any };
        let patterns = PatternOptions::fancy_regex()
            .backtrack_limit(MOST_BACKTRACKS)
            .size_limit(LARGEST_PATTERN)
            .dfa_size_limit(LARGEST_PATTERN);
        let options = jsonschema::options().offline().with_pattern_options(patterns);
        match options.build(&schema.schema) {
            Ok(validator) => Self::Schema(&schema.schema, Box::new(validator)),
            Err(_) => Self::None(Unchecked::InvalidSchema),
        }
    }

    fn judge(&self, text: &str) -> Judgement {
        let (schema, validator) = match self {
            Self::Any => return Judgement::Fits,
            Self::None(why) => return Judgement::Unchecked(*why),
            Self::Schema(schema, validator) => (schema, validator),
        };
        let Ok(value) = serde_json::from_str::<Value>(text) else {
            return Judgement::Unchecked(Unchecked::Unreadable);
        };
        if !is_bearable(schema, &value) {
            return Judgement::Unchecked(Unchecked::TooCostly);
        }
        let errors: Vec<_> = validator.iter_errors(&value).filter(is_certain).take(MOST_ERRORS).collect();
        if errors.is_empty() { Judgement::Fits } else { Judgement::Wrong(complaint(&errors)) }
    }
}

/// Whether it is an error of the value, and not of a pattern that took too long.
fn is_certain(error: &ValidationError<'_>) -> bool {
    let kind = error.kind();
    !matches!(kind, ValidationErrorKind::BacktrackLimitExceeded { .. } | ValidationErrorKind::RegexEngineFailure { .. })
}

/// How many errors a complaint lists.
const MOST_ERRORS: usize = 5;

/// The longest error that is told with the value it is about, in bytes.
const LONGEST_ERROR: usize = 160;

fn complaint(errors: &[ValidationError<'_>]) -> String {
    let mut words = String::from("Your answer does not fit the JSON Schema:\n");
    for error in errors {
        let path = error.instance_path().to_string();
        let place = if path.is_empty() { "the root".to_owned() } else { shortened(path) };
        let told = error.to_string();
        let told = if told.len() > LONGEST_ERROR { error.masked_with("the value").to_string() } else { told };
        words += &format!("- at {place}: {}\n", shortened(told));
    }
    words + "Reply again, with JSON that fits the JSON Schema and nothing else."
}

fn shortened(text: String) -> String {
    let end = text.floor_char_boundary(2 * LONGEST_ERROR);
    if end == text.len() { text } else { format!("{}…", &text[..end]) }
}

fn no_json(format: &Format) -> String {
    let wanted = if *format == Format::JsonObject { "one JSON object" } else { "JSON that fits the JSON Schema" };
    format!("Your answer holds no valid JSON. Reply again, with {wanted} and nothing else.")
}
