//! Assets: pictures and documents that are uploaded first and then named in a call.

use std::path::PathBuf;

use bytes::Bytes;
use reqwest::{
    Body,
    multipart::{Form, Part},
};
use serde_json::Value;
use tokio::{fs::File, io::AsyncReadExt, time::Instant};
use tokio_util::io::ReaderStream;

use crate::{
    client::Client,
    error::Error,
    failure,
    key::ApiKey,
    transport::{self, key_header, unsent},
};

/// How much of a file is read at a time, in bytes.
const PIECE: usize = 64 << 10;

/// A file to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// What is in it. At most 50 MB (docs, by way of a client's page).
    pub content: Content,
    /// Its name. Its EXTENSION alone decides what 1min.ai takes it for; an unknown one is refused (live).
    pub file_name: String,
    /// Its media type, such as `image/png`.
    pub media_type: String,
}

/// What is in a file to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// These bytes.
    Bytes(Bytes),
    /// What lies on the disk, which is read as it is sent.
    File {
        /// Where it lies.
        path: PathBuf,
        /// How much of it is sent.
        size_bytes: u64,
    },
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl Content {
    async fn into_part(self) -> Result<Part, Error> {
        match self {
            Self::Bytes(bytes) => Ok(Part::stream(bytes)),
            Self::File { path, size_bytes } => {
                let file = File::open(path).await.map_err(|_| unsent("the file to send can't be read"))?;
                let body = Body::wrap_stream(ReaderStream::with_capacity(file.take(size_bytes), PIECE));
                Ok(Part::stream_with_length(body, size_bytes))
            }
        }
    }
}

/// An uploaded file. It is the account's, and stays until it is deleted (live).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// `fileContent.path`, else `asset.key`: names a picture in `attachments.images` (live).
    pub path: String,
    /// `fileContent.uuid`: names a document in `attachments.files`, where nothing else does (live).
    pub uuid: Option<String>,
}

impl Client {
    /// `POST /api/assets`: one part named `asset` (docs, live). It costs nothing. Dropping the future cancels the upload.
    ///
    /// # Errors
    /// [`Error`]; a file that is too large or of a type that 1min.ai does not take is `Refused`.
    pub async fn upload(&self, key: &ApiKey, upload: Upload) -> Result<Asset, Error> {
        // The first byte comes after the last one of the file, which takes its time.
        let limits = self.limits(Instant::now()).silent();
        let Upload { content, file_name, media_type } = upload;
        let part = content.into_part().await?.file_name(file_name);
        let part = part.mime_str(&media_type).map_err(|_| unsent("the media type is none"))?;
        let request = self.http.post(self.endpoints.assets.clone()).header("API-KEY", key_header(key)?);
        let response = transport::send(request.multipart(Form::new().part("asset", part)), Some(key), &limits).await?;
        let body = transport::read(response, &limits).await?;
        read(&body, key)
    }
}

/// Reads `{"asset":{...},"fileContent":{...}}` (docs, live), either of which will do.
fn read(body: &[u8], key: &ApiKey) -> Result<Asset, Error> {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |pointer: &str| {
        let text = answer.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.map(str::to_owned)
    };
    match text("/fileContent/path").or_else(|| text("/asset/key")) {
        Some(path) => Ok(Asset { path, uuid: text("/fileContent/uuid") }),
        None if failure::is_error(&answer) => Err(failure::from_json(&answer, key)),
        None => Err(Error::Unreadable { what: "no asset".into() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Reason, Refusal};

    fn read(body: &str) -> Result<Asset, Error> {
        super::read(body.as_bytes(), &ApiKey::new("canary-0123456789").unwrap())
    }

    #[test]
    fn path_and_id_of_an_asset_are_read_from_either_object() {
        let both =
            r#"{"asset":{"key":"images/k.png"},"fileContent":{"uuid":"5555","path":"images/p.png","type":"png"}}"#;
        assert_eq!(read(both).unwrap(), Asset { path: "images/p.png".into(), uuid: Some("5555".into()) });
        let one = r#"{"asset":{"key":"images/k.png"},"fileContent":null}"#;
        assert_eq!(read(one).unwrap(), Asset { path: "images/k.png".into(), uuid: None });
    }

    #[test]
    fn what_is_no_asset_is_an_error() {
        let refused = read(r#"{"errorCode":"X","message":"canary-0123456789 is not supported"}"#).unwrap_err();
        assert!(
            matches!(&refused, Error::Refused(Refusal { reason: Reason::Request, message, .. }) if message == "[key removed] is not supported"),
            "{refused:?}"
        );
        for odd in ["", "[]", r#"{"fileContent":{"path":""}}"#, "<html>"] {
            assert!(matches!(read(odd), Err(Error::Unreadable { .. })), "{odd}");
        }
    }

    #[test]
    fn a_file_that_is_too_large_is_a_refusal() {
        let page = b"<html><head><title>413 Request Entity Too Large</title></head></html>";
        let error = failure::from_response(413, None, page, None);
        assert!(matches!(error, Error::Refused(Refusal { reason: Reason::Request, .. })), "{error:?}");
    }
}
