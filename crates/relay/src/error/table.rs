//! The one table: from an error to what a client is told.

use std::{borrow::Cow, time::Duration};

use http::StatusCode;
use onemin::{Class, Reason, Refusal};

use super::{Error, upstream::upstream_row};

/// When to ask again where a budget is reserved for what is running.
const HELD: Duration = Duration::from_secs(5);

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) status: StatusCode,
    pub(super) kind: &'static str,
    /// Anthropic's type.
    pub(super) anthropic: &'static str,
    pub(super) code: Option<&'static str>,
    pub(super) param: Option<Cow<'static, str>>,
    pub(super) retry_after: Option<Duration>,
    /// Whether clients are told not to try again, although the status may make them.
    pub(super) is_final: bool,
}

impl Row {
    /// A refusal of the request as it is.
    pub(super) const fn refused(status: StatusCode, code: Option<&'static str>) -> Self {
        let (kind, anthropic) = ("invalid_request_error", anthropic_kind(status));
        Self { status, kind, anthropic, code, param: None, retry_after: None, is_final: true }
    }

    /// A failure that nothing in the request explains.
    pub(super) fn failed(status: StatusCode, code: Option<&'static str>) -> Self {
        Self { kind: "server_error", ..Self::refused(status, code) }
    }
}

/// Anthropic's type of errors of a status, where a row does not say another.
const fn anthropic_kind(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 => "overloaded_error",
        504 => "timeout_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    }
}

/// The row of what was made in part. The status of what may be asked again would be an invitation to do so, and whoever does is
/// billed again for what was made.
fn partly_made(cause: Row) -> Row {
    if cause.is_final {
        return Row { retry_after: None, ..cause };
    }
    Row::failed(StatusCode::BAD_GATEWAY, Some("upstream_error"))
}

/// The row of what may be asked again after a while.
fn busy(wait: Duration) -> Row {
    let row = Row::refused(StatusCode::TOO_MANY_REQUESTS, Some("rate_limit_exceeded"));
    Row { kind: "requests", retry_after: Some(wait), is_final: false, ..row }
}

/// The row of what there are no credits for.
fn spent() -> Row {
    let row = Row::refused(StatusCode::TOO_MANY_REQUESTS, Some("insufficient_quota"));
    Row { kind: "insufficient_quota", ..row }
}

/// The row of what the relay gave up. What is overloaded is asked again, and this may have been billed.
fn stopped() -> Row {
    let row = Row::failed(StatusCode::SERVICE_UNAVAILABLE, Some("service_unavailable"));
    Row { anthropic: "api_error", ..row }
}

/// The row of a file that 1min.ai did not take.
fn upload_row(name: &str, cause: &onemin::Error) -> Row {
    let row = upstream_row(cause);
    let is_about_file = row.param.is_none() && row.status == StatusCode::BAD_REQUEST;
    // Nothing was billed, so whatever may pass may be tried again.
    let is_final = cause.class() == Class::Deterministic;
    Row { param: if is_about_file { Some(Cow::Owned(name.to_owned())) } else { row.param }, is_final, ..row }
}

