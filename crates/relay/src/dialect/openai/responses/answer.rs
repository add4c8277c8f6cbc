//! An answer as it grows: events in, chunks out. A whole answer is the same, with nobody to read the chunks.
//!
//! Items follow each other strictly: one is opened, grows, and is closed before the next. Whatever was opened is closed,
//! also where the answer breaks off, and the last chunk repeats all.

use super::{
    chunk::{Chunk, Part, Sink},
    drawing::{Drawn, Step},
    id::Ids,
    response::{Echo, ErrorObject, Item, Kind, ResponseObject, State, SummaryPart, TextPart, UsageObject},
    tool::Namespaces,
};
use crate::{
    clock::Clock,
    conversation::{CallInput, Event, Finish, ToolCall},
    dialect::{artifact, cost::Cost, openai::Head},
    error::Error,
};

/// How a picture is said to be drawn.
const DRAWING: [&str; 3] = [
    "response.image_generation_call.in_progress",
    "response.image_generation_call.generating",
    "response.image_generation_call.completed",
];

/// The answer.
#[derive(Debug)]
pub(super) struct Answer {
    head: Head,
    ids: Ids,
    echo: Echo,
    namespaces: Namespaces,
    clock: Clock,
    output: Vec<Item>,
    /// Whether the last item is still growing.
    is_open: bool,
    has_begun: bool,
    cost: Cost,
    ended: Ended,
}

/// How an answer has ended.
#[derive(Debug)]
enum Ended {
    NotYet,
    Well { finish: Finish, at: u64 },
    Badly(ErrorObject),
}

impl Answer {
    pub(super) fn new(head: Head, echo: Echo, namespaces: Namespaces, clock: Clock) -> Self {
        Self {
            ids: Ids::of(&head.id),
            head,
            echo,
            namespaces,
            clock,
            output: Vec::new(),
            is_open: false,
            has_begun: false,
            cost: Cost::default(),
            ended: Ended::NotYet,
        }
    }

    pub(super) const fn cost(&self) -> &Cost {
        &self.cost
    }

    /// Whether the client has been told that the answer has begun.
    pub(super) const fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Whether all of it is there.
    pub(super) const fn is_complete(&self) -> bool {
        matches!(self.ended, Ended::Well { .. })
    }

    /// Tells that the answer has begun, once.
    pub(super) fn begin(&mut self, sink: &mut impl Sink) {
        if !std::mem::replace(&mut self.has_begun, true) {
            let response = self.to_object();
            for kind in ["response.created", "response.in_progress"] {
                sink.send(Chunk { kind, response: Some(&response), ..Chunk::default() });
            }
        }
    }

    /// Adds what came.
    pub(super) fn take(&mut self, step: Step, sink: &mut impl Sink) {
        match step {
            Step::Event(event) => self.add(event, sink),
            Step::Drawn(drawn) => self.add_picture(drawn, sink),
        }
    }

    /// Adds one event.
    fn add(&mut self, event: Event, sink: &mut impl Sink) {
        match event {
            Event::Accepted { successor } => {
                self.head.answered_by(successor);
                self.begin(sink);
            }
            Event::Text(text) | Event::Transcript(text) => self.add_text(&text, sink),
            Event::Artifact(artifact) => self.add_text(&artifact::markdown(&artifact), sink),
            Event::Reasoning(text) => self.add_reasoning(&text, sink),
            Event::ToolCall(call) => self.add_call(call, sink),
            Event::Warning(warning) => self.cost.warn(warning),
            Event::Usage(usage) => self.cost.add(usage),
            Event::Done(finish) => self.end(finish, sink),
        }
    }

    /// Closes what is open: the answer broke off.
    pub(super) fn fail(&mut self, error: &Error, sink: &mut impl Sink) {
        self.begin(sink);
        self.close_item("incomplete", sink);
        self.ended = Ended::Badly(ErrorObject { code: error.response_code(), message: error.response_message() });
        self.finish(sink);
    }

    /// The last chunk, which repeats all.
    pub(super) fn finish(&mut self, sink: &mut impl Sink) {
        if matches!(self.ended, Ended::NotYet) {
            self.end(Finish::Stop, sink);
        }
        let response = self.to_object();
        let kind = match response.status() {
            "failed" => "response.failed",
            "incomplete" => "response.incomplete",
            _ => "response.completed",
        };
        sink.send(Chunk { kind, response: Some(&response), ..Chunk::default() });
    }

