//! Refuses web pages, but for those the user allows, and lets allowed ones read the answers (CORS).
//!
//! A page on any site can make the browser send a request to localhost, and would spend the user's credits even if it can't
//! read the answer. Browsers always say so in `Origin`. A page that is allowed must send a credential all the same: what
//! sends one was told to by its user.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use super::{blocked::BlockedKind, credential};
use crate::{
    error::Error,
    settings::Settings,
    shared::{Shared, Snapshot},
};

/// Schemes of installed apps that are made of web pages.
const APP_SCHEMES: [&str; 3] = ["tauri://", "app://", "vscode-webview://"];

/// Headers of answers that pages may read.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "x-request-id, request-id, retry-after, retry-after-ms, x-should-retry, openai-processing-ms, x-relay-credits, x-relay-warning, x-relay-model, x-relay-budget-warning, x-relay-demo, \
     x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, \
     anthropic-ratelimit-requests-limit, anthropic-ratelimit-requests-remaining, anthropic-ratelimit-requests-reset",
);

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, DELETE, OPTIONS");

/// For how many seconds a browser remembers a preflight.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

const ASKS_FOR_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOWS_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// What an origin may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// An installed app.
    App,
    /// A web page the user allowed.
    AllowedPage,
    Refused,
}

/// The layer.
pub(crate) async fn layer(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Result<Response, Error> {
    let mut origins = request.headers().get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next().cloned() else {
        return Ok(if request.method() == Method::OPTIONS { options() } else { next.run(request).await });
    };
    let snapshot = request.extensions().get::<Arc<Snapshot>>().ok_or(Error::Internal)?;
    let verdict = judge(&origin, &snapshot.settings);
    if verdict == Verdict::Refused {
        let name = origin.to_str().unwrap_or_default();
        shared.blocked.add(BlockedKind::Origin, name, shared.clock.unix_ms());
    }
    if verdict == Verdict::Refused || origins.next().is_some() {
        return Err(Error::OriginNotAllowed);
    }
    let is_anonymous = credential::sent(request.headers()).is_none();
    let mut response = if request.method() == Method::OPTIONS {
        // A browser asks first, and never with a credential.
        preflight(request.headers())
    } else if verdict == Verdict::AllowedPage && is_anonymous {
        Error::OriginWithoutCredential.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    Ok(response)
}

fn judge(origin: &HeaderValue, settings: &Settings) -> Verdict {
    let Ok(origin) = origin.to_str() else { return Verdict::Refused };
    if APP_SCHEMES.iter().any(|scheme| origin.starts_with(scheme)) {
        Verdict::App
    } else if settings.allowed_origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)) {
        Verdict::AllowedPage
    } else {
        Verdict::Refused
    }
}

/// Says yes to whatever a page means to send: SDKs add headers of their own, so that a fixed list would break them.
fn preflight(asked: &HeaderMap) -> Response {
    let mut response = options();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    if let Some(wanted) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    if asked.contains_key(ASKS_FOR_PRIVATE_NETWORK) {
        headers.insert(ALLOWS_PRIVATE_NETWORK, HeaderValue::from_static("true"));
    }
    headers.append(header::VARY, HeaderValue::from_static("access-control-request-headers"));
    response
}

/// What `OPTIONS` answers to those who are no browser.
fn options() -> Response {
    (StatusCode::NO_CONTENT, [(header::ALLOW, METHODS)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apps_pass_pages_only_from_the_list_and_nothing_that_merely_looks_like_them() {
        let settings = Settings { allowed_origins: vec!["https://chat.example.com".into()], ..Settings::default() };
        let judge = |origin: &'static str| judge(&HeaderValue::from_static(origin), &settings);
        for app in ["tauri://localhost", "app://obsidian.md", "vscode-webview://abc"] {
            assert_eq!(judge(app), Verdict::App, "{app}");
        }
        assert_eq!(judge("https://chat.example.com"), Verdict::AllowedPage);
        for foreign in [
            "https://evil.example",
            "http://localhost:3000",
            "http://127.0.0.1",
            "null",
            "",
            "http://chat.example.com",
            "https://chat.example.com:8443",
            "https://chat.example.com.evil.example",
            "https://evil.example/tauri://",
            "file://",
            "chrome-extension://abc",
        ] {
            assert_eq!(judge(foreign), Verdict::Refused, "{foreign}");
        }
    }
}
