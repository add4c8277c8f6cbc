//! The script by HTTP, for tests in other languages:
//!
//! | route | what it does |
//! |---|---|
//! | `POST /mock/script` | `{"rules": [{"contains":[...], "not_contains":[...], "turn": turn}], "turns":[...], "always": turn, "models": {feature: reply}, "refuses_keys": bool, "uploads": [reply], "features": [turn], "always_feature": turn, "processing": times, "results": [reply], "downloads": [reply], "file_bytes": size}`: adds rules, queues turns, sets the standing turn, what `GET /models` answers, whether every key is refused, and queues answers to uploads; the same for features, for questions for results, for fetches of files, and how large all files are |
//! | `POST /mock/gate` | opens the gate |
//! | `GET /mock/calls` | `{"counts":{...}, "received":[...], "uploads":[...], "feature_counts":{...}, "features":[...], "downloads":[...]}` |
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
    features: Vec<Turn>,
    always_feature: Option<Turn>,
    processing: Option<usize>,
    results: Vec<Reply>,
    downloads: Vec<Reply>,
    file_bytes: Option<u64>,
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
    write_features(&script, lines.features, lines.always_feature);
    lines.results.into_iter().for_each(|reply| script.push_result(reply));
    lines.downloads.into_iter().for_each(|reply| script.push_download(reply));
    if let Some(times) = lines.processing {
        script.processing(times);
    }
    if lines.file_bytes.is_some() {
        script.file_bytes(lines.file_bytes);
    }
    StatusCode::NO_CONTENT
}

fn write_features(script: &Script, turns: Vec<Turn>, always: Option<Turn>) {
    turns.into_iter().for_each(|turn| script.push_feature(turn));
    if let Some(turn) = always {
        script.always_feature(turn);
    }
}

async fn open_gate(State(script): State<Script>) -> StatusCode {
    script.open_gate();
    StatusCode::NO_CONTENT
}

async fn calls(State(script): State<Script>) -> Json<Value> {
    Json(json!({
        "counts": script.counts(),
        "received": script.received(),
        "uploads": script.uploads(),
        "feature_counts": script.feature_counts(),
        "features": script.features(),
        "downloads": script.downloads(),
    }))
}

async fn reset(State(script): State<Script>) -> StatusCode {
    script.reset();
    StatusCode::NO_CONTENT
}
