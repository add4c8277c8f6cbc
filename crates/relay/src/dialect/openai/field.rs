//! Fields that several requests of this dialect have in common, checked in one place.

use super::loose::{Integer, Stop};
use crate::{
    conversation::{Limits, WebSearch},
    engine,
    error::{Error, Fault},
};

/// The most stop sequences; OpenAI allows 4, some clients send more.
const MOST_STOPS: usize = 16;

/// The longest stop sequence, in bytes: it is searched for in every piece of the answer.
const LONGEST_STOP: usize = 1_024;

/// The longest name of a model, in bytes: records and logs keep it.
const LONGEST_MODEL: usize = 256;

/// `model`: required, and of a sane length.
pub(super) fn model(model: Option<String>) -> Result<String, Error> {
    let model = model.filter(|model| !model.trim().is_empty());
    let model =
        model.ok_or_else(|| missing("model", "Name a model, such as gpt-4o-mini; GET /v1/models lists them."))?;
    if model.len() > LONGEST_MODEL {
        let message = format!("'model' is longer than {LONGEST_MODEL} bytes; GET /v1/models lists those there are.");
        return Err(Error::field("model", Fault::Invalid, message));
    }
    Ok(model)
}

/// `stop`, and the first of `max_tokens` that sets a limit: 0 and less don't.
pub(super) fn limits<const N: usize>(max_tokens: [Option<Integer>; N], stop: Option<Stop>) -> Result<Limits, Error> {
    let limit = |tokens: Integer| u64::try_from(tokens.0).ok().filter(|tokens| *tokens > 0);
    let max_tokens = max_tokens.into_iter().flatten().find_map(limit);
    Ok(Limits { max_tokens, stop: stops(stop.map(|stop| stop.0).unwrap_or_default())? })
}

/// A search of the web, in the figures that users of the older 1min-relay send: `num_of_site`, `max_word`.
pub(super) fn web_search(sites: Option<Integer>, words: Option<Integer>) -> WebSearch {
    let figure = |number: Option<Integer>| number.and_then(|number| u32::try_from(number.0).ok()).filter(|n| *n > 0);
    WebSearch { sites: figure(sites), words: figure(words) }
}

/// A required field that is not there.
pub(super) fn missing(param: &str, what_to_do: &str) -> Error {
    Error::field(param, Fault::Missing, format!("Missing required parameter: '{param}'. {what_to_do}"))
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

fn stops(stops: Vec<String>) -> Result<Vec<String>, Error> {
    let stops: Vec<String> = stops.into_iter().filter(|stop| !stop.is_empty()).collect();
    if stops.len() > MOST_STOPS {
        let message = format!("'stop' can hold at most {MOST_STOPS} sequences, not {}.", stops.len());
        return Err(Error::field("stop", Fault::Invalid, message));
    }
    if stops.iter().any(|stop| stop.len() > LONGEST_STOP) {
        let message = format!("A sequence of 'stop' can be at most {LONGEST_STOP} bytes long.");
        return Err(Error::field("stop", Fault::Invalid, message));
    }
    Ok(stops)
}
