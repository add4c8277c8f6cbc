//! Answers of the relay, as a test reads them.

use futures_util::StreamExt;
use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value;

use crate::{grammar_chat, within};

/// A whole answer.
#[derive(Debug)]
pub struct Answered {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: String,
}

impl Answered {
    /// Reads an answer to its end.
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = within(response.text()).await.expect("a whole body");
        Self { status, headers, body }
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The text of the first choice.
    #[must_use]
    pub fn text(&self) -> String {
        self.json()["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned()
    }

    /// A text of the error envelope.
    #[must_use]
    pub fn error(&self, name: &str) -> String {
        self.json()["error"][name].as_str().unwrap_or_default().to_owned()
    }

    /// A header as text; empty if it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The events of a streamed answer.
    #[must_use]
    pub fn events(&self) -> Events {
        Events::parse(&self.body)
    }
}

/// The events of a streamed answer.
#[derive(Debug, Default)]
pub struct Events {
    /// The JSON of every `data:` line.
    pub chunks: Vec<Value>,
    /// Whether `[DONE]` closed it.
    pub is_done: bool,
}

impl Events {
    /// Parses a whole stream, strictly.
    #[must_use]
    pub fn parse(body: &str) -> Self {
        let mut events = Self::default();
        for event in body.split_terminator("\n\n") {
            assert!(!events.is_done, "nothing comes after [DONE]");
            match event.strip_prefix("data: ").unwrap_or_else(|| panic!("no data: {event}")) {
                "[DONE]" => events.is_done = true,
                data => events.chunks.push(serde_json::from_str(data).expect("a chunk is JSON")),
            }
        }
        let is_chat = events.chunks.iter().any(|chunk| chunk["object"] == "chat.completion.chunk");
        if is_chat {
            grammar_chat::check(&events.chunks, events.is_done);
        }
        events
    }

    /// The text of a choice.
    #[must_use]
    pub fn text(&self, index: u64) -> String {
        self.choices(index).filter_map(|choice| choice["delta"]["content"].as_str()).collect()
    }

    /// The finish reasons of a choice.
    #[must_use]
    pub fn finishes(&self, index: u64) -> Vec<&str> {
        self.choices(index).filter_map(|choice| choice["finish_reason"].as_str()).collect()
    }

    /// The error that broke the stream off.
    #[must_use]
    pub fn error(&self) -> Option<&Value> {
        self.chunks.iter().find_map(|chunk| chunk.get("error"))
    }

    fn choices(&self, index: u64) -> impl Iterator<Item = &Value> {
        self.chunks
            .iter()
            .filter_map(|chunk| chunk["choices"].as_array())
            .flatten()
            .filter(move |choice| choice["index"] == index)
    }
}

/// Reads a streamed answer until it has said `text`, and leaves the rest unread.
pub async fn read_until(response: reqwest::Response, text: &str) -> impl Send {
    let mut stream = response.bytes_stream();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains(text) {
        let bytes = within(stream.next()).await.expect("more of the answer").expect("a body");
        seen.extend_from_slice(&bytes);
    }
    stream
}
