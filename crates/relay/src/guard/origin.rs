//! Refuses web pages. A page on any site can make the browser send a request to localhost, and would spend the user's
//! credits even if it can't read the answer. Browsers always say so in `Origin`.

use axum::{extract::Request, middleware::Next, response::Response};
use http::header;

use crate::error::Error;

/// Schemes of installed apps that are made of web pages.
const APP_SCHEMES: [&str; 3] = ["tauri://", "app://", "vscode-webview://"];

/// The layer.
pub(crate) async fn layer(request: Request, next: Next) -> Result<Response, Error> {
    let origins = request.headers().get_all(header::ORIGIN);
    let is_app = |origin: &str| APP_SCHEMES.iter().any(|scheme| origin.starts_with(scheme));
    if origins.iter().all(|origin| origin.to_str().is_ok_and(is_app)) {
        Ok(next.run(request).await)
    } else {
        Err(Error::OriginNotAllowed)
    }
}
