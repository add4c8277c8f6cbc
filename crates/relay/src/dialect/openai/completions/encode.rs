//! Answers of `POST /v1/completions`: `text_completion` objects, streamed or whole, of the same events.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use bytes::BytesMut;
use futures_util::{Stream, TryStreamExt};
use serde::Serialize;

use crate::{
    conversation::{Event, Finish},
    dialect::{
        artifact,
        cost::Cost,
        openai::{
            Head,
            usage::{UsageObject, finish_reason},
        },
        sse::{Encoder, write_data},
    },
    error::Error,
};

/// The object, of a chunk and of a whole answer alike.
#[derive(Serialize)]
struct TextCompletion<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: &'a [Choice<'a>],
    /// Null in all chunks but the last, once usage was asked for; else absent from chunks.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<UsageObject>>,
}

#[derive(Serialize)]
struct Choice<'a> {
    text: &'a str,
    index: u32,
    logprobs: (),
    finish_reason: Option<&'static str>,
}

impl Head {
    fn completion<'a>(&'a self, choices: &'a [Choice<'a>], usage: Option<Option<UsageObject>>) -> TextCompletion<'a> {
        let Self { id, created, model } = self;
        TextCompletion { id, object: "text_completion", created: *created, model, choices, usage }
    }
}

/// The encoder of a streamed answer.
pub(super) struct Chunks {
    head: Head,
    /// What each choice begins with; taken when it begins.
    echoes: Vec<String>,
    includes_usage: bool,
    cost: Cost,
}

impl Chunks {
    pub(super) fn new(head: Head, echoes: Vec<String>, includes_usage: bool) -> Self {
        Self { head, echoes, includes_usage, cost: Cost::default() }
    }

    fn write(&self, index: u32, text: &str, finish: Option<Finish>, out: &mut BytesMut) {
        let choice = Choice { text, index, logprobs: (), finish_reason: finish.map(finish_reason) };
        write_data(out, &self.head.completion(&[choice], self.includes_usage.then_some(None)));
    }
}

impl Encoder for Chunks {
    type Item = (u32, Event);

    fn encode(&mut self, (index, event): Self::Item, out: &mut BytesMut) {
        match event {
            Event::Accepted { successor } => {
                self.head.answered_by(successor);
                let echo = place(&mut self.echoes, index).map(std::mem::take).unwrap_or_default();
                if !echo.is_empty() {
                    self.write(index, &echo, None, out);
                }
            }
            Event::Usage(usage) => self.cost.add(usage),
            Event::Warning(warning) => self.cost.warn(warning),
            Event::Done(finish) => self.write(index, "", Some(finish), out),
            event => {
                if let Some(text) = text_of(event) {
                    self.write(index, &text, None, out);
                }
            }
        }
    }

    fn keep_alive(&mut self, out: &mut BytesMut) {
        self.write(0, "", None, out);
    }

    fn error(&mut self, error: &Error, out: &mut BytesMut) {
        write_data(out, &error.to_envelope());
    }

    fn finish(&mut self, out: &mut BytesMut) {
        if self.includes_usage {
            write_data(out, &self.head.completion(&[], Some(Some(UsageObject::from(&self.cost)))));
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }
}

/// A whole answer.
pub(super) struct Completion {
    head: Head,
    /// Text so far, and why it ended.
    choices: Vec<(String, Finish)>,
    cost: Cost,
}

impl Completion {
    /// Folds the events of an answer whose choices begin with these texts.
    pub(super) async fn fold(
        head: Head,
        echoes: Vec<String>,
        events: impl Stream<Item = Result<(u32, Event), Error>>,
    ) -> Result<Self, Error> {
        let choices = echoes.into_iter().map(|echo| (echo, Finish::Stop)).collect();
        let begun = Self { head, choices, cost: Cost::default() };
        events
            .try_fold(begun, |mut completion, (index, event)| async move {
                completion.add(index, event);
                Ok(completion)
            })
            .await
    }

    fn add(&mut self, index: u32, event: Event) {
        let Some((text, finish)) = place(&mut self.choices, index) else { return };
        match event {
            Event::Accepted { successor } => self.head.answered_by(successor),
            Event::Usage(usage) => self.cost.add(usage),
            Event::Warning(warning) => self.cost.warn(warning),
            Event::Done(reason) => *finish = reason,
            event => text.push_str(&text_of(event).unwrap_or_default()),
        }
    }
}

impl IntoResponse for Completion {
    fn into_response(self) -> Response {
        let choices: Vec<Choice<'_>> = self
            .choices
            .iter()
            .zip(0..)
            .map(|((text, finish), index)| Choice {
                text,
                index,
                logprobs: (),
                finish_reason: Some(finish_reason(*finish)),
            })
            .collect();
        let usage = Some(Some(UsageObject::from(&self.cost)));
        let mut response = Json(self.head.completion(&choices, usage)).into_response();
        self.cost.write_headers(&mut response);
        response
    }
}

/// What an event adds to a text; thinking and calls have no place in this dialect.
fn text_of(event: Event) -> Option<String> {
    match event {
        Event::Text(text) | Event::Transcript(text) => Some(text),
        Event::Artifact(artifact) => Some(artifact::markdown(&artifact)),
        Event::Accepted { .. }
        | Event::Reasoning(_)
        | Event::ToolCall(_)
        | Event::Warning(_)
        | Event::Usage(_)
        | Event::Done(_) => None,
    }
}

fn place<T>(places: &mut [T], index: u32) -> Option<&mut T> {
    places.get_mut(usize::try_from(index).ok()?)
}
