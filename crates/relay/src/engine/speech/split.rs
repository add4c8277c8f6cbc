//! Long texts in pieces that a model takes: cut at the ends of sentences, in any script, by the rules of Unicode (UAX 29).

use unicode_segmentation::UnicodeSegmentation;

/// `text` in pieces of at most `limit` characters, without the blanks around them. What is longer than that as one sentence is
/// cut between words, as one word between letters with their marks, and only then between characters.
pub(super) fn split(text: &str, limit: usize) -> Vec<&str> {
    let limit = limit.max(1);
    let mut pieces = Pieces { text, limit, start: 0, end: 0, chars: 0, done: Vec::new() };
    for sentence in text.split_sentence_bounds() {
        pieces.add(sentence, 0);
    }
    pieces.close();
    pieces.done
}

/// How what is too long is cut, the coarsest first.
const CUTS: [for<'a> fn(&'a str) -> Vec<&'a str>; 3] = [
    |sentence| sentence.split_word_bounds().collect(),
    |word| word.graphemes(true).collect(),
    |grapheme| grapheme.split_inclusive(|_| true).collect(),
];

struct Pieces<'a> {
    text: &'a str,
    limit: usize,
    /// The piece that grows: where it begins and ends, and its characters.
    start: usize,
    end: usize,
    chars: usize,
    done: Vec<&'a str>,
}

impl Pieces<'_> {
    /// Adds what follows in the text, in a new piece if it does not fit into this one.
    fn add(&mut self, part: &str, depth: usize) {
        let chars = part.chars().count();
        let spoken = part.trim_end().chars().count();
        if self.chars + spoken > self.limit {
            if spoken > self.limit
                && let Some(cut) = CUTS.get(depth)
            {
                return cut(part).into_iter().for_each(|smaller| self.add(smaller, depth + 1));
            }
            self.close();
        }
        self.end += part.len();
        self.chars += chars;
    }

    fn close(&mut self) {
        let piece = self.text.get(self.start..self.end).unwrap_or_default().trim();
        if !piece.is_empty() {
            self.done.push(piece);
        }
        (self.start, self.chars) = (self.end, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_the_ends_of_sentences() {
        assert_eq!(split("One two. Three four! Five?", 16), ["One two.", "Three four!", "Five?"]);
        assert_eq!(split("One two. Three four! Five?", 20), ["One two. Three four!", "Five?"]);
        assert_eq!(split("你好。再见！谢谢。", 3), ["你好。", "再见！", "谢谢。"]);
        assert_eq!(split("नमस्ते। अलविदा।", 8), ["नमस्ते।", "अलविदा।"]);
        assert_eq!(split("short", 4_096), ["short"]);
        assert_eq!(split(" \n ", 5), Vec::<&str>::new());
    }

    #[test]
    fn long_sentences_are_cut_between_words_and_long_words_between_letters() {
        assert_eq!(split("one two three four", 9), ["one two", "three", "four"]);
        assert_eq!(split("abcdefgh", 3), ["abc", "def", "gh"]);
        // A letter and its mark, a family of three, stay together.
        assert_eq!(split("e\u{301}e\u{301}e\u{301}", 3), ["e\u{301}", "e\u{301}", "e\u{301}"]);
        assert_eq!(split("👨‍👩‍👧👨‍👩‍👧", 6), ["👨‍👩‍👧", "👨‍👩‍👧"]);
        assert_eq!(split("👨‍👩‍👧", 2).concat(), "👨‍👩‍👧");
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_too_long(text in "\\PC{0,80}", limit in 1_usize..12) {
            let pieces = split(&text, limit);
            let spoken = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            proptest::prop_assert_eq!(spoken(&pieces.concat()), spoken(&text));
            for piece in pieces {
                proptest::prop_assert!(piece.chars().count() <= limit, "{:?} of {}", piece, limit);
            }
        }
    }
}
