//! Ends an answer at a stop sequence or at the length limit, which 1min.ai can't do.
//!
//! A state machine over the text as it comes: text that may be the beginning of a stop sequence is held back until it is
//! certain, and not one character longer.

use super::{estimate::Estimator, event::Finish, request::Limits};

/// Watches an answer for its end.
#[derive(Debug, Clone)]
pub struct Ending {
    limits: Limits,
    /// Text that may yet become a stop sequence.
    held: String,
    given: Estimator,
}

/// What became of a piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// The text that is certain to be part of the answer.
    pub text: String,
    /// Set when the answer has ended here; what came after is none of it.
    pub finish: Option<Finish>,
}

impl Ending {
    /// Watches for these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, held: String::new(), given: Estimator::default() }
    }

    /// Takes the next text of the answer.
    pub fn push(&mut self, text: &str) -> Passed {
        self.held.push_str(text);
        if let Some(start) = self.first_stop() {
            self.held.truncate(start);
            let passed = self.release(self.held.len());
            return Passed { finish: passed.finish.or(Some(Finish::Stop)), ..passed };
        }
        self.release(self.held.len() - self.longest_stop_prefix())
    }

    /// The answer has ended by itself: what was held back is part of it.
    pub fn finish(&mut self) -> Passed {
        self.release(self.held.len())
    }

    /// Estimated tokens of the text given out so far.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        self.given.tokens()
    }

    /// Gives out the first `end` bytes of what is held, as far as the length limit allows.
    fn release(&mut self, end: usize) -> Passed {
        let rest = self.held.split_off(end);
        let mut text = std::mem::replace(&mut self.held, rest);
        let Some(limit) = self.limits.max_tokens else {
            self.given.push(&text);
            return Passed { text, finish: None };
        };
        let cut = self.given.push_within(&text, limit);
        if let Some(cut) = cut {
            text.truncate(cut);
        }
        Passed { text, finish: cut.map(|_| Finish::Length) }
    }

    /// Where the first stop sequence in the held text begins.
    fn first_stop(&self) -> Option<usize> {
        self.limits.stop.iter().filter_map(|stop| self.held.find(stop.as_str())).min()
    }

    /// How many bytes at the end of the held text may be the beginning of a stop sequence.
    fn longest_stop_prefix(&self) -> usize {
        let prefix_of = |stop: &String| {
            let longest = self.held.len().min(stop.len().saturating_sub(1));
            let first = self.held.len() - longest;
            let tail = &self.held.as_bytes()[first..];
            (0..tail.len())
                .find(|start| stop.as_bytes().starts_with(&tail[*start..]))
                .map_or(0, |start| tail.len() - start)
        };
        self.limits.stop.iter().map(prefix_of).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limits(max_tokens: Option<u64>, stop: &[&str]) -> Limits {
        Limits { max_tokens, stop: stop.iter().map(|stop| (*stop).to_owned()).collect() }
    }

    /// Runs the pieces to the end, as the engine does: nothing is pushed after a finish.
    fn run(limits: Limits, pieces: &[&str]) -> (String, Option<Finish>) {
        let mut ending = Ending::new(limits);
        let mut out = String::new();
        for piece in pieces {
            let passed = ending.push(piece);
            out.push_str(&passed.text);
            if passed.finish.is_some() {
                return (out, passed.finish);
            }
        }
        let passed = ending.finish();
        out.push_str(&passed.text);
        (out, passed.finish)
    }

    #[test]
    fn the_answer_ends_before_the_first_stop_sequence() {
        let stop = |stops: &[&str], pieces: &[&str]| run(limits(None, stops), pieces);
        assert_eq!(stop(&["END"], &["one END two"]), ("one ".into(), Some(Finish::Stop)));
        assert_eq!(stop(&["END"], &["one E", "N", "D two"]), ("one ".into(), Some(Finish::Stop)));
        assert_eq!(stop(&["b", "a"], &["xxabxx"]), ("xx".into(), Some(Finish::Stop)));
        assert_eq!(stop(&["aab"], &["aa", "aab"]), ("aa".into(), Some(Finish::Stop)));
        assert_eq!(stop(&["☃!"], &["snow ☃", "? ☃", "!"]), ("snow ☃? ".into(), Some(Finish::Stop)));
        assert_eq!(stop(&["END"], &["END"]), (String::new(), Some(Finish::Stop)));
    }

    #[test]
    fn what_only_begins_like_a_stop_is_held_and_then_given() {
        let mut ending = Ending::new(limits(None, &["\n\nUser:"]));
        assert_eq!(ending.push("a\n").text, "a");
        assert_eq!(ending.push("\nUs").text, "");
        assert_eq!(ending.push("ual").text, "\n\nUsual");
        assert_eq!(ending.push("\n").text, "");
        assert_eq!(ending.finish(), Passed { text: "\n".into(), finish: None });
    }

    #[test]
    fn the_answer_ends_at_the_length_limit() {
        let (text, finish) = run(limits(Some(3), &[]), &["one two ", "three four five six seven"]);
        assert_eq!(finish, Some(Finish::Length));
        assert!(!text.is_empty() && "one two three four five".starts_with(&text), "{text}");
        assert_eq!(run(limits(Some(1_000), &[]), &["short"]), ("short".into(), None));
        let (text, finish) = run(limits(Some(2), &["six"]), &["one two three four five six"]);
        assert_eq!(finish, Some(Finish::Length), "{text}");
    }

    proptest! {
        #[test]
        fn a_split_anywhere_changes_nothing(
            text in "[abE☃ ]{0,40}", cut in 0usize..40, max_tokens in proptest::option::of(1u64..12),
        ) {
            let limits = limits(max_tokens, &["abE", "bb", "☃a"]);
            let at = text.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(text.len());
            prop_assert_eq!(run(limits.clone(), &[&text[..at], &text[at..]]), run(limits, &[&text]));
        }

        #[test]
        fn no_stop_is_ever_given_and_nothing_before_it_is_lost(text in "[abE ]{0,40}") {
            let (out, finish) = run(limits(None, &["abE"]), &[&text]);
            prop_assert_eq!(text.split("abE").next().unwrap_or_default(), &out);
            prop_assert_eq!(finish.is_some(), text.contains("abE"));
        }
    }
}
