//! A whole answer: the `message` object, folded from the same events that are streamed.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use futures_util::{Stream, TryStreamExt};

use super::{
    Head,
    object::{self, BlockObject, MessageObject, SIGNATURE, UsageObject},
};
use crate::{
    conversation::{Event, Finish, ToolCall},
    dialect::{artifact, cost::Cost},
    error::Error,
};

/// The answer.
#[derive(Debug)]
pub(super) struct Answer {
    head: Head,
    content: Vec<Block>,
    finish: Finish,
    cost: Cost,
}

#[derive(Debug)]
enum Block {
    Thinking(String),
    Text(String),
    ToolUse(ToolCall),
}

impl Answer {
    /// Folds the events of an answer.
    pub(super) async fn fold(head: Head, events: impl Stream<Item = Result<Event, Error>>) -> Result<Self, Error> {
        let empty = Self { head, content: Vec::new(), finish: Finish::Stop, cost: Cost::default() };
        events
            .try_fold(empty, |mut answer, event| async move {
                answer.add(event);
                Ok(answer)
            })
            .await
    }

    fn add(&mut self, event: Event) {
        match event {
            Event::Accepted { successor } => self.head.answered_by(successor),
            Event::Text(text) | Event::Transcript(text) => self.add_text(&text),
            Event::Reasoning(text) => self.add_thinking(&text),
            Event::ToolCall(call) => self.content.push(Block::ToolUse(call)),
            Event::Artifact(artifact) => self.add_text(&artifact::markdown(&artifact)),
            Event::Warning(warning) => self.cost.warn(warning),
            Event::Usage(usage) => self.cost.add(usage),
            Event::Done(finish) => self.finish = finish,
        }
    }

    /// A block of text is never empty.
    fn add_text(&mut self, more: &str) {
        match self.content.last_mut() {
            Some(Block::Text(text)) => text.push_str(more),
            _ if more.is_empty() => {}
            _ => self.content.push(Block::Text(more.to_owned())),
        }
    }

    fn add_thinking(&mut self, more: &str) {
        match self.content.last_mut() {
            Some(Block::Thinking(text)) => text.push_str(more),
            _ if more.is_empty() => {}
            _ => self.content.push(Block::Thinking(more.to_owned())),
        }
    }

    fn to_object(&self) -> MessageObject<'_> {
        let content = self.content.iter().map(Block::to_object).collect();
        MessageObject::new(&self.head, content, Some(self.finish), UsageObject::from(&self.cost))
    }
}

impl Block {
    fn to_object(&self) -> BlockObject<'_> {
        match self {
            Self::Thinking(thinking) => BlockObject::Thinking { thinking, signature: SIGNATURE },
            Self::Text(text) => BlockObject::Text { text },
            Self::ToolUse(call) => {
                BlockObject::ToolUse { id: object::call_id(call), name: &call.name, input: object::input(&call.input) }
            }
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Json(self.to_object()).into_response();
        self.cost.write_headers(&mut response);
        response
    }
}
