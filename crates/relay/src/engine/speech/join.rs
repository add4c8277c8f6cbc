//! Several sounds as one: nothing is decoded; frames and samples are put one behind the other.

use std::{io, io::SeekFrom, ops::Range};

use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt},
};

use super::{format::SoundFormat, mpeg, wave::Wave};
use crate::spool::{Spool, Spooled};

/// How much is copied at a time.
const PIECE: u64 = 64 << 10;

/// What can keep sounds from being joined.
#[derive(Debug)]
pub(super) enum Unjoined {
    /// They are not of one kind.
    Unlike,
    /// They can't be read, or the whole can't be written.
    Storage(io::Error),
}

impl From<io::Error> for Unjoined {
    fn from(error: io::Error) -> Self {
        Self::Storage(error)
    }
}

/// Joins `parts`, all of `format`.
pub(super) async fn join(spool: &Spool, parts: &[Spooled], format: SoundFormat) -> Result<Spooled, Unjoined> {
    let mut ranges = Vec::with_capacity(parts.len());
    let mut header = Vec::new();
    match format {
        SoundFormat::Wav => {
            let waves: Option<Vec<Wave>> =
                parts.iter().map(|part| Wave::read(part.head(), part.size_bytes())).collect();
            let waves = waves.ok_or(Unjoined::Unlike)?;
            let first = waves.first().ok_or(Unjoined::Unlike)?;
            if waves.iter().any(|wave| wave.kind != first.kind) {
                return Err(Unjoined::Unlike);
            }
            let samples: u64 = waves.iter().map(|wave| wave.samples.end - wave.samples.start).sum();
            header = Wave::header(&first.kind, samples);
            ranges.extend(waves.into_iter().map(|wave| wave.samples));
        }
        SoundFormat::Mp3 => {
            for part in parts {
                ranges.push(mpeg::frames(part.head(), &tail(part).await?, part.size_bytes()));
            }
        }
        SoundFormat::Aac => {
            // A tag may stand before its frames as well.
            let frames = parts.iter().map(|part| mpeg::frames(part.head(), &[], part.size_bytes()));
            ranges.extend(frames);
        }
        SoundFormat::Pcm => ranges.extend(parts.iter().map(|part| 0..part.size_bytes())),
        SoundFormat::Opus | SoundFormat::Flac => return Err(Unjoined::Unlike),
    }
    Ok(copy(spool, &header, parts, ranges).await?)
}

/// The samples of a WAV file that are what OpenAI calls `pcm`; `None`: they are something else.
pub(super) async fn strip(spool: &Spool, sound: &Spooled) -> io::Result<Option<Spooled>> {
    let wave = Wave::read(sound.head(), sound.size_bytes()).filter(Wave::is_openai_pcm);
    let Some(wave) = wave else { return Ok(None) };
    copy(spool, &[], std::slice::from_ref(sound), vec![wave.samples]).await.map(Some)
}

async fn copy(spool: &Spool, header: &[u8], parts: &[Spooled], ranges: Vec<Range<u64>>) -> io::Result<Spooled> {
    let mut whole = spool.begin().await?;
    whole.write(header).await?;
    for (part, range) in parts.iter().zip(ranges) {
        let mut file = File::open(part.path()).await?;
        file.seek(SeekFrom::Start(range.start)).await?;
        let mut left = range.end - range.start;
        let mut piece = Vec::new();
        while left > 0 {
            piece.clear();
            let read = (&mut file).take(left.min(PIECE)).read_to_end(&mut piece).await?;
            if read == 0 {
                break;
            }
            whole.write(&piece).await?;
            left -= u64::try_from(read).unwrap_or(left).min(left);
        }
    }
    whole.finish().await
}

/// The last bytes of a file, as many as a tag there has.
async fn tail(part: &Spooled) -> io::Result<Vec<u8>> {
    let mut file = File::open(part.path()).await?;
    file.seek(SeekFrom::Start(part.size_bytes().saturating_sub(mpeg::TRAILER))).await?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail).await?;
    Ok(tail)
}

#[cfg(test)]
mod tests {
    use super::{super::mpeg::tests as mp3, super::wave::tests as wav, *};

    async fn joined(parts: &[&[u8]], format: SoundFormat) -> Option<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(Some(&folder.path().to_path_buf()));
        let mut spooled = Vec::new();
        for part in parts {
            spooled.push(spool.take(part).await.unwrap());
        }
        match join(&spool, &spooled, format).await {
            Ok(whole) => Some(whole.read().await.unwrap().to_vec()),
            Err(Unjoined::Unlike) => None,
            Err(Unjoined::Storage(error)) => panic!("{error}"),
        }
    }

    #[tokio::test]
    async fn frames_of_mp3_follow_one_another_without_tags() {
        let tag = b"ID3\x04\0\0\0\0\0\x02hi";
        let first = [tag.as_slice(), &mp3::info(), &mp3::frame(1)].concat();
        let second = [tag.as_slice(), &mp3::info(), &mp3::frame(2), &mp3::frame(3)].concat();
        let whole = joined(&[&first, &second], SoundFormat::Mp3).await.unwrap();
        assert_eq!(whole, [mp3::frame(1), mp3::frame(2), mp3::frame(3)].concat());
    }

    #[tokio::test]
    async fn samples_of_wav_get_one_header() {
        let (first, second) = (wav::file(24_000, b"ab"), wav::file(24_000, &[7; 9_000]));
        let whole = joined(&[&first, &second], SoundFormat::Wav).await.unwrap();
        assert_eq!(whole, wav::file(24_000, &[b"ab".as_slice(), &[7; 9_000]].concat()));
        assert_eq!(joined(&[&first, &wav::file(16_000, b"cd")], SoundFormat::Wav).await, None);
        assert_eq!(joined(&[&first, b"no wav"], SoundFormat::Wav).await, None);
    }

    #[tokio::test]
    async fn bare_samples_and_aac_are_put_together_as_they_are() {
        assert_eq!(joined(&[b"abcd", b"ef"], SoundFormat::Pcm).await.unwrap(), b"abcdef");
        let aac = b"\xFF\xF1\x50\x80\x01\x1F\xFC\0".as_slice();
        assert_eq!(joined(&[aac, aac], SoundFormat::Aac).await.unwrap(), [aac, aac].concat());
        assert_eq!(joined(&[b"OggS", b"OggS"], SoundFormat::Opus).await, None);
    }

    #[tokio::test]
    async fn only_the_samples_of_openais_kind_are_stripped() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(Some(&folder.path().to_path_buf()));
        let fine = spool.take(&wav::file(24_000, b"abcd")).await.unwrap();
        assert_eq!(strip(&spool, &fine).await.unwrap().unwrap().read().await.unwrap(), b"abcd".as_slice());
        let other = spool.take(&wav::file(16_000, b"abcd")).await.unwrap();
        assert!(strip(&spool, &other).await.unwrap().is_none());
    }
}
