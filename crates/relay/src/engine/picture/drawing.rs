//! Pictures that are asked for as a chat: the last words of the conversation are drawn, and the answer shows the pictures.

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::run::draw_choice;
use crate::{
    catalog::Feature,
    conversation::{
        Artifact, Event, Finish, Request, Usage,
        drawing::{self, Lack},
        estimate,
    },
    engine::{Events, detached::Made, errand, results},
    error::{Error, Fault},
    guard::Call,
    shared::Shared,
};

/// What tells of the commands below several pictures.
const HINT: &str = "`/v1` to `/v4` draws more like the first to the fourth of these.";

/// Runs one request. Nothing is sent before the stream is first polled; once the call is made, letting go of it ends nothing.
pub(in crate::engine) fn run(shared: &Arc<Shared>, call: &Call, request: &Arc<Request>, choice: u32) -> Events {
    let (shared, call, request) = (Arc::clone(shared), call.clone(), Arc::clone(request));
    let events = async move {
        let events = answer(&shared, &call, &request, choice).await?;
        Ok::<_, Error>(stream::iter(events).map(Ok))
    };
    Box::pin(stream::once(events).try_flatten())
}

async fn answer(shared: &Arc<Shared>, call: &Call, request: &Request, choice: u32) -> Result<Vec<Event>, Error> {
    errand::refuse(request)?;
    results::check_shared(shared, call)?;
    let asked = drawing::read(request).map_err(not_drawn)?;
    let prompt_tokens = estimate::tokens(&asked.prompt);
    let Made { files, usage, .. } = draw_choice(shared, call, asked, choice).await?;
    let mut events = vec![Event::Accepted { successor: None }];
    let mut completion_tokens = 0;
    let count = files.len();
    for (index, file) in files.into_iter().enumerate() {
        if index > 0 {
            events.push(Event::Text("\n\n".into()));
        }
        let url = results::url(call, &file);
        completion_tokens += estimate::tokens(&url);
        events.push(Event::Artifact(Artifact { url, media_type: file.media_type, size_bytes: file.size_bytes }));
    }
    let can_vary = call.snapshot.catalog.find(&request.model).is_some_and(|model| model.can(Feature::ImageVariator));
    if count > 1 && can_vary {
        events.push(Event::Text(format!("\n\n{HINT}")));
    }
    let told = usage.unwrap_or_default();
    let is_told = told.prompt_tokens + told.completion_tokens > 0;
    let estimate = Usage { prompt_tokens, completion_tokens, is_estimate: true, credits: told.credits };
    events.extend([Event::Usage(if is_told { told } else { estimate }), Event::Done(Finish::Stop)]);
    Ok(events)
}

/// Why nothing can be drawn.
pub(crate) fn not_drawn(lack: Lack) -> Error {
    let (param, fault, message) = match lack {
        Lack::Words => {
            ("messages".to_owned(), Fault::Invalid, "The last user message holds no text. Say what to draw.".to_owned())
        }
        Lack::Document(param) => {
            let message =
                format!("'{param}' is a document, which no picture starts from. Send pictures, or leave it out.");
            (param, Fault::UnsupportedValue, message)
        }
        Lack::Picture { command, shown } => {
            let message = format!(
                "'{command}' wants more like a picture of a former answer, and the last one with pictures shows {shown}. Write \
                 the address of a picture behind the command."
            );
            ("messages".to_owned(), Fault::Invalid, message)
        }
    };
    Error::field(param, fault, message)
}
