//! Ends an answer at a stop sequence, which 1min.ai can't do.
//!
//! A state machine over the text as it comes: text that may be the beginning of a stop sequence is held back until it is
//! certain, and not one character longer. The stop sequence that is complete first ends the answer; of two that are
//! complete at the same character, the longer one. So the end does not depend on how the text was split. Every byte is
//! looked at once for each sequence (Knuth, Morris and Pratt), and what is held is not copied again with every piece.

/// Watches an answer for stop sequences.
#[derive(Debug, Clone)]
pub struct StopWatch {
    sequences: Vec<Sequence>,
    /// The stop sequence at which the answer has ended.
    stopped: Option<usize>,
}

/// What became of a piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// The text that is certain to be part of the answer.
    pub text: String,
    /// The index of the stop sequence at which the answer has ended; what came after is none of it.
    pub stopped: Option<usize>,
}

#[derive(Debug, Clone)]
struct Sequence {
    index: usize,
    text: String,
    /// For each length of a beginning, the length of the longest shorter one that it ends with; less the last.
    shorter: Vec<usize>,
    /// How much of it the text so far ends with.
    matched: usize,
}

impl StopWatch {
    /// Watches for these sequences; an empty one never ends an answer.
    #[must_use]
    pub fn new(stops: Vec<String>) -> Self {
        let sequences = stops.into_iter().enumerate().filter(|(_, text)| !text.is_empty());
        Self { sequences: sequences.map(|(index, text)| Sequence::new(index, text)).collect(), stopped: None }
    }

    /// Takes the next text of the answer. After the end nothing passes any more.
    pub fn push(&mut self, text: &str) -> Passed {
        if self.stopped.is_some() {
            return Passed { text: String::new(), stopped: self.stopped };
        }
        let before = self.longest();
        for (at, byte) in text.bytes().enumerate() {
            if let Some((index, length)) = self.step(byte) {
                self.stopped = Some(index);
                return Passed { text: all_but(self.beginning(before), &text[..=at], length), stopped: self.stopped };
            }
        }
        let (_, kept) = self.longest();
        Passed { text: all_but(self.beginning(before), text, kept), stopped: None }
    }

    /// The answer has ended by itself: what was held back is part of it.
    pub fn finish(&mut self) -> String {
        let held = if self.stopped.is_none() { self.beginning(self.longest()).to_owned() } else { String::new() };
        for sequence in &mut self.sequences {
            sequence.matched = 0;
        }
        held
    }

    /// Goes one byte further; index and length of the stop sequence that is complete.
    fn step(&mut self, byte: u8) -> Option<(usize, usize)> {
        let mut ended: Option<(usize, usize)> = None;
        for sequence in &mut self.sequences {
            if sequence.step(byte) && ended.is_none_or(|(_, length)| length < sequence.text.len()) {
                ended = Some((sequence.index, sequence.text.len()));
            }
        }
        ended
    }

    /// What is held back, the longest beginning of a stop sequence that the text so far ends with: its sequence's place
    /// and its length.
    fn longest(&self) -> (usize, usize) {
        let matched = self.sequences.iter().map(|sequence| sequence.matched).enumerate();
        matched.max_by_key(|(_, length)| *length).unwrap_or_default()
    }

    fn beginning(&self, (place, length): (usize, usize)) -> &str {
        self.sequences.get(place).map_or("", |sequence| &sequence.text[..length])
    }
}

/// `held` and `text` together, less the last `kept` bytes.
fn all_but(held: &str, text: &str, kept: usize) -> String {
    match text.len().checked_sub(kept) {
        Some(end) => [held, &text[..end]].concat(),
        None => held[..held.len() + text.len() - kept].to_owned(),
    }
}

impl Sequence {
    fn new(index: usize, text: String) -> Self {
        let mut shorter: Vec<usize> = vec![0];
        for byte in text.bytes().skip(1) {
            let before = shorter.last().copied().unwrap_or_default();
            let next = advance(text.as_bytes(), &shorter, before, byte);
            shorter.push(next);
        }
        Self { index, text, shorter, matched: 0 }
    }

    /// Goes one byte further; whether it is complete.
    fn step(&mut self, byte: u8) -> bool {
        self.matched = advance(self.text.as_bytes(), &self.shorter, self.matched, byte);
        self.matched == self.text.len()
    }
}

