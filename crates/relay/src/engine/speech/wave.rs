//! WAV files: where their samples are, and the header of one that is made of several (Microsoft's RIFF).

use std::ops::Range;

/// The format of plain samples.
const PLAIN: u16 = 1;

/// What the head of a WAV file tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wave {
    /// Its `fmt ` chunk: what the samples are.
    pub(super) kind: Vec<u8>,
    /// Where the samples are.
    pub(super) samples: Range<u64>,
}

impl Wave {
    /// Reads the head of a file of this size. Lengths that go beyond its end, as files have that were written while they grew,
    /// end there.
    pub(super) fn read(head: &[u8], size_bytes: u64) -> Option<Self> {
        if !head.starts_with(b"RIFF") || head.get(8..12)? != b"WAVE" {
            return None;
        }
        let mut at = 12;
        let mut kind = None;
        loop {
            let (name, len) = (head.get(at..at + 4)?, head.get(at + 4..at + 8)?);
            let len = u32::from_le_bytes(len.try_into().ok()?);
            at += 8;
            if name == b"data" {
                let start = u64::try_from(at).ok()?;
                let end = start.saturating_add(len.into()).min(size_bytes).max(start);
                return Some(Self { kind: kind?, samples: start..end });
            }
            let len = usize::try_from(len).ok()?;
            if name == b"fmt " {
                kind = Some(head.get(at..at.checked_add(len)?)?.to_vec());
            }
            // Chunks begin at even places.
            at = at.checked_add(len)?.checked_add(len % 2)?;
        }
    }

    /// The header of a file of such samples, so many bytes of them.
    pub(super) fn header(kind: &[u8], samples_bytes: u64) -> Vec<u8> {
        let length = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
        let kind_bytes = u64::try_from(kind.len()).unwrap_or(u64::MAX);
        let whole = 4 + 8 + kind_bytes + 8 + samples_bytes;
        [b"RIFF", &length(whole), b"WAVE", b"fmt ", &length(kind_bytes), kind, b"data", &length(samples_bytes)].concat()
    }

    /// Whether the samples are what OpenAI calls `pcm`: 24 kHz, 16 bits, one channel.
    pub(super) fn is_openai_pcm(&self) -> bool {
        let word = |at: usize| self.kind.get(at..at + 2).map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
        let rate = self.kind.get(4..8).map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
        (word(0), word(2), rate, word(14)) == (Some(PLAIN), Some(1), Some(24_000), Some(16))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The `fmt ` chunk of plain samples.
    pub(in super::super) fn kind(rate: u32, channels: u16) -> Vec<u8> {
        let block = channels * 2;
        [
            PLAIN.to_le_bytes().as_slice(),
            &channels.to_le_bytes(),
            &rate.to_le_bytes(),
            &(rate * u32::from(block)).to_le_bytes(),
            &block.to_le_bytes(),
            &16_u16.to_le_bytes(),
        ]
        .concat()
    }

    /// A WAV file.
    pub(in super::super) fn file(rate: u32, samples: &[u8]) -> Vec<u8> {
        [Wave::header(&kind(rate, 1), samples.len() as u64).as_slice(), samples].concat()
    }

    #[test]
    fn samples_are_found_behind_other_chunks() {
        let file = file(24_000, b"abcd");
        let wave = Wave::read(&file, file.len() as u64).unwrap();
        assert_eq!((wave.samples.clone(), wave.is_openai_pcm()), (44..48, true));
        let listed = [&file[..36], b"LIST\x03\0\0\0abc\0", &file[36..]].concat();
        assert_eq!(Wave::read(&listed, listed.len() as u64).unwrap().samples, 56..60);
    }

    #[test]
    fn lengths_of_files_that_grew_end_with_the_file() {
        let mut file = file(24_000, b"abcd");
        file[4..8].copy_from_slice(&[0xFF; 4]);
        file[40..44].copy_from_slice(&[0xFF; 4]);
        assert_eq!(Wave::read(&file, 48).unwrap().samples, 44..48);
    }

    #[test]
    fn only_one_kind_of_samples_is_openais() {
        for kind in [kind(16_000, 1), kind(24_000, 2), Vec::new()] {
            assert!(!Wave { kind, samples: 0..0 }.is_openai_pcm());
        }
        for wrong in [b"RIFX".as_slice(), b"RIFF\0\0\0\0WAVEdata\0\0\0\0", b"RIFF\0\0\0\0AVI ", b""] {
            assert_eq!(Wave::read(wrong, 99), None, "{wrong:?}");
        }
    }
}