    fn end(&mut self, finish: Finish, sink: &mut impl Sink) {
        self.begin(sink);
        let says_something = |item: &Item| !matches!(item.kind, Kind::Reasoning { .. });
        if !self.output.iter().any(says_something) {
            // An empty answer is a message all the same; clients look into the first.
            self.open_message(sink);
        }
        self.close_item(if incomplete_reason(finish).is_some() { "incomplete" } else { "completed" }, sink);
        self.ended = Ended::Well { finish, at: self.clock.unix_seconds() };
    }

    fn add_text(&mut self, text: &str, sink: &mut impl Sink) {
        if text.is_empty() {
            return;
        }
        if !matches!(self.open_kind(), Some(Kind::Message { .. })) {
            self.open_message(sink);
        }
        let index = self.output.len().saturating_sub(1);
        let Some(Item { id, kind: Kind::Message { content, .. }, .. }) = self.output.last_mut() else { return };
        let Some(part) = content.last_mut() else { return };
        part.text.push_str(text);
        let kind = "response.output_text.delta";
        sink.send(Chunk { delta: Some(text), logprobs: Some([]), ..Chunk::of_text(kind, id, index) });
    }

    fn add_reasoning(&mut self, text: &str, sink: &mut impl Sink) {
        if text.is_empty() {
            return;
        }
        if !matches!(self.open_kind(), Some(Kind::Reasoning { .. })) {
            self.open("rs_", Kind::Reasoning { summary: Vec::new() }, sink);
            let index = self.output.len().saturating_sub(1);
            let Some(Item { id, kind: Kind::Reasoning { summary }, .. }) = self.output.last_mut() else { return };
            let part = SummaryPart::default();
            let kind = "response.reasoning_summary_part.added";
            sink.send(Chunk { part: Some(Part::Summary(&part)), ..Chunk::of_summary(kind, id, index) });
            summary.push(part);
        }
        let index = self.output.len().saturating_sub(1);
        let Some(Item { id, kind: Kind::Reasoning { summary }, .. }) = self.output.last_mut() else { return };
        let Some(part) = summary.last_mut() else { return };
        part.text.push_str(text);
        let kind = "response.reasoning_summary_text.delta";
        sink.send(Chunk { delta: Some(text), ..Chunk::of_summary(kind, id, index) });
    }

    /// A whole call: opened without its arguments, which follow in one piece.
    fn add_call(&mut self, call: ToolCall, sink: &mut impl Sink) {
        let ToolCall { id, name, input } = call;
        let (call_id, (namespace, name)) = (format!("call_{id}"), self.namespaces.split(name));
        match input {
            CallInput::Json(arguments) => {
                let kind = Kind::FunctionCall { call_id, name, namespace, arguments: String::new() };
                self.open("fc_", kind, sink);
                self.fill_call(arguments, "response.function_call_arguments.delta", sink);
            }
            CallInput::Text(input) => {
                let kind = Kind::CustomToolCall { call_id, name, namespace, input: String::new() };
                self.open("ctc_", kind, sink);
                self.fill_call(input, "response.custom_tool_call_input.delta", sink);
            }
        }
        self.close_item("completed", sink);
    }

    fn fill_call(&mut self, text: String, kind: &'static str, sink: &mut impl Sink) {
        let index = self.output.len().saturating_sub(1);
        let Some(item) = self.output.last_mut() else { return };
        if !text.is_empty() {
            sink.send(Chunk { delta: Some(&text), ..Chunk::of_item(kind, &item.id, index) });
        }
        if let Kind::FunctionCall { arguments: place, .. } | Kind::CustomToolCall { input: place, .. } = &mut item.kind
        {
            *place = text;
        }
    }

    /// A picture that was drawn, whole.
    fn add_picture(&mut self, drawn: Drawn, sink: &mut impl Sink) {
        self.open("ig_", Kind::ImageGenerationCall { result: None, drawn: None }, sink);
        let index = self.output.len().saturating_sub(1);
        let Some(item) = self.output.last_mut() else { return };
        for kind in DRAWING {
            sink.send(Chunk::of_item(kind, &item.id, index));
        }
        item.kind = Kind::ImageGenerationCall { result: Some(drawn.base64), drawn: Some(drawn.facts) };
        self.close_item("completed", sink);
    }

