//! Fields that requests of every dialect have in common, checked in one place.

use super::loose::{Integer, Stop};
use crate::error::{Error, Fault};

/// The most stop sequences; OpenAI allows 4, some clients send more.
const MOST_STOPS: usize = 16;

/// The longest stop sequence, in bytes: it is searched for in every piece of the answer.
const LONGEST_STOP: usize = 1_024;

/// The longest name of a model, in bytes: records and logs keep it.
const LONGEST_MODEL: usize = 256;

/// `model`: required, and of a sane length.
pub(crate) fn model(model: Option<String>) -> Result<String, Error> {
    let model = model.filter(|model| !model.trim().is_empty());
    let model =
        model.ok_or_else(|| missing("model", "Name a model, such as gpt-4o-mini; GET /v1/models lists them."))?;
    if model.len() > LONGEST_MODEL {
        let message = format!("'model' is longer than {LONGEST_MODEL} bytes; GET /v1/models lists those there are.");
        return Err(Error::field("model", Fault::Invalid, message));
    }
    Ok(model)
}

/// A required field that is not there.
pub(crate) fn missing(param: &str, what_to_do: &str) -> Error {
    Error::field(param, Fault::Missing, format!("Missing required parameter: '{param}'. {what_to_do}"))
}

/// A limit of tokens: 0 and less set none.
pub(crate) fn max_tokens(tokens: Integer) -> Option<u64> {
    u64::try_from(tokens.0).ok().filter(|tokens| *tokens > 0)
}

/// The stop sequences in the field `param`; empty ones are passed over.
pub(crate) fn stops(param: &str, stops: Option<Stop>) -> Result<Vec<String>, Error> {
    let stops: Vec<String> = stops.into_iter().flat_map(|stop| stop.0).filter(|stop| !stop.is_empty()).collect();
    if stops.len() > MOST_STOPS {
        let message = format!("'{param}' can hold at most {MOST_STOPS} sequences, not {}.", stops.len());
        return Err(Error::field(param, Fault::Invalid, message));
    }
    if stops.iter().any(|stop| stop.len() > LONGEST_STOP) {
        let message = format!("A sequence of '{param}' can be at most {LONGEST_STOP} bytes long.");
        return Err(Error::field(param, Fault::Invalid, message));
    }
    Ok(stops)
}
