//! Reads a JSON body as tolerantly as clients need, and refuses by name what can't be read.
//!
//! The content type is not looked at: apps send JSON under many names. A byte order mark and blanks are skipped, a key
//! that stands twice counts with its last value, half a character (an app cut its text by UTF-16 units) becomes U+FFFD.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::{
    error::{Error, Fault},
    guard::body,
    shared::Shared,
    text,
};

/// Content types that can't be JSON by any mistake of an app. Others are not looked at.
const NEVER_JSON: [&str; 6] =
    ["multipart/", "application/x-www-form-urlencoded", "image/", "audio/", "video/", "application/octet-stream"];

/// A JSON body of type `T`.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<Shared>> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Error> {
        let other_type = other_type(request.headers());
        let body = body::collect(request, shared).await?;
        let read = read(&body).or_else(|error| read_mended(&body).unwrap_or(Err(error)));
        let read = read.map_err(|error| match (error, other_type) {
            (Error::MalformedJson { .. }, Some(media_type)) => Error::UnsupportedMediaType { media_type },
            (error, _) => error,
        });
        read.map(Json)
    }
}

/// The content type, if it says that the body is something else than JSON.
fn other_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let media_type = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    NEVER_JSON.iter().any(|other| media_type.starts_with(other)).then_some(media_type)
}

/// Reads a body in which characters were cut in half; `None` if none were.
fn read_mended<T: DeserializeOwned>(body: &[u8]) -> Option<Result<T, Error>> {
    let mended = text::mend_half_characters(std::str::from_utf8(body).ok()?)?;
    Some(read(mended.as_bytes()))
}

/// Reads a JSON text.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    match body.trim_ascii_start().first() {
        None => return Err(Error::MalformedJson { detail: "it is empty".into() }),
        Some(b'[') => return Err(Error::MalformedJson { detail: "it is an array".into() }),
        Some(_) => {}
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut json).map_err(Refusal::from).and_then(|value| {
        json.end().map_err(|error| Refusal::Malformed(error.to_string()))?;
        Ok(value)
    });
    match read {
        Ok(value) => Ok(value),
        // The value may only be written twice, which JSON leaves open: then the last counts.
        Err(Refusal::Field { .. }) => read_loosely(body).map_err(Error::from),
        Err(malformed) => Err(malformed.into()),
    }
}

fn read_loosely<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let value: serde_json::Value =
        serde_json::from_slice(body).map_err(|error| Refusal::Malformed(error.to_string()))?;
    serde_path_to_error::deserialize(value).map_err(Refusal::from)
}

/// Why a text was not read.
enum Refusal {
    Malformed(String),
    Field { param: String, what: String },
}

impl From<serde_path_to_error::Error<serde_json::Error>> for Refusal {
    fn from(error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        let path = error.path().to_string();
        let inner = error.into_inner();
        match inner.classify() {
            Category::Data => Self::Field { param: path, what: without_position(&inner) },
            Category::Syntax | Category::Eof | Category::Io => Self::Malformed(inner.to_string()),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Malformed(detail) => Self::MalformedJson { detail },
            Refusal::Field { param, what } if param == "." || param.is_empty() => Self::MalformedJson { detail: what },
            Refusal::Field { param, what } => {
                let message = format!("Invalid value for '{param}': {what}.");
                Self::field(param, Fault::Invalid, message)
            }
        }
    }
}

/// The parser's words without " at line 1 column 2", which means nothing once the field is named.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Body {
        #[serde(default)]
        list: Vec<Item>,
        #[serde(default)]
        flag: Option<bool>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Item {
        number: u8,
    }

    fn refusal(body: &str) -> Error {
        read::<Body>(body.as_bytes()).unwrap_err()
    }

    #[test]
    fn odd_but_readable_bodies_are_read() {
        let expected = Body { list: vec![Item { number: 2 }], flag: None };
        for body in [
            r#"{"list":[{"number":2}]}"#,
            "\u{feff} \n{\"list\":[{\"number\":2}],\"flag\":null,\"unknown\":[1]} ",
            r#"{"list":[{"number":1}],"list":[{"number":1,"number":2}]}"#,
        ] {
            assert_eq!(read::<Body>(body.as_bytes()).unwrap(), expected, "{body}");
        }
    }

    #[test]
    fn what_is_no_json_says_where() {
        for body in ["", "  ", "{", "not json", r#"{"a":}"#, "{} {}", "[1]", "\"text\""] {
            assert!(matches!(refusal(body), Error::MalformedJson { .. }), "{body}: {:?}", refusal(body));
        }
        assert!(refusal("{\"a\":}").to_string().contains("line 1 column 6"));
    }

    #[test]
    fn a_wrong_value_names_its_field() {
        let Error::InvalidField { param, message, .. } = refusal(r#"{"list":[{"number":2},{"number":"x"}]}"#) else {
            panic!("a field")
        };
        assert_eq!(param, "list[1].number");
        assert_eq!(message, "Invalid value for 'list[1].number': invalid type: string \"x\", expected u8.");
        assert!(matches!(refusal(r#"{"flag":"true"}"#), Error::InvalidField { param, .. } if param == "flag"));
    }
}
