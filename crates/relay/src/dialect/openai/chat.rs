//! `POST /v1/chat/completions`.

mod call;
mod chunk;
mod completion;
mod decode;
mod media;
mod message;
mod wire;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

use self::{chunk::Chunks, completion::Completion, decode::Decoded, wire::ChatRequest};
use crate::{
    conversation::Finish,
    dialect::{
        json::Json,
        openai::{Head, usage::finish_reason},
        sse,
    },
    engine,
    error::Error,
    guard::Call,
    id,
    shared::Shared,
};

/// What the answer must look like, beside its events.
#[derive(Debug, Clone, Copy)]
struct Shape {
    /// `n`: how many answers.
    choices: u32,
    /// Whether a stream ends with a chunk of usage.
    includes_usage: bool,
    /// Whether the request declared `functions`, the older form of tools.
    is_legacy: bool,
}

impl Shape {
    fn finish_reason(self, finish: Finish) -> &'static str {
        if self.is_legacy && finish == Finish::ToolCalls { "function_call" } else { finish_reason(finish) }
    }
}

/// The handler.
pub(crate) async fn create(
    State(shared): State<Arc<Shared>>,
    call: Call,
    Json(body): Json<ChatRequest>,
) -> Result<Response, Error> {
    let Decoded { request, shape } = decode::decode(body)?;
    call.ticket.asked(&request.model, request.is_streaming);
    let chosen = engine::choose(&shared, &call, request.model.clone()).await?;
    let request = chosen.ask(request);
    let head = Head { id: id::random("chatcmpl-"), created: shared.clock.unix_seconds(), model: chosen.shown.clone() };
    let (ticket, is_streaming) = (call.ticket.clone(), request.is_streaming);
    let events = engine::run_choices(&shared, &call, &chosen, vec![request], shape.choices);
    if is_streaming {
        sse::respond(events, Chunks::new(head, shape), ticket).await
    } else {
        Ok(Completion::fold(head, shape, events).await?.into_response())
    }
}
