//! Several answers to a client's one request: as many calls at 1min.ai, side by side. Each is billed.

use std::sync::Arc;

use futures_util::{Stream, StreamExt, stream};

use super::{
    Events,
    chat::{self, Plan},
    model::Chosen,
    picture::drawing,
    speech,
};
use crate::{
    conversation::{Event, Request},
    error::Error,
    guard::Call,
    shared::Shared,
};

/// The most answers to one prompt.
pub(crate) const MOST_CHOICES: u32 = 4;

/// Runs one request, once, by the model that was chosen for it.
pub(crate) fn run(shared: &Arc<Shared>, call: &Call, chosen: &Chosen, request: Request) -> Events {
    if chosen.draws {
        return drawing::run(shared, call, &Arc::new(request), 0);
    }
    if chosen.speaks {
        return speech::chat::events(shared, call, &request, 0);
    }
    let plan = Arc::new(Plan::new(call, request));
    match chat::reserve(call, &plan, &plan.body, 0) {
        Ok(reserved) => chat::run(call.clone(), plan, reserved),
        Err(error) => failed(error),
    }
}

fn failed(error: Error) -> Events {
    Box::pin(stream::once(std::future::ready(Err(error))))
}

/// Runs each request so many times; each event comes with the index of its choice, the choices of the first request first.
/// Whoever reads this stops at the first error, because fewer choices than asked for would be a lie; letting go of it
/// cancels the others, but for what draws or speaks.
pub(crate) fn run_choices(
    shared: &Arc<Shared>,
    call: &Call,
    chosen: &Chosen,
    requests: Vec<Request>,
    choices: u32,
) -> impl Stream<Item = Result<(u32, Event), Error>> + Send + use<> {
    let (mut runs, mut refused) = (Vec::new(), None);
    for request in requests {
        if chosen.draws {
            let request = Arc::new(request);
            runs.extend((0..choices).map(|choice| drawing::run(shared, call, &request, choice)));
        } else if chosen.speaks {
            runs.extend((0..choices).map(|choice| speech::chat::events(shared, call, &request, choice)));
        } else {
            let plan = Arc::new(Plan::new(call, request));
            for _ in 0..choices {
                match chat::reserve(call, &plan, &plan.body, 0) {
                    Ok(reserved) => runs.push(chat::run(call.clone(), Arc::clone(&plan), reserved)),
                    Err(error) => refused = refused.or(Some(error)),
                }
            }
        }
    }
    // Where there is no room for all of them, none is made.
    let runs = refused.map_or(runs, |error| vec![failed(error)]);
    let runs = runs.into_iter().zip(0..).map(|(run, index)| run.map(move |event| Ok((index, event?))));
    stream::select_all(runs)
}
