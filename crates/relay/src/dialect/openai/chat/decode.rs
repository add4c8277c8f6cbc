//! From a request's wire form to the neutral words. What can't be honoured is refused by name; what makes no difference is
//! let pass.

use serde_json::Value;

use super::{message, wire::ChatRequest};
use crate::{
    conversation::{Limits, Request, WebSearch},
    engine,
    error::{Error, Fault},
};

/// The most stop sequences; OpenAI allows 4, some clients send more.
const MOST_STOPS: usize = 16;

/// The longest stop sequence, in bytes: it is searched for in every piece of the answer.
const LONGEST_STOP: usize = 1_024;

/// The longest name of a model, in bytes: records and logs keep it.
const LONGEST_MODEL: usize = 256;

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
    let model = body.model.filter(|model| !model.trim().is_empty());
    let model =
        model.ok_or_else(|| missing("model", "Name a model, such as gpt-4o-mini; GET /v1/models lists them."))?;
    if model.len() > LONGEST_MODEL {
        let message = format!("'model' is longer than {LONGEST_MODEL} bytes; GET /v1/models lists those there are.");
        return Err(Error::field("model", Fault::Invalid, message));
    }
    let messages = body.messages.filter(|messages| !messages.is_empty());
    let messages = messages.ok_or_else(|| missing("messages", "Send at least one message."))?;
    let is_streaming = body.stream.unwrap_or(false);
    let includes_usage = is_streaming && body.stream_options.and_then(|options| options.include_usage).unwrap_or(false);
    let max_tokens = body.max_completion_tokens.filter(|limit| limit.0 > 0).or(body.max_tokens);
    let request = Request {
        turns: message::turns(messages)?,
        limits: Limits {
            max_tokens: max_tokens.and_then(|limit| u64::try_from(limit.0).ok()).filter(|limit| *limit > 0),
            stop: stops(body.stop.map(|stop| stop.0).unwrap_or_default())?,
        },
        web_search: body.web_search_options.filter(Value::is_object).map(|_| WebSearch::default()),
        is_streaming,
        model,
    };
    Ok(Decoded { request, choices: choices(body.n.map(|n| n.0))?, includes_usage })
}

fn missing(param: &str, what_to_do: &str) -> Error {
    Error::field(param, Fault::Missing, format!("Missing required parameter: '{param}'. {what_to_do}"))
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

fn choices(n: Option<i64>) -> Result<u32, Error> {
    let n = n.unwrap_or(1);
    match u32::try_from(n) {
        Ok(choices @ 1..=engine::MOST_CHOICES) => Ok(choices),
        Ok(0) | Err(_) => {
            Err(Error::field("n", Fault::Invalid, format!("Invalid value for 'n': {n}. It must be at least 1.")))
        }
        Ok(_) => {
            let most = engine::MOST_CHOICES;
            let message = format!("'n' can be at most {most} here: every choice is a call at 1min.ai, and is billed.");
            Err(Error::field("n", Fault::UnsupportedValue, message))
        }
    }
}

fn stops(stops: Vec<String>) -> Result<Vec<String>, Error> {
    let stops: Vec<String> = stops.into_iter().filter(|stop| !stop.is_empty()).collect();
    if stops.len() > MOST_STOPS {
        let message = format!("'stop' can hold at most {MOST_STOPS} sequences, not {}.", stops.len());
        return Err(Error::field("stop", Fault::Invalid, message));
    }
    if stops.iter().any(|stop| stop.len() > LONGEST_STOP) {
        let message = format!("A sequence of 'stop' can be at most {LONGEST_STOP} bytes long.");
        return Err(Error::field("stop", Fault::Invalid, message));
    }
    Ok(stops)
}

#[cfg(test)]
mod tests;
