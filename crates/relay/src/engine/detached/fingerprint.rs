//! What tells a request from others, so that a client's second try of one is known.

use sha2::{Digest, Sha256};

/// The hash of all that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint([u8; 32]);

/// Takes one, piece by piece.
#[derive(Debug, Default)]
pub(crate) struct Fingerprinting(Sha256);

impl Fingerprinting {
    /// One more piece; where one ends and the next begins counts.
    #[must_use]
    pub(crate) fn with(mut self, piece: impl AsRef<[u8]>) -> Self {
        let piece = piece.as_ref();
        self.0.update(u64::try_from(piece.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.0.update(piece);
        self
    }

    /// That was all.
    pub(crate) fn finish(self) -> Fingerprint {
        Fingerprint(self.0.finalize().into())
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_count_one_by_one() {
        let of = |pieces: &[&str]| pieces.iter().fold(Fingerprinting::default(), Fingerprinting::with).finish();
        assert_eq!(of(&["a", "b"]), of(&["a", "b"]));
        assert_ne!(of(&["a", "b"]), of(&["ab"]));
        assert_ne!(of(&["a", "b"]), of(&["b", "a"]));
        assert_eq!(of(&[]).to_string().len(), 64);
    }
}
