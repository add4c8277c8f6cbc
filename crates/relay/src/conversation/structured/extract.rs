//! Lets nothing but the JSON value of an answer pass, as it comes.

use super::{
    check::pick,
    root::{Balance, Kinds, Search},
};
use crate::conversation::request::Format;

/// Takes the JSON value out of an answer. What stands before and after it is dropped; an answer without a value is given
/// whole, at its end: a refusal must reach the client.
///
/// Where the value may be a string, number, boolean or null, all is held back to the end, because those have no root.
#[derive(Debug, Clone)]
pub struct Extractor {
    kinds: Kinds,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    /// Everything is the answer: the format is text.
    Open,
    /// All is held, and taken apart at the end.
    Whole { held: String },
    /// No root so far.
    Before { held: String, search: Search },
    /// In the value.
    Within(Balance),
    /// The value has ended.
    After,
}

impl Extractor {
    /// At the start of an answer in this format.
    #[must_use]
    pub fn new(format: &Format) -> Self {
        let kinds = Kinds::of(format);
        let held = String::new();
        let state = match format {
            Format::Text => State::Open,
            _ if kinds.scalar => State::Whole { held },
            _ => State::Before { held, search: Search::new(kinds, 0) },
        };
        Self { kinds, state }
    }

    /// Takes the next text of the answer; gives what of the value is certain.
    pub fn push(&mut self, text: &str) -> String {
        match &mut self.state {
            State::Open => text.to_owned(),
            State::Whole { held } => {
                held.push_str(text);
                String::new()
            }
            State::Before { held, search } => {
                held.push_str(text);
                let Some(root) = search.find(held) else { return String::new() };
                let value = held.split_off(root);
                self.state = State::Within(Balance::default());
                self.within(value)
            }
            State::Within(_) => self.within(text.to_owned()),
            State::After => String::new(),
        }
    }

    /// The answer has ended: gives what was held, if there was no root.
    pub fn finish(&mut self) -> String {
        match std::mem::replace(&mut self.state, State::After) {
            State::Whole { held } => pick(self.kinds, &held).map(str::to_owned).unwrap_or(held),
            State::Before { held, .. } => held,
            State::Open | State::Within(_) | State::After => String::new(),
        }
    }

    fn within(&mut self, mut text: String) -> String {
        let State::Within(balance) = &mut self.state else { return text };
        let (end, is_closed) = balance.push(&text);
        text.truncate(end);
        if is_closed {
            self.state = State::After;
        }
        text
    }
}
