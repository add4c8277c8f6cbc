//! A good answer, described once and played whole or streamed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Received;
use crate::{
    reply::{Reply, Step},
    wire,
};

/// A good answer and how it is delivered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answer {
    /// Its text.
    pub text: Text,
    /// Characters per `content` frame; 0 sends all in one.
    pub delta_chars: usize,
    /// Bytes per write; 0 writes each frame whole.
    pub piece_bytes: usize,
    /// Milliseconds before each `content` frame.
    pub delta_delay_ms: u64,
    /// `aiRecord.metadata`; null as in the docs, or an object as recorded live.
    pub metadata: Value,
    /// Whether the stream has its `result` frame.
    pub has_result: bool,
    /// Whether the stream has its `done` frame.
    pub has_done: bool,
}

/// The text of an [`Answer`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Text {
    /// This text.
    Literal(String),
    /// The prompt that was received.
    EchoPrompt,
    /// What the prompt holds between these two, where the first stands last; nothing if they are not there.
    Quote {
        /// What stands before it.
        after: String,
        /// What stands behind it; empty for the end of the prompt.
        before: String,
    },
}

impl Text {
    pub(super) fn said_to<'a>(&'a self, prompt: &'a str) -> &'a str {
        match self {
            Self::Literal(text) => text,
            Self::EchoPrompt => prompt,
            Self::Quote { after, before } => quote(prompt, after, before).unwrap_or_default(),
        }
    }
}

/// What `prompt` holds between `after`, where it stands last, and the next `before`.
fn quote<'a>(prompt: &'a str, after: &str, before: &str) -> Option<&'a str> {
    let (_, rest) = prompt.rsplit_once(after)?;
    if before.is_empty() { Some(rest) } else { Some(rest.split_once(before)?.0) }
}

impl Default for Answer {
    /// "ok", with the figures of the recorded call.
    fn default() -> Self {
        Self {
            text: Text::Literal("ok".into()),
            delta_chars: 8,
            piece_bytes: 0,
            delta_delay_ms: 0,
            metadata: wire::metadata(98, 3, 45),
            has_result: true,
            has_done: true,
        }
    }
}

impl Answer {
    /// This text, with everything else as by default.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: Text::Literal(text.into()), ..Self::default() }
    }

    pub(super) fn to_reply(&self, received: &Received, is_streaming: bool) -> Reply {
        let prompt = received.prompt().unwrap_or_default();
        let text = self.text.said_to(prompt);
        let record = wire::record(received.model().unwrap_or_default(), prompt, text, &self.metadata);
        if !is_streaming {
            return Reply { piece_bytes: self.piece_bytes, ..Reply::json(200, record.to_string()) };
        }
        let mut reply = Reply { piece_bytes: self.piece_bytes, ..Reply::stream::<String>([]) };
        for delta in deltas(text, self.delta_chars) {
            if self.delta_delay_ms > 0 {
                reply.body.push(Step::WaitMs(self.delta_delay_ms));
            }
            reply.body.push(Step::Send(wire::content_frame(delta)));
        }
        if self.has_result {
            reply.body.push(Step::Send(wire::result_frame(&record)));
        }
        if self.has_done {
            reply.body.push(Step::Send(wire::done_frame()));
        }
        reply
    }
}

/// `text` in pieces of `chars` characters.
fn deltas(text: &str, chars: usize) -> Vec<&str> {
    if chars == 0 {
        return vec![text];
    }
    let starts: Vec<usize> = text.char_indices().step_by(chars).map(|(start, _)| start).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).map(|(start, end)| &text[*start..end]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_characters() {
        assert_eq!(deltas("naïve☃!", 3), ["naï", "ve☃", "!"]);
        assert_eq!(deltas("abc", 0), ["abc"]);
        assert_eq!(deltas("", 3), Vec::<&str>::new());
    }

    #[test]
    fn a_quote_is_what_stands_between_where_it_stands_last() {
        assert_eq!(quote("a[1]b[2]c", "[", "]"), Some("2"));
        assert_eq!(quote("a[1]b[2]c", "]", ""), Some("c"));
        assert_eq!((quote("a[1", "[", "]"), quote("1]", "[", "]")), (None, None));
    }
}
