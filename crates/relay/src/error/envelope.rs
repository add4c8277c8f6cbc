//! What an error looks like on the wire: OpenAI's envelope, and the headers that go with it.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use super::{Error, hint::whole_seconds, table::Row};

/// Whether an SDK may try again; OpenAI's and Anthropic's obey it before they look at the status.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// The same as `Retry-After`, in the unit SDKs look for first.
const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");

impl Error {
    /// OpenAI's envelope, for an answer's body and for a stream in its middle.
    #[must_use]
    pub(crate) fn to_envelope(&self) -> Envelope {
        self.to_envelope_of(self.row())
    }

    fn to_envelope_of(&self, row: Row) -> Envelope {
        let Row { kind, code, param, .. } = row;
        Envelope { error: EnvelopeError { message: self.to_string(), kind, param, code } }
    }

    /// The answer that `row` wants.
    pub(super) fn to_response(&self, row: Row) -> Response {
        let Row { status, retry_after, is_final, .. } = row;
        let mut response = (status, axum::Json(self.to_envelope_of(row))).into_response();
        let headers = response.headers_mut();
        if let Some(wait) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
            headers.insert(RETRY_AFTER_MS, HeaderValue::from(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)));
        }
        if is_final {
            headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self.clone());
        response
    }
}

/// `{"error":{message,type,param,code}}`; all four keys are always there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Envelope {
    error: EnvelopeError,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct EnvelopeError {
    message: String,
    #[serde(rename = "type")]
    kind: &'static str,
    param: Option<Cow<'static, str>>,
    code: Option<&'static str>,
}

/// OpenAI's envelope. The answer keeps the error it was made from, for the ticket and for what speaks another dialect.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.to_response(self.row())
    }
}
