//! `POST /v1/responses`, OpenAI's newer text route and the only one Codex knows, and the routes beside it.

mod answer;
mod chunk;
mod decode;
mod drawing;
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
use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};

use self::{
    answer::Answer,
    chunk::Nobody,
    decode::Decoded,
    drawing::{Drawing, Step},
    id::Ids,
    input::Input,
    kept::Keeper,
    stream::Stream,
    wire::ResponseRequest,
};
use crate::{
    conversation::{Request, drawing::pictures},
    dialect::{json::Json, openai::Head, sse},
    engine,
    error::{Error, ForResponses},
    guard::Call,
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
    let is_kept = kept::is_wanted(&shared, &call, body.store)?;
    let input = Input::read(&shared, &call, body.input.take(), body.previous_response_id.as_deref()).await?;
    let Decoded { request, namespaces, echo, drawing } = decode::decode(body, &input, is_kept)?;
    call.ticket.asked(&request.model, request.is_streaming);
    let chosen = engine::choose(&shared, &call, request.model.clone()).await?;
    let request = chosen.ask(request);
    let head = Head { id: Ids::new_response(), created: shared.clock.unix_seconds(), model: chosen.shown.clone() };
    let keeper = is_kept.then(|| Keeper::new(&shared, &call, input.into_kept(&Ids::of(&head.id))));
    let answer = Answer::new(head, echo, namespaces, shared.clock);
    let (ticket, is_streaming) = (call.ticket.clone(), request.is_streaming);
    let steps = steps(shared, call, &chosen, request, drawing)?;
    if is_streaming {
        Ok(sse::respond(steps, Stream::new(answer, keeper), ticket).await?)
    } else {
        Ok(whole(steps, answer, keeper).await?)
    }
}

/// What comes of a request: events, and pictures where the tool for them is offered.
fn steps(
    shared: Arc<Shared>,
    call: Call,
    chosen: &engine::Chosen,
    request: Request,
    drawing: Option<Drawing>,
) -> Result<BoxStream<'static, Result<Step, Error>>, Error> {
    match drawing {
        Some(drawing) if chosen.draws => Ok(drawing.at_once(shared, call, &request, &chosen.id)?.boxed()),
        Some(drawing) if drawing.is_forced => {
            let model = call.snapshot.settings.image_model.clone();
            Ok(drawing.at_once(shared, call, &request, &model)?.boxed())
        }
        drawing => {
            let images = pictures(&request);
            let events = engine::run(&shared, &call, chosen, request);
            Ok(match drawing {
                Some(drawing) => drawing.between(shared, call, images, events).boxed(),
                None => events.map_ok(Step::Event).boxed(),
            })
        }
    }
}

/// The whole answer: the fold of the same events that are streamed.
async fn whole(
    steps: impl futures_util::Stream<Item = Result<Step, Error>>,
    answer: Answer,
    keeper: Option<Keeper>,
) -> Result<Response, Error> {
    let folded = steps.try_fold(answer, |mut answer, step| async move {
        answer.take(step, &mut Nobody);
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
