//! The 1min.ai API key: kept secret in memory, checked once, and taken out of any text that repeats it.

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

/// What stands in a text where the key stood.
const REDACTED: &str = "[key removed]";

/// The shortest text that is looked for as a key, in characters.
const SHORTEST_REDACTED: usize = 8;

/// A 1min.ai API key.
///
/// `Debug` never shows it, it has no `Display`, and its memory is wiped when it is dropped. It leaves this type as a
/// sensitive header value, and to be stored.
#[derive(Clone)]
pub struct ApiKey(SecretString);

/// Why a text can't be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Nothing but white space.
    #[error("The 1min.ai key is empty")]
    Empty,
    /// Longer than any key could be; most likely another text was pasted.
    #[error("The 1min.ai key is longer than {limit} characters", limit = ApiKey::LONGEST)]
    TooLong,
    /// White space, control or non-ASCII characters inside.
    #[error("The 1min.ai key holds characters that no key has; copy it again")]
    Characters,
}

impl ApiKey {
    /// The longest text taken for a key, in characters.
    pub const LONGEST: usize = 512;

    /// Takes a key as a person pasted it: white space around it is dropped.
    ///
    /// # Errors
    /// [`InvalidKey`] says what is wrong; the key itself is never part of the error.
    pub fn new(key: impl AsRef<str>) -> Result<Self, InvalidKey> {
        let key = key.as_ref().trim();
        if key.is_empty() {
            return Err(InvalidKey::Empty);
        }
        if key.len() > Self::LONGEST {
            return Err(InvalidKey::TooLong);
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidKey::Characters);
        }
        Ok(Self(SecretString::from(key)))
    }

    /// The value of the `API-KEY` header, marked sensitive so that no HTTP layer prints or indexes it.
    pub(crate) fn to_header(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(self.0.expose_secret()).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// The key itself, to put it where secrets are kept. For nothing else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }

    /// The last four characters, for a person to tell keys apart; nothing of a key shorter than twelve.
    #[must_use]
    pub fn last_four(&self) -> &str {
        let key = self.0.expose_secret();
        if key.len() < 12 { "" } else { &key[key.len() - 4..] }
    }

    /// `text` without the key, should 1min.ai have repeated it. A placeholder of a few letters is no key, and would be
    /// found in the middle of words.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let key = self.0.expose_secret();
        if key.len() < SHORTEST_REDACTED { text.to_owned() } else { text.replace(key, REDACTED) }
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKey([hidden])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_key_is_trimmed_and_hidden() {
        let key = ApiKey::new("  canary-0123456789abcdef\n").unwrap();
        assert_eq!(key.to_header().unwrap().to_str().unwrap(), "canary-0123456789abcdef");
        assert!(key.to_header().unwrap().is_sensitive());
        assert_eq!(key.last_four(), "cdef");
        assert!(!format!("{key:?} {:?}", key.to_header()).contains("0123456789"));
    }

    #[test]
    fn what_can_not_be_a_key_is_refused_by_name() {
        assert_eq!(ApiKey::new(" \t ").unwrap_err(), InvalidKey::Empty);
        assert_eq!(ApiKey::new("a b").unwrap_err(), InvalidKey::Characters);
        assert_eq!(ApiKey::new("schlüssel").unwrap_err(), InvalidKey::Characters);
        assert_eq!(ApiKey::new("line\r\nbreak").unwrap_err(), InvalidKey::Characters);
        assert_eq!(ApiKey::new("k".repeat(513)).unwrap_err(), InvalidKey::TooLong);
    }

    #[test]
    fn a_repeated_key_is_taken_out() {
        let key = ApiKey::new("canary-0123456789abcdef").unwrap();
        assert_eq!(key.redact("bad key canary-0123456789abcdef!"), "bad key [key removed]!");
        let placeholder = ApiKey::new("none").unwrap();
        assert_eq!((placeholder.last_four(), placeholder.redact("nonesense").as_str()), ("", "nonesense"));
    }
}
