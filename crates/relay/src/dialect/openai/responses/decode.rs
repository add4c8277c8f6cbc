//! From a request's wire form to the neutral words. What can't be honoured is refused by name; what makes no difference is
//! let pass.

use serde_json::Value;

use super::{
    drawing::Drawing,
    input::Input,
    item::Conversation,
    response::Echo,
    tool::{self, Namespaces, Offer},
    wire::ResponseRequest,
};
use crate::{
    conversation::{Request, Role, Turn},
    dialect::openai::{field, format},
    error::{Error, Fault},
};

/// A request in neutral words, and what only this dialect knows.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) request: Request,
    pub(super) namespaces: Namespaces,
    pub(super) echo: Echo,
    /// The hosted tool that draws, if it may be used.
    pub(super) drawing: Option<Drawing>,
}

/// Refuses what can't be done here, before anything is looked up.
pub(super) fn check(body: &ResponseRequest) -> Result<(), Error> {
    if body.background == Some(true) {
        let message = "Responses in the background are not supported. Leave 'background' out, and stream the answer.";
        return Err(Error::field("background", Fault::Unsupported, message));
    }
    if body.prompt.as_ref().is_some_and(|prompt| !prompt.is_null()) {
        let message = "Prompt templates are kept at OpenAI, out of reach. Send the text as 'instructions' or 'input'.";
        return Err(Error::field("prompt", Fault::Unsupported, message));
    }
    if body.conversation.as_ref().is_some_and(|conversation| !conversation.is_null()) {
        let message =
            "Conversations are kept at OpenAI, out of reach. Go on from a response with 'previous_response_id'.";
        return Err(Error::field("conversation", Fault::Unsupported, message));
    }
    Ok(())
}

/// Decodes and checks a request. `is_kept`: whether the answer will be kept.
pub(super) fn decode(mut body: ResponseRequest, input: &Input, is_kept: bool) -> Result<Decoded, Error> {
    let model = field::model(body.model.take())?;
    let tools = body.tools.as_deref().unwrap_or_default();
    let at_most_one = body.parallel_tool_calls == Some(false);
    let mut drawing = Drawing::offered(tools, body.tool_choice.as_ref())?;
    let Offer { mut tools, namespaces, web_search } = tool::offered(tools, body.tool_choice.as_ref(), at_most_one)?;
    drawing = drawing.filter(|_| Drawing::offer(&mut tools));
    let is_searching = web_search || body.web_search == Some(Value::Bool(true));
    let text_format = body.text.as_ref().and_then(|text| text.get("format"));
    let request = Request {
        turns: turns(body.instructions.as_ref(), input)?,
        limits: field::limits([body.max_output_tokens], None)?,
        web_search: is_searching.then(|| field::web_search(body.num_of_site, body.max_word)),
        tools,
        format: format::decode(text_format, "text.format")?,
        is_streaming: body.stream.unwrap_or(false),
        model,
    };
    Ok(Decoded { request, namespaces, echo: Echo::of(&body, is_kept), drawing })
}

/// The instructions of this request, the conversation so far, and what is new.
fn turns(instructions: Option<&Value>, input: &Input) -> Result<Vec<Turn>, Error> {
    let mut conversation = Conversation::default();
    match instructions {
        Some(Value::String(text)) if !text.is_empty() => conversation.turns.push(Turn::text(Role::System, text)),
        Some(Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                conversation.add(item, &format!("instructions[{index}]"))?;
            }
        }
        _ => {}
    }
    for item in &input.former {
        conversation.add(item, "previous_response_id")?;
    }
    let before = conversation.turns.len();
    for (index, item) in input.items.iter().enumerate() {
        conversation.add(item, &format!("input[{index}]"))?;
    }
    if input.former.is_empty() && conversation.turns.len() == before {
        return Err(field::missing("input", "Send a text, or at least one item."));
    }
    Ok(conversation.turns)
}

#[cfg(test)]
mod tests;
