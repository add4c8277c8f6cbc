//! Bytes that clients write into JSON as base64.

use std::borrow::Cow;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Takes what clients get slightly wrong: padding that is missing, bits that are left over.
const TOLERANT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The bytes of a text, which may be broken into lines; `None`: it is no base64.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let text = if text.contains(|c: char| c.is_ascii_whitespace()) {
        Cow::Owned(text.split_ascii_whitespace().collect::<String>())
    } else {
        Cow::Borrowed(text)
    };
    TOLERANT.decode(text.as_bytes()).ok()
}

/// The base64 in a `data:` URL; `None`: it is no such URL, or holds none.
pub(crate) fn in_data_url(url: &str) -> Option<&str> {
    let (head, data) = url.split_once(',')?;
    let is_data = head.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"));
    (is_data && head.ends_with(";base64")).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_as_loosely_as_it_is_written() {
        for text in ["aGk=", "aGk", " aG\r\nk=\n"] {
            assert_eq!(decode(text).as_deref(), Some(b"hi".as_slice()), "{text}");
        }
        assert_eq!(decode(""), Some(Vec::new()));
        for text in ["a", "aGk=x", "{}", "ü"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    #[test]
    fn a_data_url_holds_base64() {
        assert_eq!(in_data_url("data:image/png;base64,aGk="), Some("aGk="));
        assert_eq!(in_data_url("DATA:;base64,"), Some(""));
        for url in ["data:text/plain,hi", "https://example.com/a,b", "data:", ""] {
            assert_eq!(in_data_url(url), None, "{url}");
        }
    }
}
