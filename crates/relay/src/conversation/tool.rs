//! Calls of tools, which 1min.ai doesn't know: the words that ask a model for them, and the reader that finds them in what
//! it writes.
//!
//! One form is asked for, `<tool_call>{"name":...,"arguments":{...}}</tool_call>`, because it stands in the training of many
//! models; the forms that models fall back to from their own training are read as well. What is found becomes a call only
//! if a tool of that name was declared: nothing is ever invented, and what is no call stays text to the byte.

mod block;
mod markdown;
mod markup;
mod opener;
mod parser;
mod prompt;
mod python;
mod resolve;

pub use parser::{CallParser, Piece};
pub use prompt::{Instructions, instructions};
pub use resolve::{Call, arguments_alone};
