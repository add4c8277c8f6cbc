//! The request of `POST /v1/chat/completions`, as loosely as clients write it: null counts as absent, unknown fields are
//! skipped. Fields whose value makes no difference (`seed`, `user`, `metadata`, ...) are not even named here.

use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};

use crate::dialect::{
    loose::{Either, Id, Integer, Stop, TextOrList},
    openai::field::StreamOptions,
};

/// The body.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub(crate) struct ChatRequest {
    pub(crate) model: Option<String>,
    pub(crate) messages: Option<Vec<Message>>,
    pub(crate) stream: Option<bool>,
    pub(crate) stream_options: Option<StreamOptions>,
    pub(crate) max_tokens: Option<Integer>,
    pub(crate) max_completion_tokens: Option<Integer>,
    pub(crate) n: Option<Integer>,
    pub(crate) stop: Option<Stop>,
    pub(crate) tools: Option<Vec<Value>>,
    pub(crate) tool_choice: Option<Value>,
    pub(crate) functions: Option<Vec<Value>>,
    pub(crate) function_call: Option<Value>,
    pub(crate) parallel_tool_calls: Option<bool>,
    pub(crate) response_format: Option<Value>,
    pub(crate) modalities: Option<Vec<String>>,
    pub(crate) web_search_options: Option<Value>,
    /// These three are how users of the older 1min-relay ask to search the web.
    pub(crate) web_search: Option<Value>,
    pub(crate) num_of_site: Option<Integer>,
    pub(crate) max_word: Option<Integer>,
    /// Can't reach the model; read only so that a value that is no number is refused, as OpenAI does.
    #[serde(rename = "temperature")]
    _temperature: Option<Number>,
    #[serde(rename = "top_p")]
    _top_p: Option<Number>,
    #[serde(rename = "frequency_penalty")]
    _frequency_penalty: Option<Number>,
    #[serde(rename = "presence_penalty")]
    _presence_penalty: Option<Number>,
}

/// One of `messages`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub(crate) struct Message {
    pub(crate) role: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) content: Option<Content>,
    pub(crate) refusal: Option<String>,
    pub(crate) tool_calls: Option<Vec<Option<ToolCall>>>,
    pub(crate) function_call: Option<Function>,
    pub(crate) tool_call_id: Option<Id>,
}

/// A call in an earlier assistant message.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub(crate) struct ToolCall {
    pub(crate) id: Option<Id>,
    pub(crate) function: Option<Function>,
    pub(crate) custom: Option<Custom>,
}

/// Name and arguments of a call.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub(crate) struct Function {
    pub(crate) name: Option<String>,
    pub(crate) arguments: Option<Value>,
}

/// Name and input of a call of a custom tool.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub(crate) struct Custom {
    pub(crate) name: Option<String>,
    pub(crate) input: Option<String>,
}

/// `content`: a text, or parts.
#[derive(Debug)]
pub(crate) enum Content {
    Text(String),
    Parts(Vec<ContentPart>),
}

/// One part of a content. Spellings of the Responses API and of Anthropic's are read as well; some clients mix them.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, expecting = "an object")]
pub(crate) struct ContentPart {
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) refusal: Option<String>,
    /// A picture's address or data URL, or an object with it as `url`.
    pub(crate) image_url: Option<Value>,
    /// A [`FilePart`]; of `input_file`, its fields are in the part itself.
    pub(crate) file: Option<Value>,
    pub(crate) file_data: Option<String>,
    pub(crate) file_url: Option<String>,
    pub(crate) file_id: Option<String>,
    pub(crate) filename: Option<String>,
    /// Anthropic's [`MediaSource`].
    pub(crate) source: Option<Value>,
    /// The name of Anthropic's `document`.
    pub(crate) title: Option<String>,
}

/// `file`: a document.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, expecting = "an object")]
pub(crate) struct FilePart {
    pub(crate) file_data: Option<String>,
    pub(crate) file_url: Option<String>,
    pub(crate) file_id: Option<String>,
    pub(crate) filename: Option<String>,
}

/// `source` of Anthropic's `image` or `document`: `{type: base64|url|text|file, ...}`.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, expecting = "an object")]
pub(crate) struct MediaSource {
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) media_type: Option<String>,
    pub(crate) data: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) file_id: Option<String>,
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match deserializer.deserialize_any(TextOrList::new("a string or an array of content parts"))? {
            Either::Text(text) => Self::Text(text),
            Either::List(parts) => Self::Parts(parts.into_iter().map(Option::unwrap_or_default).collect()),
        })
    }
}
