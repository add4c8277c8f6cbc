//! The reader of an answer that may call tools: text in as it comes, pieces out as soon as they are certain.
//!
//! Text goes through at once but for what may yet be the beginning of a call: a true prefix of a mark, and blanks, which
//! fall away before a call. A block is collected to its end, found by counting brackets outside of strings, never by looking
//! for a closing tag that an argument may hold; it leaves as whole calls. Time is linear in the text, however it is split.

mod collect;

use std::sync::Arc;

use self::collect::{Block, Progress};
use super::{
    markdown::Markdown,
    opener::{self, Beginning},
    resolve::Call,
};
use crate::conversation::Tools;

/// What an answer turned out to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text for the client.
    Text(String),
    /// A call.
    Call(Call),
    /// A block that was meant as a call and can't be read as one of a declared tool: the text as it came.
    Unreadable(String),
    /// Nothing that follows belongs to the answer: the model has begun to invent results, or one call was enough.
    Cut,
}

/// The reader.
#[derive(Debug)]
pub struct CallParser {
    tools: Arc<Tools>,
    /// Text that is not given out yet. A block begins at its start.
    held: String,
    block: Option<Block>,
    markdown: Markdown,
    /// Blanks after the text so far.
    blanks: String,
    /// Whether only blanks and calls came before: then JSON by itself may be a call.
    is_fresh: bool,
    has_called: bool,
    /// The call right before, of which a repetition is dropped.
    last: Option<Call>,
    is_over: bool,
}

impl CallParser {
    /// Reads calls of these tools.
    #[must_use]
    pub fn new(tools: Arc<Tools>) -> Self {
        Self {
            tools,
            held: String::new(),
            block: None,
            markdown: Markdown::default(),
            blanks: String::new(),
            is_fresh: true,
            has_called: false,
            last: None,
            is_over: false,
        }
    }

    /// Takes the next text of the answer.
    pub fn push(&mut self, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        if !self.is_over {
            self.held.push_str(text);
            while !self.is_over && self.step(&mut pieces) {}
        }
        pieces
    }

