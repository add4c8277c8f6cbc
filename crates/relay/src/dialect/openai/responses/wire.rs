//! The request of `POST /v1/responses`, as loosely as clients write it: null counts as absent, unknown fields are skipped.
//! Items and tools stay JSON, because they come in many kinds and are given back as they came.

use serde::Deserialize;
use serde_json::{Number, Value};

use crate::dialect::loose::Integer;

/// The body.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub(crate) struct ResponseRequest {
    pub(crate) model: Option<String>,
    pub(crate) input: Option<Value>,
    pub(crate) instructions: Option<Value>,
    pub(crate) previous_response_id: Option<String>,
    pub(crate) stream: Option<bool>,
    pub(crate) store: Option<bool>,
    pub(crate) background: Option<bool>,
    /// A template that is kept at OpenAI.
    pub(crate) prompt: Option<Value>,
    /// A conversation that is kept at OpenAI.
    pub(crate) conversation: Option<Value>,
    pub(crate) max_output_tokens: Option<Integer>,
    pub(crate) tools: Option<Vec<Value>>,
    pub(crate) tool_choice: Option<Value>,
    pub(crate) parallel_tool_calls: Option<bool>,
    pub(crate) text: Option<Value>,
    /// These three are how users of the older 1min-relay ask to search the web.
    pub(crate) web_search: Option<Value>,
    pub(crate) num_of_site: Option<Integer>,
    pub(crate) max_word: Option<Integer>,
    /// From here on: what makes no difference, and is told again in the answer.
    pub(crate) temperature: Option<Number>,
    pub(crate) top_p: Option<Number>,
    pub(crate) max_tool_calls: Option<Integer>,
    pub(crate) metadata: Option<Value>,
    pub(crate) reasoning: Option<Value>,
    pub(crate) truncation: Option<Value>,
    pub(crate) user: Option<Value>,
    pub(crate) safety_identifier: Option<Value>,
    pub(crate) prompt_cache_key: Option<Value>,
}