impl Error {
    /// The table.
    pub(super) fn row(&self) -> Row {
        let param = |row: Row, param: Cow<'static, str>| Row { param: Some(param), ..row };
        match self {
            Self::MalformedJson { .. } | Self::MalformedForm { .. } | Self::BodyCut => {
                Row::refused(StatusCode::BAD_REQUEST, None)
            }
            Self::InvalidField { param: name, fault, .. } => {
                param(Row::refused(StatusCode::BAD_REQUEST, Some(fault.code())), Cow::Owned(name.clone()))
            }
            Self::BodyTooLarge { .. } => Row::refused(StatusCode::PAYLOAD_TOO_LARGE, Some("request_too_large")),
            Self::FileTooLarge { param: name, .. } => {
                param(Row::refused(StatusCode::PAYLOAD_TOO_LARGE, Some("request_too_large")), Cow::Owned(name.clone()))
            }
            Self::FileNotFound { param: name, .. } => {
                param(Row::refused(StatusCode::NOT_FOUND, Some("file_not_found")), Cow::Owned(name.clone()))
            }
            Self::ResultNotFound => Row::refused(StatusCode::NOT_FOUND, Some("result_not_found")),
            Self::StorageFull { .. } => Row::failed(StatusCode::INSUFFICIENT_STORAGE, Some("storage_full")),
            Self::StorageFailed { .. } => Row::failed(StatusCode::INTERNAL_SERVER_ERROR, Some("storage_failed")),
            Self::FailedBefore { .. } => Row::failed(StatusCode::BAD_GATEWAY, Some("upstream_error")),
            Self::NotFetched { .. } => Row::failed(StatusCode::BAD_GATEWAY, Some("result_not_fetched")),
            Self::SpeechNotJoined { .. } => Row::failed(StatusCode::BAD_GATEWAY, Some("speech_not_joined")),
            Self::MissingKey
            | Self::InvalidKey(_)
            | Self::UnknownToken
            | Self::ExpiredToken
            | Self::TokenWithoutKey
            | Self::MissingToken
            | Self::OriginWithoutCredential => Row::refused(StatusCode::UNAUTHORIZED, Some("invalid_api_key")),
            Self::UnsupportedEncoding { .. } | Self::UnsupportedMediaType { .. } => {
                Row::refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, Some("unsupported_media_type"))
            }
            Self::Busy => Row {
                retry_after: Some(Duration::from_secs(1)),
                is_final: false,
                ..Row::failed(StatusCode::SERVICE_UNAVAILABLE, Some("service_unavailable"))
            },
            Self::RateLimited { wait, .. } | Self::TooManyAtOnce { wait, .. } => busy(*wait),
            // Whether there is room shows when what is running has been billed.
            Self::BudgetShort { is_held: true, .. } => busy(HELD),
            Self::BudgetSpent { .. } | Self::BudgetShort { is_held: false, .. } => spent(),
            Self::NotShared { .. } => Row::refused(StatusCode::BAD_REQUEST, Some("not_shared")),
            Self::MetricsOff => Row::refused(StatusCode::NOT_FOUND, Some("unknown_url")),
            Self::HostNotAllowed | Self::OriginNotAllowed | Self::MetricsNotAllowed | Self::KeyNotChecked { .. } => {
                Row::refused(StatusCode::FORBIDDEN, Some(self.name()))
            }
            Self::UnknownRoute { .. } => Row::refused(StatusCode::NOT_FOUND, Some("unknown_url")),
            Self::MethodNotAllowed { .. } => Row::refused(StatusCode::METHOD_NOT_ALLOWED, Some("method_not_allowed")),
            Self::ModelNotFound { .. } | Self::NoSuchModels { .. } => {
                param(Row::refused(StatusCode::NOT_FOUND, Some("model_not_found")), Cow::Borrowed("model"))
            }
            Self::ResponseNotFound { .. } => Row::refused(StatusCode::NOT_FOUND, Some("response_not_found")),
            Self::PreviousResponseNotFound { .. } => param(
                Row::refused(StatusCode::BAD_REQUEST, Some("previous_response_not_found")),
                Cow::Borrowed("previous_response_id"),
            ),
            Self::PartlyMade { cause, .. } => partly_made(cause.row()),
            Self::Upstream(error) => upstream_row(error),
            Self::Stopped => stopped(),
            Self::Upload { param: name, cause } => upload_row(name, cause),
            Self::Internal => Row::failed(StatusCode::INTERNAL_SERVER_ERROR, None),
        }
    }

    /// The error's name in records, logs and metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::MalformedJson { .. } => "malformed_json",
            Self::MalformedForm { .. } => "malformed_form",
            Self::BodyCut => "body_cut",
            Self::Internal => "internal",
            Self::Stopped => "stopped",
            Self::MissingKey => "missing_key",
            Self::MissingToken => "missing_token",
            Self::Busy => "busy",
            Self::ExpiredToken => "expired_token",
            Self::UnknownToken => "unknown_token",
            Self::TokenWithoutKey => "token_without_key",
            Self::TooManyAtOnce { .. } => "too_many_at_once",
            Self::RateLimited { .. } => "rate_limited",
            Self::BudgetSpent { .. } => "budget_spent",
            Self::BudgetShort { .. } => "budget_short",
            Self::HostNotAllowed => "host_not_allowed",
            Self::OriginNotAllowed => "origin_not_allowed",
            Self::MetricsNotAllowed => "metrics_not_allowed",
            Self::KeyNotChecked { .. } => "key_not_checked",
            Self::Upstream(onemin::Error::Refused(Refusal { reason: Reason::Request, .. }))
            | Self::Upload { cause: onemin::Error::Refused(Refusal { reason: Reason::Request, .. }), .. } => {
                "upstream_refused"
            }
            other => other.row().code.unwrap_or("invalid_request"),
        }
    }
}
