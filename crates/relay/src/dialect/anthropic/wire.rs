//! The request of `POST /v1/messages`, as loosely as clients write it: null counts as absent, unknown fields are skipped.
//! Fields whose value makes no difference (`thinking`, `metadata`, `service_tier`, `context_management`, `betas`,
//! `container`, `mcp_servers`, any `cache_control`, ...) are not even named here.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};

use crate::dialect::loose::{Either, Integer, Stop, TextOrList};

/// The body.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub(crate) struct MessagesRequest {
    pub(super) model: Option<String>,
    pub(super) max_tokens: Option<Integer>,
    pub(super) messages: Option<Vec<Message>>,
    pub(super) system: Option<Content>,
    pub(super) stream: Option<bool>,
    pub(super) stop_sequences: Option<Stop>,
    pub(super) tools: Option<Vec<Value>>,
    pub(super) tool_choice: Option<Value>,
    pub(super) output_config: Option<Value>,
    /// What `output_config.format` was called while it was new.
    pub(super) output_format: Option<Value>,
    /// Can't reach the model; read only so that a value that is no number is refused, as Anthropic does.
    #[serde(rename = "temperature")]
    _temperature: Option<Number>,
    #[serde(rename = "top_p")]
    _top_p: Option<Number>,
    #[serde(rename = "top_k")]
    _top_k: Option<Number>,
}

/// One of `messages`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub(crate) struct Message {
    pub(super) role: Option<String>,
    pub(super) content: Option<Content>,
}

/// A content: a text, or blocks.
#[derive(Debug)]
pub(crate) enum Content {
    Text(String),
    Blocks(Vec<Fields>),
}

/// The fields of a block. What they may be differs from type to type, so they are read by type.
pub(super) type Fields = Map<String, Value>;

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match deserializer.deserialize_any(TextOrList::new("a string or an array of content blocks"))? {
            Either::Text(text) => Self::Text(text),
            Either::List(blocks) => Self::Blocks(blocks.into_iter().map(Option::unwrap_or_default).collect()),
        })
    }
}
