//! The script by HTTP, for tests in other languages:
//!
//! | route | what it does |
//! |---|---|
//! | `POST /mock/script` | `{"rules": [{"contains":[...], "not_contains":[...], "turn": turn}], "turns":[...], "always": turn, "models": {feature: reply}, "refuses_keys": bool, "uploads": [reply]}`: adds rules, queues turns, sets the standing turn, what `GET /models` answers, whether every key is refused, and queues answers to uploads |
//! | `POST /mock/gate` | opens the gate |
//! | `GET /mock/calls` | `{"counts":{...}, "received":[...], "uploads":[...]}` |
//! | `DELETE /mock` | forgets everything |

use std::collections::HashMap;

use axum::{
    Json, Router,
    extract::State,
    routing::{delete, get, post},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Rule, Script, Turn};
use crate::reply::Reply;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Lines {
    rules: Vec<Rule>,
    turns: Vec<Turn>,
    always: Option<Turn>,
    models: HashMap<String, Reply>,
    refuses_keys: Option<bool>,
    uploads: Vec<Reply>,
}

pub(crate) fn control<S: Clone + Send + Sync + 'static>(script: &Script) -> Router<S> {
    Router::new()
        .route("/mock/script", post(write))
        .route("/mock/gate", post(open_gate))
        .route("/mock/calls", get(calls))
        .route("/mock", delete(reset))
        .with_state(script.clone())
}

async fn write(State(script): State<Script>, Json(lines): Json<Lines>) -> StatusCode {
    lines.rules.into_iter().for_each(|rule| script.rule(rule));
    lines.turns.into_iter().for_each(|turn| script.push(turn));
    if let Some(turn) = lines.always {
        script.always(turn);
    }
    lines.models.into_iter().for_each(|(feature, reply)| script.models(&feature, reply));
    lines.uploads.into_iter().for_each(|reply| script.push_upload(reply));
    if let Some(refuses) = lines.refuses_keys {
        script.refuse_keys(refuses);
    }
    StatusCode::NO_CONTENT
}

async fn open_gate(State(script): State<Script>) -> StatusCode {
    script.open_gate();
    StatusCode::NO_CONTENT
}

async fn calls(State(script): State<Script>) -> Json<Value> {
    Json(json!({"counts": script.counts(), "received": script.received(), "uploads": script.uploads()}))
}

async fn reset(State(script): State<Script>) -> StatusCode {
    script.reset();
    StatusCode::NO_CONTENT
}
