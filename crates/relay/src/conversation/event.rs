//! What happens while a request is answered.

use serde::Serialize;

/// One thing that happened. A run gives `Accepted` first, `Usage` and then `Done` last; an answer that is not streamed is
/// the fold of the same events.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// 1min.ai took the request; from here on it is not asked again.
    Accepted {
        /// The model that answers in place of the one that was asked for; answers bear its id.
        successor: Option<String>,
    },
    /// Text of the answer, to append.
    Text(String),
    /// Text of the model's thinking, to append.
    Reasoning(String),
    /// A whole call of a tool.
    ToolCall(ToolCall),
    /// Text of a transcript, to append.
    Transcript(String),
    /// A picture, sound or file that was made and stored.
    Artifact(Artifact),
    /// Something about the answer that the client should know, but that is no error.
    Warning(Warning),
    /// What the answer cost, all calls of it. Last but for `Done`.
    Usage(Usage),
    /// The answer is complete.
    Done(Finish),
}

/// A call of a tool that the client's program will run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// Unique in the conversation. In an event it is bare letters and digits, before which a dialect puts its own prefix;
    /// in a history it is what the client sent.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// What it is called with.
    pub input: CallInput,
}

/// What a tool is called with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallInput {
    /// Arguments, a JSON text. In an event always an object; in a history whatever the client sent.
    Json(String),
    /// Free text, of a tool that takes text.
    Text(String),
}

/// Stored bytes; never the bytes themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Where a client gets it.
    pub url: String,
    /// Its media type.
    pub media_type: String,
    /// Its size.
    pub size_bytes: u64,
}

/// Something about an answer that is less than was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Warning {
    /// 1min.ai refused to search the web for this model, so it answered without.
    WebSearchLeftOut,
    /// A call was demanded, and the model made none.
    ToolCallMissing,
    /// The model wrote a call that can't be read, or of a tool that is not there; it is given as text.
    ToolCallUnreadable,
    /// The descriptions of tools were shortened.
    ToolsShortened,
    /// The text does not fit the JSON schema, or is no JSON.
    SchemaValidationFailed,
    /// The model has no such voice, so another one speaks.
    VoiceReplaced,
    /// The sound came in another format than was asked for; its media type says which.
    FormatDiffers,
    /// The model was to tell speakers apart, and did not.
    SpeakersMissing,
}

impl Warning {
    /// Its name in `x-relay-warning` and `usage.relay_warnings`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WebSearchLeftOut => "web_search_left_out",
            Self::ToolCallMissing => "tool_call_missing",
            Self::ToolCallUnreadable => "tool_call_unreadable",
            Self::ToolsShortened => "tools_shortened",
            Self::SchemaValidationFailed => "schema_validation_failed",
            Self::VoiceReplaced => "voice_replaced",
            Self::FormatDiffers => "format_differs",
            Self::SpeakersMissing => "speakers_missing",
        }
    }
}

/// Tokens and credits of an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Usage {
    /// Tokens of the prompt; what 1min.ai billed where it said so.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
    /// Whether the counts are our estimate.
    pub is_estimate: bool,
    /// Credits charged, where 1min.ai said so.
    pub credits: Option<f64>,
}

impl Usage {
    /// Both together.
    #[must_use]
    pub const fn total_tokens(&self) -> u64 {
        self.prompt_tokens.saturating_add(self.completion_tokens)
    }

    /// The sum of two calls: every call is billed.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let credits = match (self.credits, other.credits) {
            (None, None) => None,
            (one, another) => Some(one.unwrap_or(0.0) + another.unwrap_or(0.0)),
        };
        Self {
            prompt_tokens: self.prompt_tokens.saturating_add(other.prompt_tokens),
            completion_tokens: self.completion_tokens.saturating_add(other.completion_tokens),
            is_estimate: self.is_estimate || other.is_estimate,
            credits,
        }
    }
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Finish {
    /// By itself.
    Stop,
    /// At the stop sequence of this index in the request's limits.
    StopSequence(usize),
    /// At the length limit, ours or the model's.
    Length,
    /// With calls for the client to run.
    ToolCalls,
    /// Moderation ended it.
    ContentFilter,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_of_an_answer_is_added() {
        let one = Usage { prompt_tokens: 10, completion_tokens: 2, is_estimate: false, credits: Some(1.5) };
        let other = Usage { prompt_tokens: 5, completion_tokens: 1, is_estimate: true, credits: None };
        let sum = one.plus(other);
        assert_eq!((sum.prompt_tokens, sum.completion_tokens, sum.total_tokens()), (15, 3, 18));
        assert!(sum.is_estimate);
        assert_eq!(sum.credits, Some(1.5));
        assert_eq!(other.plus(other).credits, None);
    }
}
