//! A model that speaks, asked through chat: it says the last thing the user wrote, and the answer is where the sound is.

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{Spoken, run_choice};
use crate::{
    conversation::{Artifact, Event, Finish, Part, Request, Role, Usage, estimate, sound::SpeechRequest},
    engine::{Events, errand, results},
    error::{Error, Fault},
    guard::Call,
    shared::Shared,
};

/// Answers a request to a model that speaks. Dropping the events leaves the run: it goes on, and its sound is kept.
pub(in crate::engine) fn events(shared: &Arc<Shared>, call: &Call, request: &Request, choice: u32) -> Events {
    let (shared, call, asked) = (Arc::clone(shared), call.clone(), speech(request));
    let events = async move {
        let asked = asked?;
        results::check_shared(&shared, &call)?;
        let prompt_tokens = estimate::tokens(&asked.text);
        let Spoken { file, usage, warnings } = run_choice(&shared, &call, asked, choice).await?;
        let (url, media_type, size_bytes) = (results::url(&call, &file), file.media_type, file.size_bytes);
        let mut events = vec![Event::Accepted { successor: None }];
        let told = usage.unwrap_or_default();
        let completion_tokens = estimate::tokens(&url);
        let estimate = Usage { prompt_tokens, completion_tokens, is_estimate: true, credits: told.credits };
        let usage = if told.total_tokens() > 0 { told } else { estimate };
        events.push(Event::Artifact(Artifact { url, media_type, size_bytes }));
        events.extend(warnings.into_iter().map(Event::Warning));
        events.extend([Event::Usage(usage), Event::Done(Finish::Stop)]);
        Ok::<_, Error>(events)
    };
    let events = stream::once(events).map_ok(|events| stream::iter(events.into_iter().map(Ok)));
    events.try_flatten().boxed()
}

/// What is to be said: the text of the last user turn.
fn speech(request: &Request) -> Result<SpeechRequest, Error> {
    errand::refuse(request)?;
    let turn = request.turns.iter().rfind(|turn| turn.role == Role::User);
    let texts = turn.into_iter().flat_map(|turn| &turn.parts).filter_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        Part::Image(_) | Part::File(_) | Part::ToolCall(_) | Part::ToolResult(_) => None,
    });
    let text = texts.collect::<Vec<_>>().join("\n");
    if text.trim().is_empty() {
        let message = "This model speaks the last user message, and there is none with text. Send something to say.";
        return Err(Error::field("messages", Fault::Invalid, message));
    }
    Ok(SpeechRequest { model: request.model.clone(), text, ..SpeechRequest::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::Turn;

    #[test]
    fn the_last_user_turn_is_said() {
        let turns = vec![
            Turn::text(Role::User, "first"),
            Turn::text(Role::User, "second"),
            Turn::text(Role::Assistant, "no"),
            Turn::text(Role::System, "neither"),
        ];
        let request = Request { model: "tts-1".into(), turns, ..Request::default() };
        assert_eq!(speech(&request).unwrap().text, "second");
        assert!(speech(&Request { turns: vec![Turn::text(Role::User, " ")], ..request }).is_err());
    }
}
