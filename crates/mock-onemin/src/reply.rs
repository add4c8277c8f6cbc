//! One HTTP answer as a list of steps: everything 1min.ai may do with a connection can be written as one.

use std::{io, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use futures_util::{Stream, stream};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

/// An answer: status and headers, what happens before them, and what happens after.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// Steps before the headers are sent; what sends has no place here.
    pub before_headers: Vec<Step>,
    /// Steps of the body.
    pub body: Vec<Step>,
    /// Cuts every `Send` into pieces of this many bytes; 0 sends each whole.
    pub piece_bytes: usize,
}

/// One step of a [`Reply`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Sends this text.
    Send(String),
    /// Sends these bytes, which need not be text.
    SendBytes(Vec<u8>),
    /// Sends so many zeros, which are never all in memory.
    SendZeros(u64),
    /// Waits so many milliseconds.
    WaitMs(u64),
    /// Waits until the gate of the script is opened.
    Gate,
    /// Says nothing more, and keeps the connection open until the client leaves.
    Hang,
    /// Closes the connection without ending the answer.
    Cut,
}

impl Default for Reply {
    fn default() -> Self {
        Self {
            status: 200,
            content_type: "application/json".into(),
            headers: Vec::new(),
            before_headers: Vec::new(),
            body: Vec::new(),
            piece_bytes: 0,
        }
    }
}

impl Reply {
    /// A JSON answer.
    #[must_use]
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self { status, body: vec![Step::Send(body.into())], ..Self::default() }
    }

    /// A file of this type, with its length.
    #[must_use]
    pub fn file(content_type: &str, bytes: Vec<u8>) -> Self {
        let headers = vec![("content-length".to_owned(), bytes.len().to_string())];
        Self { content_type: content_type.to_owned(), headers, body: vec![Step::SendBytes(bytes)], ..Self::default() }
    }

    /// An event stream of these frames.
    #[must_use]
    pub fn stream<F: Into<String>>(frames: impl IntoIterator<Item = F>) -> Self {
        let body = frames.into_iter().map(|frame| Step::Send(frame.into())).collect();
        Self { content_type: "text/event-stream".into(), body, ..Self::default() }
    }
}

/// Marks a response whose connection must be closed before a byte of it is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CutBeforeHeaders;

/// What is told when an answer was given to its end.
pub(crate) trait Witness: Send + 'static {
    /// The last step is done.
    fn finished(&mut self);
}

impl Witness for () {
    fn finished(&mut self) {}
}

/// Plays a reply. `witness` is dropped when the answer is over, or when the client has left.
pub(crate) async fn play(reply: Reply, gate: Arc<Notify>, mut witness: impl Witness) -> Response {
    for step in &reply.before_headers {
        match step {
            Step::Send(_) | Step::SendBytes(_) | Step::SendZeros(_) => {}
            Step::Cut => {
                witness.finished();
                let mut response = Response::new(Body::empty());
                response.extensions_mut().insert(CutBeforeHeaders);
                return response;
            }
            wait => wait.wait(&gate).await,
        }
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(content_type) = HeaderValue::from_str(&reply.content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<header::HeaderName>(), HeaderValue::from_str(value)) {
            response.headers_mut().append(name, value);
        }
    }
    *response.body_mut() = Body::from_stream(body(reply, gate, witness));
    response
}

impl Step {
    async fn wait(&self, gate: &Notify) {
        match self {
            Self::WaitMs(milliseconds) => tokio::time::sleep(Duration::from_millis(*milliseconds)).await,
            Self::Gate => gate.notified().await,
            Self::Hang => std::future::pending().await,
            Self::Send(_) | Self::SendBytes(_) | Self::SendZeros(_) | Self::Cut => {}
        }
    }
}

/// A step of a body whose texts have been cut to the size asked for.
enum Piece {
    Bytes(Bytes),
    Other(Step),
}

/// So many zeros in pieces that share their memory.
fn zeros(count: u64) -> impl Iterator<Item = Piece> {
    static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
    let piece = ZEROS.len() as u64;
    let starts = (0..count.div_ceil(piece)).map(move |number| number * piece);
    starts.map(move |start| {
        let length = usize::try_from(piece.min(count - start)).unwrap_or_default();
        Piece::Bytes(Bytes::from_static(&ZEROS[..length]))
    })
}

fn pieces(reply: Reply) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for step in reply.body {
        let whole = match step {
            Step::Send(text) => Bytes::from(text),
            Step::SendBytes(bytes) => Bytes::from(bytes),
            Step::SendZeros(count) => {
                pieces.extend(zeros(count));
                continue;
            }
            other => {
                pieces.push(Piece::Other(other));
                continue;
            }
        };
        if reply.piece_bytes == 0 {
            pieces.push(Piece::Bytes(whole));
            continue;
        }
        let starts = (0..whole.len()).step_by(reply.piece_bytes);
        let ends = starts.clone().map(|start| whole.len().min(start + reply.piece_bytes));
        pieces.extend(starts.zip(ends).map(|(start, end)| Piece::Bytes(whole.slice(start..end))));
    }
    pieces
}

fn body(reply: Reply, gate: Arc<Notify>, witness: impl Witness) -> impl Stream<Item = io::Result<Bytes>> {
    let pieces = pieces(reply).into_iter();
    stream::unfold((pieces, gate, witness), |(mut pieces, gate, mut witness)| async move {
        loop {
            match pieces.next() {
                None => {
                    witness.finished();
                    return None;
                }
                Some(Piece::Bytes(bytes)) => {
                    // Let each piece leave as a write of its own.
                    tokio::task::yield_now().await;
                    return Some((Ok(bytes), (pieces, gate, witness)));
                }
                Some(Piece::Other(Step::Cut)) => {
                    // Let what was sent before leave first.
                    tokio::task::yield_now().await;
                    witness.finished();
                    return Some((Err(io::Error::from(io::ErrorKind::ConnectionReset)), (pieces, gate, witness)));
                }
                Some(Piece::Other(wait)) => wait.wait(&gate).await,
            }
        }
    })
}
