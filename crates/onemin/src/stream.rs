//! A chat stream as its caller sees it: deltas, then one complete answer. Everything odd about the wire ends here.

use std::{collections::VecDeque, pin::Pin, time::Duration};

use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt};
use tokio::time::Instant;

use crate::{
    answer::Answer,
    client::Timeouts,
    crawl::{self, CrawlFilter},
    error::{Error, TimeoutPhase},
    failure,
    frame::{self, Frame},
    key::ApiKey,
    record::{self, Envelope},
    sse::SseReader,
};

/// The shortest delta that can be a repetition of the whole answer, in characters. Shorter ones are real repeats
/// ("ok", "ok"); see [`ChatStream`].
const REPEAT_MINIMUM_CHARS: usize = 40;

/// How long the `done` frame may come after the record, which already holds everything.
const FAREWELL: Duration = Duration::from_secs(2);

/// The largest body taken that is no event stream, in bytes.
const LARGEST_BODY: usize = SseReader::LARGEST_EVENT;

pub(crate) type Body = Pin<Box<dyn Stream<Item = Result<Bytes, reqwest::Error>> + Send>>;

/// What a stream gives, in order: any number of `Text`, then one `End`.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    /// Text to append; never empty.
    Text(String),
    /// The answer is complete: all of its text, and the figures 1min.ai gave.
    End(Answer),
}

/// The answer to [`Client::chat_stream`](crate::Client::chat_stream). Dropping it cancels the call at 1min.ai.
///
/// * A stream that ends with neither `done` nor `result` is an error, never a short answer.
/// * Some models repeat the whole answer in the last delta (live, disputed). A delta is dropped only when it has at
///   least 40 characters, equals everything before it and is the last; a real doubling that the record confirms stays.
/// * A record that came without deltas, or goes on where they stopped, gives the missing text.
/// * A body that is no event stream is read as a whole answer or as a failure.
pub struct ChatStream {
    body: Body,
    key: ApiKey,
    timeouts: Timeouts,
    sent: Instant,
    kind: Kind,
    reader: SseReader,
    frames: VecDeque<Frame>,
    crawl: CrawlFilter,
    is_searching_web: bool,
    /// All text given out, and the repetition that may be held back.
    text: String,
    held: Option<String>,
    record: Option<Answer>,
    /// Until when `done` is waited for, once the record is there.
    farewell: Option<Instant>,
    /// The first half of a character whose second half is still to come.
    half: Option<u16>,
    has_heard: bool,
    has_body_ended: bool,
    has_ended: bool,
}

/// What the body turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unknown { is_declared_events: bool },
    Events,
}

impl ChatStream {
    pub(crate) fn new(
        body: Body,
        is_declared_events: bool,
        is_searching_web: bool,
        key: ApiKey,
        timeouts: Timeouts,
        sent: Instant,
    ) -> Self {
        Self {
            body,
            key,
            timeouts,
            sent,
            kind: Kind::Unknown { is_declared_events },
            reader: SseReader::default(),
            frames: VecDeque::new(),
            crawl: if is_searching_web { CrawlFilter::default() } else { CrawlFilter::off() },
            is_searching_web,
            text: String::new(),
            held: None,
            record: None,
            farewell: None,
            half: None,
            has_heard: false,
            has_body_ended: false,
            has_ended: false,
        }
    }

    /// The next delta; `None` after the end or an error. Safe to cancel: nothing is lost when the future is dropped.
    ///
    /// # Errors
    /// Any [`Error`]; after one, the stream is over.
    pub async fn next(&mut self) -> Option<Result<Delta, Error>> {
        if self.has_ended {
            return None;
        }
        let next = self.advance().await;
        self.has_ended = !matches!(next, Ok(Delta::Text(_)));
        Some(next)
    }

