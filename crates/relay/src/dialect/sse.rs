//! Answers with server-sent events: the first event before the status, keep-alives while nothing comes, and errors told
//! inside the answer once it has begun.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use bytes::{BufMut, BytesMut};
use futures_util::{FutureExt, Stream, StreamExt, stream};
use http::{HeaderValue, header};
use serde::Serialize;

use crate::{error::Error, request::Ticket};

/// How long a client waits for its status line, and then for a sign of life. Below the idle limits of clients and
/// proxies.
pub(crate) const SILENCE: Duration = Duration::from_secs(12);

/// Chunks that are ready together leave in one write, up to about this many bytes.
const BATCH: usize = 16 << 10;

/// Writes a dialect's chunks: a state machine, event in, bytes out.
pub(crate) trait Encoder: Send + 'static {
    /// What is encoded.
    type Item: Send + 'static;

    /// The chunks of one event.
    fn encode(&mut self, item: Self::Item, out: &mut BytesMut);

    /// A sign of life that clients pass over.
    fn keep_alive(&mut self, out: &mut BytesMut);

    /// The error that broke the answer off; nothing follows it.
    fn error(&mut self, error: &Error, out: &mut BytesMut);

    /// Whether an error before the first item is told inside the answer, at 200, although it could be a real HTTP error.
    fn tells_inside(&self, _error: &Error) -> bool {
        false
    }

    /// What must be done before the answer is called complete.
    fn close(&mut self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// What closes a complete answer.
    fn finish(&mut self, out: &mut BytesMut);
}

/// Answers with `items`. An error before the first item, within [`SILENCE`], is a real HTTP error, unless the encoder wants
/// it otherwise.
pub(crate) async fn respond<E: Encoder>(
    items: impl Stream<Item = Result<E::Item, Error>> + Send + 'static,
    encoder: E,
    ticket: Ticket,
) -> Result<Response, Error> {
    let mut items = Box::pin(items);
    let first = match tokio::time::timeout(SILENCE, items.next()).await {
        Ok(Some(Err(error))) if !encoder.tells_inside(&error) => return Err(error),
        Ok(first) => First::Came(first),
        Err(_) => First::Late,
    };
    ticket.commit();
    let body = Body::from_stream(chunks(first, items, encoder, ticket));
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// What came before the status line was sent.
enum First<T> {
    Came(Option<Result<T, Error>>),
    Late,
}

struct Writer<E: Encoder, S> {
    /// `None` once the answer is over; letting go of them cancels what is left of the run.
    items: Option<S>,
    encoder: E,
    ticket: Ticket,
}

/// What a writer waits for.
enum Next<T> {
    Item(Option<Result<T, Error>>),
    Silence,
}

fn chunks<E: Encoder>(
    first: First<E::Item>,
    items: impl Stream<Item = Result<E::Item, Error>> + Send + Unpin + 'static,
    encoder: E,
    ticket: Ticket,
) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
    let writer = Writer { items: Some(items), encoder, ticket };
    stream::unfold((Some(first), writer), |(first, mut writer)| async move {
        let bytes = writer.next_batch(first).await?;
        Some((Ok(bytes), (None, writer)))
    })
}

impl<E: Encoder, S: Stream<Item = Result<E::Item, Error>> + Unpin> Writer<E, S> {
    /// The next write: what is ready now, or a keep-alive. `None` after the end.
    async fn next_batch(&mut self, first: Option<First<E::Item>>) -> Option<Bytes> {
        self.items.as_ref()?;
        let mut out = BytesMut::new();
        match first {
            Some(First::Came(item)) => self.write(item, &mut out).await,
            Some(First::Late) => self.encoder.keep_alive(&mut out),
            None => {}
        }
        while out.len() < BATCH {
            let Some(items) = &mut self.items else { break };
            if let Some(item) = items.next().now_or_never() {
                self.write(item, &mut out).await;
            } else if !out.is_empty() {
                break;
            } else {
                match next(items, &self.ticket).await {
                    Next::Item(item) => self.write(item, &mut out).await,
                    Next::Silence => self.encoder.keep_alive(&mut out),
                }
            }
        }
        Some(out.freeze())
    }

    async fn write(&mut self, item: Option<Result<E::Item, Error>>, out: &mut BytesMut) {
        match item {
            Some(Ok(item)) => return self.encoder.encode(item, out),
            Some(Err(error)) => {
                self.ticket.failed(error.name());
                self.encoder.error(&error, out);
            }
            None => {
                self.encoder.close().await;
                self.encoder.finish(out);
            }
        }
        self.items = None;
    }
}

/// The next item, unless nothing comes for [`SILENCE`] or the relay gives the request up.
async fn next<T>(items: &mut (impl Stream<Item = Result<T, Error>> + Unpin), ticket: &Ticket) -> Next<T> {
    tokio::select! {
        biased;
        item = items.next() => Next::Item(item),
        () = ticket.given_up() => Next::Item(Some(Err(Error::Stopped))),
        () = tokio::time::sleep(SILENCE) => Next::Silence,
    }
}

/// Writes `data: <one line of JSON>` and the blank line. Clients need the blank after the colon and LF.
pub(crate) fn write_data(out: &mut BytesMut, data: &impl Serialize) {
    out.extend_from_slice(b"data: ");
    #[expect(clippy::expect_used, reason = "our own chunks have text keys and no custom serializers")]
    serde_json::to_writer((&mut *out).writer(), data).expect("a chunk has a JSON form");
    out.extend_from_slice(b"\n\n");
}

/// The same behind a line `event: <name>`, by which some clients sort what comes.
pub(crate) fn write_event(out: &mut BytesMut, name: &str, data: &impl Serialize) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\n");
    write_data(out, data);
}

#[cfg(test)]
mod tests;
