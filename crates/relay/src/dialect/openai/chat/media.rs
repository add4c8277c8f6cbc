//! Pictures and documents in a message, in OpenAI's spellings and Anthropic's.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::wire::{ContentPart, FilePart, MediaSource as Source};
use crate::{
    conversation::{Media, MediaSource},
    dialect::{
        data_url::{self, DataUrl},
        openai::field,
    },
    error::{Error, Fault},
};

/// A picture: `image_url` (a text, or an object with `url`), `source`, or a `file_id`.
pub(super) fn image(param: &str, part: ContentPart) -> Result<Media, Error> {
    if let Some(source) = part.source {
        return of_source(format!("{param}.source"), source, None);
    }
    let url = match part.image_url {
        Some(Value::String(url)) => Some(url),
        Some(Value::Object(mut object)) => match object.remove("url") {
            Some(Value::String(url)) => Some(url),
            _ => None,
        },
        _ => None,
    };
    match (url, part.file_id) {
        (Some(url), _) => {
            let param = format!("{param}.image_url");
            let (source, name) = of_url(&param, url, Fault::ImageUrl)?;
            Ok(Media { param, source, name })
        }
        (None, Some(id)) => Ok(Media { param: format!("{param}.file_id"), source: MediaSource::File(id), name: None }),
        (None, None) => {
            Err(field::missing(&format!("{param}.image_url"), "Send the address or the data URL of a picture."))
        }
    }
}

/// A document: `file`, or the same fields in the part itself, or `source`.
pub(super) fn file(param: &str, part: ContentPart) -> Result<Media, Error> {
    if let Some(source) = part.source {
        return of_source(format!("{param}.source"), source, part.title);
    }
    let (param, file) = match part.file {
        Some(file) => {
            let param = format!("{param}.file");
            let file = object(&param, file)?;
            (param, file)
        }
        None => {
            let ContentPart { file_data, file_url, file_id, filename, .. } = part;
            (param.to_owned(), FilePart { file_data, file_url, file_id, filename })
        }
    };
    let FilePart { file_data, file_url, file_id, filename } = file;
    let filename = filename.filter(|name| !name.trim().is_empty());
    if let Some(data) = file_data {
        let param = format!("{param}.file_data");
        let (source, name) = decoded(&param, &data)?;
        return Ok(Media { param, source, name: filename.or(name) });
    }
    if let Some(url) = file_url {
        let param = format!("{param}.file_url");
        let (source, name) = of_url(&param, url, Fault::Invalid)?;
        return Ok(Media { param, source, name: filename.or(name) });
    }
    match file_id {
        Some(id) => Ok(Media { param: format!("{param}.file_id"), source: MediaSource::File(id), name: filename }),
        None => Err(field::missing(&format!("{param}.file_data"), "Send the file as base64 or a data URL.")),
    }
}

/// Anthropic's `source`.
fn of_source(param: String, source: Value, title: Option<String>) -> Result<Media, Error> {
    let Source { kind, media_type, data, url, file_id } = object(&param, source)?;
    let (source, name) = match (kind.as_deref(), data, url, file_id) {
        (Some("text"), Some(text), ..) => {
            (MediaSource::Bytes(Bytes::from(text)), data_url::name_for(media_type.as_deref()))
        }
        (_, Some(data), ..) => {
            let (source, name) = decoded(&param, &data)?;
            (source, name.or_else(|| data_url::name_for(media_type.as_deref())))
        }
        (_, None, Some(url), _) => of_url(&param, url, Fault::ImageUrl)?,
        (_, None, None, Some(id)) => (MediaSource::File(id), None),
        (_, None, None, None) => {
            return Err(field::missing(&param, "Send 'data' as base64, or a 'url'."));
        }
    };
    Ok(Media { param, source, name: title.filter(|title| !title.trim().is_empty()).or(name) })
}

fn object<T: DeserializeOwned>(param: &str, value: Value) -> Result<T, Error> {
    serde_json::from_value(value)
        .map_err(|error| Error::field(param, Fault::Invalid, format!("Invalid value for '{param}': {error}.")))
}

/// Where an address leads: into the request itself, or elsewhere. Whether that may be opened is judged later.
fn of_url(param: &str, url: String, fault: Fault) -> Result<(MediaSource, Option<String>), Error> {
    if data_url::is_data_url(&url) {
        return decoded(param, &url);
    }
    if url.trim().is_empty() {
        let message = format!("'{param}' is empty. Send the address or the data URL of a file.");
        return Err(Error::field(param, fault, message));
    }
    Ok((MediaSource::Url(url), None))
}

