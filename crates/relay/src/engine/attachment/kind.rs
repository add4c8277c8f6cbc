//! What a file is, by its bytes; a text's name only says which kind of text.

use onemin::{Content, Upload};

/// The longest name that is kept of a file, in characters.
const LONGEST_NAME: usize = 60;

/// How many bytes of a text make a token, and how many of a document that holds more than its words, such as a PDF.
const BYTES_OF_TOKEN: (u64, u64) = (4, 10);

/// What 1min.ai may take a file for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    /// The extension of its name, by which 1min.ai judges it.
    pub(super) extension: &'static str,
    pub(super) media_type: &'static str,
    class: Class,
}

/// What a file is used for; each is named elsewhere in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Class {
    Image,
    Document,
    Sound,
}

const IMAGES: [Kind; 4] =
    [image("png", "image/png"), image("jpg", "image/jpeg"), image("webp", "image/webp"), image("gif", "image/gif")];

const PDF: Kind = document("pdf", "application/pdf");

/// Office documents, which are archives.
const OFFICE: [Kind; 3] = [
    document("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    document("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    document("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
];

const TEXT: Kind = document("txt", "text/plain");

/// Texts that are told apart by their names; every other one is plain, source code too.
const TEXTS: [(&[&str], Kind); 4] = [
    (&["md", "markdown", "text/markdown"], document("md", "text/markdown")),
    (&["csv", "text/csv"], document("csv", "text/csv")),
    (&["json", "application/json"], document("json", "application/json")),
    (&["html", "htm", "text/html"], document("html", "text/html")),
];

/// Sounds that 1min.ai makes texts of (docs), each under the names that its bytes have here.
const SOUNDS: [(&[&str], Kind); 7] = [
    (&["audio/mpeg"], sound("mp3", "audio/mpeg")),
    (&["audio/x-wav"], sound("wav", "audio/wav")),
    (&["audio/m4a"], sound("m4a", "audio/mp4")),
    (&["video/mp4"], sound("mp4", "video/mp4")),
    (&["audio/x-flac"], sound("flac", "audio/flac")),
    (&["audio/ogg", "audio/opus"], sound("ogg", "audio/ogg")),
    (&["video/webm"], sound("webm", "video/webm")),
];

const fn image(extension: &'static str, media_type: &'static str) -> Kind {
    Kind { extension, media_type, class: Class::Image }
}

const fn document(extension: &'static str, media_type: &'static str) -> Kind {
    Kind { extension, media_type, class: Class::Document }
}

const fn sound(extension: &'static str, media_type: &'static str) -> Kind {
    Kind { extension, media_type, class: Class::Sound }
}

impl Kind {
    /// How many tokens a document of so many bytes may have for a model.
    pub(super) fn tokens(self, size_bytes: u64) -> u64 {
        let is_more_than_words = self == PDF || OFFICE.contains(&self);
        size_bytes / if is_more_than_words { BYTES_OF_TOKEN.1 } else { BYTES_OF_TOKEN.0 }
    }

    /// Whether it is a picture.
    pub(super) fn is_image(self) -> bool {
        self.class == Class::Image
    }

    /// Whether a call names it by its id; all others by their paths.
    pub(super) fn is_document(self) -> bool {
        self.class == Class::Document
    }

    /// What a sound is, by its first `bytes`.
    ///
    /// # Errors
    /// What it is instead, where that is nothing that has sound.
    pub(super) fn sound(bytes: &[u8]) -> Result<Self, &'static str> {
        let found = infer::get(bytes).map(|kind| kind.mime_type());
        let known = SOUNDS.iter().find(|(names, _)| found.is_some_and(|found| names.contains(&found)));
        // The bytes that frames of MPEG begin with are more than the library knows, and so are the brands of MP4.
        let extension = match bytes {
            [0xFF, second, ..] if second & 0xE6 == 0xE2 => Some("mp3"),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] if found.is_none() => Some("mp4"),
            _ => None,
        };
        let known = known.or_else(|| SOUNDS.iter().find(|(_, kind)| extension == Some(kind.extension)));
        known.map(|(_, kind)| *kind).ok_or_else(|| found.unwrap_or("of an unknown kind"))
    }

    /// What `bytes` are, of a picture or document the first will do. `name` and `media_type` are what others call them.
    ///
    /// # Errors
    /// What it is instead, where that is nothing that may be uploaded.
    pub(super) fn read(bytes: &[u8], name: Option<&str>, media_type: Option<&str>) -> Result<Self, &'static str> {
        let found = infer::get(bytes).map(|kind| kind.mime_type());
        let is_found = |kind: &&Self| found == Some(kind.media_type);
        if let Some(kind) = IMAGES.iter().chain([&PDF]).chain(&OFFICE).find(is_found) {
            return Ok(*kind);
        }
        let extension =
            name.and_then(|name| name.rsplit_once('.')).map(|(_, extension)| extension.to_ascii_lowercase());
        let calls_it = |word: &str| extension.as_deref() == Some(word) || media_type == Some(word);
        let office = OFFICE.iter().find(|kind| calls_it(kind.extension) || calls_it(kind.media_type));
        if let Some(kind) = office.filter(|_| found == Some("application/zip")) {
            return Ok(*kind);
        }
        if !is_text(bytes) {
            return Err(found.unwrap_or("of an unknown kind"));
        }
        let text = TEXTS.iter().find(|(words, _)| words.iter().any(|word| calls_it(word)));
        Ok(text.map_or(TEXT, |(_, kind)| *kind))
    }

    /// The upload of a file of this kind. Of its name only letters and digits of ASCII are kept: it becomes part of a path.
    pub(super) fn upload(self, content: Content, name: Option<&str>) -> Upload {
        let name = name.unwrap_or_default();
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let stem: String = stem.chars().map(|c| if c.is_whitespace() { '_' } else { c }).filter(is_plain).collect();
        let stem = stem.get(..LONGEST_NAME).unwrap_or(&stem);
        let default = match self.class {
            Class::Image => "image",
            Class::Document => "document",
            Class::Sound => "sound",
        };
        let stem = if stem.is_empty() { default } else { stem };
        let file_name = format!("{stem}.{}", self.extension);
        Upload { content, file_name, media_type: self.media_type.into() }
    }
}

