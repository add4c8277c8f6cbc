//! Reads the body of a request that has to wait.
//!
//! A client that leaves is only noticed where its connection is read, and that ends at a body which nobody reads. So the body
//! is read while the request waits, up to a bound, counts among all bodies, and is given again when the request goes on. This
//! room must never know what is inside a body.

use std::{
    future::pending,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{body::Body, extract::Request};
use bytes::{Bytes, BytesMut};
use http::header;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;

use super::body::Share;
use crate::shared::{Shared, Snapshot};

/// How much of one body is read before the request's turn. Of what is larger, it is not noticed that its client leaves.
const MOST: usize = 8 << 20;

/// A request that waits.
#[derive(Debug)]
pub(super) struct Ahead {
    request: Request,
    /// One piece, whatever the client's pieces are: a crowd of tiny ones would take many times their bytes.
    read: BytesMut,
    share: Share,
    /// The limit of all bodies, in bytes.
    all: u64,
    is_over: bool,
}

/// The client has left in the middle of its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left;

impl Ahead {
    /// Nothing is read yet. A client that waits to be told to go on with its body is not told.
    pub(super) fn new(request: Request, shared: &Shared) -> Self {
        let snapshot = request.extensions().get::<Arc<Snapshot>>();
        let all = snapshot.map_or(0, |snapshot| snapshot.settings.bodies_max_mb << 20);
        let is_over = request.headers().contains_key(header::EXPECT);
        Self { request, read: BytesMut::new(), share: shared.bodies.share(), all, is_over }
    }

    /// Reads on, for ever: it ends only when the client has left.
    pub(super) async fn read(&mut self) -> Left {
        while !self.is_over {
            match self.request.body_mut().frame().await {
                None => self.is_over = true,
                Some(Err(_)) => return Left,
                Some(Ok(frame)) => self.keep(&frame.into_data().unwrap_or_default()),
            }
        }
        pending().await
    }

    fn keep(&mut self, piece: &[u8]) {
        self.read.extend_from_slice(piece);
        // What is here already is kept even where it is too much; who reads the body refuses it.
        self.is_over = !self.share.grow(piece.len(), self.all) || self.read.len() >= MOST;
    }

    /// The request as it came. What was read counts no more here: whoever reads it counts it.
    pub(super) fn into_request(self) -> Request {
        if self.read.is_empty() {
            return self.request;
        }
        let read = self.read.freeze();
        self.request.map(|rest| Body::new(Replayed { read, rest }))
    }
}

/// A body whose beginning was read already.
struct Replayed {
    read: Bytes,
    rest: Body,
}

impl http_body::Body for Replayed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if !self.read.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.read)))));
        }
        Poll::Ready(ready!(Pin::new(&mut self.rest).poll_frame(context)))
    }

    fn is_end_stream(&self) -> bool {
        self.read.is_empty() && self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (read, rest) = (u64::try_from(self.read.len()).unwrap_or(u64::MAX), self.rest.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(read));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(read));
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt, stream};
    use http_body::Body as _;

    use super::*;

    fn request(shared: &Shared, pieces: Vec<Result<&'static [u8], std::io::Error>>) -> Request {
        let body = stream::iter(pieces).map(|piece| piece.map(Bytes::from_static));
        let mut request = Request::new(Body::from_stream(body));
        request.extensions_mut().insert(shared.snapshot.load_full());
        request
    }

    #[tokio::test]
    async fn what_was_read_ahead_is_given_again_and_counts_only_until_then() {
        let shared = Shared::of_tests();
        let mut ahead = Ahead::new(request(&shared, vec![Ok(b"one "), Ok(b"two")]), &shared);
        assert!(ahead.read().now_or_never().is_none());
        assert_eq!(shared.bodies.held(), 7);
        let request = ahead.into_request();
        assert_eq!(shared.bodies.held(), 0);
        assert_eq!(request.into_body().collect().await.unwrap().to_bytes(), "one two");
    }

    #[tokio::test]
    async fn no_more_is_read_than_the_bound_and_the_rest_comes_after_it() {
        static LARGE: [u8; MOST] = [b'x'; MOST];
        let shared = Shared::of_tests();
        let mut ahead = Ahead::new(request(&shared, vec![Ok(&LARGE), Ok(b"rest")]), &shared);
        assert!(ahead.read().now_or_never().is_none());
        assert_eq!(ahead.read.len(), MOST);
        assert_eq!(ahead.into_request().into_body().collect().await.unwrap().to_bytes().len(), MOST + 4);
    }

    #[tokio::test]
    async fn a_client_that_breaks_off_has_left() {
        let shared = Shared::of_tests();
        let broken = vec![Ok(b"one".as_slice()), Err(std::io::ErrorKind::ConnectionReset.into())];
        assert_eq!(Ahead::new(request(&shared, broken), &shared).read().await, Left);
    }

    #[test]
    fn a_body_of_known_length_keeps_it() {
        let shared = Shared::of_tests();
        let mut request = Request::new(Body::from("hello"));
        request.extensions_mut().insert(shared.snapshot.load_full());
        let mut ahead = Ahead::new(request, &shared);
        assert!(ahead.read().now_or_never().is_none());
        assert_eq!(ahead.into_request().into_body().size_hint().exact(), Some(5));
    }
}
