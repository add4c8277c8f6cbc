//! Errands of apps: what Open WebUI asks the chat's own model behind its user's back, for a title, tags, or what to say next. A
//! model that draws or speaks would make a picture or a sound of each, and bill it.

use crate::{
    conversation::{Part, Request, Role},
    error::{Error, Fault},
};

/// What the texts of Open WebUI's errands begin with (its `DEFAULT_*_PROMPT_TEMPLATE`s).
const BEGINNING: &str = "### Task:";

/// Refuses an errand, for a model that can't do it. The app goes on without.
///
/// # Errors
/// `InvalidField`, with what to do about it.
pub(super) fn refuse(request: &Request) -> Result<(), Error> {
    let turn = request.turns.iter().rfind(|turn| turn.role == Role::User);
    let text = turn.into_iter().flat_map(|turn| &turn.parts).find_map(|part| match part {
        Part::Text(text) => Some(text),
        Part::Image(_) | Part::File(_) | Part::ToolCall(_) | Part::ToolResult(_) => None,
    });
    if !text.is_some_and(|text| text.trim_start().starts_with(BEGINNING)) {
        return Ok(());
    }
    let message = format!(
        "This is an errand of your app (a title, tags, or what to say next), and '{}' would make a picture or a sound of it, \
         and bill it. Choose a model of text for such tasks in the app's settings.",
        request.model
    );
    Err(Error::field("messages", Fault::UnsupportedValue, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::Turn;

    #[test]
    fn only_an_errand_is_refused() {
        let refused = |text: &str| {
            let turns = vec![Turn::text(Role::User, "### Task: earlier"), Turn::text(Role::User, text)];
            refuse(&Request { model: "dall-e-3".into(), turns, ..Request::default() }).is_err()
        };
        assert!(refused("\n### Task:\nGenerate a concise title"));
        for own in ["a fox", "Write ### Task: on a wall", ""] {
            assert!(!refused(own), "{own}");
        }
    }
}
