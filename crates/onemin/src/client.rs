//! The HTTP side: one shared client, its time limits, and the calls.

use std::{sync::Arc, time::Duration};

use bytes::BytesMut;
use futures_util::StreamExt;
use http::{HeaderMap, header};
use reqwest::{Proxy, redirect};
use serde::Serialize;
use tokio::time::Instant;
use url::{Host, Url};

use crate::{
    answer::Answer,
    chat::ChatRequest,
    crawl,
    error::{Error, Reason, Refusal, TimeoutPhase},
    failure,
    key::ApiKey,
    model::{self, Feature, Model},
    proxy::ProxyUrl,
    record,
    stream::{ChatStream, innermost},
};

/// Where 1min.ai is (docs).
pub const DEFAULT_API_URL: &str = "https://api.1min.ai";

/// The largest whole answer taken, in bytes. A record repeats the prompt.
const LARGEST_ANSWER: usize = 64 << 20;

/// A result that is never there.
const NO_RESULT: &str = "00000000-0000-4000-8000-000000000000";

/// How long the body of a failure may take: its status alone says most.
const FAILURE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long 1min.ai may take. Chats of 40 to 58 s were seen (live); Cloudflare is said to cut a silent call at about
/// 100 s (guess).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Name, TCP and TLS. Default 10 s.
    pub connect: Duration,
    /// From the request to the first byte of the answer's body. Default 180 s.
    pub first_byte: Duration,
    /// Between two pieces of an answer. Default 120 s.
    pub idle: Duration,
    /// From the request to the end of the answer. Default 600 s.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(180),
            idle: Duration::from_secs(120),
            total: Duration::from_secs(600),
        }
    }
}

/// How to reach 1min.ai.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientOptions {
    /// Scheme, host and path prefix of the API. Default [`DEFAULT_API_URL`].
    pub api_url: Url,
    /// An HTTP or SOCKS proxy; `None` takes the system's.
    pub proxy: Option<ProxyUrl>,
    /// How the client names itself. Default `onemin/<version>`.
    pub user_agent: String,
    /// Time limits.
    pub timeouts: Timeouts,
}

impl Default for ClientOptions {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "a constant, parsed by a test")]
        let api_url = Url::parse(DEFAULT_API_URL).expect("the default URL is valid");
        let user_agent = concat!("onemin/", env!("CARGO_PKG_VERSION")).to_owned();
        Self { api_url, proxy: None, user_agent, timeouts: Timeouts::default() }
    }
}

/// Why no client could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The API address is not one of http or https with a host.
    #[error("the address of the API must begin with https:// or http:// and name a host")]
    ApiUrl,
    /// The proxy's address is not usable.
    #[error("the proxy can't be used: {0}")]
    Proxy(String),
    /// TLS or the HTTP stack could not start.
    #[error("the HTTP client could not be made: {0}")]
    Http(String),
}

/// What 1min.ai says of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyCheck {
    /// It takes it.
    Taken,
    /// It refuses it, in these words.
    Refused(String),
    /// Nobody can tell, and why.
    Unknown(String),
}

/// When something must be there, what is waited for, and how long that is.
pub(crate) type Deadline = (Instant, TimeoutPhase, Duration);

/// The client. Cloning is cheap and shares connections; keys are given per call, so one client serves many accounts.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) endpoints: Arc<Endpoints>,
    timeouts: Timeouts,
}

#[derive(Debug)]
pub(crate) struct Endpoints {
    pub(crate) assets: Url,
    chat: Url,
    chat_stream: Url,
    models: Url,
    result: Url,
}

impl Endpoints {
    fn new(api_url: &Url) -> Result<Self, SetupError> {
        if !matches!(api_url.scheme(), "http" | "https") || !api_url.has_host() {
            return Err(SetupError::ApiUrl);
        }
        let endpoint = |segments: &[&str]| {
            let mut url = api_url.clone();
            url.set_query(None);
            url.set_fragment(None);
            url.path_segments_mut().map_err(|()| SetupError::ApiUrl)?.pop_if_empty().extend(segments);
            Ok(url)
        };
        let chat = endpoint(&["api", "chat-with-ai"])?;
        let mut chat_stream = chat.clone();
        chat_stream.set_query(Some("isStreaming=true"));
        Ok(Self {
            assets: endpoint(&["api", "assets"])?,
            chat,
            chat_stream,
            models: endpoint(&["models"])?,
            result: endpoint(&["api", "results", NO_RESULT])?,
        })
    }
}

