//! Every route and every layer, on one page.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::Request,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use serde_json::{Value, json};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    dialect::openai,
    error::Error,
    guard::{
        credential, host, origin, panic,
        ticket::{self, Tickets},
    },
    shared::Shared,
    task::Supervisor,
};

/// The relay's routes behind their guard. Layers are listed from the inside out; a request meets the last one first.
pub(crate) fn router(shared: &Arc<Shared>, tasks: &Supervisor) -> Router {
    let tickets = Tickets { shared: Arc::clone(shared), give_up: tasks.give_up() };
    // Both with the prefix and without: some apps are given the one base address, some the other.
    let api = Router::new()
        .route("/v1/chat/completions", post(openai::chat::create))
        .route("/chat/completions", post(openai::chat::create))
        .route("/v1/models", get(openai::models::list))
        .route("/models", get(openai::models::list))
        // Innermost: only these routes need a key.
        .route_layer(from_fn(credential::layer));
    Router::new()
        .merge(api)
        .route("/health", get(health))
        .fallback(unknown_route)
        .method_not_allowed_fallback(method_not_allowed)
        // Before anything of the request is heeded: is it from this machine's own apps?
        .layer(from_fn(origin::layer))
        .layer(from_fn(host::layer))
        // Inside the ticket, so that a panic has its record and its headers.
        .layer(CatchPanicLayer::custom(panic::respond))
        // Outermost: every answer, refusals too, has an id and one record.
        .layer(from_fn_with_state(tickets, ticket::layer))
        .with_state(Arc::clone(shared))
}

/// Answers as soon as requests are served, without credentials.
async fn health() -> Json<Value> {
    Json(json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}))
}

async fn unknown_route(request: Request) -> Error {
    let path: String = request.uri().path().chars().take(200).collect();
    Error::UnknownRoute { method: request.method().clone(), path }
}

async fn method_not_allowed(request: Request) -> Error {
    Error::MethodNotAllowed { method: request.method().clone() }
}
