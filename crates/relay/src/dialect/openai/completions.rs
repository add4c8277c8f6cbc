//! `POST /v1/completions`, the older of OpenAI's text routes. Autocompletion and older tools still use it.
//!
//! The models behind 1min.ai are chat models: a prompt goes to them as a lone user message.

mod encode;
mod wire;

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use self::{
    encode::{Chunks, Completion},
    wire::{CompletionRequest, Decoded},
};
use crate::{
    dialect::{json::Json, openai::Head, sse},
    engine,
    error::Error,
    guard::Call,
    id,
    shared::Shared,
};

/// The handler.
pub(crate) async fn create(
    State(shared): State<Arc<Shared>>,
    call: Call,
    Json(body): Json<CompletionRequest>,
) -> Result<Response, Error> {
    let Decoded { model, requests, is_streaming, choices, echoes, includes_usage } = wire::decode(body)?;
    call.ticket.asked(&model, is_streaming);
    let chosen = engine::choose(&shared, &call, model).await?;
    let requests = requests.into_iter().map(|request| chosen.ask(request)).collect();
    let head = Head { id: id::random("cmpl-"), created: shared.clock.unix_seconds(), model: chosen.shown.clone() };
    let ticket = call.ticket.clone();
    let events = engine::run_choices(&shared, &call, &chosen, requests, choices);
    if is_streaming {
        sse::respond(events, Chunks::new(head, echoes, includes_usage), ticket).await
    } else {
        Ok(Completion::fold(head, echoes, events).await?.into_response())
    }
}
