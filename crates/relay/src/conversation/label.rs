//! Takes a role label off the start of an answer to a transcript: some models begin their turn by naming themselves.

/// How an answer may label itself: by our own marker, or as other transcripts do.
const LABELS: [&str; 2] = ["[Assistant]", "Assistant:"];

/// The most text that is held back while it may yet become a label, in bytes; an answer of blanks must not wait for ever.
const LONGEST_HELD: usize = 256;

/// A filter over the start of an answer.
#[derive(Debug, Clone, Default)]
pub struct LabelFilter {
    /// Text that may yet be a label and the blanks after it.
    held: String,
    has_label: bool,
    is_past_start: bool,
}

impl LabelFilter {
    /// A filter that lets everything through, for prompts that went verbatim.
    #[must_use]
    pub fn off() -> Self {
        Self { is_past_start: true, ..Self::default() }
    }

    /// The part of the text so far that is certain to be answer.
    pub fn push(&mut self, text: String) -> String {
        if self.is_past_start {
            return text;
        }
        self.held.push_str(&text);
        if !self.has_label {
            let start = self.held.trim_start();
            if let Some(rest) = LABELS.iter().find_map(|label| start.strip_prefix(label)) {
                self.held = rest.to_owned();
                self.has_label = true;
            } else if self.held.len() <= LONGEST_HELD && LABELS.iter().any(|label| label.starts_with(start)) {
                return String::new();
            }
        }
        if self.has_label {
            self.held = self.held.trim_start().to_owned();
            if self.held.is_empty() {
                return String::new();
            }
        }
        self.finish()
    }

    /// What was held back when the answer ended.
    pub fn finish(&mut self) -> String {
        self.is_past_start = true;
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(pieces: &[&str]) -> String {
        let mut filter = LabelFilter::default();
        let mut out: String = pieces.iter().map(|piece| filter.push((*piece).to_owned())).collect();
        out.push_str(&filter.finish());
        out
    }

    #[test]
    fn one_leading_label_is_taken_off() {
        assert_eq!(filter(&["Assistant: Hi"]), "Hi");
        assert_eq!(filter(&["\n[Assistant]\n", "\nHi Assistant: x"]), "Hi Assistant: x");
        assert_eq!(filter(&["Ass", "istant", ":", " ", "Hi"]), "Hi");
        assert_eq!(filter(&["Assistant: Assistant: Hi"]), "Assistant: Hi");
        assert_eq!(filter(&["Assistant:"]), "");
    }

    #[test]
    fn everything_else_is_kept_to_the_byte() {
        assert_eq!(filter(&["  Hi"]), "  Hi");
        assert_eq!(filter(&["Assist", "ance is near"]), "Assistance is near");
        assert_eq!(filter(&["Ass"]), "Ass");
        assert_eq!(filter(&["\n"]), "\n");
        let blanks = " ".repeat(2 * LONGEST_HELD);
        assert_eq!(LabelFilter::default().push(blanks.clone()), blanks);
        let mut off = LabelFilter::off();
        assert_eq!(off.push("Assistant: Hi".into()), "Assistant: Hi");
    }
}
