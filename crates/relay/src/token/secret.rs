//! The secret of a token, and the hash it is known by.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What every secret begins with. A credential that does is never taken for a 1min.ai key, so none leaves the machine.
const PREFIX: &str = "1mr-";

/// A secret: `1mr-` and 32 random bytes in 43 characters of base64url. It is shown once, and its memory is wiped.
#[derive(Clone)]
pub struct Secret(SecretString);

/// The SHA-256 of a secret. So much randomness needs no salt and no slow hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hash([u8; 32]);

impl Secret {
    /// A new one.
    pub(super) fn random() -> Self {
        let mut bytes = [0; 32];
        #[expect(clippy::expect_used, reason = "without the system's randomness nothing here is safe")]
        getrandom::fill(&mut bytes).expect("the system gives random bytes");
        Self(format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)).into())
    }

    /// The secret itself, to show it to whom it was made for. For nothing else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Whether a credential can only be a token, in whatever case it was typed.
pub(crate) fn is_token(credential: &str) -> bool {
    credential.get(..PREFIX.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(PREFIX))
}

impl Hash {
    /// The hash of a credential.
    pub(crate) fn of(credential: &str) -> Self {
        Self(Sha256::digest(credential).into())
    }

    /// Whether both are of the same secret, in the same time whatever the answer.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// What is kept of it.
    pub(super) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What was kept.
    pub(super) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// As a text: 64 hexadecimal digits.
    pub(super) fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// From such a text.
    pub(super) fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 2 * bytes.len() || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        for (byte, digits) in bytes.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(text.get(digits..digits + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_its_form_and_is_not_shown_by_accident() {
        let secret = Secret::random();
        let tail = secret.reveal().strip_prefix("1mr-").unwrap();
        assert_eq!(tail.len(), 43);
        assert!(tail.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{tail}");
        assert_ne!(secret.reveal(), Secret::random().reveal());
        assert_eq!(format!("{secret:?} {:?}", Hash::of("x")), "Secret Hash");
        assert!(is_token(secret.reveal()) && is_token("1MR-x") && !is_token("1mr") && !is_token("sk-1mr-"));
    }

    #[test]
    fn a_hash_is_the_same_after_it_was_written_down() {
        let hash = Hash::of("1mr-abc");
        assert!(hash.is(&Hash::from_hex(&hash.to_hex()).unwrap()) && !hash.is(&Hash::of("1mr-abd")));
        for wrong in ["", "ab", &"g".repeat(64), &"+1".repeat(32), &"ä".repeat(32), &"a".repeat(66)] {
            assert_eq!(Hash::from_hex(wrong), None, "{wrong}");
        }
    }
}