/// How much of `sequence` is matched after one more byte.
fn advance(sequence: &[u8], shorter: &[usize], mut matched: usize, byte: u8) -> usize {
    while matched > 0 && sequence.get(matched) != Some(&byte) {
        matched = shorter[matched - 1];
    }
    matched + usize::from(sequence.get(matched) == Some(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn watch(stops: &[&str]) -> StopWatch {
        StopWatch::new(stops.iter().map(|stop| (*stop).to_owned()).collect())
    }

    /// Runs the pieces to the end.
    fn run(stops: &[&str], pieces: &[&str]) -> (String, Option<usize>) {
        let mut watch = watch(stops);
        let mut out = String::new();
        let mut stopped = None;
        for piece in pieces {
            let passed = watch.push(piece);
            out.push_str(&passed.text);
            stopped = passed.stopped;
        }
        out.push_str(&watch.finish());
        (out, stopped)
    }

    #[test]
    fn the_answer_ends_before_the_first_stop_sequence() {
        assert_eq!(run(&["END"], &["one END two"]), ("one ".into(), Some(0)));
        assert_eq!(run(&["END"], &["one E", "N", "D two", " three"]), ("one ".into(), Some(0)));
        assert_eq!(run(&["b", "a"], &["xxabxx"]), ("xx".into(), Some(1)));
        assert_eq!(run(&["aab"], &["aa", "aab"]), ("aa".into(), Some(0)));
        assert_eq!(run(&["☃!"], &["snow ☃", "? ☃", "!"]), ("snow ☃? ".into(), Some(0)));
        assert_eq!(run(&["END"], &["END"]), (String::new(), Some(0)));
        assert_eq!(run(&["", "x"], &["a", "x"]), ("a".into(), Some(1)));
        assert_eq!(run(&[], &["a", "b"]), ("ab".into(), None));
    }

    #[test]
    fn the_stop_that_is_complete_first_wins_and_then_the_longer_one() {
        assert_eq!(run(&["abcde", "bc"], &["xabcde"]), ("xa".into(), Some(1)));
        assert_eq!(run(&["abc", "ab"], &["xabc"]), ("x".into(), Some(1)));
        assert_eq!(run(&["c", "bc", "xbc"], &["abc"]), ("a".into(), Some(1)));
        assert_eq!(run(&["ab", "ab"], &["xab"]), ("x".into(), Some(0)));
    }

    #[test]
    fn what_only_begins_like_a_stop_is_held_and_then_given() {
        let mut watch = watch(&["\n\nUser:"]);
        assert_eq!(watch.push("a\n").text, "a");
        assert_eq!(watch.push("\nUs").text, "");
        assert_eq!(watch.push("ual").text, "\n\nUsual");
        assert_eq!(watch.push("\n\n").text, "");
        assert_eq!(watch.push("\n").text, "\n");
        assert_eq!(watch.finish(), "\n\n");
        assert_eq!(watch.finish(), "");
    }

    #[test]
    fn a_megabyte_in_single_bytes_is_copied_once_even_if_much_is_held() {
        let stop = format!("{}b", "a".repeat(100_000));
        let mut watch = watch(&[&stop]);
        let mut passed = 0;
        for _ in 0..1_000_000 {
            passed += watch.push("a").text.len();
        }
        assert_eq!((passed, watch.finish().len()), (900_000, 100_000));
    }

    proptest! {
        #[test]
        fn a_split_anywhere_changes_nothing(text in "[abE☃ ]{0,40}", cut in 0usize..40) {
            let stops = ["abE", "bb", "☃a", "babE☃ ", "E"];
            let at = text.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(text.len());
            prop_assert_eq!(run(&stops[..4], &[&text[..at], &text[at..]]), run(&stops[..4], &[&text]));
            let single: Vec<String> = text.chars().map(String::from).collect();
            let single: Vec<&str> = single.iter().map(String::as_str).collect();
            prop_assert_eq!(run(&stops, &single), run(&stops, &[&text]));
        }

        #[test]
        fn no_stop_is_ever_given_and_nothing_before_it_is_lost(text in "[abE ]{0,40}") {
            let (out, stopped) = run(&["abE"], &[&text]);
            prop_assert_eq!(text.split("abE").next().unwrap_or_default(), &out);
            prop_assert_eq!(stopped.is_some(), text.contains("abE"));
        }

        #[test]
        fn never_more_is_held_than_may_be_a_stop(text in "[ab☃]{0,30}", stop in "[ab☃]{1,6}") {
            let mut watch = watch(&[&stop]);
            let passed = watch.push(&text);
            if passed.stopped.is_none() {
                let held = &text[passed.text.len()..];
                prop_assert!(stop.starts_with(held) && held.len() < stop.len());
                let is_longest = text.char_indices().all(|(at, _)| {
                    text.len() - at <= held.len() || !stop.starts_with(&text[at..])
                });
                prop_assert!(is_longest, "held {:?} of {:?} for {:?}", held, text, stop);
            }
        }
    }
}
