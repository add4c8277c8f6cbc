//! Splits what a model thought from what it answers, where it wrote both as one text.
//!
//! Models that think write `<think>...</think>` or `<thinking>...</thinking>` at the start of the answer, in any case and
//! perhaps several times. A state machine over the text as it comes takes these blocks out; only what may be the beginning
//! of a tag, or white space that a block may follow, is held back. Tags anywhere else are text, and so is a closing tag
//! that nothing opened. What is lost: the tags, white space before a block and at its start, and blank lines after it.
//!
//! The form is that of `DeepSeek`-R1 and Qwen3 (<https://huggingface.co/deepseek-ai/DeepSeek-R1>,
//! <https://huggingface.co/Qwen/Qwen3-8B>); some models that are asked to think aloud write the longer word.

use std::{fmt, str::FromStr};

/// What becomes of a model's thinking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Thinking {
    /// It is told apart from the answer.
    #[default]
    Separate,
    /// It stays in the answer, as the model wrote it.
    Inline,
    /// It is left out.
    Hidden,
}

/// The text is none of `separate`, `inline` and `hidden`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither separate, inline nor hidden")]
pub struct InvalidThinking;

impl FromStr for Thinking {
    type Err = InvalidThinking;

    fn from_str(text: &str) -> Result<Self, InvalidThinking> {
        match text.to_ascii_lowercase().as_str() {
            "separate" => Ok(Self::Separate),
            "inline" => Ok(Self::Inline),
            "hidden" => Ok(Self::Hidden),
            _ => Err(InvalidThinking),
        }
    }
}

impl fmt::Display for Thinking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Separate => "separate",
            Self::Inline => "inline",
            Self::Hidden => "hidden",
        })
    }
}

/// A piece of an answer; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// What the model thought.
    Reasoning(String),
    /// What it answers.
    Text(String),
}

/// Tells thinking and answer apart.
#[derive(Debug, Clone)]
pub struct ThinkingSplit {
    mode: Thinking,
    state: State,
    /// White space before a block or the answer.
    space: String,
    /// What may be a tag so far, as it was written.
    tag: String,
    /// Whether a block has ended already.
    is_after_block: bool,
    /// Whether a block has had more than white space.
    has_reasoned: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the answer: a block may begin.
    Outside,
    /// In a block that this tag closes.
    Inside {
        closer: &'static str,
        /// Whether there was more than white space in it.
        has_begun: bool,
    },
    /// In the answer.
    Answer,
}

/// The tags that open a block, and those that close it.
const TAGS: [(&str, &str); 2] = [("<think>", "</think>"), ("<thinking>", "</thinking>")];

impl ThinkingSplit {
    /// At the start of an answer.
    #[must_use]
    pub fn new(mode: Thinking) -> Self {
        let state = if mode == Thinking::Inline { State::Answer } else { State::Outside };
        Self { mode, state, space: String::new(), tag: String::new(), is_after_block: false, has_reasoned: false }
    }

