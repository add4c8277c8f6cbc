//! What a file is, by its bytes; a text's name only says which kind of text.

use bytes::Bytes;
use onemin::Upload;

/// The longest name that is kept of a file, in characters.
const LONGEST_NAME: usize = 60;

/// What 1min.ai may take a file for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    /// The extension of its name, by which 1min.ai judges it.
    pub(super) extension: &'static str,
    pub(super) media_type: &'static str,
    /// Whether it is a picture, which is named elsewhere in a call than a document.
    pub(super) is_image: bool,
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

const fn image(extension: &'static str, media_type: &'static str) -> Kind {
    Kind { extension, media_type, is_image: true }
}

const fn document(extension: &'static str, media_type: &'static str) -> Kind {
    Kind { extension, media_type, is_image: false }
}

impl Kind {
    /// What `bytes` are. `name` and `media_type` are what others call them.
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
    pub(super) fn upload(self, bytes: Bytes, name: Option<&str>) -> Upload {
        let name = name.unwrap_or_default();
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let stem: String = stem.chars().map(|c| if c.is_whitespace() { '_' } else { c }).filter(is_plain).collect();
        let stem = stem.get(..LONGEST_NAME).unwrap_or(&stem);
        let default = if self.is_image { "image" } else { "document" };
        let stem = if stem.is_empty() { default } else { stem };
        let file_name = format!("{stem}.{}", self.extension);
        Upload { content: bytes.into(), file_name, media_type: self.media_type.into() }
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
    fn what_is_of_no_use_is_named() {
        assert_eq!(read(b"PK\x03\x04\x14\0\0\0\0\0", "a.zip"), Err("application/zip"));
        assert_eq!(read(b"ID3\x03\0\0\0", "a.txt"), Err("audio/mpeg"));
        assert_eq!(read(b"\x01\x02\x03\x04", "a.txt"), Err("of an unknown kind"));
    }

    #[test]
    fn a_name_is_made_harmless_and_bears_the_right_extension() {
        let name = |name: Option<&str>| IMAGES[0].upload(Bytes::new(), name).file_name;
        assert_eq!(name(Some("my cat.jpeg")), "my_cat.png");
        assert_eq!(name(Some("../../etc/passwd")), "image.png");
        assert_eq!(name(Some("кот.png")), "image.png");
        assert_eq!(name(None), "image.png");
        assert_eq!(name(Some(&"a".repeat(99))), format!("{}.png", "a".repeat(LONGEST_NAME)));
        assert_eq!(TEXT.upload(Bytes::new(), None).file_name, "document.txt");
    }
}
