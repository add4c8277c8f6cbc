//! What a client asked for.

use bytes::Bytes;
use serde_json::Value;

use super::event::ToolCall;
use crate::spool::Spooled;

/// A request for one answer of a chat model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The model, as the client named it.
    pub model: String,
    /// The conversation, oldest turn first. Never empty.
    pub turns: Vec<Turn>,
    /// What may end the answer early.
    pub limits: Limits,
    /// Search the web before answering.
    pub web_search: Option<WebSearch>,
    /// What the model may call.
    pub tools: Tools,
    /// What the answer's text must be.
    pub format: Format,
    /// Whether the client wants the answer as it grows.
    pub is_streaming: bool,
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who speaks.
    pub role: Role,
    /// The speaker's name, where the client gave one.
    pub name: Option<String>,
    /// What is said, in order.
    pub parts: Vec<Part>,
}

/// Who speaks in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Instructions of the app; `developer` is the newer name of the same.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// A tool that the model called.
    Tool,
}

/// One piece of a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text.
    Text(String),
    /// A picture.
    Image(Media),
    /// A document.
    File(Media),
    /// A call the model made.
    ToolCall(ToolCall),
    /// What a call gave back.
    ToolResult(ToolResult),
}

/// The tools of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tools {
    /// What there is; names are unique. Where only some may be called, only those.
    pub list: Vec<Tool>,
    /// Whether one must be called.
    pub choice: ToolChoice,
    /// Whether an answer may hold one call at the most.
    pub at_most_one: bool,
}

/// A tool that the client's program runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does, in words for the model.
    pub description: Option<String>,
    /// What it takes.
    pub input: ToolInput,
}

/// What a tool takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolInput {
    /// A JSON object that fits this schema; null: no arguments.
    Json(Value),
    /// Free text, in the form that these words describe.
    Text {
        /// A grammar, or whatever the client gave to describe the text.
        grammar: Option<String>,
    },
}

/// Whether a tool must be called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ToolChoice {
    /// As the model finds best.
    #[default]
    Auto,
    /// None may be called.
    None,
    /// At least one must be called.
    Required,
    /// This one must be called. It is in the list.
    Named(String),
}

impl Tools {
    /// Whether a call may be made.
    #[must_use]
    pub fn may_call(&self) -> bool {
        !self.list.is_empty() && self.choice != ToolChoice::None
    }

    /// Whether an answer without a call is less than was asked for.
    #[must_use]
    pub fn must_call(&self) -> bool {
        self.may_call() && self.choice != ToolChoice::Auto
    }

    /// The tool of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Tool> {
        self.list.iter().find(|tool| tool.name == name)
    }
}

/// What the text of an answer must be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Format {
    /// Any text.
    #[default]
    Text,
    /// One JSON object.
    JsonObject,
    /// JSON that fits a schema.
    JsonSchema(Schema),
}

/// A JSON schema for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// Its name, where the client gave one.
    pub name: Option<String>,
    /// What it is for, in words for the model.
    pub description: Option<String>,
    /// The schema.
    pub schema: Value,
    /// Whether an answer that does not fit is of no use: then it is held back until it is certain.
    pub is_strict: bool,
}

/// A picture or document in a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// The field of the client's request that holds it, for errors.
    pub param: String,
    /// Where its bytes are.
    pub source: MediaSource,
    /// Its file name, where the client gave one.
    pub name: Option<String>,
}

/// Where the bytes of a [`Media`] are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaSource {
    /// In the request itself.
    Bytes(Bytes),
    /// In the request too, and on disk by now.
    Spooled(Spooled),
    /// At an address the client named; only `fetch.rs` may open it.
    Url(String),
    /// In the relay's store.
    File(String),
}

/// What a tool gave back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolResult {
    /// The id of the call it answers.
    pub call_id: Option<String>,
    /// The tool's name, where it is known.
    pub name: Option<String>,
    /// Its output.
    pub output: String,
    /// Whether the output is an error.
    pub is_error: bool,
}

/// What may end an answer early.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// The most tokens of the answer, by estimate.
    pub max_tokens: Option<u64>,
    /// Texts at which the answer ends; they are not part of it. Never empty texts.
    pub stop: Vec<String>,
}

impl Limits {
    /// Whether the answer may have to be cut.
    #[must_use]
    pub const fn may_cut(&self) -> bool {
        self.max_tokens.is_some() || !self.stop.is_empty()
    }
}

/// How to search the web; `None` leaves a figure to 1min.ai.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WebSearch {
    /// The most pages to read.
    pub sites: Option<u32>,
    /// The most words to take from them.
    pub words: Option<u32>,
}

impl Turn {
    /// A turn of nothing but text.
    #[must_use]
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self { role, name: None, parts: vec![Part::Text(text.into())] }
    }
}