impl Client {
    /// Makes a client; nothing is connected yet.
    ///
    /// # Errors
    /// [`SetupError`] when an address is wrong or the HTTP stack can't start.
    pub fn new(options: &ClientOptions) -> Result<Self, SetupError> {
        let endpoints = Arc::new(Endpoints::new(&options.api_url)?);
        let mut http = reqwest::Client::builder()
            .user_agent(&options.user_agent)
            // A redirect would carry the key to another host.
            .redirect(redirect::Policy::none())
            .connect_timeout(options.timeouts.connect)
            .tcp_nodelay(true)
            .retry(reqwest::retry::never());
        if let Some(proxy) = &options.proxy {
            http =
                http.proxy(Proxy::all(proxy.as_url().clone()).map_err(|error| SetupError::Proxy(innermost(&error)))?);
        } else if is_loopback(&options.api_url) {
            // The system's proxy is another machine, where our loopback is not.
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| SetupError::Http(innermost(&error)))?;
        Ok(Self { http, endpoints, timeouts: options.timeouts })
    }

    /// `POST /api/chat-with-ai`: the whole answer at once (docs, live). Dropping the future cancels the call.
    ///
    /// # Errors
    /// [`Error`]; its class says whether the call may have been billed.
    pub async fn chat(&self, key: &ApiKey, request: &ChatRequest) -> Result<Answer, Error> {
        let sent = Instant::now();
        let response = self.post(&self.endpoints.chat, key, request, sent).await?;
        let mut body = BytesMut::new();
        self.read(response, &mut body, sent).await?;
        let mut answer = record::read(&body, key)?;
        if request.is_searching_web() {
            answer.text = crawl::take_off(answer.text);
        }
        Ok(answer)
    }