fn decoded(param: &str, text: &str) -> Result<(MediaSource, Option<String>), Error> {
    let DataUrl { media_type, bytes } = data_url::decode(text).map_err(|data_url::Unreadable| {
        let message = format!("'{param}' is not valid base64. Send a data URL such as data:image/png;base64,....");
        Error::field(param, Fault::Invalid, message)
    })?;
    Ok((MediaSource::Bytes(bytes), data_url::name_for(media_type.as_deref())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn part(part: Value) -> ContentPart {
        serde_json::from_value(part).unwrap()
    }

    fn bytes(text: &'static str) -> MediaSource {
        MediaSource::Bytes(Bytes::from_static(text.as_bytes()))
    }

    fn media(param: &str, source: MediaSource, name: Option<&str>) -> Media {
        Media { param: format!("p.{param}"), source, name: name.map(Into::into) }
    }

    #[test]
    fn pictures_are_read_in_every_spelling() {
        let url = || MediaSource::Url("https://example.com/a.png".into());
        let table = [
            (json!({"image_url": {"url": "data:image/png;base64,aGk=", "detail": "low"}}), "image_url", bytes("hi")),
            (json!({"image_url": "data:image/png;base64,aGk="}), "image_url", bytes("hi")),
            (json!({"image_url": {"url": "https://example.com/a.png"}}), "image_url", url()),
            (json!({"file_id": "file-1"}), "file_id", MediaSource::File("file-1".into())),
            (json!({"source": {"type": "base64", "media_type": "image/png", "data": "aGk"}}), "source", bytes("hi")),
            (json!({"source": {"type": "url", "url": "https://example.com/a.png"}}), "source", url()),
        ];
        for (wire, param, source) in table {
            assert_eq!(image("p", part(wire.clone())).unwrap(), media(param, source, None), "{wire}");
        }
    }

    #[test]
    fn documents_are_read_in_every_spelling() {
        let table = [
            (json!({"file": {"file_data": "aGk=", "filename": "a.txt"}}), "file.file_data", bytes("hi"), Some("a.txt")),
            (
                json!({"file": {"file_data": "data:text/csv;base64,aGk="}}),
                "file.file_data",
                bytes("hi"),
                Some("document.csv"),
            ),
            (json!({"file": {"file_id": "f"}}), "file.file_id", MediaSource::File("f".into()), None),
            (json!({"file_data": "aGk=", "filename": "b.pdf"}), "file_data", bytes("hi"), Some("b.pdf")),
            (json!({"file_url": "http://x/y"}), "file_url", MediaSource::Url("http://x/y".into()), None),
            (
                json!({"source": {"type": "text", "media_type": "text/plain", "data": "hi"}, "title": "T"}),
                "source",
                bytes("hi"),
                Some("T"),
            ),
        ];
        for (wire, param, source, name) in table {
            assert_eq!(file("p", part(wire.clone())).unwrap(), media(param, source, name), "{wire}");
        }
    }

    #[test]
    fn what_holds_nothing_is_refused_by_name() {
        let refused = |error: Error| match error {
            Error::InvalidField { param, fault, .. } => (param, fault),
            other => panic!("{other:?}"),
        };
        let image = |wire| refused(super::image("p", part(wire)).unwrap_err());
        let file = |wire| refused(super::file("p", part(wire)).unwrap_err());
        for empty in [json!({}), json!({"image_url": null}), json!({"image_url": {"url": 5}})] {
            assert_eq!(image(empty), ("p.image_url".into(), Fault::Missing));
        }
        assert_eq!(image(json!({"image_url": " "})), ("p.image_url".into(), Fault::ImageUrl));
        assert_eq!(image(json!({"image_url": "data:image/png;base64,?"})), ("p.image_url".into(), Fault::Invalid));
        assert_eq!(image(json!({"source": {"type": "base64"}})), ("p.source".into(), Fault::Missing));
        assert_eq!(file(json!({"file": "x"})), ("p.file".into(), Fault::Invalid));
        assert_eq!(file(json!({"file": {"filename": "x"}})), ("p.file.file_data".into(), Fault::Missing));
        assert_eq!(file(json!({"file": {"file_data": "?"}})), ("p.file.file_data".into(), Fault::Invalid));
    }
}
