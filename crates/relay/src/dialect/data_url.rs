//! Bytes inside JSON: data URLs and bare base64, as loosely as clients write them. The media type may be missing or odd, the
//! base64 may be broken into lines, be of the kind for URLs, or lack its padding.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use percent_encoding::percent_decode_str;

/// Reads padded base64 and unpadded.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// File names for media types whose files can't be told apart by their bytes.
const NAMES: [(&str, &str); 6] = [
    ("text/markdown", "document.md"),
    ("text/x-markdown", "document.md"),
    ("text/csv", "document.csv"),
    ("application/csv", "document.csv"),
    ("application/json", "document.json"),
    ("text/html", "document.html"),
];

/// What a data URL holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataUrl {
    /// Its media type in lower case, without parameters.
    pub(crate) media_type: Option<String>,
    pub(crate) bytes: Bytes,
}

/// A text that begins like a data URL, or is said to be base64, and can't be read as that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// Whether a text is a data URL.
pub(crate) fn is_data_url(text: &str) -> bool {
    text.trim_start().get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:"))
}

/// Reads a data URL (RFC 2397), or bare base64.
///
/// # Errors
/// [`Unreadable`]; whoever knows the field says so.
pub(crate) fn decode(text: &str) -> Result<DataUrl, Unreadable> {
    if !is_data_url(text) {
        return Ok(DataUrl { media_type: None, bytes: base64(text)? });
    }
    let (head, data) = text.trim_start()[5..].split_once(',').ok_or(Unreadable)?;
    let mut words = head.split(';').map(|word| word.trim().to_ascii_lowercase());
    let media_type = words.next().filter(|word| word.contains('/'));
    let is_base64 = head.to_ascii_lowercase().split(';').any(|word| word.trim() == "base64");
    let bytes = if is_base64 { base64(data)? } else { percent_decode_str(data).collect::<Vec<u8>>().into() };
    Ok(DataUrl { media_type, bytes })
}

/// A file name that says what a text of this media type is; others show it themselves.
pub(crate) fn name_for(media_type: Option<&str>) -> Option<String> {
    let media_type = media_type?;
    NAMES.iter().find(|(known, _)| *known == media_type).map(|(_, name)| (*name).to_owned())
}

fn base64(text: &str) -> Result<Bytes, Unreadable> {
    let is_odd = |byte: u8| matches!(byte, b'-' | b'_' | b'%') || byte.is_ascii_whitespace();
    let bytes = if text.bytes().any(is_odd) { BASE64.decode(straightened(text)) } else { BASE64.decode(text) };
    bytes.map(Bytes::from).map_err(|_| Unreadable)
}

/// Base64 without white space and percent signs, in the usual alphabet.
fn straightened(text: &str) -> Vec<u8> {
    let usual = |byte: u8| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    };
    percent_decode_str(text).filter(|byte| !byte.is_ascii_whitespace()).map(usual).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Option<String>, Vec<u8>)> {
        decode(text).ok().map(|url| (url.media_type, url.bytes.to_vec()))
    }

    #[test]
    fn data_urls_are_read_in_every_way_they_are_written() {
        let bytes = [0xFB, 0xFF, 0xFE, 0x01];
        let png = Some("image/png".to_owned());
        for text in [
            "data:image/png;base64,+//+AQ==",
            "data:image/png;base64,+//+AQ",
            "DATA:IMAGE/PNG;BASE64,+//+AQ==",
            " data:image/png;base64,-__-AQ==",
            "data:image/png;charset=utf-8;base64,+//+\r\nAQ==\n",
            "data:image/png;base64,%2B//+AQ%3D%3D",
            "data:image/png; base64 ,+//+AQ==",
        ] {
            assert_eq!(read(text), Some((png.clone(), bytes.to_vec())), "{text}");
        }
        assert_eq!(read("data:;base64,+//+AQ=="), Some((None, bytes.to_vec())));
        assert_eq!(read("data:base64;base64,+//+AQ=="), Some((None, bytes.to_vec())));
        assert_eq!(read("data:text/plain,a%20b%C3%BC"), Some((Some("text/plain".into()), "a bü".into())));
    }

    #[test]
    fn bare_base64_is_read_and_what_is_none_is_refused() {
        assert_eq!(read("aGk="), Some((None, b"hi".to_vec())));
        assert_eq!(read("aGk"), Some((None, b"hi".to_vec())));
        for odd in ["data:image/png;base64", "data:image/png;base64,!!!", "not base64!", "a"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[test]
    fn only_texts_get_a_name_for_their_media_type() {
        assert_eq!(name_for(Some("text/csv")).as_deref(), Some("document.csv"));
        assert_eq!((name_for(Some("image/png")), name_for(None)), (None, None));
    }
}