    async fn advance(&mut self) -> Result<Delta, Error> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                if let Some(delta) = self.take(frame)? {
                    return Ok(delta);
                }
                continue;
            }
            if self.has_body_ended {
                return self.end_of_body();
            }
            match self.next_frames() {
                Ok(true) => continue,
                Ok(false) => {}
                // The record holds everything: what can't be read after it changes nothing.
                Err(_) if self.record.is_some() => {
                    self.has_body_ended = true;
                    continue;
                }
                Err(error) => return Err(error),
            }
            self.read_body().await?;
        }
    }

    /// Decodes the next event that has arrived, if one has.
    fn next_frames(&mut self) -> Result<bool, Error> {
        if self.kind != Kind::Events {
            return Ok(false);
        }
        let Some(event) = self.reader.next_event().map_err(|large| unreadable(&large))? else { return Ok(false) };
        self.frames.extend(frame::decode(&event).map_err(|_| bad_frame(&event.name, &self.key))?);
        Ok(true)
    }

    /// Reads the next bytes, within the time they have.
    async fn read_body(&mut self) -> Result<(), Error> {
        let (deadline, phase, limit) = self.deadline();
        match tokio::time::timeout_at(deadline, self.body.next()).await {
            Ok(Some(Ok(bytes))) => {
                self.has_heard = true;
                self.reader.push(&bytes);
                self.judge_kind(false)
            }
            // The record holds everything: what ends the body after it changes nothing.
            _ if self.record.is_some() => {
                self.has_body_ended = true;
                Ok(())
            }
            Ok(Some(Err(error))) => Err(Error::Cut { cause: innermost(&error) }),
            Ok(None) => {
                self.has_body_ended = true;
                self.judge_kind(true)?;
                if self.kind == Kind::Events {
                    self.read_unclosed_event();
                }
                Ok(())
            }
            Err(_) => Err(Error::Timeout { phase, limit }),
        }
    }

    fn deadline(&self) -> (Instant, TimeoutPhase, Duration) {
        if let Some(farewell) = self.farewell {
            return (farewell, TimeoutPhase::Idle, FAREWELL);
        }
        let total = (self.sent + self.timeouts.total, TimeoutPhase::Total, self.timeouts.total);
        let next = if self.has_heard {
            (Instant::now() + self.timeouts.idle, TimeoutPhase::Idle, self.timeouts.idle)
        } else {
            (self.sent + self.timeouts.first_byte, TimeoutPhase::FirstByte, self.timeouts.first_byte)
        };
        if next.0 < total.0 { next } else { total }
    }

    /// Decides from the first bytes and the content type whether this is an event stream; if it is not, waits for all
    /// of it and takes it as a whole answer.
    fn judge_kind(&mut self, is_complete: bool) -> Result<(), Error> {
        let Kind::Unknown { is_declared_events } = self.kind else {
            return Ok(());
        };
        let bytes = self.reader.unread();
        match bytes.trim_ascii_start().first() {
            None if is_complete => self.kind = Kind::Events,
            None => {}
            Some(b'{' | b'[') if !bytes.trim_ascii_start().starts_with(b"[DONE]") => {
                if is_complete {
                    let answer = record::read(bytes, &self.key)?;
                    self.record = Some(answer);
                } else if bytes.len() > LARGEST_BODY {
                    return Err(Error::Unreadable { what: "a body without an end".into() });
                }
            }
            Some(b'<') => {
                return Err(Error::Unreadable { what: "an HTML page".into() });
            }
            Some(_) => match is_declared_events.then_some(true).or_else(|| looks_like_events(bytes)) {
                Some(true) => self.kind = Kind::Events,
                None if !is_complete => {}
                _ => {
                    return Err(Error::Unreadable { what: "plain text instead of a stream".into() });
                }
            },
        }
        Ok(())
    }

    /// A last event without its closing blank line. One that was cut in the middle can't be read and counts for
    /// nothing; the missing `done` then tells the truth.
    fn read_unclosed_event(&mut self) {
        if let Some(event) = self.reader.finish() {
            self.frames.extend(frame::decode(&event).unwrap_or_default());
        }
    }

    fn take(&mut self, frame: Frame) -> Result<Option<Delta>, Error> {
        match frame {
            Frame::Content(text) => {
                let text = text.after(self.half.take());
                self.half = text.second_half_is_due;
                Ok(self.take_text(text.text))
            }
            // The record holds everything: what comes after it changes nothing.
            Frame::Record(_) | Frame::Error(_) if self.record.is_some() => Ok(None),
            Frame::Record(envelope) => self.take_record(*envelope),
            Frame::Done => {
                // The end of the body is most often here already; reading it lets the connection be used again.
                let _ = self.body.next().now_or_never();
                self.has_body_ended = true;
                self.frames.clear();
                self.record.get_or_insert_with(Answer::default);
                Ok(None)
            }
            Frame::Error(message) => Err(failure::from_message(&message, self.has_begun(), &self.key)),
        }
    }

    /// Whether part of the answer has come.
    fn has_begun(&self) -> bool {
        !self.text.is_empty() || self.held.is_some()
    }

    fn take_text(&mut self, text: String) -> Option<Delta> {
        let text = self.crawl.push(text);
        if text.is_empty() || self.record.is_some() {
            return None;
        }
        if self.held.is_none() && is_repetition(&text, &self.text) {
            self.held = Some(text);
            return None;
        }
        let held = self.held.take().unwrap_or_default();
        Some(self.give(held + &text))
    }

    fn give(&mut self, text: String) -> Delta {
        self.text.push_str(&text);
        Delta::Text(text)
    }

    fn take_record(&mut self, envelope: Envelope) -> Result<Option<Delta>, Error> {
        let answer = envelope.into_answer(&self.key).map_err(|error| match error {
            // After text, no words make a call free.
            free if self.has_begun() && free.is_retryable() => Error::Failed { status: 200, message: free.to_string() },
            error => error,
        })?;
        self.record = Some(answer);
        self.farewell = Some(Instant::now() + FAREWELL);
        Ok(None)
    }

    /// The body has ended: what is still owed, then the end; or, without `done` and `result`, the error it is.
    fn end_of_body(&mut self) -> Result<Delta, Error> {
        let Some(record) = &mut self.record else {
            let cause = if self.has_heard { "it ended without its closing frame" } else { "nothing came" };
            return Err(Error::Cut { cause: cause.into() });
        };
        let mut recorded = std::mem::take(&mut record.text);
        if self.is_searching_web {
            recorded = crawl::take_off(recorded);
        }
        let owed = self.crawl.finish();
        let held = self.held.take().filter(|held| recorded == format!("{}{held}", self.text));
        let owed = owed + held.as_deref().unwrap_or_default();
        let missing = recorded.strip_prefix(&format!("{}{owed}", self.text)).unwrap_or_default();
        let owed = owed + missing;
        if !owed.is_empty() {
            return Ok(self.give(owed));
        }
        let metadata = self.record.take().unwrap_or_default().metadata;
        Ok(Delta::End(Answer { text: std::mem::take(&mut self.text), metadata }))
    }
}

