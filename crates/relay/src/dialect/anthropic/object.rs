//! The objects that answers are made of, whole and streamed.

use serde::Serialize;
use serde_json::{json, value::RawValue};

use super::Head;
use crate::{
    conversation::{CallInput, Finish, ToolCall},
    dialect::cost::Cost,
};

/// What stands for the signature of thinking. Clients want one, and send it back; nobody here checks it.
pub(super) const SIGNATURE: &str = "MW1pbi1yZWxheQ==";

/// `message`: the whole answer, or the beginning of a streamed one.
#[derive(Serialize)]
pub(super) struct MessageObject<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    role: &'static str,
    model: &'a str,
    content: Vec<BlockObject<'a>>,
    stop_reason: Option<&'static str>,
    stop_sequence: Option<&'a str>,
    usage: UsageObject,
}

impl<'a> MessageObject<'a> {
    /// An answer; `finish` is absent while it goes on.
    pub(super) fn new(
        head: &'a Head,
        content: Vec<BlockObject<'a>>,
        finish: Option<Finish>,
        usage: UsageObject,
    ) -> Self {
        Self {
            id: &head.id,
            kind: "message",
            role: "assistant",
            model: &head.model,
            content,
            stop_reason: finish.map(stop_reason),
            stop_sequence: finish.and_then(|finish| head.stop_sequence(finish)),
            usage,
        }
    }
}

/// One block of an answer; in a stream, its beginning.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum BlockObject<'a> {
    Thinking { thinking: &'a str, signature: &'a str },
    Text { text: &'a str },
    ToolUse { id: String, name: &'a str, input: Box<RawValue> },
}

/// The id of a call.
pub(super) fn call_id(call: &ToolCall) -> String {
    format!("toolu_{}", call.id)
}

/// The input of a call, always an object, digit by digit as the model wrote it. A tool that takes text gets it as `input`.
pub(super) fn input(input: &CallInput) -> Box<RawValue> {
    let (CallInput::Json(text) | CallInput::Text(text)) = input;
    let is_object = matches!(input, CallInput::Json(_)) && text.trim_start().starts_with('{');
    let object = if is_object { text.clone() } else { json!({ "input": text }).to_string() };
    RawValue::from_string(object).unwrap_or_else(|_| nothing())
}

/// An input that has not come yet.
pub(super) fn nothing() -> Box<RawValue> {
    RawValue::from_string("{}".to_owned()).unwrap_or_default()
}

/// `usage`.
#[derive(Debug, Serialize)]
pub(super) struct UsageObject {
    input_tokens: u64,
    /// This and the next are always zero: 1min.ai tells nothing of it.
    cache_creation_input_tokens: u64,
    cache_read_input_tokens: u64,
    output_tokens: u64,
    /// What 1min.ai charged; ours, beside Anthropic's keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    credits: Option<f64>,
    /// What the answer lacks; ours as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relay_warnings: Vec<&'static str>,
}

impl UsageObject {
    /// Tokens, and nothing of their price.
    pub(super) const fn new(input_tokens: u64, output_tokens: u64) -> Self {
        Self {
            input_tokens,
            cache_creation_input_tokens: 0,
            cache_read_input_tokens: 0,
            output_tokens,
            credits: None,
            relay_warnings: Vec::new(),
        }
    }
}

impl From<&Cost> for UsageObject {
    fn from(cost: &Cost) -> Self {
        let usage = cost.usage();
        let tokens = Self::new(usage.prompt_tokens, usage.completion_tokens);
        Self { credits: usage.credits, relay_warnings: cost.warnings(), ..tokens }
    }
}

/// `stop_reason` of the published set.
pub(super) const fn stop_reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "end_turn",
        Finish::StopSequence(_) => "stop_sequence",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
        Finish::ContentFilter => "refusal",
    }
}
