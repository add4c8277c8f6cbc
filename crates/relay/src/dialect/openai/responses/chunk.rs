//! The chunks of a streamed answer, and who takes them.

use serde::Serialize;

use super::response::{Item, ResponseObject, SummaryPart, TextPart};

/// Takes the chunks of an answer.
pub(super) trait Sink {
    fn send(&mut self, chunk: Chunk<'_>);
}

/// Nobody reads the chunks.
pub(super) struct Nobody;

impl Sink for Nobody {
    fn send(&mut self, _chunk: Chunk<'_>) {}
}

/// One chunk of a stream: what it is, and those fields that it has.
#[derive(Debug, Default, Serialize)]
pub(super) struct Chunk<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) sequence_number: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) response: Option<&'a ResponseObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) item_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) summary_index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) item: Option<&'a Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) part: Option<Part<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delta: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logprobs: Option<[(); 0]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) arguments: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Part<'a> {
    Text(&'a TextPart),
    Summary(&'a SummaryPart),
}

impl<'a> Chunk<'a> {
    pub(super) fn of_item(kind: &'static str, id: &'a str, index: usize) -> Self {
        Self { kind, item_id: Some(id), output_index: Some(index), ..Self::default() }
    }

    /// About the one text of a message.
    pub(super) fn of_text(kind: &'static str, id: &'a str, index: usize) -> Self {
        Self { content_index: Some(0), ..Self::of_item(kind, id, index) }
    }

    /// About the one text of what the model thought.
    pub(super) fn of_summary(kind: &'static str, id: &'a str, index: usize) -> Self {
        Self { summary_index: Some(0), ..Self::of_item(kind, id, index) }
    }
}