    /// `POST /api/chat-with-ai?isStreaming=true`: the answer as it grows (docs, live). Dropping the stream cancels the
    /// call.
    ///
    /// # Errors
    /// [`Error`] for an HTTP failure. A refusal most often comes as the first item of the stream: 1min.ai answers
    /// HTTP 200 and then says no (live).
    pub async fn chat_stream(&self, key: &ApiKey, request: &ChatRequest) -> Result<ChatStream, Error> {
        let sent = Instant::now();
        let response = self.post(&self.endpoints.chat_stream, key, request, sent).await?;
        let is_declared_events = response
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("text/event-stream"));
        let body = Box::pin(response.bytes_stream());
        Ok(ChatStream::new(body, is_declared_events, request.is_searching_web(), key.clone(), self.timeouts, sent))
    }

    /// `GET /models?feature=X`: the models for a feature, disabled ones too (live). Needs no key; note that the path has no
    /// `/api` before it.
    ///
    /// # Errors
    /// [`Error`]; `Unreadable` when what came is no list.
    pub async fn models(&self, feature: Feature) -> Result<Vec<Model>, Error> {
        let sent = Instant::now();
        let mut url = self.endpoints.models.clone();
        url.query_pairs_mut().append_pair("feature", feature.as_str());
        let response = self.send(self.http.get(url), None, sent).await?;
        let mut body = BytesMut::new();
        self.read(response, &mut body, sent).await?;
        let what = || Error::Unreadable { what: "something else than a list of models".into() };
        model::read_list(&body, feature).ok_or_else(what)
    }

    /// Whether 1min.ai takes this key: asks for a result that is not there, which is HTTP 200 with null (docs) and costs
    /// nothing. Only 401 and 403 count as a no (guess); whatever else comes leaves it open.
    pub async fn check_key(&self, key: &ApiKey) -> KeyCheck {
        let answered = self.ask_for_no_result(key).await;
        match answered {
            Ok(body) if serde_json::from_slice::<serde_json::Value>(&body).is_ok() => KeyCheck::Taken,
            Ok(_) => KeyCheck::Unknown("what answered was not 1min.ai".into()),
            Err(Error::Refused(Refusal { reason: Reason::Key | Reason::Forbidden, message, .. })) => {
                KeyCheck::Refused(message)
            }
            Err(error) => KeyCheck::Unknown(error.to_string()),
        }
    }

    async fn ask_for_no_result(&self, key: &ApiKey) -> Result<BytesMut, Error> {
        let sent = Instant::now();
        let key_header = key.to_header().ok_or_else(|| Error::Unreadable { what: "nothing: no header".into() })?;
        let request = self.http.get(self.endpoints.result.clone()).header("API-KEY", key_header);
        let response = self.send(request, Some(key), sent).await?;
        let mut body = BytesMut::new();
        self.read(response, &mut body, sent).await?;
        Ok(body)
    }

    /// Sends a JSON body and waits for a good status.
    async fn post<B: Serialize + Sync>(
        &self,
        url: &Url,
        key: &ApiKey,
        body: &B,
        sent: Instant,
    ) -> Result<reqwest::Response, Error> {
        let unusable = |what: &str| Error::Unreadable { what: what.to_owned() };
        let body = serde_json::to_vec(body).map_err(|_| unusable("nothing: the request has no JSON form"))?;
        let key_header = key.to_header().ok_or_else(|| unusable("nothing: the key is no header value"))?;
        let request = self.http.post(url.clone()).header("API-KEY", key_header);
        let request = request.header(header::CONTENT_TYPE, "application/json").body(body);
        self.send(request, Some(key), sent).await
    }

    /// Sends a request and waits for a good status; `key` is the one that was sent, which a failure may repeat.
    async fn send(
        &self,
        request: reqwest::RequestBuilder,
        key: Option<&ApiKey>,
        sent: Instant,
    ) -> Result<reqwest::Response, Error> {
        let deadline = self.first_byte_deadline(sent);
        self.send_by(request, key, sent, deadline).await
    }

    /// The same by a deadline of its own.
    pub(crate) async fn send_by(
        &self,
        request: reqwest::RequestBuilder,
        key: Option<&ApiKey>,
        sent: Instant,
        (deadline, phase, limit): Deadline,
    ) -> Result<reqwest::Response, Error> {
        let request = request.send();
        let response = match tokio::time::timeout_at(deadline, request).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(send_error(&error)),
            Err(_) => return Err(Error::Timeout { phase, limit }),
        };
        if response.status().is_success() {
            return Ok(response);
        }
        let (status, retry_after) = (response.status(), retry_after(response.headers()));
        let mut body = BytesMut::new();
        // What was read before a cut or the limit may still say why.
        let _ = tokio::time::timeout(FAILURE_TIMEOUT, self.read(response, &mut body, sent)).await;
        Err(failure::from_response(status.as_u16(), retry_after, &body, key))
    }

    fn first_byte_deadline(&self, sent: Instant) -> Deadline {
        let Timeouts { first_byte, total, .. } = self.timeouts;
        if first_byte < total {
            (sent + first_byte, TimeoutPhase::FirstByte, first_byte)
        } else {
            self.total_deadline(sent)
        }
    }

    pub(crate) fn total_deadline(&self, sent: Instant) -> Deadline {
        let total = self.timeouts.total;
        (sent + total, TimeoutPhase::Total, total)
    }

    /// Reads a body to its end; what came before an error is in `whole` all the same.
    pub(crate) async fn read(
        &self,
        response: reqwest::Response,
        whole: &mut BytesMut,
        sent: Instant,
    ) -> Result<(), Error> {
        let total = sent + self.timeouts.total;
        let mut body = response.bytes_stream();
        loop {
            let (next, phase, limit) = if whole.is_empty() {
                self.first_byte_deadline(sent)
            } else {
                (Instant::now() + self.timeouts.idle, TimeoutPhase::Idle, self.timeouts.idle)
            };
            match tokio::time::timeout_at(next.min(total), body.next()).await {
                Ok(Some(Ok(bytes))) if whole.len() + bytes.len() <= LARGEST_ANSWER => whole.extend_from_slice(&bytes),
                Ok(Some(Ok(_))) => {
                    return Err(Error::Unreadable { what: format!("a body above {} MiB", LARGEST_ANSWER >> 20) });
                }
                Ok(Some(Err(error))) => return Err(Error::Cut { cause: innermost(&error) }),
                Ok(None) => return Ok(()),
                Err(_) if next < total => return Err(Error::Timeout { phase, limit }),
                Err(_) => return Err(Error::Timeout { phase: TimeoutPhase::Total, limit: self.timeouts.total }),
            }
        }
    }
}

/// Whether an address is this machine's own.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
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
    fn the_default_address_gives_the_documented_endpoints() {
        let endpoints = Endpoints::new(&ClientOptions::default().api_url).unwrap();
        assert_eq!(endpoints.chat.as_str(), "https://api.1min.ai/api/chat-with-ai");
        assert_eq!(endpoints.chat_stream.as_str(), "https://api.1min.ai/api/chat-with-ai?isStreaming=true");
        assert_eq!(endpoints.models.as_str(), "https://api.1min.ai/models");
    }

    #[test]
    fn a_path_prefix_is_kept_and_odd_addresses_are_refused() {
        let endpoints = |url: &str| Endpoints::new(&Url::parse(url).unwrap()).map(|e| e.chat.to_string());
        assert_eq!(endpoints("http://localhost:9/base/?x#y").unwrap(), "http://localhost:9/base/api/chat-with-ai");
        assert_eq!(endpoints("ftp://host/"), Err(SetupError::ApiUrl));
        assert_eq!(endpoints("data:text/plain,x"), Err(SetupError::ApiUrl));
    }

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
}
