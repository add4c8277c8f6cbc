//! Compares answers as they come in. Every answer of every round passes through here, so it is cheap, but it is no
//! sample: an answer of 1min.ai must be the expected one to the byte; an answer of the relay is parsed and its text
//! compared piece by piece, because ids and dates differ from answer to answer.

use std::borrow::Cow;

use bytes::Bytes;
use memchr::memmem;
use serde::Deserialize;

use crate::ask::Ask;

/// The most of a wrong answer that is shown, in bytes.
const SHOWN: usize = 400;

/// What an answer must be.
#[derive(Debug)]
pub(crate) enum Expected {
    /// These bytes; `ends` are the places where the chunks end.
    Bytes {
        /// All bytes.
        whole: Bytes,
        /// Where each chunk of text ends.
        ends: Vec<usize>,
    },
    /// A `chat.completion` object with this text.
    Completion {
        /// The text.
        text: String,
    },
    /// `chat.completion.chunk` objects with these pieces of text, then `[DONE]`.
    Chunks {
        /// The pieces.
        pieces: Vec<String>,
    },
}

/// What is wrong with an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// In words.
    pub(crate) why: String,
    /// The part of the answer that shows it.
    pub(crate) answer: String,
}

/// An answer that is being compared.
#[derive(Debug)]
pub(crate) struct Comparison<'a> {
    expected: &'a Expected,
    /// Bytes that were not looked at yet; of a whole object all.
    unread: Vec<u8>,
    /// Bytes, or pieces of text, that were right.
    right: usize,
    has_finish_reason: bool,
    is_done: bool,
}

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow)]
    choices: [Choice<'a>; 1],
}

#[derive(Deserialize)]
struct Choice<'a> {
    /// Of a chunk.
    #[serde(borrow, default)]
    delta: Content<'a>,
    /// Of a whole answer.
    #[serde(borrow, default)]
    message: Content<'a>,
    finish_reason: Option<&'a str>,
}

#[derive(Default, Deserialize)]
struct Content<'a> {
    #[serde(borrow, default)]
    content: Cow<'a, str>,
}

impl Expected {
    /// What 1min.ai must answer.
    pub(crate) fn of_upstream(ask: Ask) -> Self {
        let frames = ask.canned().frames;
        let ends = frames.iter().scan(0, |end, frame| {
            *end += frame.len();
            Some(*end)
        });
        let ends = if ask.is_streaming() { ends.take(ask.chunks()).collect() } else { Vec::new() };
        Self::Bytes { ends, whole: Bytes::from(frames.concat()) }
    }

    /// What the relay must answer.
    pub(crate) fn of_relay(ask: Ask) -> Self {
        if ask.is_streaming() {
            Self::Chunks { pieces: ask.pieces().collect() }
        } else {
            Self::Completion { text: ask.text() }
        }
    }

    /// Begins to compare an answer.
    pub(crate) fn compare(&self) -> Comparison<'_> {
        Comparison { expected: self, unread: Vec::new(), right: 0, has_finish_reason: false, is_done: false }
    }
}

impl Comparison<'_> {
    /// Takes the next bytes of the answer and says how many chunks of text ended in them.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<usize, Mismatch> {
        match self.expected {
            Expected::Bytes { whole, ends } => {
                if !whole[self.right..].starts_with(bytes) {
                    return Err(Mismatch::new("other bytes than sent", bytes));
                }
                let count = |seen| ends.partition_point(|end| *end <= seen);
                let before = count(self.right);
                self.right += bytes.len();
                Ok(count(self.right) - before)
            }
            Expected::Completion { .. } => {
                self.unread.extend_from_slice(bytes);
                Ok(0)
            }
            Expected::Chunks { pieces } => self.push_events(bytes, pieces),
        }
    }

    fn push_events(&mut self, bytes: &[u8], pieces: &[String]) -> Result<usize, Mismatch> {
        self.unread.extend_from_slice(bytes);
        let unread = std::mem::take(&mut self.unread);
        let (mut start, before) = (0, self.right);
        while let Some(length) = memmem::find(&unread[start..], b"\n\n") {
            self.take_event(&unread[start..start + length], pieces)?;
            start += length + 2;
        }
        self.unread.extend_from_slice(&unread[start..]);
        Ok(self.right - before)
    }

    fn take_event(&mut self, event: &[u8], pieces: &[String]) -> Result<(), Mismatch> {
        let data = event.strip_prefix(b"data: ").ok_or_else(|| Mismatch::new("no data", event))?;
        if self.is_done {
            return Err(Mismatch::new("more after [DONE]", event));
        }
        if data == b"[DONE]" {
            self.is_done = true;
            return Ok(());
        }
        let [choice] = object(data)?.choices;
        let text = choice.delta.content;
        if !text.is_empty() {
            if self.has_finish_reason || pieces.get(self.right).is_none_or(|piece| *piece != text) {
                return Err(Mismatch::new("other text than sent", event));
            }
            self.right += 1;
        }
        match choice.finish_reason {
            None => Ok(()),
            Some("stop") if !self.has_finish_reason => {
                self.has_finish_reason = true;
                Ok(())
            }
            Some(_) => Err(Mismatch::new("another end than sent", event)),
        }
    }

    /// The answer has ended.
    pub(crate) fn finish(self) -> Result<(), Mismatch> {
        let is_complete = match self.expected {
            Expected::Bytes { whole, .. } => self.right == whole.len(),
            Expected::Completion { text } => {
                let [choice] = object(&self.unread)?.choices;
                if choice.message.content != *text {
                    return Err(Mismatch::new("other text than sent", &self.unread));
                }
                choice.finish_reason == Some("stop")
            }
            Expected::Chunks { pieces } => {
                self.right == pieces.len() && self.has_finish_reason && self.is_done && self.unread.is_empty()
            }
        };
        if is_complete { Ok(()) } else { Err(Mismatch::new("it ended too early", &self.unread)) }
    }
}

impl Mismatch {
    /// What is wrong, and the beginning of the bytes that show it.
    pub(crate) fn new(why: &str, bytes: &[u8]) -> Self {
        let answer = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]).into_owned();
        Self { why: why.to_owned(), answer }
    }
}

fn object(data: &[u8]) -> Result<Object<'_>, Mismatch> {
    serde_json::from_slice(data).map_err(|error| Mismatch::new(&format!("not the JSON it must be ({error})"), data))
}

#[cfg(test)]
mod tests;
