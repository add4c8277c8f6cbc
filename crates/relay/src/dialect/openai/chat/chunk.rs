//! A streamed answer: `chat.completion.chunk` objects, event by event.

use bytes::BytesMut;
use serde::Serialize;

use super::{
    Shape,
    call::{FunctionObject, ToolCallObject},
};
use crate::{
    conversation::{Event, Finish, ToolCall},
    dialect::{
        artifact,
        cost::Cost,
        openai::{Head, usage::UsageObject},
        sse::{Encoder, write_data},
    },
    error::Error,
};

/// The encoder: knows which choices have begun, and what each has cost.
#[derive(Debug)]
pub(super) struct Chunks {
    head: Head,
    shape: Shape,
    choices: Vec<Progress>,
    cost: Cost,
}

/// How far a choice has come.
#[derive(Debug, Default, Clone)]
struct Progress {
    has_begun: bool,
    tool_calls: u32,
}

#[derive(Serialize)]
struct Chunk<'a, D: Serialize> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: D,
    /// Null in all chunks but the last, once usage was asked for; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<UsageObject>>,
}

#[derive(Serialize)]
struct Choice<D: Serialize> {
    index: u32,
    delta: D,
    logprobs: (),
    finish_reason: Option<&'static str>,
}

#[derive(Serialize)]
struct Role {
    role: &'static str,
    content: &'static str,
}

#[derive(Serialize)]
struct Content<'a> {
    content: &'a str,
}

#[derive(Serialize)]
struct Reasoning<'a> {
    reasoning_content: &'a str,
}

#[derive(Serialize)]
struct ToolCalls {
    tool_calls: [ToolCallObject; 1],
}

/// The older form of a call.
#[derive(Serialize)]
struct FunctionCall {
    function_call: FunctionObject,
}

#[derive(Serialize)]
struct Nothing {}

impl Chunks {
    pub(super) fn new(head: Head, shape: Shape) -> Self {
        let choices = (0..shape.choices).map(|_| Progress::default()).collect();
        Self { head, shape, choices, cost: Cost::default() }
    }

    fn write<D: Serialize>(&self, index: u32, delta: D, finish_reason: Option<&'static str>, out: &mut BytesMut) {
        let choice = Choice { index, delta, logprobs: (), finish_reason };
        self.write_chunk([choice], self.shape.includes_usage.then_some(None), out);
    }

    fn write_chunk<C: Serialize>(&self, choices: C, usage: Option<Option<UsageObject>>, out: &mut BytesMut) {
        let Head { id, created, model } = &self.head;
        write_data(out, &Chunk { id, object: "chat.completion.chunk", created: *created, model, choices, usage });
    }

    fn progress(&mut self, index: u32) -> Option<&mut Progress> {
        self.choices.get_mut(usize::try_from(index).ok()?)
    }

    /// The first chunk of a choice names the role; clients send it once.
    fn begin(&mut self, index: u32, out: &mut BytesMut) {
        let Some(progress) = self.progress(index) else { return };
        if !std::mem::replace(&mut progress.has_begun, true) {
            self.write(index, Role { role: "assistant", content: "" }, None, out);
        }
    }

    /// A whole call in one delta: id, type and name stand in it exactly once.
    fn tool_call(&mut self, index: u32, call: ToolCall, out: &mut BytesMut) {
        let Some(progress) = self.progress(index) else { return };
        let place = progress.tool_calls;
        progress.tool_calls += 1;
        if self.shape.is_legacy {
            // The older form has room for one.
            if place == 0 {
                self.write(index, FunctionCall { function_call: call.into() }, None, out);
            }
            return;
        }
        self.write(index, ToolCalls { tool_calls: [ToolCallObject::new(call, Some(place))] }, None, out);
    }

    fn finish_choice(&mut self, index: u32, finish: Finish, out: &mut BytesMut) {
        self.begin(index, out);
        self.write(index, Nothing {}, Some(self.shape.finish_reason(finish)), out);
    }
}

impl Encoder for Chunks {
    type Item = (u32, Event);

    fn encode(&mut self, (index, event): Self::Item, out: &mut BytesMut) {
        match event {
            Event::Accepted { successor } => {
                self.head.answered_by(successor);
                self.begin(index, out);
            }
            Event::Text(text) | Event::Transcript(text) => self.write(index, Content { content: &text }, None, out),
            Event::Reasoning(text) => self.write(index, Reasoning { reasoning_content: &text }, None, out),
            Event::ToolCall(call) => self.tool_call(index, call, out),
            Event::Artifact(artifact) => {
                self.write(index, Content { content: &artifact::markdown(&artifact) }, None, out);
            }
            Event::Warning(warning) => self.cost.warn(warning),
            Event::Usage(usage) => self.cost.add(usage),
            Event::Done(finish) => self.finish_choice(index, finish, out),
        }
    }

    /// A chunk that adds nothing; some parsers choke on comments.
    fn keep_alive(&mut self, out: &mut BytesMut) {
        self.begin(0, out);
        self.write(0, Nothing {}, None, out);
    }

    fn error(&mut self, error: &Error, out: &mut BytesMut) {
        write_data(out, &error.to_envelope());
    }

    fn finish(&mut self, out: &mut BytesMut) {
        if self.shape.includes_usage {
            self.write_chunk::<[(); 0]>([], Some(Some(UsageObject::from(&self.cost))), out);
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }
}

#[cfg(test)]
mod tests;
