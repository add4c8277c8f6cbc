//! Knows whether text stands inside code, where models explain the form of a call without making one.

/// Where in its Markdown a text is. Fed byte by byte, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Markdown {
    /// The fence we are in: its character and length.
    fence: Option<(u8, usize)>,
    /// The backticks that opened the code we are in.
    inline: Option<usize>,
    /// Backticks or tildes right before, and which.
    run: (u8, usize),
    /// Whether nothing but blanks and the run stands before, on this line.
    is_line_start: bool,
    /// Whether the run stands at the start of its line.
    is_run_at_start: bool,
    has_begun: bool,
}

impl Markdown {
    /// Takes the next text.
    pub(super) fn push(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.step(byte));
    }

    /// Whether what comes next is code.
    pub(super) fn is_code(&self) -> bool {
        self.fence.is_some() || self.inline.is_some() || (self.run.0 == b'`' && self.run.1 > 0)
    }

    /// Whether what comes next stands at the start of a line, outside of code.
    pub(super) fn is_at_line_start(&self) -> bool {
        (self.is_line_start || !self.has_begun) && self.fence.is_none() && self.inline.is_none() && self.run.1 == 0
    }

    /// Takes the next byte.
    pub(super) fn step(&mut self, byte: u8) {
        if !self.has_begun {
            self.has_begun = true;
            self.is_line_start = true;
        }
        if matches!(byte, b'`' | b'~') && (self.run.1 == 0 || self.run.0 == byte) {
            if self.run.1 == 0 {
                self.is_run_at_start = self.is_line_start;
            }
            self.run = (byte, self.run.1 + 1);
            self.is_line_start = false;
            return;
        }
        self.end_run();
        match byte {
            b'\n' => {
                // Code in a line ends with it, lest one stray backtick hide every call.
                self.inline = None;
                self.is_line_start = true;
            }
            b' ' | b'\t' => {}
            _ => self.is_line_start = false,
        }
    }

    /// Reads the run of backticks or tildes that has just ended.
    fn end_run(&mut self) {
        let (mark, length) = std::mem::take(&mut self.run);
        if length == 0 {
            return;
        }
        match self.fence {
            Some((fence, opened)) if self.is_run_at_start && mark == fence && length >= opened => self.fence = None,
            Some(_) => {}
            None if self.is_run_at_start && length >= 3 => self.fence = Some((mark, length)),
            None if mark == b'`' => {
                self.inline = match self.inline {
                    Some(opened) if opened == length => None,
                    Some(opened) => Some(opened),
                    None => Some(length),
                };
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_code_after(text: &str) -> bool {
        let mut markdown = Markdown::default();
        markdown.push(text);
        markdown.is_code()
    }

    #[test]
    fn code_is_told_from_text() {
        for text in ["`", "a `b", "```\n", "```json\nx", "x\n  ~~~py\n", "````\n```\n", "``a`b"] {
            assert!(is_code_after(text), "{text}");
        }
        for text in ["", "a", "`b` ", "```\nx\n``` \n", "stray ` and\nnext", "~", "a ``` b ``` ", "``a`b`` "] {
            assert!(!is_code_after(text), "{text}");
        }
    }

    #[test]
    fn the_start_of_a_line_is_known() {
        let at_start = |text: &str| {
            let mut markdown = Markdown::default();
            markdown.push(text);
            markdown.is_at_line_start()
        };
        assert!(at_start("") && at_start("a\n") && at_start("a\n  "));
        assert!(!at_start("a") && !at_start("```\n") && !at_start("a\n`"));
    }
}