    /// Takes the next text of the answer.
    pub fn push(&mut self, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            rest = match self.state {
                State::Outside => self.outside(rest, &mut pieces),
                State::Inside { closer, .. } => self.inside(rest, closer, &mut pieces),
                State::Answer => {
                    self.give(&mut pieces, Piece::Text(rest.to_owned()));
                    ""
                }
            };
        }
        pieces
    }

    /// The answer has ended: what was held back is part of it. Of a block that nothing closed all is reasoning.
    pub fn finish(&mut self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        match self.state {
            State::Outside => self.begin_answer(&mut pieces),
            State::Inside { .. } => self.no_tag(&mut pieces),
            State::Answer => {}
        }
        self.state = State::Answer;
        pieces
    }

    /// One step outside of a block: white space, one more character of a tag, or the begin of the answer.
    fn outside<'a>(&mut self, rest: &'a str, pieces: &mut Vec<Piece>) -> &'a str {
        if self.tag.is_empty() {
            let begin = rest.trim_start();
            if begin.len() < rest.len() {
                self.space.push_str(&rest[..rest.len() - begin.len()]);
                return begin;
            }
        }
        let (next, after) = first(rest);
        if !TAGS.iter().any(|(opener, _)| goes_on(opener, &self.tag, next)) {
            self.begin_answer(pieces);
            return rest;
        }
        self.tag.push_str(next);
        if let Some((_, closer)) = TAGS.iter().find(|(opener, _)| opener.eq_ignore_ascii_case(&self.tag)) {
            self.tag.clear();
            self.state = State::Inside { closer, has_begun: false };
        }
        after
    }

    /// Gives out what was held before the answer.
    fn begin_answer(&mut self, pieces: &mut Vec<Piece>) {
        let space = std::mem::take(&mut self.space);
        let blank_lines = if self.is_after_block { space.rfind('\n').map_or(0, |end| end + 1) } else { 0 };
        let tag = std::mem::take(&mut self.tag);
        self.give(pieces, Piece::Text([&space[blank_lines..], &tag].concat()));
        self.state = State::Answer;
    }

    /// One step inside of a block: its text up to a `<`, or one more character of the tag that closes it.
    fn inside<'a>(&mut self, rest: &'a str, closer: &'static str, pieces: &mut Vec<Piece>) -> &'a str {
        if self.tag.is_empty() {
            let (thought, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
            if !thought.is_empty() {
                self.think(thought, closer, pieces);
                return after;
            }
        }
        let (next, after) = first(rest);
        if !goes_on(closer, &self.tag, next) {
            self.no_tag(pieces);
            return rest;
        }
        self.tag.push_str(next);
        if self.tag.len() == closer.len() {
            self.tag.clear();
            self.space.clear();
            self.state = State::Outside;
            self.is_after_block = true;
        }
        after
    }

    /// Gives out text of a block, less white space at its start.
    fn think(&mut self, thought: &str, closer: &'static str, pieces: &mut Vec<Piece>) {
        let has_begun = matches!(self.state, State::Inside { has_begun: true, .. });
        let thought = if has_begun { thought } else { thought.trim_start() };
        if thought.is_empty() {
            return;
        }
        let space = std::mem::take(&mut self.space);
        if self.has_reasoned {
            // Keeps the words of two blocks apart.
            self.give(pieces, Piece::Reasoning(space));
        }
        self.give(pieces, Piece::Reasoning(thought.to_owned()));
        self.has_reasoned = true;
        self.state = State::Inside { closer, has_begun: true };
    }

    /// What began like a closing tag is none.
    fn no_tag(&mut self, pieces: &mut Vec<Piece>) {
        let tag = std::mem::take(&mut self.tag);
        if let State::Inside { closer, .. } = self.state {
            self.think(&tag, closer, pieces);
        }
    }

    /// Adds a piece, if it is to be seen.
    fn give(&self, pieces: &mut Vec<Piece>, piece: Piece) {
        match (pieces.last_mut(), piece) {
            (_, Piece::Reasoning(_)) if self.mode == Thinking::Hidden => {}
            (_, Piece::Reasoning(text) | Piece::Text(text)) if text.is_empty() => {}
            (Some(Piece::Reasoning(before)), Piece::Reasoning(text))
            | (Some(Piece::Text(before)), Piece::Text(text)) => {
                before.push_str(&text);
            }
            (_, piece) => pieces.push(piece),
        }
    }
}

/// The first character of a text that is not empty, and what follows.
fn first(text: &str) -> (&str, &str) {
    text.split_at(text.chars().next().map_or(0, char::len_utf8))
}

/// Whether `tag` is written so far as `written`, and goes on with `next`.
fn goes_on(tag: &str, written: &str, next: &str) -> bool {
    let end = written.len() + next.len();
    tag.get(..written.len()).is_some_and(|start| start.eq_ignore_ascii_case(written))
        && tag.get(written.len()..end).is_some_and(|part| part.eq_ignore_ascii_case(next))
}

#[cfg(test)]
mod tests;
