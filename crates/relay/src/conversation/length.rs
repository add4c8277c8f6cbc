//! Ends an answer at the length limit, which 1min.ai can't do.
//!
//! The length is counted by estimate, whether or not there is a limit. An answer is cut between two characters, before
//! the first one that would go over the limit; how the text was split makes no difference.

use super::estimate::Estimator;

/// Counts an answer, and watches for its limit.
#[derive(Debug, Clone)]
pub struct LengthLimit {
    max_tokens: Option<u64>,
    passed: Estimator,
    is_over: bool,
}

impl LengthLimit {
    /// Counts up to so many tokens, or without end.
    #[must_use]
    pub fn new(max_tokens: Option<u64>) -> Self {
        Self { max_tokens, passed: Estimator::default(), is_over: false }
    }

    /// Takes the next text: how many of its bytes are part of the answer, and whether the answer is cut after them. Once
    /// it is cut, nothing passes any more.
    pub fn push(&mut self, text: &str) -> (usize, bool) {
        if self.is_over {
            return (0, true);
        }
        let Some(limit) = self.max_tokens else {
            self.passed.push(text);
            return (text.len(), false);
        };
        let cut = self.passed.push_within(text, limit);
        self.is_over = cut.is_some();
        (cut.unwrap_or(text.len()), self.is_over)
    }

    /// Estimated tokens of the text that has passed.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.passed.tokens()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::estimate;
    use proptest::prelude::*;

    fn run(max_tokens: Option<u64>, pieces: &[&str]) -> (String, bool, u64) {
        let mut length = LengthLimit::new(max_tokens);
        let mut out = String::new();
        let mut is_over = false;
        for piece in pieces {
            let (kept, over) = length.push(piece);
            out.push_str(&piece[..kept]);
            is_over = over;
        }
        (out, is_over, length.tokens())
    }

    #[test]
    fn the_answer_is_cut_at_the_limit_and_nothing_passes_after() {
        let (text, is_over, tokens) = run(Some(3), &["one two ", "three four five six seven", " ", "eight"]);
        assert!(is_over);
        assert!(!text.is_empty() && "one two three four five".starts_with(&text), "{text}");
        assert!(tokens <= 3, "{tokens}");
        assert_eq!(run(Some(1_000), &["short"]), ("short".into(), false, estimate::tokens("short")));
    }

    #[test]
    fn an_answer_that_just_fits_is_not_cut() {
        let text = "one two three";
        let tokens = estimate::tokens(text);
        assert_eq!(run(Some(tokens), &[text, ""]), (text.into(), false, tokens));
        assert!(run(Some(tokens - 1), &[text]).1);
    }

    #[test]
    fn tokens_are_counted_without_a_limit() {
        let text = "Counted all the same, ☃.";
        assert_eq!(run(None, &[&text[..10], &text[10..]]), (text.into(), false, estimate::tokens(text)));
        assert_eq!(run(None, &[]).2, 0);
    }

    proptest! {
        #[test]
        fn a_split_anywhere_changes_nothing(
            text in "[abE☃ 1.\n]{0,40}", cut in 0usize..40, max_tokens in proptest::option::of(1u64..12),
        ) {
            let at = text.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(text.len());
            prop_assert_eq!(run(max_tokens, &[&text[..at], &text[at..]]), run(max_tokens, &[&text]));
        }

        #[test]
        fn what_passes_is_the_beginning_within_the_limit(text in "\\PC{0,40}", max_tokens in 1u64..12) {
            let (out, is_over, tokens) = run(Some(max_tokens), &[&text]);
            prop_assert!(text.starts_with(&out) && tokens <= max_tokens);
            prop_assert_eq!(is_over, out != text);
            prop_assert_eq!(tokens, estimate::tokens(&out));
        }
    }
}
