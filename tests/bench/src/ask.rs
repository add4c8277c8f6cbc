//! What is asked and what 1min.ai answers: a few fixed questions, known to the load generator and to the stand-in.

use bytes::Bytes;
use mock_onemin::wire;

/// The model of every question.
pub(crate) const MODEL: &str = "gpt-4o-mini";

/// How long a prompt is, in bytes: about a paragraph.
const PROMPT_BYTES: usize = 600;

/// A question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// A whole answer of about 2 KiB.
    Whole,
    /// A short streamed answer.
    Short,
    /// A long streamed answer.
    Long,
    /// A streamed answer that begins and then says nothing more.
    Held,
}

/// The bytes that 1min.ai answers with.
#[derive(Debug, Clone)]
pub(crate) struct Canned {
    /// Each leaves in a write of its own.
    pub(crate) frames: Vec<Bytes>,
    /// Whether the answer stays open after them.
    pub(crate) is_held: bool,
}

impl Ask {
    /// Every question.
    pub(crate) const ALL: [Self; 4] = [Self::Whole, Self::Short, Self::Long, Self::Held];

    /// What tells one prompt from another.
    const fn word(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Short => "short",
            Self::Long => "long",
            Self::Held => "held",
        }
    }

    /// How many pieces of text the answer comes in; a whole answer is all of them in one.
    pub(crate) const fn chunks(self) -> usize {
        match self {
            Self::Whole | Self::Long => 200,
            Self::Short | Self::Held => 20,
        }
    }

    /// Whether the answer is streamed.
    pub(crate) fn is_streaming(self) -> bool {
        self != Self::Whole
    }

    /// The one user message.
    pub(crate) fn prompt(self) -> String {
        let mut prompt = format!("Give the {} answer.", self.word());
        while prompt.len() < PROMPT_BYTES {
            prompt.push_str(" Please take care to say everything, and nothing twice.");
        }
        prompt
    }

    /// The text of the answer, piece by piece. No two are alike, so that none can be lost, doubled or moved unseen.
    pub(crate) fn pieces(self) -> impl Iterator<Item = String> {
        (0..self.chunks()).map(
            |index| {
                if index % 10 == 9 { format!("\"line {index}\"\n") } else { format!("word {index}, ") }
            },
        )
    }

    /// The text of the answer.
    pub(crate) fn text(self) -> String {
        self.pieces().collect()
    }

    /// The answer of 1min.ai, to the byte.
    pub(crate) fn canned(self) -> Canned {
        let record = wire::record(MODEL, &self.prompt(), &self.text(), &wire::metadata(240, 800, 120));
        let frames = match self {
            Self::Whole => vec![record.to_string()],
            Self::Held => self.content_frames().collect(),
            Self::Short | Self::Long => {
                self.content_frames().chain([wire::result_frame(&record), wire::done_frame()]).collect()
            }
        };
        Canned { frames: frames.into_iter().map(Bytes::from).collect(), is_held: self == Self::Held }
    }

    fn content_frames(self) -> impl Iterator<Item = String> {
        self.pieces().map(|piece| wire::content_frame(&piece))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_and_pieces_differ() {
        let prompts: std::collections::HashSet<_> = Ask::ALL.map(Ask::prompt).into();
        assert_eq!(prompts.len(), Ask::ALL.len());
        let pieces: std::collections::HashSet<_> = Ask::Long.pieces().collect();
        assert_eq!(pieces.len(), Ask::Long.chunks());
    }

    #[test]
    fn a_stream_has_its_pieces_the_record_and_the_end() {
        let Canned { frames, is_held } = Ask::Short.canned();
        assert_eq!((frames.len(), is_held), (Ask::Short.chunks() + 2, false));
        assert_eq!(frames.last().unwrap(), &Bytes::from(wire::done_frame()));
        assert_eq!(Ask::Held.canned().frames.len(), Ask::Held.chunks());
    }
}
