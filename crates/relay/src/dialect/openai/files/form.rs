//! What an upload must have: a file, and what it is for (`CreateFileRequest`).

use crate::{
    dialect::openai::field,
    error::{Error, Fault},
    guard::form::{Form, FormFile},
    spool::Spooled,
};

/// The longest name that is kept, in characters.
const LONGEST_NAME: usize = 255;

/// The longest purpose, in bytes.
const LONGEST_PURPOSE: usize = 64;

/// How long a file may be kept that is to expire, in seconds: an hour to 30 days, as OpenAI has it.
const SECONDS: std::ops::RangeInclusive<u64> = 3_600..=2_592_000;

/// A file that is uploaded.
#[derive(Debug)]
pub(super) struct NewFile {
    pub(super) name: String,
    pub(super) purpose: String,
    pub(super) media_type: Option<String>,
    pub(super) content: Spooled,
    pub(super) expires_after_ms: Option<u64>,
}

impl NewFile {
    /// The file of a form.
    ///
    /// # Errors
    /// `InvalidField`.
    pub(super) fn read(mut form: Form) -> Result<Self, Error> {
        let file = form.take_file("file");
        let file = file.ok_or_else(|| field::missing("file", "Send the file in a part of this name."))?;
        let purpose = form.text("purpose").map(str::trim).filter(|purpose| !purpose.is_empty());
        let purpose = purpose.ok_or_else(|| {
            field::missing("purpose", "Say what the file is for, such as 'user_data'; here any word will do.")
        })?;
        if purpose.len() > LONGEST_PURPOSE {
            let message = format!("'purpose' is longer than {LONGEST_PURPOSE} bytes.");
            return Err(Error::field("purpose", Fault::Invalid, message));
        }
        let expires_after_ms = expires_after(&form)?.map(|seconds| seconds * 1_000);
        let FormFile { file_name, media_type, content, .. } = file;
        if content.size_bytes() == 0 {
            return Err(Error::field("file", Fault::Invalid, "The file in 'file' is empty."));
        }
        let name = file_name.as_deref().unwrap_or("file").chars().take(LONGEST_NAME).collect();
        let media_type = media_type.filter(|media_type| says_something(media_type));
        let media_type = media_type.or_else(|| infer::get(content.head()).map(|kind| kind.mime_type().to_owned()));
        Ok(Self { name, purpose: purpose.to_owned(), media_type, content, expires_after_ms })
    }
}

/// Whether a client that names this media type knew one.
fn says_something(media_type: &str) -> bool {
    !media_type.is_empty() && media_type.len() <= 255 && media_type != "application/octet-stream"
}

/// `expires_after`, in seconds after the upload.
fn expires_after(form: &Form) -> Result<Option<u64>, Error> {
    let (anchor, seconds) = ("expires_after[anchor]", "expires_after[seconds]");
    let refused = |param: &str, message: String| Err(Error::field(param, Fault::Invalid, message));
    match (form.text(anchor), form.text(seconds)) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(field::missing(seconds, "Say after how many seconds the file is to go.")),
        (Some(other), _) if other != "created_at" => {
            refused(anchor, format!("'{anchor}' can only be 'created_at', not '{}'.", short(other)))
        }
        (_, Some(number)) => match number.trim().parse() {
            Ok(number) if SECONDS.contains(&number) => Ok(Some(number)),
            _ => refused(
                seconds,
                format!(
                    "'{seconds}' must be a number from {} to {}, not '{}'.",
                    SECONDS.start(),
                    SECONDS.end(),
                    short(number)
                ),
            ),
        },
    }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(fields: &[(&str, &str)]) -> Result<Option<u64>, String> {
        let fields = fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        expires_after(&Form { fields, files: Vec::new() }).map_err(|error| match error {
            Error::InvalidField { param, .. } => param,
            other => panic!("{other}"),
        })
    }

    #[test]
    fn a_file_goes_when_it_is_told_to() {
        let (anchor, at) = ("expires_after[anchor]", "expires_after[seconds]");
        assert_eq!(seconds(&[("purpose", "x")]), Ok(None));
        assert_eq!(seconds(&[(anchor, "created_at"), (at, "3600")]), Ok(Some(3_600)));
        assert_eq!(seconds(&[(at, "2592000")]), Ok(Some(2_592_000)));
        for wrong in ["3599", "2592001", "-1", "", "soon", "1e4"] {
            assert_eq!(seconds(&[(anchor, "created_at"), (at, wrong)]), Err(at.into()), "{wrong}");
        }
        assert_eq!(seconds(&[(anchor, "now"), (at, "3600")]), Err(anchor.into()));
        assert_eq!(seconds(&[(anchor, "created_at")]), Err(at.into()));
    }
}
