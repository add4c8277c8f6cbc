//! The objects of this route, under the names of the published document (`OpenAIFile`, `DeleteFileResponse`).

use serde::Serialize;

use crate::store::FileRecord;

/// `OpenAIFile`.
#[derive(Debug, Serialize)]
pub(crate) struct File {
    pub(super) id: String,
    object: &'static str,
    bytes: u64,
    created_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<u64>,
    filename: String,
    purpose: String,
    /// What is there can be used.
    status: &'static str,
}

impl From<&FileRecord> for File {
    fn from(record: &FileRecord) -> Self {
        Self {
            id: record.id.clone(),
            object: "file",
            bytes: record.size_bytes,
            created_at: record.created_unix_ms / 1_000,
            expires_at: record.expires_unix_ms.map(|ms| ms / 1_000),
            filename: record.name.clone(),
            purpose: record.purpose.clone(),
            status: "processed",
        }
    }
}

/// `DeleteFileResponse`.
#[derive(Debug, Serialize)]
pub(crate) struct DeletedFile {
    id: String,
    object: &'static str,
    deleted: bool,
}

impl DeletedFile {
    pub(super) const fn new(id: String) -> Self {
        Self { id, object: "file", deleted: true }
    }
}
