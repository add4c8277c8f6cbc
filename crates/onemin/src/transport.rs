//! How a request goes out and an answer comes in, within its time limits.

use std::time::Duration;

use bytes::BytesMut;
use futures_util::StreamExt;
use http::{HeaderMap, header};
use serde::Serialize;
use tokio::time::Instant;
use url::Url;

use crate::{
    client::{Client, Timeouts},
    error::{Error, TimeoutPhase},
    failure,
    key::ApiKey,
    stream::innermost,
};

/// The largest whole answer taken, in bytes. A record repeats the prompt.
const LARGEST_ANSWER: usize = 64 << 20;

/// How long the body of a failure may take: its status alone says most.
const FAILURE_TIMEOUT: Duration = Duration::from_secs(10);

/// When something must be there, what is waited for, and how long that is.
pub(crate) type Deadline = (Instant, TimeoutPhase, Duration);

/// By when the parts of an answer must be there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Its first byte.
    first: Deadline,
    /// The next piece, from the one before.
    idle: Duration,
    /// All of it.
    end: Deadline,
}

impl Limits {
    pub(crate) fn new(timeouts: &Timeouts, sent: Instant) -> Self {
        let Timeouts { first_byte, idle, total, .. } = *timeouts;
        let end = (sent + total, TimeoutPhase::Total, total);
        let first = if first_byte < total { (sent + first_byte, TimeoutPhase::FirstByte, first_byte) } else { end };
        Self { first, idle, end }
    }

    /// The same for a call that says nothing before it is done.
    pub(crate) const fn silent(self) -> Self {
        Self { first: self.end, ..self }
    }

    /// The same for something that is asked for now and answered soon.
    pub(crate) fn soon(self, limit: Duration) -> Self {
        let first = (Instant::now() + limit, TimeoutPhase::FirstByte, limit);
        Self { first: if first.0 < self.first.0 { first } else { self.first }, ..self }
    }

    /// By when all must be there.
    pub(crate) const fn end(&self) -> Deadline {
        self.end
    }

    /// By when the next piece must be there, where something has come already or nothing yet.
    pub(crate) fn next(&self, has_begun: bool) -> Deadline {
        let next = if has_begun { (Instant::now() + self.idle, TimeoutPhase::Idle, self.idle) } else { self.first };
        if next.0 < self.end.0 { next } else { self.end }
    }
}

impl Client {
    /// The limits of a call that is sent at this time.
    pub(crate) fn limits(&self, sent: Instant) -> Limits {
        Limits::new(&self.timeouts, sent)
    }

    /// Sends a JSON body and waits for a good status.
    pub(crate) async fn post<B: Serialize + Sync>(
        &self,
        url: &Url,
        key: &ApiKey,
        body: &B,
        limits: &Limits,
    ) -> Result<reqwest::Response, Error> {
        let body = serde_json::to_vec(body).map_err(|_| unsent("the request has no JSON form"))?;
        let request = self.http.post(url.clone()).header("API-KEY", key_header(key)?);
        let request = request.header(header::CONTENT_TYPE, "application/json").body(body);
        send(request, Some(key), limits).await
    }
}

/// Something that can't be sent at all.
pub(crate) fn unsent(why: &str) -> Error {
    Error::Unreadable { what: format!("nothing: {why}") }
}

/// The header that every call with a key bears.
pub(crate) fn key_header(key: &ApiKey) -> Result<header::HeaderValue, Error> {
    key.to_header().ok_or_else(|| unsent("the key is no header value"))
}

/// Sends a request and waits for a good status; `key` is the one that was sent, which a failure may repeat.
pub(crate) async fn send(
    request: reqwest::RequestBuilder,
    key: Option<&ApiKey>,
    limits: &Limits,
) -> Result<reqwest::Response, Error> {
    let response = answer(request, limits).await?;
    if response.status().is_success() {
        return Ok(response);
    }
    let (status, retry_after) = (response.status(), retry_after(response.headers()));
    let mut body = BytesMut::new();
    // What was read before a cut or the limit may still say why.
    let _ = tokio::time::timeout(FAILURE_TIMEOUT, read_into(response, &mut body, limits)).await;
    Err(failure::from_response(status.as_u16(), retry_after, &body, key))
}

/// Sends a request and waits for a status, good or bad.
pub(crate) async fn answer(request: reqwest::RequestBuilder, limits: &Limits) -> Result<reqwest::Response, Error> {
    let (deadline, phase, limit) = limits.next(false);
    match tokio::time::timeout_at(deadline, request.send()).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(send_error(&error)),
        Err(_) => Err(Error::Timeout { phase, limit }),
    }
}

/// Reads a body to its end.
pub(crate) async fn read(response: reqwest::Response, limits: &Limits) -> Result<BytesMut, Error> {
    let mut body = BytesMut::new();
    read_into(response, &mut body, limits).await?;
    Ok(body)
}

/// The same; what came before an error is in `whole` all the same.
async fn read_into(response: reqwest::Response, whole: &mut BytesMut, limits: &Limits) -> Result<(), Error> {
    let mut body = response.bytes_stream();
    loop {
        let (deadline, phase, limit) = limits.next(!whole.is_empty());
        match tokio::time::timeout_at(deadline, body.next()).await {
            Ok(Some(Ok(bytes))) if whole.len() + bytes.len() <= LARGEST_ANSWER => whole.extend_from_slice(&bytes),
            Ok(Some(Ok(_))) => {
                return Err(Error::Unreadable { what: format!("a body above {} MiB", LARGEST_ANSWER >> 20) });
            }
            Ok(Some(Err(error))) => return Err(Error::Cut { cause: innermost(&error) }),
            Ok(None) => return Ok(()),
            Err(_) => return Err(Error::Timeout { phase, limit }),
        }
    }
}

/// A call that failed before a status came: never sent, or cut.
fn send_error(error: &reqwest::Error) -> Error {
    let cause = innermost(error);
    if error.is_connect() { Error::Connect { cause } } else { Error::Cut { cause } }
}

/// `Retry-After` in seconds. 1min.ai is not known to send it; the date form is left to the default wait.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_seconds() {
        let of = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static(value));
            retry_after(&headers)
        };
        assert_eq!(of("7"), Some(Duration::from_secs(7)));
        assert_eq!(of("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(of("-1"), None);
    }

    #[test]
    fn a_silent_call_has_all_its_time_for_the_first_byte() {
        let (timeouts, sent) = (Timeouts::default(), Instant::now());
        let limits = Limits::new(&timeouts, sent);
        assert_eq!(limits.next(false), (sent + timeouts.first_byte, TimeoutPhase::FirstByte, timeouts.first_byte));
        assert_eq!(limits.silent().next(false), (sent + timeouts.total, TimeoutPhase::Total, timeouts.total));
        let soon = limits.soon(Duration::from_secs(30)).next(false);
        assert_eq!((soon.1, soon.2), (TimeoutPhase::FirstByte, Duration::from_secs(30)));
    }
}
