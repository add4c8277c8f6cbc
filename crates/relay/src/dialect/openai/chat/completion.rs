//! A whole answer: the `chat.completion` object, folded from the same events that are streamed.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use futures_util::{Stream, TryStreamExt};
use serde::Serialize;

use crate::{
    conversation::{Event, Finish, ToolCall},
    dialect::{
        artifact,
        cost::Cost,
        openai::{Head, usage::UsageObject},
    },
    error::Error,
};

use super::{
    Shape,
    call::{FunctionObject, ToolCallObject},
};

/// The answer.
#[derive(Debug)]
pub(super) struct Completion {
    head: Head,
    shape: Shape,
    choices: Vec<Choice>,
    cost: Cost,
}

#[derive(Debug, Default, Clone)]
struct Choice {
    text: String,
    reasoning: String,
    tool_calls: Vec<ToolCall>,
    finish: Option<Finish>,
}

impl Completion {
    /// Folds the events of an answer.
    pub(super) async fn fold(
        head: Head,
        shape: Shape,
        events: impl Stream<Item = Result<(u32, Event), Error>>,
    ) -> Result<Self, Error> {
        let choices = (0..shape.choices).map(|_| Choice::default()).collect();
        let empty = Self { head, shape, choices, cost: Cost::default() };
        events
            .try_fold(empty, |mut completion, (index, event)| async move {
                completion.add(index, event);
                Ok(completion)
            })
            .await
    }

    fn add(&mut self, index: u32, event: Event) {
        let Some(choice) = usize::try_from(index).ok().and_then(|index| self.choices.get_mut(index)) else { return };
        match event {
            Event::Accepted { successor } => self.head.answered_by(successor),
            Event::Text(text) | Event::Transcript(text) => choice.text.push_str(&text),
            Event::Reasoning(text) => choice.reasoning.push_str(&text),
            Event::ToolCall(call) => choice.tool_calls.push(call),
            Event::Artifact(artifact) => choice.text.push_str(&artifact::markdown(&artifact)),
            Event::Warning(warning) => self.cost.warn(warning),
            Event::Usage(usage) => self.cost.add(usage),
            Event::Done(finish) => choice.finish = Some(finish),
        }
    }

    fn to_object(&self) -> CompletionObject<'_> {
        let choices = self.choices.iter().zip(0..).map(|(choice, index)| choice.to_object(index, self.shape)).collect();
        CompletionObject {
            id: &self.head.id,
            object: "chat.completion",
            created: self.head.created,
            model: &self.head.model,
            choices,
            usage: UsageObject::from(&self.cost),
            service_tier: "default",
        }
    }
}

impl Choice {
    fn to_object(&self, index: u32, shape: Shape) -> ChoiceObject<'_> {
        let has_only_calls = self.text.is_empty() && !self.tool_calls.is_empty();
        let calls = self.tool_calls.iter().cloned();
        let (tool_calls, function_call) = if shape.is_legacy {
            (Vec::new(), calls.map(FunctionObject::from).next())
        } else {
            (calls.map(|call| ToolCallObject::new(call, None)).collect(), None)
        };
        let message = Message {
            role: "assistant",
            content: (!has_only_calls).then_some(&self.text),
            refusal: (),
            reasoning_content: &self.reasoning,
            tool_calls,
            function_call,
        };
        let finish_reason = shape.finish_reason(self.finish.unwrap_or(Finish::Stop));
        ChoiceObject { index, message, logprobs: (), finish_reason }
    }
}

impl IntoResponse for Completion {
    fn into_response(self) -> Response {
        let mut response = Json(self.to_object()).into_response();
        self.cost.write_headers(&mut response);
        response
    }
}

/// The object's wire form.
#[derive(Serialize)]
struct CompletionObject<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: Vec<ChoiceObject<'a>>,
    usage: UsageObject,
    service_tier: &'static str,
}

#[derive(Serialize)]
struct ChoiceObject<'a> {
    index: u32,
    message: Message<'a>,
    logprobs: (),
    finish_reason: &'static str,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: Option<&'a String>,
    refusal: (),
    #[serde(skip_serializing_if = "str::is_empty")]
    reasoning_content: &'a str,
    /// Left out when empty: an empty list makes some agents believe that tools were called.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCallObject>,
    /// The one call, where the request declared `functions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    function_call: Option<FunctionObject>,
}
