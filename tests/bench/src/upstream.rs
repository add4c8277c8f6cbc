//! The party in the place of 1min.ai: answers the questions of the benchmark with bytes that are ready beforehand, in
//! the words of `mock_onemin::wire`. It is no `mock-onemin`, because that one builds every answer anew.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::Deserialize;

use crate::{
    ask::{Ask, Canned, MODEL},
    failure::Failure,
    moving, serve,
};

/// What is looked at of a question.
#[derive(Deserialize)]
struct Asked<'a> {
    model: &'a str,
    #[serde(borrow, rename = "promptObject")]
    prompt_object: PromptObject<'a>,
}

#[derive(Deserialize)]
struct PromptObject<'a> {
    prompt: &'a str,
}

/// A question's prompt, and the answer to it.
struct Entry {
    prompt: String,
    is_streaming: bool,
    canned: Arc<Canned>,
}

/// Serves until the process is ended.
pub(crate) async fn run() -> Result<(), Failure> {
    let entry =
        |ask: Ask| Entry { prompt: ask.prompt(), is_streaming: ask.is_streaming(), canned: Arc::new(ask.canned()) };
    let entries = Arc::new(Ask::ALL.map(entry));
    serve::serve(move |request| answer(Arc::clone(&entries), request)).await
}

async fn answer(entries: Arc<[Entry; 4]>, request: Request<Incoming>) -> Result<Response<Frames>, Failure> {
    if request.uri().path() == moving::PLACE {
        let frames = vec![Bytes::from_static(&moving::PIECE); moving::FILE_BYTES / moving::PIECE.len()];
        let response = Response::builder().header(header::CONTENT_LENGTH, moving::FILE_BYTES);
        let canned = Arc::new(Canned { frames, is_held: false });
        return Ok(response.body(Frames { canned, sent: 0, has_rested: true })?);
    }
    let is_streaming = request.uri().query() == Some("isStreaming=true");
    let is_call = request.uri().path() == "/api/chat-with-ai" && request.headers().contains_key("API-KEY");
    let body = request.into_body().collect().await?.to_bytes();
    let asked: Asked<'_> = serde_json::from_slice(&body)?;
    let is_asked = |entry: &&Entry| {
        is_call
            && asked.model == MODEL
            && asked.prompt_object.prompt == entry.prompt
            && is_streaming == entry.is_streaming
    };
    let mut response = Response::builder();
    let canned = if let Some(entry) = entries.iter().find(is_asked) {
        let content_type = if is_streaming { "text/event-stream" } else { "application/json" };
        response = response.header(header::CONTENT_TYPE, content_type);
        Arc::clone(&entry.canned)
    } else {
        response = response.status(400);
        let refusal = Bytes::from_static(br#"{"message":"the benchmark asks no such question"}"#);
        Arc::new(Canned { frames: vec![refusal], is_held: false })
    };
    Ok(response.body(Frames { canned, sent: 0, has_rested: true })?)
}

/// The body of an answer: each frame in a write of its own, as fast as they are taken.
struct Frames {
    canned: Arc<Canned>,
    sent: usize,
    /// Whether the frame before has left.
    has_rested: bool,
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Some(frame) = self.canned.frames.get(self.sent).cloned() else {
            return if self.canned.is_held { Poll::Pending } else { Poll::Ready(None) };
        };
        if !std::mem::replace(&mut self.has_rested, false) {
            // hyper writes what it has when nothing more is ready.
            self.has_rested = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.sent += 1;
        Poll::Ready(Some(Ok(Frame::data(frame))))
    }

    fn is_end_stream(&self) -> bool {
        !self.canned.is_held && self.sent == self.canned.frames.len()
    }

    fn size_hint(&self) -> SizeHint {
        match self.canned.frames.as_slice() {
            [only] if self.sent == 0 => SizeHint::with_exact(only.len() as u64),
            _ => SizeHint::default(),
        }
    }
}
