//! What every answer of this dialect ends with: why it ended, and what it cost.

use axum::response::Response;
use http::HeaderValue;
use serde::Serialize;

use crate::conversation::{Finish, Usage};

/// `usage`, with all keys that clients index blindly.
#[derive(Debug, Serialize)]
pub(super) struct UsageObject {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: PromptDetails,
    completion_tokens_details: CompletionDetails,
    /// What 1min.ai charged; ours, beside OpenAI's keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    credits: Option<f64>,
}

/// Always zero: 1min.ai tells nothing of it.
#[derive(Debug, Default, Serialize)]
struct PromptDetails {
    cached_tokens: u64,
    audio_tokens: u64,
}

/// Always zero: 1min.ai tells nothing of it.
#[derive(Debug, Default, Serialize)]
struct CompletionDetails {
    reasoning_tokens: u64,
    audio_tokens: u64,
    accepted_prediction_tokens: u64,
    rejected_prediction_tokens: u64,
}

impl From<Usage> for UsageObject {
    fn from(usage: Usage) -> Self {
        Self {
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            total_tokens: usage.total_tokens(),
            prompt_tokens_details: PromptDetails::default(),
            completion_tokens_details: CompletionDetails::default(),
            credits: usage.credits,
        }
    }
}

/// `finish_reason` of the published set.
pub(super) const fn finish_reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::ContentFilter => "content_filter",
    }
}

/// Credits in a header of a whole answer, where 1min.ai said them.
pub(super) fn write_credits(response: &mut Response, usage: Usage) {
    let credits = usage.credits.and_then(|credits| HeaderValue::from_str(&credits.to_string()).ok());
    if let Some(credits) = credits {
        response.headers_mut().insert("x-relay-credits", credits);
    }
}
