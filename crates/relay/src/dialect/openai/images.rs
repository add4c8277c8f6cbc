//! `POST /v1/images/generations`, `/v1/images/edits` and `/v1/images/variations`: pictures from words, pictures changed by
//! words, and pictures like another one. Each comes as JSON or as a form, and is answered whole or streamed.

mod answer;
mod base64;
mod body;
mod chunk;
mod decode;
mod field;
mod media;
mod object;
mod size;

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};

use self::{body::Body, decode::Decoded};
pub(super) use self::{decode::wished, object::output_format};
use crate::{
    catalog::Feature,
    conversation::{PictureRequest, PictureTask},
    dialect::sse,
    engine::{
        self,
        detached::{Made, MadeFile},
    },
    error::Error,
    guard::Call,
    shared::Shared,
    store,
};

/// OpenAI's model for variations.
const VARIES: &str = "dall-e-2";

/// The handler of `POST /v1/images/generations`.
pub(crate) async fn generate(
    State(shared): State<Arc<Shared>>,
    call: Call,
    request: Request,
) -> Result<Response, Error> {
    respond(shared, call, request, PictureTask::Generate).await
}

/// The handler of `POST /v1/images/edits`.
pub(crate) async fn edit(State(shared): State<Arc<Shared>>, call: Call, request: Request) -> Result<Response, Error> {
    respond(shared, call, request, PictureTask::Edit).await
}

/// The handler of `POST /v1/images/variations`.
pub(crate) async fn vary(State(shared): State<Arc<Shared>>, call: Call, request: Request) -> Result<Response, Error> {
    respond(shared, call, request, PictureTask::Vary).await
}

async fn respond(shared: Arc<Shared>, call: Call, request: Request, task: PictureTask) -> Result<Response, Error> {
    let body = Body::read(request, &shared).await?;
    let Decoded { request, mut wish, is_streaming } = decode::decode(body, task, default_model(&call, task))?;
    call.ticket.asked(&request.model, is_streaming);
    wish.created = shared.clock.unix_seconds();
    if is_streaming {
        let ticket = call.ticket.clone();
        let items = streamed(shared, call, request);
        return sse::respond(items, chunk::Chunks::new(wish, task), ticket).await;
    }
    if !wish.is_base64 {
        engine::results::check_shared(&shared, &call)?;
    }
    let made = engine::draw(&shared, &call, request).await?;
    if wish.is_base64 {
        answer::with_bytes(shared, &wish, made).await
    } else {
        Ok(answer::with_addresses(&call, &wish, &made))
    }
}

/// The model where a request names none: for variations OpenAI's, if the one of the settings varies nothing.
fn default_model(call: &Call, task: PictureTask) -> &str {
    let model = call.snapshot.settings.image_model.as_str();
    let models = call.models();
    let can_vary = |name: &str| models.find(name).is_some_and(|listed| listed.can(Feature::ImageVariator));
    if task == PictureTask::Vary && !can_vary(model) && can_vary(VARIES) { VARIES } else { model }
}

/// What is said where a picture that was made can't be read.
pub(super) const PAID: &str = "It was made, and is billed.";

/// What an answer is written from, in order.
#[derive(Debug)]
enum Piece {
    /// All is made.
    Made(Made),
    /// A picture begins.
    Begin(MadeFile),
    /// Some of its bytes.
    Bytes(bytes::Bytes),
    /// It is complete.
    End,
}

/// Draws, and then gives the pictures.
fn streamed(
    shared: Arc<Shared>,
    call: Call,
    request: PictureRequest,
) -> impl Stream<Item = Result<Piece, Error>> + Send + 'static {
    let drawn = async move {
        let made = engine::draw(&shared, &call, request).await?;
        let files = made.files.clone();
        Ok::<_, Error>(stream::iter([Ok(Piece::Made(made))]).chain(pieces(shared, files)))
    };
    stream::once(drawn).try_flatten()
}

/// Pictures, read from where they are kept, one after the other.
fn pieces(shared: Arc<Shared>, files: Vec<MadeFile>) -> impl Stream<Item = Result<Piece, Error>> + Send + 'static {
    let opened = stream::iter(files).then(move |file| {
        let shared = Arc::clone(&shared);
        async move {
            let (_, opened) = engine::results::open(&shared, &file.name).await?;
            let bytes = opened.stream.map(|bytes| bytes.map(Piece::Bytes).map_err(|failure| unreadable(&failure)));
            Ok::<_, Error>(stream::iter([Ok(Piece::Begin(file))]).chain(bytes).chain(stream::iter([Ok(Piece::End)])))
        }
    });
    opened.try_flatten()
}

fn unreadable(failure: &store::Failure) -> Error {
    store::failure("The picture", PAID, failure)
}
