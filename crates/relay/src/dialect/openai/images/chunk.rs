//! A streamed answer: one event a picture, when all are made. 1min.ai gives no partial pictures, and OpenAI's stream of
//! pictures ends without `[DONE]`.

use bytes::BytesMut;
use serde::Serialize;

use super::{
    Piece,
    base64::Base64,
    object::{Fields, UsageObject, Wish, begin},
};
use crate::{
    conversation::PictureTask,
    dialect::sse::{Encoder, write_event},
    error::Error,
};

/// The encoder.
#[derive(Debug)]
pub(super) struct Chunks {
    wish: Wish,
    kind: &'static str,
    /// What the pictures cost, for the first of them to tell: whoever adds up must not count it twice.
    usage: Option<UsageObject>,
    base64: Base64,
    /// Whether a picture has begun that is not complete.
    is_open: bool,
}

#[derive(Serialize)]
struct Completed {
    #[serde(rename = "type")]
    kind: &'static str,
    created_at: u64,
    #[serde(flatten)]
    fields: Fields,
}

impl Chunks {
    pub(super) fn new(wish: Wish, task: PictureTask) -> Self {
        let kind = match task {
            PictureTask::Generate => "image_generation.completed",
            PictureTask::Edit | PictureTask::Vary => "image_edit.completed",
        };
        Self { wish, kind, usage: None, base64: Base64::default(), is_open: false }
    }
}

impl Encoder for Chunks {
    type Item = Piece;

    fn encode(&mut self, piece: Piece, out: &mut BytesMut) {
        match piece {
            Piece::Made(made) => self.usage = Some(self.wish.usage(made.usage)),
            Piece::Begin(file) => {
                self.is_open = true;
                let fields = self.wish.fields(&file.media_type, self.usage.take().unwrap_or_default());
                let completed = Completed { kind: self.kind, created_at: self.wish.created, fields };
                out.extend_from_slice(format!("event: {}\ndata: ", self.kind).as_bytes());
                out.extend_from_slice(&begin(&completed, ",\"b64_json\":\""));
            }
            Piece::Bytes(bytes) => self.base64.push(&bytes, out),
            Piece::End => {
                self.is_open = false;
                self.base64.finish(out);
                out.extend_from_slice(b"\"}\n\n");
            }
        }
    }

    /// A comment, without a blank line: it is no event, and so can't be an empty one.
    fn keep_alive(&mut self, out: &mut BytesMut) {
        if !self.is_open {
            out.extend_from_slice(b": keep-alive\n");
        }
    }

    fn error(&mut self, error: &Error, out: &mut BytesMut) {
        if self.is_open {
            // No client can take the half of a picture for a whole one: its JSON is not closed.
            out.extend_from_slice(b"\n\n");
        }
        write_event(out, "error", &error.to_envelope());
    }

    fn finish(&mut self, _out: &mut BytesMut) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        conversation::{PictureStyle, Usage},
        engine::detached::{Made, MadeFile},
    };

    fn chunks() -> Chunks {
        let mut wish = Wish::new(true, None, &PictureStyle::default(), Some("a fox"));
        wish.created = 5;
        Chunks::new(wish, PictureTask::Generate)
    }

    fn file() -> MadeFile {
        MadeFile { name: "a.webp".into(), media_type: "image/webp".into(), size_bytes: 2 }
    }

    #[test]
    fn every_picture_is_one_event_and_the_first_tells_the_cost() {
        let (mut chunks, mut out) = (chunks(), BytesMut::new());
        let usage = Some(Usage { prompt_tokens: 7, credits: Some(2.0), ..Usage::default() });
        chunks.encode(Piece::Made(Made { usage, ..Made::default() }), &mut out);
        chunks.keep_alive(&mut out);
        for bytes in ["hi", "ho!"] {
            chunks.encode(Piece::Begin(file()), &mut out);
            chunks.encode(Piece::Bytes(bytes.into()), &mut out);
            chunks.keep_alive(&mut out);
            chunks.encode(Piece::End, &mut out);
        }
        chunks.finish(&mut out);
        insta::assert_snapshot!(String::from_utf8_lossy(&out));
    }

    #[test]
    fn what_breaks_off_in_a_picture_can_not_be_read_as_one() {
        let (mut chunks, mut out) = (chunks(), BytesMut::new());
        chunks.encode(Piece::Begin(file()), &mut out);
        chunks.encode(Piece::Bytes("abc".into()), &mut out);
        chunks.error(&Error::Stopped, &mut out);
        let text = String::from_utf8_lossy(&out).into_owned();
        let [picture, error]: [&str; 2] = text.split_terminator("\n\n").collect::<Vec<_>>().try_into().unwrap();
        let data = |event: &str| event.split_once("data: ").unwrap().1.to_owned();
        assert!(serde_json::from_str::<serde_json::Value>(&data(picture)).is_err(), "{picture}");
        assert!(error.starts_with("event: error\n") && data(error).contains("\"error\""), "{error}");
    }
}
