//! Anthropic's form of an error. The type of each stands in the one table of errors.

use axum::{
    Json,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue};
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
    let Some(id) = id.filter(|_| is_anthropics(request.uri().path(), request.headers())) else {
        return next.run(request).await;
    };
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

/// Whether a path is `/v1/messages` or below, or a file's, asked for as Anthropic's clients ask.
fn is_anthropics(path: &str, headers: &HeaderMap) -> bool {
    let is_below = |route| path.strip_prefix(route).is_some_and(|rest: &str| rest.is_empty() || rest.starts_with('/'));
    is_below("/v1/messages") || is_below("/v1/files") && is_asked(headers)
}

/// Whether a request to a route that both APIs have means Anthropic's: its SDKs always say so.
pub(crate) fn is_asked(headers: &HeaderMap) -> bool {
    let is_beta = |value: &HeaderValue| value.to_str().is_ok_and(|beta| beta.contains("files-api-"));
    headers.contains_key("anthropic-version") || headers.get_all("anthropic-beta").iter().any(is_beta)
}
