//! `GET /results/{name}`: what was made, for whoever knows its name. 1min.ai's own addresses expire.

use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, header};

use crate::{dialect::stored, engine::results, error::Error, shared::Shared, store::Kept};

/// What is drawn in vectors could hold a script: it is shown, and runs nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

/// The route.
pub(crate) async fn get(
    State(shared): State<Arc<Shared>>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, Error> {
    let Path(name) = name.map_err(|_| Error::ResultNotFound)?;
    shared.store.check_shared(Kept::Results, &shared.snapshot.load().settings)?;
    let (record, opened) = results::open(&shared, &name).await?;
    let media_type = HeaderValue::from_str(&record.media_type);
    let headers: [(HeaderName, HeaderValue); 5] = [
        (header::CONTENT_TYPE, media_type.unwrap_or(HeaderValue::from_static("application/octet-stream"))),
        (header::CONTENT_LENGTH, HeaderValue::from(opened.size_bytes)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        // What has a name never changes.
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=604800, immutable")),
    ];
    Ok((headers, stored::body(opened)).into_response())
}
