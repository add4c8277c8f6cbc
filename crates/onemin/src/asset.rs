//! Assets: pictures and documents that are uploaded first and then named in a call.

use bytes::{Bytes, BytesMut};
use reqwest::multipart::{Form, Part};
use serde_json::Value;
use tokio::time::Instant;

use crate::{client::Client, error::Error, failure, key::ApiKey};

/// A file to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// What is in it. At most 50 MB (docs, by way of a client's page).
    pub bytes: Bytes,
    /// Its name. Its EXTENSION alone decides what 1min.ai takes it for; an unknown one is refused (live).
    pub file_name: String,
    /// Its media type, such as `image/png`.
    pub media_type: String,
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
        let sent = Instant::now();
        let unusable = |what: &str| Error::Unreadable { what: what.to_owned() };
        let Upload { bytes, file_name, media_type } = upload;
        let part = Part::stream(bytes).file_name(file_name);
        let part = part.mime_str(&media_type).map_err(|_| unusable("nothing: the media type is none"))?;
        let key_header = key.to_header().ok_or_else(|| unusable("nothing: the key is no header value"))?;
        let request = self.http.post(self.endpoints.assets.clone()).header("API-KEY", key_header);
        let request = request.multipart(Form::new().part("asset", part));
        // The first byte comes after the last one of the file, which takes its time.
        let response = self.send_by(request, Some(key), sent, self.total_deadline(sent)).await?;
        let mut body = BytesMut::new();
        self.read(response, &mut body, sent).await?;
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
