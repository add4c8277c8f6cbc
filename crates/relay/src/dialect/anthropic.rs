//! The Anthropic API: `POST /v1/messages` and what belongs to it. Wire types bear the names of Anthropic's reference of the
//! Messages API (<https://docs.anthropic.com/en/api/messages>).

mod answer;
mod block;
mod decode;
pub(crate) mod envelope;
pub(crate) mod file;
mod message;
mod object;
mod stream;
mod tool;
mod wire;

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use self::{answer::Answer, stream::Chunks, wire::MessagesRequest};
use crate::{
    conversation::Finish,
    dialect::{json::Json, sse},
    engine,
    error::Error,
    guard::Call,
    id,
    shared::Shared,
};

/// What every answer begins with.
#[derive(Debug, Clone)]
struct Head {
    id: String,
    /// The id that was asked for, or that of the successor that answers.
    model: String,
    /// The request's stop sequences.
    stops: Vec<String>,
}

impl Head {
    /// The stop sequence at which the answer ended.
    fn stop_sequence(&self, finish: Finish) -> Option<&str> {
        let Finish::StopSequence(index) = finish else { return None };
        self.stops.get(index).map(String::as_str)
    }

    /// A named successor, if any, answers in place of the model that was asked for.
    fn answered_by(&mut self, successor: Option<String>) {
        if let Some(model) = successor {
            self.model = model;
        }
    }
}

/// The handler of `POST /v1/messages`.
pub(crate) async fn create(
    State(shared): State<Arc<Shared>>,
    call: Call,
    Json(body): Json<MessagesRequest>,
) -> Result<Response, Error> {
    let request = decode::answered(body)?;
    call.ticket.asked(&request.model, request.is_streaming);
    let chosen = engine::choose(&shared, &call, request.model.clone()).await?;
    let request = chosen.ask(request);
    let head = Head { id: id::random("msg_"), model: chosen.shown.clone(), stops: request.limits.stop.clone() };
    if !request.is_streaming {
        return Ok(Answer::fold(head, engine::run(&shared, &call, &chosen, request)).await?.into_response());
    }
    let chunks = Chunks::new(head, engine::count(&call, &request), call.ticket.id().to_owned());
    sse::respond(engine::run(&shared, &call, &chosen, request), chunks, call.ticket).await
}

/// The answer of `POST /v1/messages/count_tokens`.
#[derive(Debug, Serialize)]
struct Count {
    input_tokens: u64,
}

/// The handler of `POST /v1/messages/count_tokens`: an estimate, for which nobody is asked.
pub(crate) async fn count(call: Call, Json(body): Json<MessagesRequest>) -> Result<Response, Error> {
    let request = decode::counted(body)?;
    call.ticket.asked(&request.model, false);
    Ok(axum::Json(Count { input_tokens: engine::count(&call, &request) }).into_response())
}
