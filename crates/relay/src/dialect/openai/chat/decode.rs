//! From a request's wire form to the neutral words. What can't be honoured is refused by name; what makes no difference is
//! let pass.

use serde_json::Value;

use super::{Shape, message, wire::ChatRequest};
use crate::{
    conversation::Request,
    dialect::openai::{
        field, format,
        tool::{self, Declared},
    },
    error::{Error, Fault},
};

/// A request in neutral words, and what only this dialect knows.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) request: Request,
    pub(super) shape: Shape,
}

/// Decodes and checks a request.
pub(super) fn decode(body: ChatRequest) -> Result<Decoded, Error> {
    if body.modalities.iter().flatten().any(|modality| modality != "text") {
        let message = "Only the modality 'text' can be answered here.";
        return Err(Error::field("modalities", Fault::UnsupportedValue, message));
    }
    let model = field::model(body.model)?;
    let messages = body.messages.filter(|messages| !messages.is_empty());
    let messages = messages.ok_or_else(|| field::missing("messages", "Send at least one message."))?;
    let is_streaming = body.stream.unwrap_or(false);
    let includes_usage = is_streaming && body.stream_options.and_then(|options| options.include_usage).unwrap_or(false);
    let Declared { tools, web_search, is_legacy, .. } = tool::declared(body.tools, body.functions)?;
    let (choice, choice_param) =
        if is_legacy { (body.function_call, "function_call") } else { (body.tool_choice, "tool_choice") };
    let is_searching = web_search
        || body.web_search_options.is_some_and(|options| options.is_object())
        || body.web_search == Some(Value::Bool(true));
    let request = Request {
        turns: message::turns(messages)?,
        limits: field::limits([body.max_completion_tokens, body.max_tokens], body.stop)?,
        web_search: is_searching.then(|| field::web_search(body.num_of_site, body.max_word)),
        tools: tool::chosen(
            tools,
            choice.as_ref(),
            choice_param,
            is_legacy || body.parallel_tool_calls == Some(false),
        )?,
        format: format::decode(body.response_format.as_ref(), "response_format")?,
        is_streaming,
        model,
    };
    let shape = Shape { choices: field::choices(body.n)?, includes_usage, is_legacy };
    Ok(Decoded { request, shape })
}

#[cfg(test)]
mod tests;
