//! Several answers to a client's one request: as many calls at 1min.ai, side by side. Each is billed.

use std::sync::Arc;

use futures_util::{Stream, StreamExt, stream};

use super::{
    Events,
    chat::{self, Plan},
};
use crate::{
    conversation::{Event, Request},
    error::Error,
    guard::Call,
};

/// The most answers to one prompt.
pub(crate) const MOST_CHOICES: u32 = 4;

/// Runs one request, once.
pub(crate) fn run(call: &Call, request: Request) -> Events {
    chat::run(call.clone(), Arc::new(Plan::new(call, request)))
}

/// Runs each request so many times; each event comes with the index of its choice, the choices of the first request first.
/// Whoever reads this stops at the first error, because fewer choices than asked for would be a lie; letting go of it
/// cancels the others.
pub(crate) fn run_choices(
    call: &Call,
    requests: Vec<Request>,
    choices: u32,
) -> impl Stream<Item = Result<(u32, Event), Error>> + Send + use<> {
    let plans = requests.into_iter().map(|request| Arc::new(Plan::new(call, request)));
    let runs = plans.flat_map(|plan| (0..choices).map(move |_| Arc::clone(&plan)));
    let runs = runs.zip(0..).map(|(plan, index)| chat::run(call.clone(), plan).map(move |event| Ok((index, event?))));
    stream::select_all(runs)
}
