//! A streamed answer: its chunks as numbered events.

use bytes::BytesMut;

use super::{
    answer::Answer,
    chunk::{Chunk, Sink},
    drawing::Step,
    kept::Keeper,
};
use crate::{
    dialect::sse::{Encoder, write_event},
    error::Error,
};

/// The encoder.
#[derive(Debug)]
pub(super) struct Stream {
    answer: Answer,
    /// How many chunks there have been.
    sent: u64,
    /// Keeps the answer once it is complete.
    keeper: Option<Keeper>,
}

/// Writes chunks, and counts them.
struct Writer<'a> {
    sent: &'a mut u64,
    out: &'a mut BytesMut,
}

impl Sink for Writer<'_> {
    fn send(&mut self, mut chunk: Chunk<'_>) {
        chunk.sequence_number = *self.sent;
        *self.sent += 1;
        write_event(self.out, chunk.kind, &chunk);
    }
}

impl Stream {
    pub(super) const fn new(answer: Answer, keeper: Option<Keeper>) -> Self {
        Self { answer, sent: 0, keeper }
    }
}

impl Encoder for Stream {
    type Item = Step;

    fn encode(&mut self, step: Step, out: &mut BytesMut) {
        self.answer.take(step, &mut Writer { sent: &mut self.sent, out });
    }

    /// A comment, without a blank line: it is no event, and so can't be an empty one.
    fn keep_alive(&mut self, out: &mut BytesMut) {
        if self.answer.has_begun() {
            out.extend_from_slice(b": keep-alive\n");
        } else {
            self.answer.begin(&mut Writer { sent: &mut self.sent, out });
        }
    }

    fn error(&mut self, error: &Error, out: &mut BytesMut) {
        self.answer.fail(error, &mut Writer { sent: &mut self.sent, out });
    }

    /// Codex repeats a call up to 30 times at a 5xx, whatever the headers say.
    fn tells_inside(&self, error: &Error) -> bool {
        error.must_not_look_temporary()
    }

    /// The response is kept before the client hears of its end, so that it can go on at once.
    async fn close(&mut self) {
        if let Some(keeper) = self.keeper.take().filter(|_| self.answer.is_complete()) {
            let kept = keeper.keep(&self.answer.to_object());
            kept.await;
        }
    }

    fn finish(&mut self, out: &mut BytesMut) {
        self.answer.finish(&mut Writer { sent: &mut self.sent, out });
    }
}
