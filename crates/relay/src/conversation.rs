//! The neutral words in the middle: what a client asked for, and what happens while it is answered.
//!
//! Dialects translate into these words and back; the engine answers in them. Everything here is a plain value or a pure
//! function. This room must never know async code, HTTP, clocks, randomness, or either of the outside worlds: OpenAI's
//! and Anthropic's wire formats on one side, 1min.ai's on the other.

pub mod answer;
pub mod drawing;
pub mod estimate;
pub mod event;
pub mod json;
pub mod label;
pub mod length;
pub mod picture;
pub mod render;
pub mod request;
pub mod sound;
pub mod stop;
pub mod structured;
pub mod subtitle;
pub mod thinking;
pub mod tool;
pub mod transcript;

pub use event::{Artifact, CallInput, Event, Finish, ToolCall, Usage, Warning};
pub use picture::{Extra, PictureRequest, PictureSize, PictureStyle, PictureTask};
pub use request::{
    Format, Limits, Media, MediaSource, Part, Request, Role, Schema, Tool, ToolChoice, ToolInput, ToolResult, Tools,
    Turn, WebSearch,
};
