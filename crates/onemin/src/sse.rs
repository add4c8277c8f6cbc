//! Reads Server-Sent Events from bytes that arrive in any pieces.
//!
//! Streaming is what this client exists for, and 1min.ai asks for more than the standard's reader gives: a last event
//! without its closing blank line still counts, one broken UTF-8 sequence must not end the stream, an event has a bound,
//! and `[DONE]` may stand on a line of its own.

/// One event: its name (empty if none was given) and its data lines joined by LF.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SseEvent {
    /// The `event:` field.
    pub(crate) name: String,
    /// The `data:` fields, joined by LF.
    pub(crate) data: String,
}

/// An event grew beyond [`SseReader::LARGEST_EVENT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a single event is larger than {} MiB", SseReader::LARGEST_EVENT >> 20)]
pub(crate) struct EventTooLarge;

/// An incremental reader: push bytes, take events.
///
/// Lines end with LF, CRLF or CR; `data:` may or may not be followed by a blank; comments, `id:` and `retry:` are
/// skipped; a bare `[DONE]` line counts as data. Broken UTF-8 becomes U+FFFD, but never because of where the bytes were
/// split.
#[derive(Debug, Default)]
pub(crate) struct SseReader {
    /// Bytes of unfinished lines; everything before `start` has been read.
    buffer: Vec<u8>,
    start: usize,
    /// Where the search for a line end goes on.
    searched: usize,
    has_skipped_bom: bool,
    is_after_cr: bool,
    event: SseEvent,
    has_data: bool,
}

impl SseReader {
    /// The largest event taken, in bytes. A result record repeats the prompt, so this is far above any answer.
    pub(crate) const LARGEST_EVENT: usize = 64 << 20;

    /// Takes the next bytes of the body.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.searched -= self.start;
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The bytes that have not been read as lines yet.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// The next complete event, if its last line has arrived.
    pub(crate) fn next_event(&mut self) -> Result<Option<SseEvent>, EventTooLarge> {
        while let Some(end) = self.line_end() {
            let line = self.start..end;
            self.is_after_cr = self.buffer[end] == b'\r';
            self.start = end + 1;
            self.searched = self.start;
            if let Some(event) = self.read_line(line) {
                return Ok(Some(event));
            }
        }
        if self.buffer.len() - self.start + self.event.data.len() > Self::LARGEST_EVENT {
            return Err(EventTooLarge);
        }
        Ok(None)
    }

    /// The last event when the body has ended without a closing blank line.
    pub(crate) fn finish(&mut self) -> Option<SseEvent> {
        let line = self.start..self.buffer.len();
        self.start = line.end;
        self.searched = line.end;
        let last = if line.is_empty() { None } else { self.read_line(line) };
        last.or_else(|| self.dispatch())
    }

    /// The index of the byte that ends the current line. The LF of a CRLF that was split belongs to the line before.
    fn line_end(&mut self) -> Option<usize> {
        if self.is_after_cr && self.buffer.len() > self.start {
            self.is_after_cr = false;
            if self.buffer[self.start] == b'\n' {
                self.start += 1;
                self.searched = self.searched.max(self.start);
            }
        }
        let found = memchr::memchr2(b'\n', b'\r', &self.buffer[self.searched..]);
        match found {
            Some(offset) => Some(self.searched + offset),
            None => {
                self.searched = self.buffer.len();
                None
            }
        }
    }

    fn read_line(&mut self, line: std::ops::Range<usize>) -> Option<SseEvent> {
        let mut line = &self.buffer[line];
        if !self.has_skipped_bom {
            self.has_skipped_bom = true;
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None if line.trim_ascii() == b"[DONE]" => (&b"data"[..], line.trim_ascii()),
            None => (line, &b""[..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"event" => self.event.name = String::from_utf8_lossy(value).into_owned(),
            b"data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(&String::from_utf8_lossy(value));
                self.has_data = true;
            }
            _ => {}
        }
        None
    }

    fn dispatch(&mut self) -> Option<SseEvent> {
        let event = std::mem::take(&mut self.event);
        std::mem::take(&mut self.has_data).then_some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(pieces: &[&[u8]]) -> Vec<SseEvent> {
        let mut reader = SseReader::default();
        let mut events = Vec::new();
        for piece in pieces {
            reader.push(piece);
            while let Some(event) = reader.next_event().unwrap() {
                events.push(event);
            }
        }
        events.extend(reader.finish());
        events
    }

    fn event(name: &str, data: &str) -> SseEvent {
        SseEvent { name: name.into(), data: data.into() }
    }

    /// One body with everything a server may do.
    const BODY: &str = "\u{feff}: hello\n\nevent: content\r\ndata: {\"content\":\"naïve ☃\"}\r\n\r\n\
        event:content\rdata:{\"content\":\"\u{1F642}\"}\r\rid: 7\nretry: 10\ndata: a\ndata: b\n\n\n\
        event: nothing\n\nunknown\n: keep-alive\n[DONE]\n\nevent: done\ndata: {\"message\":\"x\"}";

    fn expected() -> Vec<SseEvent> {
        vec![
            event("content", "{\"content\":\"naïve ☃\"}"),
            event("content", "{\"content\":\"\u{1F642}\"}"),
            event("", "a\nb"),
            event("", "[DONE]"),
            event("done", "{\"message\":\"x\"}"),
        ]
    }

    #[test]
    fn every_line_end_comment_and_field_is_read() {
        assert_eq!(read(&[BODY.as_bytes()]), expected());
    }

    #[test]
    fn a_split_at_any_byte_gives_the_same_events() {
        let body = BODY.as_bytes();
        for at in 0..=body.len() {
            assert_eq!(read(&[&body[..at], &body[at..]]), expected(), "split at {at}");
        }
        let bytes: Vec<&[u8]> = body.chunks(1).collect();
        assert_eq!(read(&bytes), expected());
    }

    #[test]
    fn broken_utf8_of_the_service_does_not_end_the_stream() {
        let events = read(&[b"data: a\xE2\x80\n\ndata: b\n\n"]);
        assert_eq!(events, vec![event("", "a\u{FFFD}"), event("", "b")]);
    }

    #[test]
    fn an_endless_event_is_refused() {
        let mut reader = SseReader::default();
        let line = vec![b'x'; 1 << 20];
        let refused = (0..=64).any(|_| {
            reader.push(&line);
            reader.next_event().is_err()
        });
        assert!(refused);
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_give_the_same_events(
            body in proptest::collection::vec(prop_oneof![
                Just(b"data:".to_vec()), Just(b"event: x".to_vec()), Just(b"\n".to_vec()), Just(b"\r".to_vec()),
                Just(b"\r\n".to_vec()), Just("ü☃".as_bytes().to_vec()), Just(b": c".to_vec()), Just(b"[DONE]".to_vec()),
                proptest::collection::vec(any::<u8>(), 0..4),
            ], 0..40).prop_map(|parts| parts.concat()),
            cuts in proptest::collection::vec(0usize..200, 0..8),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut < body.len()).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for cut in cuts {
                pieces.push(&body[from..cut]);
                from = cut;
            }
            pieces.push(&body[from..]);
            prop_assert_eq!(read(&pieces), read(&[&body]));
        }
    }
}
