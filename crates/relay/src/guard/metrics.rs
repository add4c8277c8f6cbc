//! Who may read the figures: nobody, programs of this machine, or whoever reaches the relay, as the setting says. They name
//! nobody, but tell how much is asked and spent.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use super::{credential, local::is_of_this_machine};
use crate::{
    error::Error,
    listen::Peer,
    settings::MetricsFor,
    shared::{Shared, Snapshot},
};

/// The layer.
pub(crate) async fn layer(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Result<Response, Error> {
    let snapshot = request.extensions().get::<Arc<Snapshot>>().ok_or(Error::Internal)?;
    let Peer(peer) = *request.extensions().get::<Peer>().ok_or(Error::Internal)?;
    match snapshot.settings.metrics {
        MetricsFor::Nobody => return Err(Error::MetricsOff),
        MetricsFor::Loopback if !is_of_this_machine(peer, request.headers()) => return Err(Error::MetricsNotAllowed),
        MetricsFor::Loopback => {}
        MetricsFor::Network => credential::check_token(&shared, snapshot, request.headers(), peer).await?,
    }
    Ok(next.run(request).await)
}
