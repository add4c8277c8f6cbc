//! From a request's wire form to the neutral words. What can't be honoured is refused by name; what makes no difference is
//! let pass.

use serde_json::Value;

use super::{
    message,
    tool::{self, Declared},
    wire::MessagesRequest,
};
use crate::{
    conversation::{Format, Limits, Request, Schema, WebSearch},
    dialect::field,
    error::{Error, Fault},
};

/// Decodes a request that is to be answered: it must say how long the answer may be.
pub(super) fn answered(body: MessagesRequest) -> Result<Request, Error> {
    let is_limited = body.max_tokens.is_some();
    let request = counted(body)?;
    if !is_limited {
        return Err(field::missing("max_tokens", "Say how many tokens the answer may have."));
    }
    Ok(request)
}

/// Decodes a request whose prompt is only counted.
pub(super) fn counted(body: MessagesRequest) -> Result<Request, Error> {
    let model = field::model(body.model)?;
    let messages = body.messages.filter(|messages| !messages.is_empty());
    let messages = messages.ok_or_else(|| field::missing("messages", "Send at least one message."))?;
    let Declared { tools, hosted, web_search } = tool::declared(body.tools)?;
    let config = body.output_config.as_ref().and_then(|config| config.get("format"));
    let format = match config.filter(|format| !format.is_null()) {
        Some(_) => format(config, "output_config.format")?,
        None => format(body.output_format.as_ref(), "output_format")?,
    };
    Ok(Request {
        turns: message::turns(body.system, messages)?,
        limits: Limits {
            max_tokens: body.max_tokens.and_then(field::max_tokens),
            stop: field::stops("stop_sequences", body.stop_sequences)?,
        },
        web_search: web_search.then(WebSearch::default),
        tools: tool::chosen(tools, &hosted, body.tool_choice.as_ref())?,
        format,
        is_streaming: body.stream.unwrap_or(false),
        model,
    })
}

/// Reads the format in the field `param`; absent and null are any text.
fn format(format: Option<&Value>, param: &str) -> Result<Format, Error> {
    let Some(format) = format.filter(|format| !format.is_null()) else { return Ok(Format::Text) };
    match (format.get("type").and_then(Value::as_str), format.get("schema")) {
        (Some("text"), _) => Ok(Format::Text),
        (Some("json_schema"), Some(schema @ Value::Object(_))) => {
            // Anthropic promises that every answer fits.
            let schema = Schema { name: None, description: None, schema: schema.clone(), is_strict: true };
            Ok(Format::JsonSchema(schema))
        }
        (Some("json_schema"), _) => {
            let message = format!("'{param}.schema' must be a JSON schema, which is an object.");
            Err(Error::field(format!("{param}.schema"), Fault::Invalid, message))
        }
        (other, _) => {
            let message =
                format!("Invalid value: '{}'. '{param}.type' must be 'json_schema'.", other.unwrap_or_default());
            Err(Error::field(format!("{param}.type"), Fault::Invalid, message))
        }
    }
}

#[cfg(test)]
mod tests;
