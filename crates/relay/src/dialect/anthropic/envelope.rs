//! Anthropic's form of an error. The type of each stands in the one table of errors.

use axum::{
    Json,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue};
use serde::Serialize;

use crate::{error::Error, request::Ticket};

/// What Anthropic calls `x-request-id`; its SDKs show it to their users.
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// `{"type":"error","error":{type,message},"request_id"}`, for an answer's body and for a stream in its middle.
#[derive(Debug, Serialize)]
pub(super) struct Envelope<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    error: EnvelopeError,
    request_id: &'a str,
}

#[derive(Debug, Serialize)]
struct EnvelopeError {
    #[serde(rename = "type")]
    kind: &'static str,
    message: String,
}

impl<'a> Envelope<'a> {
    pub(super) fn new(error: &Error, request_id: &'a str) -> Self {
        let error = EnvelopeError { kind: error.anthropic_kind(), message: error.to_string() };
        Self { kind: "error", error, request_id }
    }
}

/// The layer: gives the answers of Anthropic's routes the id under Anthropic's name, and their errors, whoever they come
/// from, Anthropic's form.
pub(crate) async fn layer(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<Ticket>().map(|ticket| ticket.id().to_owned());
    let Some(id) = id.filter(|_| is_anthropics(request.uri().path())) else { return next.run(request).await };
    let mut response = next.run(request).await;
    if let Some(error) = response.extensions().get::<Error>() {
        let body = Json(Envelope::new(error, &id)).into_response().into_body();
        *response.body_mut() = body;
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Whether a path is `/v1/messages` or below.
fn is_anthropics(path: &str) -> bool {
    path.strip_prefix("/v1/messages").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