/// Whether a file is text: it has none of the control characters that texts don't have, or begins as UTF-16 does.
fn is_text(bytes: &[u8]) -> bool {
    let is_wide = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    let is_of_text = |byte: &u8| *byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B);
    is_wide || bytes.iter().all(is_of_text)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

    fn read(bytes: &[u8], name: &str) -> Result<&'static str, &'static str> {
        Kind::read(bytes, Some(name), None).map(|kind| kind.extension)
    }

    #[test]
    fn the_bytes_decide_and_not_the_name() {
        assert_eq!(read(PNG, "cat.jpg"), Ok("png"));
        assert_eq!(read(b"\xFF\xD8\xFF\xE0\0\x10JFIF", "x.txt"), Ok("jpg"));
        assert_eq!(read(b"RIFF\x10\0\0\0WEBPVP8 ", ""), Ok("webp"));
        assert_eq!(read(b"GIF89a\x01\0", ""), Ok("gif"));
        assert_eq!(read(b"%PDF-1.7\nall of it ASCII", "x.txt"), Ok("pdf"));
        assert_eq!(read(b"PK\x03\x04\x14\0\0\0\0\0", "report.docx"), Ok("docx"));
    }

    #[test]
    fn texts_are_told_apart_by_name_or_media_type() {
        for (name, extension) in
            [("a.md", "md"), ("a.CSV", "csv"), ("a.json", "json"), ("a.htm", "html"), ("main.rs", "txt"), ("", "txt")]
        {
            assert_eq!(read("naïve text".as_bytes(), name), Ok(extension), "{name}");
        }
        assert_eq!(Kind::read(b"a,b", None, Some("text/csv")).unwrap().extension, "csv");
        // Begins like a bitmap, and is none.
        assert_eq!(read(b"BMW builds cars.", "a.txt"), Ok("txt"));
        assert_eq!(read(b"\xFF\xFEh\0i\0", "a.txt"), Ok("txt"));
        assert_eq!(read(b"caf\xE9", "latin.txt"), Ok("txt"));
    }

    #[test]
    fn sounds_are_told_by_their_bytes() {
        let webm = [b"\x1A\x45\xDF\xA3\x9F\x42\x82\x84webm".as_slice(), &[0; 300]].concat();
        let opus = [b"OggS".as_slice(), &[0; 24], b"OpusHead", &[0; 8]].concat();
        for (bytes, extension) in [
            (&b"ID3\x04\0\0\0"[..], "mp3"),
            (b"\xFF\xFB\x90\x64", "mp3"),
            (b"\xFF\xE3\x18\xC4", "mp3"),
            (b"RIFF\x24\0\0\0WAVEfmt ", "wav"),
            (b"\0\0\0\x1CftypM4A \0\0\0\0", "m4a"),
            (b"\0\0\0\x20ftypisom\0\0\x02\0", "mp4"),
            (b"\0\0\0\x20ftypiso8\0\0\x02\0", "mp4"),
            (b"fLaC\0\0\0\x22", "flac"),
            (b"OggS\0\x02\0\0vorbis", "ogg"),
            (&opus, "ogg"),
            (&webm, "webm"),
        ] {
            assert_eq!(Kind::sound(bytes).map(|kind| kind.extension), Ok(extension), "{bytes:?}");
        }
        assert_eq!(Kind::sound(b"\xFF\xF1\x50\x80"), Err("audio/aac"));
        assert_eq!(Kind::sound(PNG), Err("image/png"));
        assert_eq!(Kind::sound(b"spoken words"), Err("of an unknown kind"));
        assert_eq!(SOUNDS[0].1.upload(Bytes::new().into(), Some("my talk.wav")).file_name, "my_talk.mp3");
        assert_eq!(SOUNDS[1].1.upload(Bytes::new().into(), None).file_name, "sound.wav");
    }

    #[test]
    fn what_is_of_no_use_is_named() {
        assert_eq!(read(b"PK\x03\x04\x14\0\0\0\0\0", "a.zip"), Err("application/zip"));
        assert_eq!(read(b"ID3\x03\0\0\0", "a.txt"), Err("audio/mpeg"));
        assert_eq!(read(b"\x01\x02\x03\x04", "a.txt"), Err("of an unknown kind"));
    }

    #[test]
    fn a_name_is_made_harmless_and_bears_the_right_extension() {
        let name = |name: Option<&str>| IMAGES[0].upload(Bytes::new().into(), name).file_name;
        assert_eq!(name(Some("my cat.jpeg")), "my_cat.png");
        assert_eq!(name(Some("../../etc/passwd")), "image.png");
        assert_eq!(name(Some("кот.png")), "image.png");
        assert_eq!(name(None), "image.png");
        assert_eq!(name(Some(&"a".repeat(99))), format!("{}.png", "a".repeat(LONGEST_NAME)));
        assert_eq!(TEXT.upload(Bytes::new().into(), None).file_name, "document.txt");
    }
}
