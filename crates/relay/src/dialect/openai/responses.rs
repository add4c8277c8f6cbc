//! `POST /v1/responses`, OpenAI's newer text route and the only one Codex knows, and the routes beside it.

mod answer;
mod decode;
mod id;
mod input;
mod item;
mod kept;
mod response;
pub(crate) mod route;
mod stream;
mod tool;
mod wire;

use std::sync::Arc;

use axum::{
    Json as JsonBody,
    extract::State,
    response::{IntoResponse, Response},
};
use futures_util::TryStreamExt;

use self::{
    answer::{Answer, Nobody},
    decode::Decoded,
    id::Ids,
    input::Input,
    kept::Keeper,
    stream::Stream,
    wire::ResponseRequest,
};
use crate::{
    dialect::{json::Json, openai::Head, sse},
    engine,
    error::{Error, ForResponses},
    guard::Call,
    settings::KeepResponses,
    shared::Shared,
};

/// The handler.
pub(crate) async fn create(
    State(shared): State<Arc<Shared>>,
    call: Call,
    body: Result<Json<ResponseRequest>, Error>,
) -> Result<Response, ForResponses> {
    let Json(mut body) = body?;
    decode::check(&body)?;
    let is_kept = call.snapshot.settings.keep_responses != KeepResponses::Off && body.store != Some(false);
    let input = Input::read(&shared, &call, body.input.take(), body.previous_response_id.as_deref()).await?;
    let Decoded { request, namespaces, echo } = decode::decode(body, &input, is_kept)?;
    call.ticket.asked(&request.model, request.is_streaming);
    let chosen = engine::choose(&shared, &call, request.model.clone()).await?;
    let request = chosen.ask(request);
    let head = Head { id: Ids::new_response(), created: shared.clock.unix_seconds(), model: chosen.shown };
    let keeper = is_kept.then(|| Keeper::new(&shared, &call, input.into_kept(&Ids::of(&head.id))));
    let answer = Answer::new(head, echo, namespaces, shared.clock);
    let (ticket, is_streaming) = (call.ticket.clone(), request.is_streaming);
    let events = engine::run(&call, request);
    if is_streaming {
        Ok(sse::respond(events, Stream::new(answer, keeper), ticket).await?)
    } else {
        Ok(whole(events, answer, keeper).await?)
    }
}

/// The whole answer: the fold of the same events that are streamed.
async fn whole(events: engine::Events, answer: Answer, keeper: Option<Keeper>) -> Result<Response, Error> {
    let folded = events.try_fold(answer, |mut answer, event| async move {
        answer.add(event, &mut Nobody);
        Ok(answer)
    });
    let mut answer = folded.await?;
    answer.finish(&mut Nobody);
    if let Some(keeper) = keeper {
        let kept = keeper.keep(&answer.to_object());
        kept.await;
    }
    let mut response = JsonBody(answer.to_object()).into_response();
    answer.cost().write_headers(&mut response);
    Ok(response)
}
