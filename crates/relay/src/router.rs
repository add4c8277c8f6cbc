//! Every route and every layer, on one page.

mod health;
mod metrics;
mod path;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::Request as AnyRequest,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use http::Request;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tower::util::MapRequest;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    dialect::{
        anthropic,
        openai::{self, responses::route as responses},
        result,
    },
    error::Error,
    guard::{
        self,
        admission::{self, AS_ANTHROPIC, AS_OPENAI, Admission, Told},
        credential, give_up, host, origin, panic,
        ticket::{self, Tickets},
    },
    shared::Shared,
    task::Supervisor,
};

/// The routes, behind their guard and under any spelling of their paths.
pub(crate) type Routes = MapRequest<Router, fn(Request<Incoming>) -> Request<Incoming>>;

/// The relay's routes behind their guard. Layers are listed from the inside out; a request meets the last one first.
pub(crate) fn routes(shared: &Arc<Shared>, tasks: &Supervisor) -> Routes {
    let tickets = Tickets { shared: Arc::clone(shared), tasks: tasks.clone() };
    let admission =
        |told: &'static Told| from_fn_with_state(Admission { shared: Arc::clone(shared), told }, admission::layer);
    // What asks 1min.ai, and so costs: as often and as much at a time as the limits allow.
    let asking = Router::new()
        .route("/v1/chat/completions", post(openai::chat::create))
        .route("/v1/completions", post(openai::completions::create))
        .route("/v1/responses", post(openai::responses::create))
        .route("/v1/images/generations", post(openai::images::generate))
        .route("/v1/images/edits", post(openai::images::edit))
        .route("/v1/images/variations", post(openai::images::vary))
        .route("/v1/audio/speech", post(openai::audio::speech))
        .route("/v1/audio/transcriptions", post(openai::audio::transcribe))
        .route("/v1/audio/translations", post(openai::audio::translate))
        .route_layer(admission(&AS_OPENAI))
        .merge(Router::new().route("/v1/messages", post(anthropic::create)).route_layer(admission(&AS_ANTHROPIC)));
    // What is only kept costs nothing, but fills the disk.
    let keeping = Admission { shared: Arc::clone(shared), told: &AS_OPENAI };
    let keeping = from_fn_with_state(keeping, admission::keeping);
    let api = Router::new()
        .merge(asking)
        .route("/v1/responses/input_tokens", post(responses::input_tokens))
        // Else its path would be a response's id, and the method refused.
        .route("/v1/responses/compact", post(unknown_route))
        .route("/v1/responses/{id}", get(responses::retrieve).delete(responses::delete))
        .route("/v1/responses/{id}/cancel", post(responses::cancel))
        .route("/v1/responses/{id}/input_items", get(responses::input_items))
        .route("/v1/messages/count_tokens", post(anthropic::count))
        .route("/v1/files", post(openai::files::create).route_layer(keeping).get(openai::files::list))
        .route("/v1/files/{id}", get(openai::files::retrieve).delete(openai::files::delete))
        .route("/v1/files/{id}/content", get(openai::files::content))
        // Nothing is invented: a false vector silently ruins an index.
        .route("/v1/embeddings", post(async || Error::NoSuchModels { purpose: "embeddings" }))
        .route("/v1/moderations", post(async || Error::NoSuchModels { purpose: "moderation" }))
        .route("/v1/models", get(openai::models::list))
        // Ids hold slashes, which SDKs percent-encode and other clients do not.
        .route("/v1/models/{*id}", get(openai::models::retrieve))
        // Before the limits: only these routes need a key.
        .route_layer(from_fn_with_state(Arc::clone(shared), credential::layer));
    let figures = Router::new()
        .route("/metrics", get(metrics::get))
        .route_layer(from_fn_with_state(Arc::clone(shared), guard::metrics::layer));
    let router = Router::new()
        .merge(api)
        .merge(figures)
        .route("/", get(root))
        .route("/health", get(health::alive))
        .route("/health/ready", get(health::ready))
        // Its name is the credential.
        .route("/results/{name}", get(result::get))
        .fallback(unknown_route)
        .method_not_allowed_fallback(method_not_allowed)
        // Before anything of the request is heeded: does it mean this machine?
        .layer(from_fn_with_state(Arc::clone(shared), host::layer))
        // Inside the origin's, so that allowed pages can read of these failures too.
        .layer(CatchPanicLayer::custom(panic::respond))
        .layer(from_fn(give_up::layer))
        // Is it from this machine's own apps, or from a page that may ask?
        .layer(from_fn_with_state(Arc::clone(shared), origin::layer))
        // Outside of all that refuses: on Anthropic's routes every error has Anthropic's form.
        .layer(from_fn(anthropic::envelope::layer))
        // Outermost: every answer, refusals too, has an id and one record.
        .layer(from_fn_with_state(tickets, ticket::layer))
        .with_state(Arc::clone(shared));
    // Before routing, which a layer of the router comes too late for.
    MapRequest::new(router, path::canonical)
}

/// Says what answers here; some clients ask before anything else.
async fn root() -> Json<Value> {
    Json(json!({"name": "1min Relay", "version": env!("CARGO_PKG_VERSION"), "base_url": "/v1"}))
}

async fn unknown_route(request: AnyRequest) -> Error {
    let path: String = request.uri().path().chars().take(200).collect();
    Error::UnknownRoute { method: request.method().clone(), path }
}

async fn method_not_allowed(request: AnyRequest) -> Error {
    Error::MethodNotAllowed { method: request.method().clone() }
}
