//! Uploads, as 1min.ai takes and answers them. The bytes are looked at by nobody and kept nowhere.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::Multipart;
use http::HeaderMap;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{reply::Reply, wire};

/// Counts uploads, so that each gets a name of its own.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// The folders of 1min.ai (live), and which extensions it is assumed to keep in each (guess).
const FOLDERS: [(&str, &[&str]); 3] = [
    ("images", &["png", "jpg", "jpeg", "webp", "gif"]),
    ("documents", &["pdf", "txt", "md", "csv", "json", "html", "doc", "docx", "xls", "xlsx", "ppt", "pptx"]),
    ("audios", &["mp3", "wav", "m4a", "ogg", "flac", "webm", "mp4", "mpeg", "mpga"]),
];

/// An upload as it came in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Uploaded {
    /// The name of the file; empty if there was no part `asset`.
    pub file_name: String,
    /// Its declared media type.
    pub content_type: String,
    /// How large it is.
    pub size_bytes: usize,
    /// The SHA-256 of its bytes, in hexadecimal digits: the bytes themselves are kept nowhere.
    pub sha256: String,
    /// The key it came with.
    pub api_key: String,
    /// The path it was given; names a picture in a chat.
    pub path: String,
    /// The id it was given; names a document in a chat.
    pub uuid: String,
}

/// Reads the part `asset` of a form; `None` if there is none, or the client left in its middle.
pub(crate) async fn read(mut form: Multipart, headers: &HeaderMap) -> Option<Uploaded> {
    while let Some(mut field) = form.next_field().await.ok()? {
        if field.name() != Some("asset") {
            continue;
        }
        let file_name = field.file_name()?.to_owned();
        let content_type = field.content_type().unwrap_or_default().to_owned();
        let (mut size_bytes, mut hash) = (0, Sha256::new());
        while let Some(piece) = field.chunk().await.ok()? {
            size_bytes += piece.len();
            hash.update(&piece);
        }
        let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let api_key = headers.get("API-KEY").and_then(|key| key.to_str().ok()).unwrap_or_default().to_owned();
        let path = folder(&file_name).map_or_else(String::new, |folder| {
            format!("{folder}/2026_09_03_12_40_{:02}_{:03}_{file_name}", number / 1000 % 60, number % 1000)
        });
        let uuid = format!("55555555-5555-4555-8555-{number:012}");
        return Some(Uploaded { file_name, content_type, size_bytes, sha256, api_key, path, uuid });
    }
    None
}

/// The answer to an upload; the type is judged by the extension alone (live).
pub(crate) fn reply(upload: Option<&Uploaded>) -> Reply {
    match upload {
        None => Reply::json(400, wire::error_a("INVALID_REQUEST", "Invalid request")),
        // That it is refused is known (live), its shape is not (guess).
        Some(upload) if upload.path.is_empty() => {
            Reply::json(400, wire::error_b("UNKNOWN_ERROR", "This file type is not supported"))
        }
        Some(upload) => Reply::json(200, answer(upload).to_string()),
    }
}

/// Both objects in full (docs, live).
fn answer(upload: &Uploaded) -> Value {
    let Uploaded { file_name, content_type, size_bytes, path, uuid, .. } = upload;
    json!({
        "asset": {
            "fieldname": "asset",
            "originalname": file_name,
            "encoding": "7bit",
            "mimetype": content_type,
            "size": size_bytes,
            "bucket": "asset.1min.ai",
            "key": path,
            "acl": "private",
            "contentType": content_type,
            "contentDisposition": null,
            "contentEncoding": null,
            "storageClass": "STANDARD",
            "serverSideEncryption": null,
            "metadata": {
                "team-id": "22222222-2222-4222-8222-222222222222",
                "user-id": "33333333-3333-4333-8333-333333333333",
                "fieldname": "asset",
                "originalname": file_name,
                "encoding": "7bit",
                "mimetype": content_type,
            },
            "location": format!("https://s3.us-east-1.amazonaws.com/asset.1min.ai/{path}"),
            "etag": "\"00000000000000000000000000000000\"",
        },
        "fileContent": {
            "uuid": uuid,
            "path": path,
            "type": extension(file_name),
            "name": file_name,
            "status": "ACTIVE",
            "createdAt": "2026-09-03T12:40:00.200Z",
        },
    })
}

fn folder(file_name: &str) -> Option<&'static str> {
    let extension = extension(file_name);
    FOLDERS.iter().find(|(_, extensions)| extensions.contains(&extension.as_str())).map(|(folder, _)| *folder)
}

fn extension(file_name: &str) -> String {
    file_name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_decides_where_a_file_goes() {
        assert_eq!(folder("a.b.PNG"), Some("images"));
        assert_eq!(folder("notes.txt"), Some("documents"));
        assert_eq!(folder("speech.mp3"), Some("audios"));
        for unknown in ["png", "a.xyz", ""] {
            assert_eq!(folder(unknown), None, "{unknown}");
        }
    }
}
