//! Several answers to one request: as many calls at 1min.ai, side by side. Each is billed.

use std::sync::Arc;

use futures_util::{Stream, StreamExt, stream};

use super::chat::{self, Plan};
use crate::{
    conversation::{Event, Request},
    error::Error,
    guard::Call,
};

/// The most answers to one request.
pub(crate) const MOST_CHOICES: u32 = 4;

/// Runs `request` so many times; each event comes with the index of its choice. Whoever reads this stops at the first
/// error, because fewer choices than asked for would be a lie; letting go of it cancels the others.
pub(crate) fn run_choices(
    call: &Call,
    request: Request,
    choices: u32,
) -> impl Stream<Item = Result<(u32, Event), Error>> + Send + use<> {
    let plan = Arc::new(Plan::new(call, request));
    let runs =
        (0..choices).map(|index| chat::run(call.clone(), Arc::clone(&plan)).map(move |event| Ok((index, event?))));
    stream::select_all(runs)
}
