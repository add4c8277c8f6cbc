//! Ends a request that has no answer yet when the relay stops and the time to finish is over, and says so. One whose answer
//! has begun is ended by what streams it.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{error::Error, request::Ticket};

/// The layer.
pub(crate) async fn layer(request: Request, next: Next) -> Result<Response, Error> {
    let ticket = request.extensions().get::<Ticket>().ok_or(Error::Internal)?.clone();
    tokio::select! {
        biased;
        response = next.run(request) => Ok(response),
        () = ticket.given_up() => Ok(Error::Stopped.into_response()),
    }
}
