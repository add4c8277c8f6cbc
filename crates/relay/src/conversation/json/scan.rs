//! Finds the end of a JSON object or list in a text that comes in pieces, without reading it.

/// Counts brackets outside of strings, byte by byte.
#[derive(Debug, Clone, Default)]
pub struct Scan {
    depth: usize,
    /// The quote that will end the string we are in.
    quote: Option<u8>,
    is_escaped: bool,
    /// The last byte that was no blank.
    before: u8,
}

impl Scan {
    /// Takes bytes from the first bracket on; how many of them belong to the value, once its last bracket has come.
    pub fn push(&mut self, bytes: &[u8]) -> Option<usize> {
        for (index, byte) in bytes.iter().enumerate() {
            if self.step(*byte) {
                return Some(index + 1);
            }
        }
        None
    }

    /// Whether this byte closes the outermost bracket.
    const fn step(&mut self, byte: u8) -> bool {
        if let Some(quote) = self.quote {
            if self.is_escaped {
                self.is_escaped = false;
            } else if byte == b'\\' {
                self.is_escaped = true;
            } else if byte == quote {
                self.quote = None;
            }
            return false;
        }
        let before = self.before;
        if !byte.is_ascii_whitespace() {
            self.before = byte;
        }
        match byte {
            b'"' => self.quote = Some(byte),
            // A single quote opens a string only where one can begin; elsewhere it is a stray apostrophe.
            b'\'' if matches!(before, b'{' | b'[' | b',' | b':') => self.quote = Some(byte),
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}