    /// The answer has ended: by itself, or (`is_cut`) at a limit, where an open block is no call and no text.
    pub fn finish(&mut self, is_cut: bool) -> Vec<Piece> {
        let mut pieces = Vec::new();
        while !self.is_over {
            if let Some(block) = self.block.take() {
                let progress = block.finish(&self.tools, &self.held, is_cut);
                self.take(progress, &mut pieces);
            } else if !self.step(&mut pieces) {
                let rest = std::mem::take(&mut self.held);
                self.give(&rest, &mut pieces);
                self.is_over = true;
            }
        }
        if !self.has_called && !self.blanks.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut self.blanks)));
        }
        pieces
    }

    /// One step further; `false`: more text is needed.
    fn step(&mut self, pieces: &mut Vec<Piece>) -> bool {
        let Some(mut block) = self.block.take() else { return self.step_text(pieces) };
        let progress = block.push(&self.tools, &self.held);
        if progress == Progress::Waits {
            self.block = Some(block);
            return false;
        }
        self.take(progress, pieces);
        true
    }

    /// Does what a block has come to.
    fn take(&mut self, progress: Progress, pieces: &mut Vec<Piece>) {
        match progress {
            Progress::Waits => {}
            Progress::IsText(length) => {
                let text: String = self.held.drain(..length).collect();
                self.markdown.push(&text);
                self.give(&text, pieces);
            }
            Progress::Unreadable(length) => {
                let text: String = self.held.drain(..length).collect();
                if !self.has_called {
                    let before = std::mem::take(&mut self.blanks);
                    pieces.extend((!before.is_empty()).then_some(Piece::Text(before)));
                }
                self.markdown.push(&text);
                pieces.push(Piece::Unreadable(text));
                self.is_fresh = false;
            }
            Progress::Dropped(length) => {
                let text: String = self.held.drain(..length).collect();
                self.markdown.push(&text);
            }
            Progress::Calls(calls, length) => {
                self.held.drain(..length);
                // What follows on the same line does not begin one.
                self.markdown.push(".");
                calls.into_iter().for_each(|call| self.call(call, pieces));
                self.block = (!self.is_over).then(Block::after_call);
            }
        }
    }

    fn call(&mut self, call: Call, pieces: &mut Vec<Piece>) {
        let is_again = self.is_fresh && self.last.as_ref() == Some(&call);
        if self.is_over || is_again {
            return;
        }
        self.blanks.clear();
        self.is_fresh = true;
        self.has_called = true;
        self.last = Some(call.clone());
        pieces.push(Piece::Call(call));
        if self.tools.at_most_one {
            self.cut(pieces);
        }
    }

    fn cut(&mut self, pieces: &mut Vec<Piece>) {
        self.is_over = true;
        self.held.clear();
        pieces.push(Piece::Cut);
    }

    /// Gives text to the client, but for the blanks at its end. After a call nothing is text any more.
    fn give(&mut self, text: &str, pieces: &mut Vec<Piece>) {
        let solid = text.trim_end();
        if !solid.is_empty() {
            self.is_fresh = false;
        }
        if self.has_called {
            return;
        }
        if !solid.is_empty() {
            let mut out = std::mem::take(&mut self.blanks);
            out.push_str(solid);
            pieces.push(Piece::Text(out));
        }
        self.blanks.push_str(&text[solid.len()..]);
    }

    /// Gives out the text before `at`, and goes on there.
    fn give_up_to(&mut self, at: usize, pieces: &mut Vec<Piece>) {
        let text: String = self.held.drain(..at).collect();
        self.give(&text, pieces);
    }

    /// Looks for the beginning of a block, or of an invented turn.
    fn step_text(&mut self, pieces: &mut Vec<Piece>) -> bool {
        let mut at = 0;
        while let Some(byte) = self.held.as_bytes().get(at).copied() {
            match self.look(byte, at) {
                Look::Text => {}
                Look::Waits => {
                    self.give_up_to(at, pieces);
                    return false;
                }
                Look::Cut => {
                    self.cut(pieces);
                    return true;
                }
                Look::Block(block) => {
                    self.give_up_to(at, pieces);
                    self.block = Some(block);
                    return true;
                }
            }
            self.markdown.step(byte);
            at += 1;
        }
        self.give_up_to(at, pieces);
        false
    }

    /// What begins at this byte.
    fn look(&self, byte: u8, at: usize) -> Look {
        if !byte.is_ascii() {
            return Look::Text;
        }
        let is_line_start = self.markdown.is_at_line_start();
        if self.has_called && is_line_start && !byte.is_ascii_whitespace() {
            match opener::invented_turn(&self.held[at..]) {
                Beginning::Mark(..) => return Look::Cut,
                Beginning::Perhaps => return Look::Waits,
                Beginning::Text => {}
            }
        }
        if self.markdown.is_code() {
            return Look::Text;
        }
        let is_fresh = self.is_fresh && self.held[..at].trim_start().is_empty();
        match byte {
            b'<' | b'[' => {
                let rest = &self.held[at..];
                match opener::beginning(rest) {
                    Beginning::Mark(opener, end) => Look::Block(Block::of_mark(opener, end)),
                    Beginning::Perhaps => Look::Waits,
                    Beginning::Text if byte == b'[' && is_fresh => Look::Block(Block::bare()),
                    Beginning::Text if self.has_called && rest.starts_with(opener::INVENTED_RESULT) => Look::Cut,
                    Beginning::Text if self.has_called && opener::INVENTED_RESULT.starts_with(rest) => Look::Waits,
                    Beginning::Text => Look::Text,
                }
            }
            b'{' if is_fresh => Look::Block(Block::bare()),
            b'f' if is_fresh => Look::Block(Block::syntax()),
            b'`' if is_line_start => Look::Block(Block::fence()),
            _ => Look::Text,
        }
    }
}

/// What a place in the text turned out to be.
enum Look {
    Text,
    Waits,
    Cut,
    Block(Block),
}

#[cfg(test)]
mod tests;
