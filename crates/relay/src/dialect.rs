//! How clients speak. A dialect decodes a client's request into the neutral words of `conversation/` and encodes the
//! engine's events into the client's chunks. No dialect ever knows 1min.ai.

pub(crate) mod anthropic;
pub(crate) mod artifact;
pub(crate) mod cost;
pub(crate) mod data_url;
pub(crate) mod field;
pub(crate) mod json;
pub(crate) mod loose;
pub(crate) mod openai;
pub(crate) mod query;
pub(crate) mod result;
pub(crate) mod sse;
pub(crate) mod stored;
