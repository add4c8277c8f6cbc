//! Who may come in. Each concern is a layer of its own; `router.rs` puts them in order. What comes out is an admitted
//! [`Call`]. This room must never know what is inside a body.

pub(crate) mod admission;
mod ahead;
mod base;
pub(crate) mod blocked;
pub(crate) mod body;
pub(crate) mod credential;
pub(crate) mod form;
pub(crate) mod give_up;
pub(crate) mod host;
mod local;
pub(crate) mod metrics;
pub(crate) mod origin;
pub(crate) mod owner;
pub(crate) mod panic;
pub(crate) mod ticket;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::{HeaderMap, request::Parts};
use onemin::ApiKey;

use self::owner::{Account, Owner};

use crate::{
    catalog::View,
    error::Error,
    policy::Policy,
    request::Ticket,
    shared::{Shared, Snapshot},
    task::Supervisor,
};

/// How often the client has asked the same before.
const RETRY_COUNT: &str = "x-stainless-retry-count";

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The 1min.ai key that pays.
    pub(crate) key: ApiKey,
    /// The account that pays; uploads belong to it.
    pub(crate) account: Account,
    /// Who owns what is stored for this caller.
    pub(crate) owner: Owner,
    /// What it may do.
    pub(crate) policy: Arc<Policy>,
}

/// A request that was let in: who asks, the state of the relay at that moment, and the ticket.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) caller: Caller,
    pub(crate) snapshot: Arc<Snapshot>,
    /// What all requests share: what is kept, and where large things lie.
    pub(crate) shared: Arc<Shared>,
    pub(crate) ticket: Ticket,
    /// Who runs what goes on without the client.
    pub(crate) tasks: Supervisor,
    /// Where the client reached the relay, such as `http://127.0.0.1:5001`.
    pub(crate) base: String,
    /// Whether the client says that it asks the same once more; the official SDKs do.
    pub(crate) is_retry: bool,
}

impl Call {
    /// The models that this caller may ask.
    pub(crate) fn models(&self) -> View<'_> {
        self.models_of(&self.snapshot)
    }

    /// The same in a later state of the relay.
    pub(crate) fn models_of<'a>(&'a self, snapshot: &'a Snapshot) -> View<'a> {
        snapshot.models().only(self.caller.policy.models.as_deref())
    }
}

/// Whether a client says that it asks the same once more.
fn is_retry(headers: &HeaderMap) -> bool {
    let count = headers.get(RETRY_COUNT).and_then(|count| count.to_str().ok()?.parse().ok());
    count.is_some_and(|count: u32| count > 0)
}

impl FromRequestParts<Arc<Shared>> for Call {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Error> {
        let extensions = &parts.extensions;
        let call = || {
            let snapshot = Arc::clone(extensions.get::<Arc<Snapshot>>()?);
            Some(Self {
                base: base::of(parts, &snapshot.settings),
                is_retry: is_retry(&parts.headers),
                caller: extensions.get::<Caller>()?.clone(),
                snapshot,
                shared: Arc::clone(shared),
                ticket: extensions.get::<Ticket>()?.clone(),
                tasks: extensions.get::<Supervisor>()?.clone(),
            })
        };
        // A route without its guard is a bug, and must not serve.
        call().ok_or(Error::Internal)
    }
}
