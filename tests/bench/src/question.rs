//! A question as it is sent to one side, with what must come back.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Uri, header};
use http_body_util::Full;
use onemin::ChatRequest;
use serde_json::json;

use crate::{
    ask::{Ask, MODEL},
    compare::{Expected, Mismatch},
    failure::Failure,
    party::{KEY, Side},
};

/// The question.
#[derive(Debug)]
pub(crate) struct Question {
    ask: Ask,
    side: Side,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
    /// What must come back.
    pub(crate) expected: Expected,
}

impl Question {
    /// In the words of the side: OpenAI's to the relay; to the others 1min.ai's, just as the relay sends them.
    pub(crate) fn new(ask: Ask, side: Side, address: SocketAddr) -> Result<Self, Failure> {
        let host = address.to_string();
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_str(&host).map_err(http::Error::from)?);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        let (uri, body, expected) = if side == Side::Relay {
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer anything"));
            let messages = [json!({"role": "user", "content": ask.prompt()})];
            let body = json!({"model": MODEL, "messages": messages, "stream": ask.is_streaming()});
            ("/v1/chat/completions", body.to_string().into_bytes(), Expected::of_relay(ask))
        } else {
            headers.insert("API-KEY", HeaderValue::from_static(KEY));
            let body = serde_json::to_vec(&ChatRequest::new(MODEL, ask.prompt()))?;
            let uri = if ask.is_streaming() { "/api/chat-with-ai?isStreaming=true" } else { "/api/chat-with-ai" };
            (uri, body, Expected::of_upstream(ask))
        };
        Ok(Self { ask, side, uri: Uri::from_static(uri), headers, body: body.into(), expected })
    }

    /// How many chunks of text the answer has.
    pub(crate) fn chunks(&self) -> usize {
        self.ask.chunks()
    }

    /// A request that asks it.
    pub(crate) fn request(&self) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }

    /// The failure that a wrong answer is.
    pub(crate) fn wrong(&self, Mismatch { why, answer }: Mismatch) -> Failure {
        Failure::Wrong { who: format!("{} to {:?}", self.side.name(), self.ask), why, answer }
    }
}
