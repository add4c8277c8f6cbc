//! MPEG audio: its frames, and what stands around them (ISO 11172-3, 13818-3; `ID3v2.4`, `ID3v1`; Xing's header).

use std::ops::Range;

/// Kilobits a second of layer III by index, of version 1 and of the later, slower ones.
const BITRATES: [[u32; 15]; 2] = [
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/// Samples a second of version 1 by index; version 2 has half as many, version 2.5 a quarter.
const RATES: [u32; 3] = [44_100, 48_000, 32_000];

/// The length of an `ID3v1` tag, which stands at the very end.
pub(super) const TRAILER: u64 = 128;

/// What the header of a frame of layer III tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    /// How long the frame is, its header included.
    pub(super) len: usize,
    /// Where the sound of the frame begins.
    data_at: usize,
}

impl Frame {
    /// The frame that `bytes` begin with.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let &[0xFF, second, third, fourth, ..] = bytes else { return None };
        let is_first_version = second & 0x18 == 0x18;
        // The sync word, a version that is one, layer III.
        if second & 0xE0 != 0xE0 || second & 0x18 == 0x08 || second & 0x06 != 0x02 {
            return None;
        }
        let bitrate =
            *BITRATES[usize::from(!is_first_version)].get(usize::from(third >> 4)).filter(|rate| **rate > 0)?;
        let rate = *RATES.get(usize::from(third >> 2 & 0x03))?;
        let (rate, samples) = match second & 0x18 {
            0x18 => (rate, 144),
            0x10 => (rate / 2, 72),
            _ => (rate / 4, 72),
        };
        let padding = u32::from(third >> 1 & 1);
        let is_mono = fourth >> 6 == 0b11;
        let side = match (is_first_version, is_mono) {
            (true, false) => 32,
            (true, true) | (false, false) => 17,
            (false, true) => 9,
        };
        let len = usize::try_from(samples * bitrate * 1_000 / rate + padding).ok()?;
        Some(Self { len, data_at: 4 + side })
    }

    /// Whether it holds no sound, but what a file is like: how long, and where to seek. That is wrong of a joined one.
    fn is_about_the_file(self, bytes: &[u8]) -> bool {
        let mark = |at: usize| bytes.get(at..at + 4);
        matches!(mark(self.data_at), Some(b"Xing" | b"Info")) || mark(4 + 32) == Some(b"VBRI")
    }
}

/// How long the `ID3v2` tag is that `head` begins with; 0 without one.
pub(super) fn tag_len(head: &[u8]) -> usize {
    let &[b'I', b'D', b'3', _, _, flags, a, b, c, d, ..] = head else { return 0 };
    let size = [a, b, c, d].iter().fold(0_usize, |size, byte| size << 7 | usize::from(byte & 0x7F));
    // A footer is as long as the header.
    10 + size + if flags & 0x10 == 0 { 0 } else { 10 }
}

/// Which bytes of a file are frames of sound: all but tags and what is said of the file. `tail` are its last bytes.
pub(super) fn frames(head: &[u8], tail: &[u8], size_bytes: u64) -> Range<u64> {
    let mut start = tag_len(head);
    if let Some(rest) = head.get(start..)
        && let Some(frame) = Frame::read(rest)
        && frame.is_about_the_file(rest)
    {
        start += frame.len;
    }
    let is_tagged = tail.len() >= 128 && tail[tail.len() - 128..].starts_with(b"TAG");
    let end = if is_tagged { size_bytes.saturating_sub(TRAILER) } else { size_bytes };
    u64::try_from(start).unwrap_or(u64::MAX).min(end)..end
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A frame of 24 kHz, mono, 64 kbit/s, as OpenAI's voices have it.
    pub(in super::super) fn frame(fill: u8) -> Vec<u8> {
        let mut frame = vec![0xFF, 0xF3, 0x84, 0xC4];
        frame.resize(Frame::read(&frame).unwrap().len, fill);
        frame
    }

    /// A frame that says what the file is like.
    pub(in super::super) fn info() -> Vec<u8> {
        let mut info = frame(0);
        info[13..17].copy_from_slice(b"Info");
        info
    }

    #[test]
    fn headers_of_frames_are_read() {
        assert_eq!(Frame::read(&[0xFF, 0xFB, 0x90, 0x00]), Some(Frame { len: 417, data_at: 36 }));
        assert_eq!(Frame::read(&[0xFF, 0xFB, 0x92, 0xC0]), Some(Frame { len: 418, data_at: 21 }));
        assert_eq!(Frame::read(&[0xFF, 0xF3, 0x84, 0xC4]), Some(Frame { len: 192, data_at: 13 }));
        for wrong in
            [[0xFF, 0xFF, 0x90, 0], [0xFF, 0xFB, 0xF0, 0], [0xFF, 0xFB, 0x9C, 0], [0xFF, 0xEB, 0x90, 0], [0; 4]]
        {
            assert_eq!(Frame::read(&wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn tags_and_words_about_the_file_are_no_sound() {
        let tag = b"ID3\x04\0\0\0\0\0\x05hello".to_vec();
        let mut trailer = b"TAG".to_vec();
        trailer.resize(128, 0);
        let sound = [frame(1), frame(2)].concat();
        let of = |file: &[u8]| {
            let range = frames(file, file, file.len() as u64);
            file[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()].to_vec()
        };
        for file in [
            sound.clone(),
            [tag.clone(), sound.clone()].concat(),
            [tag, info(), sound.clone(), trailer.clone()].concat(),
            [info(), sound.clone()].concat(),
            [sound.clone(), trailer].concat(),
        ] {
            assert_eq!(of(&file), sound);
        }
        assert!(of(b"ID3\x04\0\0\0\0\x7F\x7F").is_empty());
    }
}
