//! From `system` and `messages` to turns.

use super::{
    block::{self, Called, Read},
    wire::{Content, Message},
};
use crate::{
    conversation::{Part, Role, Turn},
    error::{Error, Fault},
};

/// What Claude Code's first block of `system` begins with (seen in 2.1). It is meant for Anthropic's books, and differs from
/// session to session.
const BILLING_HEADER: &str = "x-anthropic-billing-header:";

/// The turns of a request, in order. Results of tools stand inside a user's message, and are turns of their own here.
pub(super) fn turns(system: Option<Content>, messages: Vec<Message>) -> Result<Vec<Turn>, Error> {
    let mut called = Called::default();
    let mut turns: Vec<Turn> = self::system(system)?.into_iter().collect();
    for (index, message) in messages.into_iter().enumerate() {
        let role = role(index, message.role.as_deref())?;
        said(role, &format!("messages[{index}].content"), message.content, &mut called, &mut turns)?;
    }
    Ok(turns)
}

fn system(system: Option<Content>) -> Result<Option<Turn>, Error> {
    let parts = match system {
        None => Vec::new(),
        Some(Content::Text(text)) => block::text(text),
        Some(Content::Blocks(blocks)) => {
            let is_billing = |part: &Part| matches!(part, Part::Text(text) if text.starts_with(BILLING_HEADER));
            let mut parts = block::parts("system", blocks)?;
            parts.retain(|part| !is_billing(part));
            parts
        }
    };
    Ok((!parts.is_empty()).then_some(turn(Role::System, parts)))
}

/// What a message says, as one turn or, where it holds results of tools, as several.
fn said(
    role: Role,
    param: &str,
    content: Option<Content>,
    called: &mut Called,
    turns: &mut Vec<Turn>,
) -> Result<(), Error> {
    let blocks = match content {
        None => Vec::new(),
        Some(Content::Text(text)) => {
            turns.push(turn(role, block::text(text)));
            return Ok(());
        }
        Some(Content::Blocks(blocks)) => blocks,
    };
    let before = turns.len();
    let mut parts = Vec::new();
    for (index, fields) in blocks.into_iter().enumerate() {
        match block::read(&format!("{param}[{index}]"), fields, called)? {
            Read::Said(said) => parts.extend(said),
            Read::Result(result) => {
                if !parts.is_empty() {
                    turns.push(turn(role, std::mem::take(&mut parts)));
                }
                turns.push(turn(Role::Tool, result));
            }
        }
    }
    if !parts.is_empty() || turns.len() == before {
        turns.push(turn(role, parts));
    }
    Ok(())
}

const fn turn(role: Role, parts: Vec<Part>) -> Turn {
    Turn { role, name: None, parts }
}

fn role(index: usize, role: Option<&str>) -> Result<Role, Error> {
    let param = format!("messages[{index}].role");
    match role {
        Some("user") => Ok(Role::User),
        Some("assistant") => Ok(Role::Assistant),
        // Newer versions of the API have instructions among the messages.
        Some("system" | "developer") => Ok(Role::System),
        None => Err(Error::field(&param, Fault::Missing, format!("Missing required parameter: '{param}'."))),
        Some(other) => {
            let message = format!("Invalid value: '{other}'. '{param}' must be 'user', 'assistant' or 'system'.");
            Err(Error::field(param, Fault::Invalid, message))
        }
    }
}
