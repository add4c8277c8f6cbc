//! A bug in a handler becomes an error of this one request; the relay lives on.

use std::any::Any;

use axum::response::{IntoResponse, Response};

use crate::error::Error;

/// What a client gets when a handler has panicked. The panic's message has gone to the log by the hook of the program.
pub(crate) fn respond(_panic: Box<dyn Any + Send>) -> Response {
    Error::Internal.into_response()
}
