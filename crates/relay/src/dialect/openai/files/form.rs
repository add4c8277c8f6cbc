//! What an upload must have: a file, and what it is for (`CreateFileRequest`); Anthropic's clients do not say the latter
//! (`FileUploadParams`).

use std::ops::RangeInclusive;

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
const SECONDS: RangeInclusive<u64> = 3_600..=2_592_000;

/// The same as Anthropic has it: an hour to 90 days.
const ANTHROPICS_SECONDS: RangeInclusive<u64> = 3_600..=7_776_000;

/// What a file of Anthropic's clients is said to be for.
const ANTHROPICS_PURPOSE: &str = "user_data";

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
        let file = file(&mut form)?;
        let purpose = form.text("purpose").map(str::trim).filter(|purpose| !purpose.is_empty());
        let purpose = purpose.ok_or_else(|| {
            field::missing("purpose", "Say what the file is for, such as 'user_data'; here any word will do.")
        })?;
        if purpose.len() > LONGEST_PURPOSE {
            let message = format!("'purpose' is longer than {LONGEST_PURPOSE} bytes.");
            return Err(Error::field("purpose", Fault::Invalid, message));
        }
        Self::of(file, purpose, expires_after(&form)?)
    }

    /// The file of a form of Anthropic's.
    ///
    /// # Errors
    /// `InvalidField`.
    pub(super) fn read_anthropics(mut form: Form) -> Result<Self, Error> {
        let file = file(&mut form)?;
        let param = "expires_in_seconds";
        let after = form.text(param).map(|number| seconds(param, number, &ANTHROPICS_SECONDS)).transpose()?;
        Self::of(file, ANTHROPICS_PURPOSE, after)
    }

    fn of(file: FormFile, purpose: &str, expires_after_seconds: Option<u64>) -> Result<Self, Error> {
        let expires_after_ms = expires_after_seconds.map(|seconds| seconds * 1_000);
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

fn file(form: &mut Form) -> Result<FormFile, Error> {
    form.take_file("file").ok_or_else(|| field::missing("file", "Send the file in a part of this name."))
}

/// Whether a client that names this media type knew one.
fn says_something(media_type: &str) -> bool {
    !media_type.is_empty() && media_type.len() <= 255 && media_type != "application/octet-stream"
}

/// `expires_after`, in seconds after the upload.
fn expires_after(form: &Form) -> Result<Option<u64>, Error> {
    let (anchor, at) = ("expires_after[anchor]", "expires_after[seconds]");
    match (form.text(anchor), form.text(at)) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(field::missing(at, "Say after how many seconds the file is to go.")),
        (Some(other), _) if other != "created_at" => {
            let message = format!("'{anchor}' can only be 'created_at', not '{}'.", short(other));
            Err(Error::field(anchor, Fault::Invalid, message))
        }
        (_, Some(number)) => seconds(at, number, &SECONDS).map(Some),
    }
}

/// A number of seconds within `range`.
fn seconds(param: &str, number: &str, range: &RangeInclusive<u64>) -> Result<u64, Error> {
    let (least, most) = (range.start(), range.end());
    let wrong = || {
        let message = format!("'{param}' must be a number from {least} to {most}, not '{}'.", short(number));
        Error::field(param, Fault::Invalid, message)
    };
    number.trim().parse().ok().filter(|number| range.contains(number)).ok_or_else(wrong)
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(fields: &[(&str, &str)]) -> Result<Option<u64>, String> {
        let fields = fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        expires_after(&Form { fields, files: Vec::new() }).map_err(|error| match error {
            Error::InvalidField { param, .. } => param,
            other => panic!("{other}"),
        })
    }

    #[test]
    fn a_file_goes_when_it_is_told_to() {
        let (anchor, at) = ("expires_after[anchor]", "expires_after[seconds]");
        assert_eq!(after(&[("purpose", "x")]), Ok(None));
        assert_eq!(after(&[(anchor, "created_at"), (at, "3600")]), Ok(Some(3_600)));
        assert_eq!(after(&[(at, "2592000")]), Ok(Some(2_592_000)));
        for wrong in ["3599", "2592001", "-1", "", "soon", "1e4"] {
            assert_eq!(after(&[(anchor, "created_at"), (at, wrong)]), Err(at.into()), "{wrong}");
        }
        assert_eq!(after(&[(anchor, "now"), (at, "3600")]), Err(anchor.into()));
        assert_eq!(after(&[(anchor, "created_at")]), Err(at.into()));
    }
}
