//! Responses that are kept, so that a later request can go on from them, and clients can ask for them again: the response
//! as it was given, with what it tells again of its request, and the items of the whole conversation before it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::response::ResponseObject;
use crate::{error::Error, guard::Call, settings::KeepResponses, shared::Shared, store};

/// What is kept of one answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept<R = Value, I = Vec<Value>> {
    /// The response, as the client has it.
    pub(super) response: R,
    /// The items it answers, those of former responses first.
    pub(super) input: I,
}

/// The items of a kept response's output.
pub(super) fn output(mut response: Value) -> Vec<Value> {
    match response.get_mut("output").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// A kept response of this caller; `None`: it is not there, or not his.
pub(super) async fn find(shared: &Shared, call: &Call, id: &str) -> Result<Option<Kept>, Error> {
    shared.store.check_shared(store::Kept::Responses, &call.snapshot.settings)?;
    let keep = call.snapshot.settings.keep_responses;
    let found = shared.store.find(keep, &call.caller.owner, id).await.map_err(broken)?;
    // One that can't be read will not get better: for the client it is gone.
    let unreadable = |error: &serde_json::Error| tracing::warn!(%error, "a kept response can't be read");
    Ok(found.and_then(|bytes| serde_json::from_slice(&bytes).inspect_err(unreadable).ok()))
}

/// Throws a kept response of this caller away; whether it was there.
pub(super) async fn remove(shared: &Shared, call: &Call, id: &str) -> Result<bool, Error> {
    shared.store.check_shared(store::Kept::Responses, &call.snapshot.settings)?;
    let keep = call.snapshot.settings.keep_responses;
    shared.store.remove(keep, &call.caller.owner, id).await.map_err(broken)
}

/// Whether a response is to be kept. What was not asked for in words is not kept where the next request may come to a relay
/// that does not have it.
///
/// # Errors
/// `NotShared` where it was asked for.
pub(super) fn is_wanted(shared: &Shared, call: &Call, asked: Option<bool>) -> Result<bool, Error> {
    let settings = &call.snapshot.settings;
    if settings.keep_responses == KeepResponses::Off || asked == Some(false) {
        return Ok(false);
    }
    match shared.store.check_shared(store::Kept::Responses, settings) {
        Err(error) if asked == Some(true) => Err(error),
        checked => Ok(checked.is_ok()),
    }
}

fn broken(error: impl std::error::Error) -> Error {
    tracing::warn!(%error, "a kept response can't be read");
    Error::Internal
}

/// Keeps the answer of one request.
#[derive(Debug)]
pub(super) struct Keeper {
    shared: Arc<Shared>,
    call: Call,
    input: Vec<Value>,
}

impl Keeper {
    pub(super) fn new(shared: &Arc<Shared>, call: &Call, input: Vec<Value>) -> Self {
        Self { shared: Arc::clone(shared), call: call.clone(), input }
    }

    /// Keeps a response. One that can't be kept is answered all the same.
    pub(super) fn keep(self, response: &ResponseObject<'_>) -> impl Future<Output = ()> + Send + use<> {
        let Self { shared, call, input } = self;
        let id = response.id().to_owned();
        #[expect(clippy::expect_used, reason = "our own objects have text keys and no custom serializers")]
        let content = serde_json::to_vec(&Kept { response, input: &input }).expect("a response has a JSON form");
        async move {
            let keep = call.snapshot.settings.keep_responses;
            if let Err(error) = shared.store.keep(keep, &call.caller.owner, &id, content).await {
                tracing::warn!(id = call.ticket.id(), %error, "a response could not be kept");
            }
        }
    }
}
