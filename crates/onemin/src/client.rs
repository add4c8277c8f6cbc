//! The HTTP side: one shared client, its time limits, and the calls.

use std::{sync::Arc, time::Duration};

use http::header;
use reqwest::{Proxy, redirect};
use tokio::time::Instant;
use url::Url;

use crate::{
    answer::Answer,
    chat::ChatRequest,
    crawl,
    endpoint::{self, Endpoints},
    error::{Error, Reason, Refusal},
    key::ApiKey,
    model::{self, Feature, Model},
    proxy::ProxyUrl,
    record,
    stream::{ChatStream, innermost},
    transport,
};

/// Where 1min.ai is (docs).
pub const DEFAULT_API_URL: &str = "https://api.1min.ai";

/// Where the files are that features make (live).
pub const DEFAULT_ASSET_URL: &str = "https://asset.1min.ai";

/// The largest file that is fetched, in bytes, unless the options say otherwise.
const LARGEST_FILE_BYTES: u64 = 256 << 20;

/// A result that is never there.
const NO_RESULT: &str = "00000000-0000-4000-8000-000000000000";

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
    /// From the request to the end of the answer, and the only limit of a feature call, which is silent until it is done.
    /// Default 600 s.
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
    /// Where the files of features are: scheme, host and path prefix. Default [`DEFAULT_ASSET_URL`].
    pub asset_url: Url,
    /// The largest file that is fetched, in bytes. Default 256 MiB.
    pub largest_file_bytes: u64,
    /// An HTTP or SOCKS proxy; `None` takes the system's.
    pub proxy: Option<ProxyUrl>,
    /// How the client names itself. Default `onemin/<version>`.
    pub user_agent: String,
    /// Time limits.
    pub timeouts: Timeouts,
}

impl Default for ClientOptions {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "constants, parsed by a test")]
        let url = |text| Url::parse(text).expect("the default URL is valid");
        Self {
            api_url: url(DEFAULT_API_URL),
            asset_url: url(DEFAULT_ASSET_URL),
            largest_file_bytes: LARGEST_FILE_BYTES,
            proxy: None,
            user_agent: concat!("onemin/", env!("CARGO_PKG_VERSION")).to_owned(),
            timeouts: Timeouts::default(),
        }
    }
}

/// Why no client could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// An address is not one of http or https with a host.
    #[error("the addresses of the API and of its files must begin with https:// or http:// and name a host")]
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

/// How 1min.ai answers somebody who asks for nothing in particular.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knock {
    /// The HTTP status.
    pub status: u16,
    /// What its `Date` says, as it was written.
    pub date: Option<String>,
}

/// The client. Cloning is cheap and shares connections; keys are given per call, so one client serves many accounts.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) endpoints: Arc<Endpoints>,
    pub(crate) timeouts: Timeouts,
    pub(crate) largest_file_bytes: u64,
}

impl Client {
    /// Makes a client; nothing is connected yet.
    ///
    /// # Errors
    /// [`SetupError`] when an address is wrong or the HTTP stack can't start.
    pub fn new(options: &ClientOptions) -> Result<Self, SetupError> {
        let endpoints = Arc::new(Endpoints::new(&options.api_url, &options.asset_url)?);
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
        } else if endpoint::is_loopback(&options.api_url) {
            // The system's proxy is another machine, where our loopback is not.
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| SetupError::Http(innermost(&error)))?;
        Ok(Self { http, endpoints, timeouts: options.timeouts, largest_file_bytes: options.largest_file_bytes })
    }

    /// `POST /api/chat-with-ai`: the whole answer at once (docs, live). Dropping the future cancels the call.
    ///
    /// # Errors
    /// [`Error`]; its class says whether the call may have been billed.
    pub async fn chat(&self, key: &ApiKey, request: &ChatRequest) -> Result<Answer, Error> {
        let limits = self.limits(Instant::now());
        let response = self.post(&self.endpoints.chat, key, request, &limits).await?;
        let body = transport::read(response, &limits).await?;
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
        let response = self.post(&self.endpoints.chat_stream, key, request, &self.limits(sent)).await?;
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
        let limits = self.limits(Instant::now());
        let response = transport::send(self.http.get(self.models_url(feature)), None, &limits).await?;
        let body = transport::read(response, &limits).await?;
        let what = || Error::Unreadable { what: "something else than a list of models".into() };
        model::read_list(&body, feature).ok_or_else(what)
    }

    /// Whether anything answers where 1min.ai is, whatever it says: asks for the models of chat (live).
    ///
    /// # Errors
    /// [`Error::Connect`] when nobody is reached, or others when what was reached does not answer.
    pub async fn knock(&self) -> Result<Knock, Error> {
        let response =
            transport::answer(self.http.get(self.models_url(Feature::Chat)), &self.limits(Instant::now())).await?;
        let date = response.headers().get(header::DATE).and_then(|date| date.to_str().ok());
        Ok(Knock { status: response.status().as_u16(), date: date.map(str::to_owned) })
    }

    fn models_url(&self, feature: Feature) -> Url {
        let mut url = self.endpoints.models.clone();
        url.query_pairs_mut().append_pair("feature", feature.as_str());
        url
    }

    /// Whether 1min.ai takes this key: asks for a result that is not there, which is HTTP 200 with null (docs) and costs
    /// nothing. Only 401 and 403 count as a no (guess); whatever else comes leaves it open.
    pub async fn check_key(&self, key: &ApiKey) -> KeyCheck {
        let answered = self.ask_for_result(key, NO_RESULT, &self.limits(Instant::now())).await;
        match answered {
            Ok(body) if serde_json::from_slice::<serde_json::Value>(&body).is_ok() => KeyCheck::Taken,
            Ok(_) => KeyCheck::Unknown("what answered was not 1min.ai".into()),
            Err(Error::Refused(Refusal { reason: Reason::Key | Reason::Forbidden, message, .. })) => {
                KeyCheck::Refused(message)
            }
            Err(error) => KeyCheck::Unknown(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_addresses() {
        let options = ClientOptions::default();
        assert!(Client::new(&options).is_ok());
        assert_eq!(options.asset_url.as_str(), "https://asset.1min.ai/");
    }
}
