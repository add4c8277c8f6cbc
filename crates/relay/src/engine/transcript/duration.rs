//! How long a sound is, by what its file says of itself.
//!
//! `lofty` reads the headers of every format that is uploaded but `WebM`, without decoding. Symphonia knows that one too, but
//! browsers record it without a length, and it is several times as large.

use std::{fs::File, io::BufReader, path::PathBuf};

use lofty::{
    config::{ParseOptions, ParsingMode},
    file::AudioFile,
    probe::Probe,
};

use crate::task;

/// Seconds; `None` where the file does not tell.
pub(super) async fn of(path: Option<PathBuf>) -> Option<f64> {
    let path = path?;
    task::compute(move || read(path)).await.flatten()
}

fn read(path: PathBuf) -> Option<f64> {
    let options = ParseOptions::new().read_tags(false).read_cover_art(false).parsing_mode(ParsingMode::Relaxed);
    let probe = Probe::new(BufReader::new(File::open(path).ok()?)).options(options);
    let file = probe.guess_file_type().ok()?.read().ok()?;
    let seconds = file.properties().duration().as_secs_f64();
    (seconds > 0.0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[tokio::test]
    async fn a_file_tells_how_long_it_is() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        // One second of 8 kHz, 8 bits, one channel.
        let samples = [128_u8; 8_000];
        let header =
            b"RIFF\x64\x1F\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1F\0\0\x40\x1F\0\0\x01\0\x08\0data\x40\x1F\0\0";
        file.write_all(&[header.as_slice(), &samples].concat()).unwrap();
        assert_eq!(of(Some(file.path().to_owned())).await, Some(1.0));
    }

    #[tokio::test]
    async fn what_does_not_tell_has_no_length() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"no sound").unwrap();
        assert_eq!(of(Some(file.path().to_owned())).await, None);
        assert_eq!(of(None).await, None);
    }
}
