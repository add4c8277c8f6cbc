//! The response object, and the items of its output.

use serde::Serialize;
use serde_json::{Value, json};

use crate::dialect::{cost::Cost, loose::Integer};

use super::wire::ResponseRequest;

/// The object. Keys that a request sets are told again.
#[derive(Debug, Serialize)]
pub(super) struct ResponseObject<'a> {
    id: &'a str,
    object: &'static str,
    created_at: u64,
    status: &'static str,
    background: bool,
    completed_at: Option<u64>,
    error: Option<&'a ErrorObject>,
    incomplete_details: Option<IncompleteDetails>,
    model: &'a str,
    output: &'a [Item],
    #[serde(flatten)]
    echo: &'a Echo,
    usage: Option<UsageObject>,
}

/// What the object says of how far the answer is.
#[derive(Debug)]
pub(super) struct State<'a> {
    pub(super) status: &'static str,
    pub(super) completed_at: Option<u64>,
    pub(super) error: Option<&'a ErrorObject>,
    /// Why it is incomplete.
    pub(super) reason: Option<&'static str>,
    pub(super) usage: Option<UsageObject>,
}

/// `error` of a response that failed.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ErrorObject {
    pub(super) code: &'static str,
    pub(super) message: String,
}

#[derive(Debug, Serialize)]
struct IncompleteDetails {
    reason: &'static str,
}

impl<'a> ResponseObject<'a> {
    pub(super) fn new(head: (&'a str, u64, &'a str), echo: &'a Echo, output: &'a [Item], state: State<'a>) -> Self {
        let (id, created_at, model) = head;
        let State { status, completed_at, error, reason, usage } = state;
        let incomplete_details = reason.map(|reason| IncompleteDetails { reason });
        Self {
            id,
            object: "response",
            created_at,
            status,
            background: false,
            completed_at,
            error,
            incomplete_details,
            model,
            output,
            echo,
            usage,
        }
    }

    pub(super) const fn id(&self) -> &str {
        self.id
    }

    pub(super) const fn status(&self) -> &'static str {
        self.status
    }
}

/// The fields of a request that are told again, with what they are where the request leaves them out.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Echo {
    instructions: Value,
    max_output_tokens: Option<i64>,
    max_tool_calls: Option<i64>,
    metadata: Value,
    parallel_tool_calls: bool,
    previous_response_id: Option<String>,
    prompt_cache_key: Option<Value>,
    reasoning: Value,
    safety_identifier: Option<Value>,
    service_tier: &'static str,
    store: bool,
    temperature: Value,
    text: Value,
    tool_choice: Value,
    tools: Vec<Value>,
    top_logprobs: u32,
    top_p: Value,
    truncation: Value,
    user: Option<Value>,
}

impl Echo {
    /// `is_kept`: whether the response will be kept, which is what `store` then says.
    pub(super) fn of(body: &ResponseRequest, is_kept: bool) -> Self {
        let value = |field: &Option<Value>, default: Value| field.clone().unwrap_or(default);
        let number = |field: &Option<serde_json::Number>| field.clone().map_or(json!(1.0), Value::Number);
        let integer = |field: Option<Integer>| field.map(|field| field.0);
        let mut text = body.text.clone().filter(Value::is_object).unwrap_or_else(|| json!({}));
        if text["format"].is_null() {
            text["format"] = json!({"type": "text"});
        }
        Self {
            instructions: value(&body.instructions, Value::Null),
            max_output_tokens: integer(body.max_output_tokens),
            max_tool_calls: integer(body.max_tool_calls),
            metadata: value(&body.metadata, json!({})),
            parallel_tool_calls: body.parallel_tool_calls.unwrap_or(true),
            previous_response_id: body.previous_response_id.clone(),
            prompt_cache_key: body.prompt_cache_key.clone(),
            reasoning: value(&body.reasoning, json!({"effort": null, "summary": null})),
            safety_identifier: body.safety_identifier.clone(),
            service_tier: "default",
            store: is_kept,
            temperature: number(&body.temperature),
            text,
            tool_choice: value(&body.tool_choice, json!("auto")),
            tools: body.tools.iter().flatten().cloned().map(without_credentials).collect(),
            top_logprobs: 0,
            top_p: number(&body.top_p),
            truncation: value(&body.truncation, json!("disabled")),
            user: body.user.clone(),
        }
    }
}

/// A tool as it is told again, and kept: a hosted one may bring what opens its server.
fn without_credentials(mut tool: Value) -> Value {
    if let Some(fields) = tool.as_object_mut() {
        for key in ["authorization", "headers"] {
            fields.shift_remove(key);
        }
    }
    tool
}

/// One item of the output.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) status: &'static str,
    #[serde(flatten)]
    pub(super) kind: Kind,
}

/// What an item is.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Kind {
    Message {
        role: &'static str,
        content: Vec<TextPart>,
    },
    Reasoning {
        summary: Vec<SummaryPart>,
    },
    FunctionCall {
        call_id: String,
        name: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
        arguments: String,
    },
    CustomToolCall {
        call_id: String,
        name: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
        input: String,
    },
    ImageGenerationCall {
        /// The picture as base64, once it is drawn.
        result: Option<String>,
        #[serde(flatten)]
        drawn: Option<DrawnFacts>,
    },
}

/// What is told of a picture beside it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct DrawnFacts {
    /// What was drawn.
    pub(super) revised_prompt: String,
    pub(super) output_format: String,
    /// Where the picture is; ours, so that a later turn can show it to a model without its bytes.
    pub(super) url: String,
}

/// Text of a message. The empty lists are there because clients look into them.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(tag = "type", rename = "output_text")]
pub(super) struct TextPart {
    pub(super) text: String,
    annotations: [(); 0],
    logprobs: [(); 0],
}

/// Text of what the model thought.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(tag = "type", rename = "summary_text")]
pub(super) struct SummaryPart {
    pub(super) text: String,
}

/// `usage`; a client that checks it wants all keys.
#[derive(Debug, Serialize)]
pub(super) struct UsageObject {
    input_tokens: u64,
    input_tokens_details: InputDetails,
    output_tokens: u64,
    output_tokens_details: OutputDetails,
    total_tokens: u64,
    /// What 1min.ai charged; ours, beside OpenAI's keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    credits: Option<f64>,
    /// What the answer lacks; ours as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relay_warnings: Vec<&'static str>,
}

/// Always zero: 1min.ai tells nothing of it.
#[derive(Debug, Default, Serialize)]
struct InputDetails {
    cached_tokens: u64,
    cache_write_tokens: u64,
}

/// Always zero: 1min.ai tells nothing of it.
#[derive(Debug, Default, Serialize)]
struct OutputDetails {
    reasoning_tokens: u64,
}

impl From<&Cost> for UsageObject {
    fn from(cost: &Cost) -> Self {
        let usage = cost.usage();
        Self {
            input_tokens: usage.prompt_tokens,
            input_tokens_details: InputDetails::default(),
            output_tokens: usage.completion_tokens,
            output_tokens_details: OutputDetails::default(),
            total_tokens: usage.total_tokens(),
            credits: usage.credits,
            relay_warnings: cost.warnings(),
        }
    }
}
