//! What is kept, as the body of an answer: as long as its header says, and over with its last byte, after which no server
//! asks for more.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{BoxError, body::Body};
use bytes::Bytes;
use futures_util::{StreamExt, stream::BoxStream};
use http_body::{Frame, SizeHint};

use crate::store::{Failure, Opened};

/// The body of what was opened.
pub(crate) fn body(opened: Opened) -> Body {
    Body::new(Stored { stream: opened.stream, left_bytes: opened.size_bytes })
}

struct Stored {
    stream: BoxStream<'static, Result<Bytes, Failure>>,
    left_bytes: u64,
}

impl http_body::Body for Stored {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let piece = match ready!(self.stream.poll_next_unpin(context)) {
            Some(Ok(piece)) => piece,
            Some(Err(failure)) => return Poll::Ready(Some(Err(failure.into()))),
            None if self.left_bytes > 0 => {
                return Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::UnexpectedEof).into())));
            }
            None => return Poll::Ready(None),
        };
        self.left_bytes = self.left_bytes.saturating_sub(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left_bytes == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left_bytes)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body::Body as _;
    use http_body_util::BodyExt;

    use super::*;

    fn stored(size_bytes: u64) -> Body {
        let pieces = ["one", "two"].map(|piece| Ok(Bytes::from_static(piece.as_bytes())));
        body(Opened { size_bytes, stream: stream::iter(pieces).boxed() })
    }

    #[tokio::test]
    async fn it_is_over_with_its_last_byte_and_never_ends_early_unseen() {
        let mut whole = stored(6);
        assert_eq!((whole.size_hint().exact(), whole.is_end_stream()), (Some(6), false));
        let mut frame = async || whole.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!((frame().await, frame().await), (Bytes::from("one"), Bytes::from("two")));
        assert!(whole.is_end_stream());
        assert!(stored(7).collect().await.is_err());
    }
}
