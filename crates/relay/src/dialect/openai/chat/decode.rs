//! From a request's wire form to the neutral words. What can't be honoured is refused by name; what makes no difference is
//! let pass.

use serde_json::Value;

use super::{message, wire::ChatRequest};
use crate::{
    conversation::{Request, WebSearch},
    dialect::openai::field,
    error::{Error, Fault},
};

/// A request in neutral words, and what only this dialect knows.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) request: Request,
    /// `n`: how many answers.
    pub(super) choices: u32,
    /// Whether the stream ends with a chunk of usage.
    pub(super) includes_usage: bool,
}

/// Decodes and checks a request.
pub(super) fn decode(body: ChatRequest) -> Result<Decoded, Error> {
    refuse_what_is_not_done(&body)?;
    let model = field::model(body.model)?;
    let messages = body.messages.filter(|messages| !messages.is_empty());
    let messages = messages.ok_or_else(|| field::missing("messages", "Send at least one message."))?;
    let is_streaming = body.stream.unwrap_or(false);
    let includes_usage = is_streaming && body.stream_options.and_then(|options| options.include_usage).unwrap_or(false);
    let request = Request {
        turns: message::turns(messages)?,
        limits: field::limits([body.max_completion_tokens, body.max_tokens], body.stop)?,
        web_search: body.web_search_options.filter(Value::is_object).map(|_| WebSearch::default()),
        is_streaming,
        model,
    };
    Ok(Decoded { request, choices: field::choices(body.n)?, includes_usage })
}

/// Tools, structured output and spoken answers: refused by name rather than ignored, because an answer without them would
/// look right and be wrong.
fn refuse_what_is_not_done(body: &ChatRequest) -> Result<(), Error> {
    let is_off = |choice: &Option<Value>| choice.as_ref().and_then(Value::as_str) == Some("none");
    // Hosted tools and tools of other vendors are passed over, as everywhere.
    let is_tool = |tool: &Value| matches!(tool.get("type").and_then(Value::as_str), None | Some("function" | "custom"));
    let asks = |list: &Option<Vec<Value>>| list.iter().flatten().any(is_tool);
    let unsupported = |param: &str, what: &str| {
        let message = format!("'{param}' is not supported by this version of the relay: {what}.");
        Err(Error::field(param, Fault::Unsupported, message))
    };
    if asks(&body.tools) && !is_off(&body.tool_choice) {
        return unsupported("tools", "models can't call tools yet; leave it out or set tool_choice to \"none\"");
    }
    if asks(&body.functions) && !is_off(&body.function_call) {
        return unsupported("functions", "models can't call functions yet; leave it out");
    }
    match body.response_format.as_ref().and_then(|format| format.kind.as_deref()) {
        None | Some("text") => {}
        Some("json_object" | "json_schema") => {
            return unsupported("response_format", "ask for JSON in the message instead");
        }
        Some(other) => {
            let message = format!("Invalid value: '{other}'. 'response_format.type' must be 'text'.");
            return Err(Error::field("response_format.type", Fault::Invalid, message));
        }
    }
    if body.modalities.iter().flatten().any(|modality| modality != "text") {
        let message = "Only the modality 'text' can be answered here.";
        return Err(Error::field("modalities", Fault::UnsupportedValue, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
