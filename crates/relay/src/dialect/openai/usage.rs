//! What every answer of this dialect ends with: why it ended, and what it cost.

use serde::Serialize;

use crate::{conversation::Finish, dialect::cost::Cost};

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
    /// What the answer lacks; ours as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relay_warnings: Vec<&'static str>,
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

impl From<&Cost> for UsageObject {
    fn from(cost: &Cost) -> Self {
        let usage = cost.usage();
        Self {
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            total_tokens: usage.total_tokens(),
            prompt_tokens_details: PromptDetails::default(),
            completion_tokens_details: CompletionDetails::default(),
            credits: usage.credits,
            relay_warnings: cost.warnings(),
        }
    }
}

/// `finish_reason` of the published set.
pub(super) const fn finish_reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::StopSequence(_) => "stop",
        Finish::Length => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::ContentFilter => "content_filter",
    }
}
