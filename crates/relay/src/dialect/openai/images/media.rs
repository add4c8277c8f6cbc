//! A picture that a request starts from.

use serde_json::Value;

use crate::{
    conversation::{Media, MediaSource},
    dialect::data_url::{self, DataUrl},
    error::{Error, Fault},
    guard::form::FormFile,
};

/// A file of a form.
pub(super) fn of_file(param: &str, file: FormFile) -> Media {
    Media { param: param.to_owned(), source: MediaSource::Spooled(file.content), name: file.file_name }
}

/// A picture in JSON: `{image_url}`, `{file_id}`, or the address alone.
pub(super) fn read(value: &Value, param: &str) -> Result<Media, Error> {
    let text = |value: &Value| value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let url = text(value).or_else(|| text(&value["image_url"])).or_else(|| text(&value["image_url"]["url"]));
    let source = match (url, text(&value["file_id"])) {
        (Some(url), _) if data_url::is_data_url(&url) => {
            let Ok(DataUrl { bytes, .. }) = data_url::decode(&url) else {
                let message = format!("'{param}' is no valid data URL. Send one such as data:image/png;base64,....");
                return Err(Error::field(param, Fault::ImageUrl, message));
            };
            MediaSource::Bytes(bytes)
        }
        (Some(url), _) => MediaSource::Url(url),
        (None, Some(id)) => MediaSource::File(id),
        (None, None) => {
            let message =
                format!("'{param}' holds no picture. Send 'image_url' (an address or a data URL) or 'file_id'.");
            return Err(Error::field(param, Fault::Invalid, message));
        }
    };
    Ok(Media { param: param.to_owned(), source, name: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use serde_json::json;

    #[test]
    fn pictures_are_read_in_every_spelling() {
        let url = || MediaSource::Url("https://example.com/a.png".into());
        for (value, source) in [
            (json!({"image_url": "https://example.com/a.png"}), url()),
            (json!({"image_url": {"url": "https://example.com/a.png"}}), url()),
            (json!("https://example.com/a.png"), url()),
            (json!("data:image/png;base64,aGk="), MediaSource::Bytes(Bytes::from_static(b"hi"))),
            (json!({"file_id": "file-1", "image_url": null}), MediaSource::File("file-1".into())),
        ] {
            assert_eq!(read(&value, "images[0]").unwrap().source, source, "{value}");
        }
        for nothing in [json!({}), json!(5), json!(" "), json!("data:image/png;base64,?")] {
            assert!(
                matches!(read(&nothing, "mask"), Err(Error::InvalidField { param, .. }) if param == "mask"),
                "{nothing}"
            );
        }
    }
}
