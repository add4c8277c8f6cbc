//! `POST /v1/audio/speech`, `/v1/audio/transcriptions` and `/v1/audio/translations`: texts become sound, and sounds become
//! text, in the language that is spoken or in English.

mod extra;
mod form;
mod speech;
mod transcript;

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};

use self::{
    form::Decoded,
    speech::{Body, SpeechBody},
};
use crate::{
    dialect::{json::Json, sse},
    engine,
    error::Error,
    guard::{Call, form as guard_form},
    shared::Shared,
};

/// The handler of `POST /v1/audio/speech`.
pub(crate) async fn speech(
    State(shared): State<Arc<Shared>>,
    call: Call,
    Json(body): Json<SpeechBody>,
) -> Result<Response, Error> {
    let Body { request, is_streaming } = speech::decode(body, &call.snapshot.settings.speech_model)?;
    call.ticket.asked(&request.model, is_streaming);
    if is_streaming {
        let ticket = call.ticket.clone();
        return sse::respond(speech::pieces(shared, call, request), speech::Chunks::default(), ticket).await;
    }
    let spoken = engine::speech::run(&shared, &call, request).await?;
    speech::respond(&shared, spoken).await
}

/// The handler of `POST /v1/audio/transcriptions`.
pub(crate) async fn transcribe(
    State(shared): State<Arc<Shared>>,
    call: Call,
    request: Request,
) -> Result<Response, Error> {
    hear(shared, call, request, false).await
}

/// The handler of `POST /v1/audio/translations`.
pub(crate) async fn translate(
    State(shared): State<Arc<Shared>>,
    call: Call,
    request: Request,
) -> Result<Response, Error> {
    hear(shared, call, request, true).await
}

async fn hear(shared: Arc<Shared>, call: Call, request: Request, translates: bool) -> Result<Response, Error> {
    let form = guard_form::collect(request, &shared).await?;
    let Decoded { request, shape, is_streaming } =
        form::decode(form, &call.snapshot.settings.transcription_model, translates)?;
    call.ticket.asked(&request.model, is_streaming);
    if is_streaming {
        let ticket = call.ticket.clone();
        let heard = futures_util::stream::once(async move { engine::transcript::run(&shared, &call, request).await });
        return sse::respond(heard, transcript::Chunks::default(), ticket).await;
    }
    let heard = engine::transcript::run(&shared, &call, request).await?;
    Ok(transcript::Answer { heard, shape }.into_response())
}
