//! `/v1/files`: files that are uploaded once and named in messages by their ids, each its owner's alone. They stay with the
//! relay; what 1min.ai needs of one is uploaded when a message names it.
//!
//! Anthropic's Files API has the same routes: its clients get its objects.

mod download;
mod form;
mod object;
mod page;

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, RawQuery, Request, State, rejection::PathRejection},
    response::Response,
};
use http::HeaderMap;
use serde::Serialize;

use self::{
    form::NewFile,
    object::{DeletedFile, File},
    page::FileList,
};
use crate::{
    dialect::anthropic::{envelope::is_asked as is_anthropics, file as anthropic},
    error::Error,
    guard::{Call, form as body},
    id,
    shared::Shared,
    store::{self, Failure, FileRecord, Kept},
};

/// What is said where the store fails.
const WHAT: &str = "The file";
const NOT_UPLOADED: &str = "It was not uploaded. Delete files that are not needed, or raise RELAY_FILES_MAX_MB.";
const NOT_READ: &str = "It was left as it is.";

type Id = Result<Path<String>, PathRejection>;

/// An object in the words of the API that is asked.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Told<O, A> {
    OpenAi(O),
    Anthropic(A),
}

impl Told<File, anthropic::File> {
    fn file(record: &FileRecord, headers: &HeaderMap) -> Json<Self> {
        Json(if is_anthropics(headers) { Self::Anthropic(record.into()) } else { Self::OpenAi(record.into()) })
    }
}

/// `POST /v1/files`.
pub(crate) async fn create(
    State(shared): State<Arc<Shared>>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Json<Told<File, anthropic::File>>, Error> {
    check_shared(&shared, &call)?;
    let form = body::collect(request, &shared).await?;
    let new = if is_anthropics(&headers) { NewFile::read_anthropics(form) } else { NewFile::read(form) };
    let NewFile { name, purpose, media_type, content, expires_after_ms } = new?;
    let now_ms = shared.clock.unix_ms();
    let record = FileRecord {
        id: id::random("file-"),
        owner: call.caller.owner.as_str().to_owned(),
        name,
        purpose,
        media_type,
        size_bytes: content.size_bytes(),
        created_unix_ms: now_ms,
        expires_unix_ms: expires_after_ms.map(|after_ms| now_ms.saturating_add(after_ms)),
        sha256: content.sha256().iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    let kept = shared.store.files().put(&record, Some(&content), now_ms).await;
    kept.map_err(|failure| store::failure(WHAT, NOT_UPLOADED, &failure))?;
    Ok(Told::file(&record, &headers))
}

/// `GET /v1/files`.
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    call: Call,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Json<Told<FileList, anthropic::FileList>>, Error> {
    check_shared(&shared, &call)?;
    let mut records = shared.store.files().list(shared.clock.unix_ms()).await.map_err(unreadable)?;
    records.retain(|record| record.owner == call.caller.owner.as_str());
    let query = query.unwrap_or_default();
    Ok(Json(if is_anthropics(&headers) {
        Told::Anthropic(anthropic::FileList::page(records, &query)?)
    } else {
        Told::OpenAi(FileList::page(records, &query)?)
    }))
}

/// `GET /v1/files/{id}`.
pub(crate) async fn retrieve(
    State(shared): State<Arc<Shared>>,
    call: Call,
    headers: HeaderMap,
    id: Id,
) -> Result<Json<Told<File, anthropic::File>>, Error> {
    Ok(Told::file(&find(&shared, &call, id).await?, &headers))
}

/// `GET /v1/files/{id}/content`.
pub(crate) async fn content(State(shared): State<Arc<Shared>>, call: Call, id: Id) -> Result<Response, Error> {
    let record = find(&shared, &call, id).await?;
    let opened = shared.store.files().open(&record.id).await.map_err(unreadable)?;
    Ok(download::respond(&record, opened.ok_or_else(|| not_found(&record.id))?))
}

/// `DELETE /v1/files/{id}`.
pub(crate) async fn delete(
    State(shared): State<Arc<Shared>>,
    call: Call,
    headers: HeaderMap,
    id: Id,
) -> Result<Json<Told<DeletedFile, anthropic::DeletedFile>>, Error> {
    let FileRecord { id, .. } = find(&shared, &call, id).await?;
    let is_removed = shared.store.files().remove(&id).await.map_err(unreadable)?;
    if !is_removed {
        return Err(not_found(&id));
    }
    let is_anthropics = is_anthropics(&headers);
    Ok(Json(if is_anthropics {
        Told::Anthropic(anthropic::DeletedFile::new(id))
    } else {
        Told::OpenAi(DeletedFile::new(id))
    }))
}

/// A file of the caller.
async fn find(shared: &Shared, call: &Call, id: Id) -> Result<FileRecord, Error> {
    check_shared(shared, call)?;
    // What is no text is no file's id.
    let id = id.map_or_else(|_| String::new(), |Path(id)| id);
    let found = shared.store.files().find(&id, shared.clock.unix_ms()).await.map_err(unreadable)?;
    let found = found.filter(|record| record.owner == call.caller.owner.as_str());
    found.ok_or_else(|| not_found(&id))
}

/// Refuses what other relays would not find.
fn check_shared(shared: &Shared, call: &Call) -> Result<(), Error> {
    shared.store.check_shared(Kept::Files, &call.snapshot.settings)
}

fn not_found(id: &str) -> Error {
    Error::FileNotFound { id: id.chars().take(100).collect(), param: "id".into() }
}

fn unreadable(failure: Failure) -> Error {
    store::failure(WHAT, NOT_READ, &failure)
}
