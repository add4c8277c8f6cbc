//! Several answers to one request: as many calls at 1min.ai, side by side. Each is billed.

use futures_util::{Stream, StreamExt, stream};

use super::chat;
use crate::{
    conversation::{Event, Request},
    error::Error,
    guard::Call,
};

/// The most answers to one request.
pub(crate) const MOST_CHOICES: u32 = 4;

/// Runs `request` so many times; each event comes with the index of its choice. The first failure ends them all, because
/// fewer choices than asked for would be a lie.
pub(crate) fn run_choices(
    call: &Call,
    request: &Request,
    choices: u32,
) -> impl Stream<Item = Result<(u32, Event), Error>> + Send + use<> {
    let runs: Vec<_> = (0..choices)
        .map(|index| chat::run(call.clone(), request.clone()).map(move |event| Ok((index, event?))))
        .collect();
    let mut has_failed = false;
    stream::select_all(runs).take_while(move |event: &Result<_, Error>| {
        let goes_on = !has_failed;
        has_failed |= event.is_err();
        std::future::ready(goes_on)
    })
}
