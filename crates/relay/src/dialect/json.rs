//! Reads a JSON body as tolerantly as clients need, and refuses by name what can't be read.
//!
//! The content type is not looked at: apps send JSON under many names. A byte order mark and blanks are skipped, a key
//! that stands twice counts with its last value.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{FromRequest, Request},
};
use bytes::BytesMut;
use http_body::Body as _;
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::{
    error::{Error, Fault},
    shared::Snapshot,
};

/// A JSON body of type `T`.
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Error> {
        let snapshot = request.extensions().get::<Arc<Snapshot>>().ok_or(Error::Internal)?;
        let limit_mb = snapshot.settings.body_max_mb;
        let limit = usize::try_from(limit_mb << 20).unwrap_or(usize::MAX);
        let mut body = request.into_body();
        match collect(&mut body, limit).await {
            Err(Refused::TooLarge) => {
                // A client that is still sending would lose the answer with its connection, and send everything again.
                let _ = tokio::time::timeout(DISCARD, discard(&mut body)).await;
                Err(Error::BodyTooLarge { limit_mb })
            }
            Err(Refused::Cut) => Err(Error::BodyCut),
            Ok(body) => read(&body).map(Json),
        }
    }
}

/// How long the rest of a body that is too large is read and thrown away.
const DISCARD: Duration = Duration::from_secs(10);

/// How long a client may pause while it sends its body.
const PAUSE: Duration = Duration::from_secs(60);

/// Why a body was not taken.
enum Refused {
    TooLarge,
    Cut,
}

/// The whole body, at most `limit` bytes.
async fn collect(body: &mut Body, limit: usize) -> Result<BytesMut, Refused> {
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if declared > limit {
        return Err(Refused::TooLarge);
    }
    let mut whole = BytesMut::with_capacity(declared);
    loop {
        match tokio::time::timeout(PAUSE, body.frame()).await {
            Ok(None) => return Ok(whole),
            Ok(Some(Ok(frame))) => {
                let bytes = frame.into_data().unwrap_or_default();
                if whole.len() + bytes.len() > limit {
                    return Err(Refused::TooLarge);
                }
                whole.extend_from_slice(&bytes);
            }
            Ok(Some(Err(_))) | Err(_) => return Err(Refused::Cut),
        }
    }
}

async fn discard(body: &mut Body) {
    while let Some(Ok(_)) = body.frame().await {}
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
