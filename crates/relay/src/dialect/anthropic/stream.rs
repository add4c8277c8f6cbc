//! A streamed answer, event by event: `message_start`; blocks one after the other, each with its `content_block_start`,
//! deltas and `content_block_stop`; `message_delta`; `message_stop`.

use bytes::BytesMut;
use serde::Serialize;

use super::{
    Head,
    envelope::Envelope,
    object::{self, BlockObject, MessageObject, SIGNATURE, UsageObject, stop_reason},
};
use crate::{
    conversation::{Event, Finish, ToolCall},
    dialect::{
        artifact,
        cost::Cost,
        sse::{Encoder, write_event},
    },
    error::Error,
};

/// The encoder: knows whether the message has begun, which block is open, and what the answer has cost.
#[derive(Debug)]
pub(super) struct Chunks {
    head: Head,
    /// Our estimate, told before anything is known.
    input_tokens: u64,
    request_id: String,
    has_begun: bool,
    open: Option<Open>,
    /// The index of the open block, or else of the next.
    index: u32,
    finish: Finish,
    cost: Cost,
}

/// A block that grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Thinking,
    Text,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Chunk<'a> {
    MessageStart { message: MessageObject<'a> },
    ContentBlockStart { index: u32, content_block: BlockObject<'a> },
    ContentBlockDelta { index: u32, delta: Delta<'a> },
    ContentBlockStop { index: u32 },
    Ping,
    MessageDelta { delta: End<'a>, usage: UsageObject },
    MessageStop,
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Delta<'a> {
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: &'a str },
    #[serde(rename = "signature_delta")]
    Signature { signature: &'a str },
    #[serde(rename = "text_delta")]
    Text { text: &'a str },
    #[serde(rename = "input_json_delta")]
    InputJson { partial_json: &'a str },
}

#[derive(Serialize)]
struct End<'a> {
    stop_reason: &'static str,
    stop_sequence: Option<&'a str>,
}

impl Chunk<'_> {
    /// What the line `event:` says, which is what `type` says.
    const fn name(&self) -> &'static str {
        match self {
            Self::MessageStart { .. } => "message_start",
            Self::ContentBlockStart { .. } => "content_block_start",
            Self::ContentBlockDelta { .. } => "content_block_delta",
            Self::ContentBlockStop { .. } => "content_block_stop",
            Self::Ping => "ping",
            Self::MessageDelta { .. } => "message_delta",
            Self::MessageStop => "message_stop",
        }
    }

    fn write(&self, out: &mut BytesMut) {
        write_event(out, self.name(), self);
    }
}

impl Chunks {
    pub(super) fn new(head: Head, input_tokens: u64, request_id: String) -> Self {
        Self {
            head,
            input_tokens,
            request_id,
            has_begun: false,
            open: None,
            index: 0,
            finish: Finish::Stop,
            cost: Cost::default(),
        }
    }

    /// The message begins once, and before anything else.
    fn begin(&mut self, out: &mut BytesMut) {
        if !std::mem::replace(&mut self.has_begun, true) {
            let message = MessageObject::new(&self.head, Vec::new(), None, UsageObject::new(self.input_tokens, 1));
            Chunk::MessageStart { message }.write(out);
        }
    }

    /// Opens a block of this kind, unless one is open.
    fn open(&mut self, kind: Open, out: &mut BytesMut) {
        if self.open == Some(kind) {
            return;
        }
        self.close(out);
        let content_block = match kind {
            Open::Thinking => BlockObject::Thinking { thinking: "", signature: "" },
            Open::Text => BlockObject::Text { text: "" },
        };
        Chunk::ContentBlockStart { index: self.index, content_block }.write(out);
        self.open = Some(kind);
    }

    fn close(&mut self, out: &mut BytesMut) {
        self.begin(out);
        let Some(open) = self.open.take() else { return };
        if open == Open::Thinking {
            self.delta(Delta::Signature { signature: SIGNATURE }, out);
        }
        self.stop(out);
    }

    fn delta(&self, delta: Delta<'_>, out: &mut BytesMut) {
        Chunk::ContentBlockDelta { index: self.index, delta }.write(out);
    }

    fn stop(&mut self, out: &mut BytesMut) {
        Chunk::ContentBlockStop { index: self.index }.write(out);
        self.index += 1;
    }

    /// A block of text is never empty.
    fn text(&mut self, text: &str, out: &mut BytesMut) {
        if !text.is_empty() {
            self.open(Open::Text, out);
            self.delta(Delta::Text { text }, out);
        }
    }

    fn thinking(&mut self, thinking: &str, out: &mut BytesMut) {
        if !thinking.is_empty() {
            self.open(Open::Thinking, out);
            self.delta(Delta::Thinking { thinking }, out);
        }
    }

    /// A whole call: its block, and its input in one delta.
    fn tool_use(&mut self, call: &ToolCall, out: &mut BytesMut) {
        self.close(out);
        let content_block =
            BlockObject::ToolUse { id: object::call_id(call), name: &call.name, input: object::nothing() };
        Chunk::ContentBlockStart { index: self.index, content_block }.write(out);
        let input = object::input(&call.input);
        self.delta(Delta::InputJson { partial_json: input.get() }, out);
        self.stop(out);
    }
}

impl Encoder for Chunks {
    type Item = Event;

    fn encode(&mut self, event: Event, out: &mut BytesMut) {
        match event {
            Event::Accepted { successor } => {
                self.head.answered_by(successor);
                self.begin(out);
            }
            Event::Text(text) | Event::Transcript(text) => self.text(&text, out),
            Event::Reasoning(text) => self.thinking(&text, out),
            Event::ToolCall(call) => self.tool_use(&call, out),
            Event::Artifact(artifact) => self.text(&artifact::markdown(&artifact), out),
            Event::Warning(warning) => self.cost.warn(warning),
            Event::Usage(usage) => self.cost.add(usage),
            Event::Done(finish) => self.finish = finish,
        }
    }

    fn keep_alive(&mut self, out: &mut BytesMut) {
        self.begin(out);
        Chunk::Ping.write(out);
    }

    fn error(&mut self, error: &Error, out: &mut BytesMut) {
        write_event(out, "error", &Envelope::new(error, &self.request_id));
    }

    fn finish(&mut self, out: &mut BytesMut) {
        self.close(out);
        let stop_sequence = self.head.stop_sequence(self.finish);
        let delta = End { stop_reason: stop_reason(self.finish), stop_sequence };
        Chunk::MessageDelta { delta, usage: UsageObject::from(&self.cost) }.write(out);
        Chunk::MessageStop.write(out);
    }
}

#[cfg(test)]
mod tests;
