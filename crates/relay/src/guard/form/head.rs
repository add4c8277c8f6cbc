//! What stands before a form and its parts: the boundary, names, names of files.

use http::{HeaderMap, header};
use multer::Field;
use percent_encoding::percent_decode_str;

use crate::error::Error;

/// Parts that are files even without a file name, which some clients leave out.
const FILES: [&str; 4] = ["file", "image", "mask", "audio"];

/// The boundary of a form.
pub(super) fn boundary(headers: &HeaderMap) -> Result<String, Error> {
    let malformed = |detail: String| Error::MalformedForm { detail };
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.ok_or_else(|| malformed("it has no Content-Type".into()))?;
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if media_type != "multipart/form-data" {
        return Err(malformed(format!("its Content-Type is '{}'", media_type.chars().take(80).collect::<String>())));
    }
    let boundary = multer::parse_boundary(content_type).ok().or_else(|| loose_boundary(content_type));
    let boundary = boundary.filter(|boundary| (1..=200).contains(&boundary.len()));
    boundary.ok_or_else(|| malformed("its Content-Type names no boundary".into()))
}

/// Boundaries with characters that should stand in quotes; Python's `email` writes such.
fn loose_boundary(content_type: &str) -> Option<String> {
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let mut boundaries = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"));
    boundaries.next().map(|(_, value)| value.trim().trim_matches('"').to_owned())
}

/// The file name of a part; `None`: it has none, and is a text.
pub(super) fn file_name_of(part: &Field<'_>) -> Option<String> {
    let named = part.file_name().map(str::to_owned);
    named.or_else(|| extended_name(part.headers().get(header::CONTENT_DISPOSITION)?.to_str().ok()?))
}

/// `filename*=UTF-8''...` (RFC 5987), which older versions of Python's `requests` write for names that are not ASCII.
fn extended_name(disposition: &str) -> Option<String> {
    let (_, value) = disposition.split_once("filename*=")?;
    let encoded = value.split(';').next().unwrap_or_default().trim().trim_matches('"');
    let encoded = encoded.splitn(3, '\'').nth(2)?;
    Some(percent_decode_str(encoded).decode_utf8_lossy().into_owned())
}

/// Whether a part of this name is a file, even without a file name.
pub(super) fn is_file_name(name: &str) -> bool {
    FILES.contains(&name.split('[').next().unwrap_or_default())
}

/// Where a file under `name` stands among those of `names`: by its number, before the numbered ones, or not at all.
pub(super) fn place(name: &str, names: &[&str]) -> Option<Option<u32>> {
    if names.contains(&name) {
        return Some(None);
    }
    let (base, number) = name.strip_suffix(']')?.split_once('[')?;
    let number = number.parse().ok()?;
    names.contains(&base).then_some(Some(number))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn boundary_of(content_type: &'static str) -> Result<String, String> {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        boundary(&headers).map_err(|error| error.to_string())
    }

    #[test]
    fn boundaries_are_read_as_clients_write_them() {
        for (content_type, expected) in [
            ("multipart/form-data; boundary=abc", "abc"),
            ("Multipart/Form-Data; charset=utf-8; Boundary=\"a b c\"", "a b c"),
            ("multipart/form-data; boundary================123==", "===============123=="),
            (
                "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
                "----WebKitFormBoundary7MA4YWxkTrZu0gW",
            ),
        ] {
            assert_eq!(boundary_of(content_type).as_deref(), Ok(expected), "{content_type}");
        }
        for (content_type, words) in [
            ("application/json", "'application/json'"),
            ("multipart/mixed; boundary=a", "'multipart/mixed'"),
            ("multipart/form-data", "names no boundary"),
            ("multipart/form-data; boundary=", "names no boundary"),
        ] {
            assert!(boundary_of(content_type).unwrap_err().contains(words), "{content_type}");
        }
    }

    #[test]
    fn names_say_what_is_a_file_and_which_comes_first() {
        assert!(["file", "image", "image[]", "image[3]", "mask", "audio"].into_iter().all(is_file_name));
        assert!(!["filename", "prompt", "model", "images"].into_iter().any(is_file_name));
        let names = ["image", "image[]"];
        assert_eq!((place("image[]", &names), place("image[12]", &names)), (Some(None), Some(Some(12))));
        assert_eq!((place("mask", &names), place("mask[0]", &names), place("image[x]", &names)), (None, None, None));
        let name = extended_name("form-data; name=\"file\"; filename*=utf-8''%D0%BA%D0%BE%D1%82.png");
        assert_eq!(name.as_deref(), Some("кот.png"));
    }
}
