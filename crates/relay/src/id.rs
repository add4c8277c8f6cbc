//! Ids as clients expect them: a prefix and 24 random letters and digits.

/// How many random characters an id has: 142 bits.
pub(crate) const LENGTH: usize = 24;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A new id, such as `chatcmpl-…`.
pub(crate) fn random(prefix: &str) -> String {
    let mut id = String::with_capacity(prefix.len() + LENGTH);
    id.push_str(prefix);
    while id.len() < prefix.len() + LENGTH {
        let mut bytes = [0_u8; 32];
        #[expect(clippy::expect_used, reason = "without the system's randomness nothing here is safe")]
        getrandom::fill(&mut bytes).expect("the system gives random bytes");
        // Bytes beyond the last whole alphabet would favour its first letters.
        let fair = bytes.iter().filter(|byte| **byte < 248).map(|byte| char::from(ALPHABET[usize::from(byte % 62)]));
        id.extend(fair.take(prefix.len() + LENGTH - id.len()));
    }
    id
}

#[cfg(test)]
mod tests {
    use super::random;

    #[test]
    fn ids_have_their_form_and_differ() {
        let id = random("chatcmpl-");
        let tail = id.strip_prefix("chatcmpl-").unwrap();
        assert!(tail.len() == 24 && tail.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
        assert_ne!(random("req_"), random("req_"));
    }
}
