//! The request of `POST /v1/chat/completions`, as loosely as clients write it: null counts as absent, unknown fields are
//! skipped. Fields whose value makes no difference (`seed`, `user`, `metadata`, ...) are not even named here.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, SeqAccess, Visitor, value::SeqAccessDeserializer},
};
use serde_json::{Number, Value};

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
    pub(crate) response_format: Option<ResponseFormat>,
    pub(crate) modalities: Option<Vec<String>>,
    pub(crate) web_search_options: Option<Value>,
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

/// `stream_options`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub(crate) struct StreamOptions {
    pub(crate) include_usage: Option<bool>,
}

/// `response_format`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub(crate) struct ResponseFormat {
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
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

/// A whole number, also where a client writes it as `100.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Integer(pub(crate) i64);

/// An id; some clients number their calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Id(pub(crate) String);

/// `content`: a text, or parts.
#[derive(Debug)]
pub(crate) enum Content {
    Text(String),
    Parts(Vec<ContentPart>),
}

/// One part of a content. Spellings of the Responses API are read as well; some clients mix them.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, expecting = "an object")]
pub(crate) struct ContentPart {
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) refusal: Option<String>,
}

/// `stop`: a text or a list of texts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stop(pub(crate) Vec<String>);

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Number::deserialize(deserializer).map_err(|_| D::Error::custom("expected an integer"))?;
        let whole = |number: f64| (number.fract() == 0.0).then(|| format!("{number:.0}").parse().ok()).flatten();
        let integer = number.as_i64().or_else(|| number.as_f64().and_then(whole));
        integer.map(Self).ok_or_else(|| D::Error::custom(format!("{number} is no integer")))
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(id) => Ok(Self(id)),
            Value::Number(id) => Ok(Self(id.to_string())),
            _ => Err(D::Error::custom("expected a string")),
        }
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match deserializer.deserialize_any(TextOrList::new("a string or an array of content parts"))? {
            Either::Text(text) => Self::Text(text),
            Either::List(parts) => Self::Parts(parts.into_iter().map(Option::unwrap_or_default).collect()),
        })
    }
}

impl<'de> Deserialize<'de> for Stop {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match deserializer.deserialize_any(TextOrList::new("a string or an array of strings"))? {
            Either::Text(text) => Self(vec![text]),
            Either::List(texts) => Self(texts.into_iter().flatten().collect()),
        })
    }
}

enum Either<T> {
    Text(String),
    List(Vec<Option<T>>),
}

/// Reads what is a text or a list. serde's untagged enums could as well, but would only say that no variant matched.
struct TextOrList<T> {
    expected: &'static str,
    item: PhantomData<T>,
}

impl<T> TextOrList<T> {
    const fn new(expected: &'static str) -> Self {
        Self { expected, item: PhantomData }
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for TextOrList<T> {
    type Value = Either<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E>(self, text: &str) -> Result<Either<T>, E> {
        Ok(Either::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Either<T>, E> {
        Ok(Either::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Either<T>, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(Either::List)
    }
}
