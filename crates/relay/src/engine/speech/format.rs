//! The formats that sound comes in, as their first bytes tell them apart.

use super::mpeg;

/// A format of sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum SoundFormat {
    /// MPEG audio, layer III.
    Mp3,
    /// Opus in Ogg.
    Opus,
    /// AAC in ADTS frames.
    Aac,
    /// FLAC.
    Flac,
    /// WAV.
    Wav,
    /// Bare samples: 24 kHz, 16 bits, one channel, the lower byte first.
    Pcm,
}

impl SoundFormat {
    /// Every format that OpenAI has.
    pub(super) const ALL: [Self; 6] = [Self::Mp3, Self::Opus, Self::Aac, Self::Flac, Self::Wav, Self::Pcm];

    /// OpenAI's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Mp3 => "mp3",
            Self::Opus => "opus",
            Self::Aac => "aac",
            Self::Flac => "flac",
            Self::Wav => "wav",
            Self::Pcm => "pcm",
        }
    }

    /// Its media type.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Mp3 => "audio/mpeg",
            Self::Opus => "audio/ogg",
            Self::Aac => "audio/aac",
            Self::Flac => "audio/flac",
            Self::Wav => "audio/wav",
            Self::Pcm => "audio/pcm",
        }
    }

    /// The format of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name().eq_ignore_ascii_case(name))
    }

    /// Whether several sounds of it can be joined into one without decoding them. Opus and FLAC count their samples from the
    /// beginning, in every packet.
    pub(super) const fn joins(self) -> bool {
        match self {
            Self::Mp3 | Self::Aac | Self::Wav | Self::Pcm => true,
            Self::Opus | Self::Flac => false,
        }
    }

    /// What a sound is, by its first bytes. Bare samples have no mark, so that nothing tells them.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        let head = head.get(mpeg::tag_len(head)..).unwrap_or(head);
        match head {
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some(Self::Wav),
            [b'O', b'g', b'g', b'S', ..] => Some(Self::Opus),
            [b'f', b'L', b'a', b'C', ..] => Some(Self::Flac),
            // ADTS: the sync word, and layer 0.
            [0xFF, second, ..] if second & 0xF6 == 0xF0 => Some(Self::Aac),
            _ if mpeg::Frame::read(head).is_some() => Some(Self::Mp3),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell_a_format() {
        for (head, format) in [
            (b"\xFF\xF3\x44\xC4".as_slice(), Some(SoundFormat::Mp3)),
            (b"\xFF\xFB\x90\x00", Some(SoundFormat::Mp3)),
            (b"ID3\x04\0\0\0\0\0\x02..\xFF\xFB\x90\x00", Some(SoundFormat::Mp3)),
            (b"\xFF\xF1\x50\x80", Some(SoundFormat::Aac)),
            (b"RIFF\x24\0\0\0WAVEfmt ", Some(SoundFormat::Wav)),
            (b"OggS\0\x02", Some(SoundFormat::Opus)),
            (b"fLaC\0\0\0\x22", Some(SoundFormat::Flac)),
            (b"\x01\x00\x02\x00", None),
            (b"{\"error\":1}", None),
            (b"", None),
        ] {
            assert_eq!(SoundFormat::of(head), format, "{head:?}");
        }
        assert_eq!(SoundFormat::named("MP3"), Some(SoundFormat::Mp3));
        assert_eq!(SoundFormat::named("ogg"), None);
    }
}