    fn open_message(&mut self, sink: &mut impl Sink) {
        self.open("msg_", Kind::Message { role: "assistant", content: Vec::new() }, sink);
        let index = self.output.len().saturating_sub(1);
        let Some(Item { id, kind: Kind::Message { content, .. }, .. }) = self.output.last_mut() else { return };
        let part = TextPart::default();
        let kind = "response.content_part.added";
        sink.send(Chunk { part: Some(Part::Text(&part)), ..Chunk::of_text(kind, id, index) });
        content.push(part);
    }

    /// Opens an item, after the one that may still be open.
    fn open(&mut self, prefix: &str, kind: Kind, sink: &mut impl Sink) {
        self.begin(sink);
        self.close_item("completed", sink);
        let index = self.output.len();
        let item = Item { id: self.ids.of_output(prefix, index), status: "in_progress", kind };
        let kind = "response.output_item.added";
        sink.send(Chunk { kind, output_index: Some(index), item: Some(&item), ..Chunk::default() });
        self.output.push(item);
        self.is_open = true;
    }

    fn open_kind(&self) -> Option<&Kind> {
        self.output.last().filter(|_| self.is_open).map(|item| &item.kind)
    }

    fn close_item(&mut self, status: &'static str, sink: &mut impl Sink) {
        if !std::mem::take(&mut self.is_open) {
            return;
        }
        let index = self.output.len().saturating_sub(1);
        let Some(item) = self.output.last_mut() else { return };
        item.status = status;
        send_whole(item, index, sink);
        let kind = "response.output_item.done";
        sink.send(Chunk { kind, output_index: Some(index), item: Some(item), ..Chunk::default() });
    }

    /// The object as it is now.
    pub(super) fn to_object(&self) -> ResponseObject<'_> {
        let Head { id, created, model } = &self.head;
        let usage = || Some(UsageObject::from(&self.cost));
        let state = match &self.ended {
            Ended::NotYet => {
                State { status: "in_progress", completed_at: None, error: None, reason: None, usage: None }
            }
            Ended::Badly(error) => {
                State { status: "failed", completed_at: None, error: Some(error), reason: None, usage: None }
            }
            Ended::Well { finish, at } => match incomplete_reason(*finish) {
                Some(reason) => State {
                    status: "incomplete",
                    completed_at: None,
                    error: None,
                    reason: Some(reason),
                    usage: usage(),
                },
                None => {
                    State { status: "completed", completed_at: Some(*at), error: None, reason: None, usage: usage() }
                }
            },
        };
        ResponseObject::new((id, *created, model), &self.echo, &self.output, state)
    }
}

/// The chunks that repeat what an item holds, before it is closed.
fn send_whole(item: &Item, index: usize, sink: &mut impl Sink) {
    let id = item.id.as_str();
    match &item.kind {
        Kind::ImageGenerationCall { .. } => {}
        Kind::Message { content, .. } => {
            for part in content {
                let done = Chunk::of_text("response.output_text.done", id, index);
                sink.send(Chunk { text: Some(&part.text), logprobs: Some([]), ..done });
                let done = Chunk::of_text("response.content_part.done", id, index);
                sink.send(Chunk { part: Some(Part::Text(part)), ..done });
            }
        }
        Kind::Reasoning { summary } => {
            for part in summary {
                let done = Chunk::of_summary("response.reasoning_summary_text.done", id, index);
                sink.send(Chunk { text: Some(&part.text), ..done });
                let done = Chunk::of_summary("response.reasoning_summary_part.done", id, index);
                sink.send(Chunk { part: Some(Part::Summary(part)), ..done });
            }
        }
        Kind::FunctionCall { name, arguments, .. } => {
            let done = Chunk::of_item("response.function_call_arguments.done", id, index);
            sink.send(Chunk { name: Some(name), arguments: Some(arguments), ..done });
        }
        Kind::CustomToolCall { input, .. } => {
            let done = Chunk::of_item("response.custom_tool_call_input.done", id, index);
            sink.send(Chunk { input: Some(input), ..done });
        }
    }
}

/// Why an answer is less than the whole one.
const fn incomplete_reason(finish: Finish) -> Option<&'static str> {
    match finish {
        Finish::Stop | Finish::StopSequence(_) | Finish::ToolCalls => None,
        Finish::Length => Some("max_output_tokens"),
        Finish::ContentFilter => Some("content_filter"),
    }
}

#[cfg(test)]
mod tests;