impl std::fmt::Debug for ChatStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChatStream")
            .field("kind", &self.kind)
            .field("has_ended", &self.has_ended)
            .finish_non_exhaustive()
    }
}

fn is_repetition(delta: &str, before: &str) -> bool {
    delta == before && delta.chars().nth(REPEAT_MINIMUM_CHARS - 1).is_some()
}

/// Whether an undeclared body begins like an event stream; `None`: too few bytes to tell.
fn looks_like_events(bytes: &[u8]) -> Option<bool> {
    let bytes = bytes.trim_ascii_start();
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let starts = [&b"event"[..], b"data", b":", b"id:", b"retry:", b"[DONE]"];
    if starts.iter().any(|start| bytes.starts_with(start)) {
        return Some(true);
    }
    let may_become = starts.iter().any(|start| start.starts_with(bytes));
    if may_become { None } else { Some(false) }
}

fn unreadable(cause: &dyn std::fmt::Display) -> Error {
    Error::Unreadable { what: cause.to_string() }
}

fn bad_frame(name: &str, key: &ApiKey) -> Error {
    let name: String = key.redact(name).chars().take(32).collect();
    Error::Unreadable { what: format!("a frame `{name}` whose data is not its JSON") }
}

/// The innermost cause of an HTTP error: outer ones repeat addresses and may hold a proxy's password.
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests;
