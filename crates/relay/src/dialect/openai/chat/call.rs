//! Calls of tools as this API writes them, in whole answers and in chunks.

use serde::Serialize;

use crate::conversation::{CallInput, ToolCall};

/// One of `tool_calls`; in chunks with its place in the list.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ToolCallObject {
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u32>,
    id: String,
    #[serde(flatten)]
    kind: Kind,
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Kind {
    Function { function: FunctionObject },
    Custom { custom: CustomObject },
}

/// A function and the JSON text of its arguments; also the older `function_call`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct FunctionObject {
    name: String,
    arguments: String,
}

#[derive(Debug, Clone, Serialize)]
struct CustomObject {
    name: String,
    input: String,
}

impl ToolCallObject {
    pub(super) fn new(call: ToolCall, index: Option<u32>) -> Self {
        let ToolCall { id, name, input } = call;
        let kind = match input {
            CallInput::Json(arguments) => Kind::Function { function: FunctionObject { name, arguments } },
            CallInput::Text(input) => Kind::Custom { custom: CustomObject { name, input } },
        };
        Self { index, id: format!("call_{id}"), kind }
    }
}

impl From<ToolCall> for FunctionObject {
    fn from(call: ToolCall) -> Self {
        let (CallInput::Json(arguments) | CallInput::Text(arguments)) = call.input;
        Self { name: call.name, arguments }
    }
}
