//! `POST /v1/chat/completions`.

mod chunk;
mod completion;
mod decode;
mod message;
mod wire;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

use self::{chunk::Chunks, completion::Completion, decode::Decoded, wire::ChatRequest};
use crate::{
    conversation::Request,
    dialect::{json::Json, openai::Head, sse},
    engine::{self, Chosen},
    error::Error,
    guard::Call,
    id,
    shared::Shared,
};

/// The handler.
pub(crate) async fn create(
    State(shared): State<Arc<Shared>>,
    call: Call,
    Json(body): Json<ChatRequest>,
) -> Result<Response, Error> {
    let Decoded { request, choices, includes_usage } = decode::decode(body)?;
    call.ticket.asked(&request.model, request.is_streaming);
    let Chosen { id: model, shown } = engine::choose(&shared, &call, request.model).await?;
    let request = Request { model, ..request };
    let head = Head { id: id::random("chatcmpl-"), created: shared.clock.unix_seconds(), model: shown };
    let (ticket, is_streaming) = (call.ticket.clone(), request.is_streaming);
    let events = engine::run_choices(&call, vec![request], choices);
    if is_streaming {
        sse::respond(events, Chunks::new(head, choices, includes_usage), ticket).await
    } else {
        Ok(Completion::fold(head, choices, events).await?.into_response())
    }
}
