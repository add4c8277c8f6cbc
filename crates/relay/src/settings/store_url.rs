//! Where what outlives a request is kept.

use std::{fmt, path::PathBuf, str::FromStr};

/// Where the relay keeps files, results and responses. Relays that share it see each other's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum StoreUrl {
    /// In the data folder.
    #[default]
    DataFolder,
    /// In another folder.
    Folder(PathBuf),
    /// In a bucket of S3, or of what speaks like it. The variables `AWS_*` say where that is and who may.
    #[cfg(feature = "s3")]
    S3 {
        /// The bucket.
        bucket: String,
        /// What the names of all objects begin with; may be empty.
        prefix: String,
    },
}

/// What a [`StoreUrl`] may be, as the end of "It must be ...".
#[cfg(feature = "s3")]
pub(super) const ALLOWED: &str = "a folder, or s3:// with a bucket and perhaps a prefix, such as s3://bucket/relay";

/// What a [`StoreUrl`] may be, as the end of "It must be ...".
#[cfg(not(feature = "s3"))]
pub(super) const ALLOWED: &str = "a folder; for s3:// the relay must be built with the feature s3";

/// The text is no [`StoreUrl`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it must be {ALLOWED}")]
pub struct InvalidStoreUrl;

impl FromStr for StoreUrl {
    type Err = InvalidStoreUrl;

    fn from_str(text: &str) -> Result<Self, InvalidStoreUrl> {
        if text.is_empty() {
            return Ok(Self::DataFolder);
        }
        match text.split_once("://") {
            #[cfg(feature = "s3")]
            Some((scheme, place)) if scheme.eq_ignore_ascii_case("s3") => s3(place).ok_or(InvalidStoreUrl),
            Some(_) => Err(InvalidStoreUrl),
            None => std::path::absolute(text).map(Self::Folder).map_err(|_| InvalidStoreUrl),
        }
    }
}

#[cfg(feature = "s3")]
fn s3(place: &str) -> Option<StoreUrl> {
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let is_bucket = !bucket.is_empty() && bucket.bytes().all(is_plain);
    is_bucket.then(|| StoreUrl::S3 { bucket: bucket.to_owned(), prefix: prefix.trim_matches('/').to_owned() })
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DataFolder => Ok(()),
            Self::Folder(folder) => folder.display().fmt(f),
            #[cfg(feature = "s3")]
            Self::S3 { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            #[cfg(feature = "s3")]
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_shown() {
        let folder = std::env::temp_dir().join("kept");
        assert_eq!(folder.to_string_lossy().parse(), Ok(StoreUrl::Folder(folder.clone())));
        assert_eq!("".parse(), Ok(StoreUrl::DataFolder));
        assert_eq!("gs://bucket".parse::<StoreUrl>(), Err(InvalidStoreUrl));
        #[cfg(not(feature = "s3"))]
        assert_eq!("s3://bucket/relay".parse::<StoreUrl>(), Err(InvalidStoreUrl));
        #[cfg(feature = "s3")]
        for (text, shown) in [("s3://bucket", "s3://bucket"), ("S3://bucket/a/b/", "s3://bucket/a/b")] {
            assert_eq!(text.parse::<StoreUrl>().map(|url| url.to_string()), Ok(shown.to_owned()));
        }
        #[cfg(feature = "s3")]
        for text in ["s3://", "s3:///prefix", "s3://user:secret@bucket"] {
            assert_eq!(text.parse::<StoreUrl>(), Err(InvalidStoreUrl), "{text}");
        }
    }
}
