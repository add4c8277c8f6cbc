//! `GET /health` says that requests are served, and how each part is; `GET /health/ready` whether all that must work does.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State};
use http::StatusCode;
use serde::Serialize;

use crate::{
    health::{self, Parts},
    shared::Shared,
};

/// How long the parts may take to be looked at where the answer must come at once.
const AT_ONCE: Duration = Duration::from_millis(500);

/// The same where the answer is about nothing else.
const IN_TIME: Duration = Duration::from_secs(5);

/// What both routes answer.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    status: &'static str,
    version: &'static str,
    ready: bool,
    parts: Parts,
}

impl Answer {
    fn new(parts: Parts, status: &'static str) -> Json<Self> {
        Json(Self { status, version: env!("CARGO_PKG_VERSION"), ready: parts.are_ready(), parts })
    }
}

/// Answers as soon as requests are served, without credentials, and whatever the parts are like.
pub(super) async fn alive(State(shared): State<Arc<Shared>>) -> Json<Answer> {
    Answer::new(health::look(&shared, AT_ONCE).await, "ok")
}

/// Answers for whoever decides where requests are sent.
pub(super) async fn ready(State(shared): State<Arc<Shared>>) -> (StatusCode, Json<Answer>) {
    let parts = health::look(&shared, IN_TIME).await;
    match parts.are_ready() {
        true => (StatusCode::OK, Answer::new(parts, "ready")),
        false => (StatusCode::SERVICE_UNAVAILABLE, Answer::new(parts, "not_ready")),
    }
}
