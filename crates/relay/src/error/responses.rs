//! How the Responses API tells an error. Its one great user is Codex, which heeds no `x-should-retry`: it repeats a 401, 403,
//! 404 and 429 5 times, a 5xx 29 times, a 400 and a 429 of `insufficient_quota` never (measured, Codex 0.169). In a stream it
//! repeats all but a few codes. So what must not be repeated is told as something that it does not repeat; SDKs, which heed
//! the header, lose nothing by it.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::{Error, table::Row};

/// An error as these routes tell it.
#[derive(Debug)]
pub(crate) struct ForResponses(pub(crate) Error);

impl From<Error> for ForResponses {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for ForResponses {
    fn into_response(self) -> Response {
        let row = self.0.row();
        self.0.to_response(row.for_responses())
    }
}

impl Row {
    /// What is final and neither about the key, the model nor the quota is a 400; what is wrong with the conversation is
    /// wrong with `input`.
    fn for_responses(self) -> Self {
        let keeps_status = !self.is_final
            || self.status.is_server_error()
            || matches!(
                self.status,
                StatusCode::UNAUTHORIZED
                    | StatusCode::NOT_FOUND
                    | StatusCode::METHOD_NOT_ALLOWED
                    | StatusCode::TOO_MANY_REQUESTS
            );
        let status = if keeps_status { self.status } else { StatusCode::BAD_REQUEST };
        let param = self.param.map(|param| if param == "messages" { Cow::Borrowed("input") } else { param });
        Self { status, param, ..self }
    }
}

impl Error {
    /// Whether a client that goes by the status alone would repeat what may have been billed.
    pub(crate) fn must_not_look_temporary(&self) -> bool {
        let row = self.row();
        row.is_final && row.status.is_server_error()
    }

    /// `error.code` of a response that failed.
    pub(crate) fn response_code(&self) -> &'static str {
        let row = self.row();
        match row.code {
            Some(code @ ("context_length_exceeded" | "insufficient_quota")) => code,
            _ if row.is_final => "invalid_prompt",
            _ => "rate_limit_exceeded",
        }
    }

    /// `error.message` of a response that failed: the true cause, and how long to wait in the words that Codex looks for.
    pub(crate) fn response_message(&self) -> String {
        match self.row().retry_after {
            Some(wait) => format!("{self} Please try again in {}s.", wait.as_secs_f64()),
            None => self.to_string(),
        }
    }
}
