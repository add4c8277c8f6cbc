//! Fields that several requests of this dialect have in common, checked in one place.

use serde::Deserialize;

use crate::{
    conversation::{Limits, WebSearch},
    dialect::{
        field,
        loose::{Integer, Stop},
    },
    engine,
    error::{Error, Fault},
};

pub(super) use crate::dialect::field::{missing, model};

/// `stream_options`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub(crate) struct StreamOptions {
    pub(crate) include_usage: Option<bool>,
}

/// `stop`, and the first of `max_tokens` that sets a limit: 0 and less don't.
pub(super) fn limits<const N: usize>(max_tokens: [Option<Integer>; N], stop: Option<Stop>) -> Result<Limits, Error> {
    let max_tokens = max_tokens.into_iter().flatten().find_map(field::max_tokens);
    Ok(Limits { max_tokens, stop: field::stops("stop", stop)? })
}

/// A search of the web, in the figures that users of the older 1min-relay send: `num_of_site`, `max_word`.
pub(super) fn web_search(sites: Option<Integer>, words: Option<Integer>) -> WebSearch {
    let figure = |number: Option<Integer>| number.and_then(|number| u32::try_from(number.0).ok()).filter(|n| *n > 0);
    WebSearch { sites: figure(sites), words: figure(words) }
}

/// `n`: how many answers.
pub(super) fn choices(n: Option<Integer>) -> Result<u32, Error> {
    let n = n.map_or(1, |n| n.0);
    match u32::try_from(n) {
        Ok(choices @ 1..=engine::MOST_CHOICES) => Ok(choices),
        Ok(0) | Err(_) => {
            Err(Error::field("n", Fault::Invalid, format!("Invalid value for 'n': {n}. It must be at least 1.")))
        }
        Ok(_) => {
            let most = engine::MOST_CHOICES;
            let message = format!("'n' can be at most {most} here: every choice is a call at 1min.ai, and is billed.");
            Err(Error::field("n", Fault::UnsupportedValue, message))
        }
    }
}
