//! Where everything is kept: one place, with an area for each kind of thing.

use std::path::{Path as FilePath, PathBuf};

#[cfg(feature = "s3")]
use {
    object_store::{ObjectStore, aws::AmazonS3Builder, path::Path, prefix::PrefixStore},
    std::sync::Arc,
};

use super::{Failure, object::Objects};
use crate::settings::StoreUrl;

/// The place.
#[derive(Debug)]
pub(super) enum Place {
    /// In memory.
    Memory,
    /// In a folder.
    Folder(PathBuf),
    /// In a bucket, below a prefix.
    #[cfg(feature = "s3")]
    Bucket(Arc<dyn ObjectStore>, String),
}

impl Place {
    /// The place that the settings name. Nothing is made or asked there yet.
    pub(super) fn of(url: &StoreUrl, data_dir: Option<&FilePath>) -> Result<Self, Failure> {
        match url {
            StoreUrl::DataFolder => Ok(data_dir.map_or(Self::Memory, |folder| Self::Folder(folder.to_owned()))),
            StoreUrl::Folder(folder) => Ok(Self::Folder(folder.clone())),
            #[cfg(feature = "s3")]
            StoreUrl::S3 { bucket, prefix } => {
                let store = AmazonS3Builder::from_env().with_bucket_name(bucket).build()?;
                Ok(Self::Bucket(Arc::new(store), prefix.clone()))
            }
        }
    }

    /// The objects of one area. What `is_durable` is not lost with the machine's power.
    pub(super) fn area(&self, name: &str, is_durable: bool) -> Objects {
        match self {
            Self::Memory => Objects::in_memory(),
            Self::Folder(folder) if is_durable => Objects::in_durable_folder(folder.join(name)),
            Self::Folder(folder) => Objects::in_folder(folder.join(name)),
            #[cfg(feature = "s3")]
            Self::Bucket(store, prefix) => {
                let path = Path::from(format!("{prefix}/{name}"));
                Objects::in_bucket(Arc::new(PrefixStore::new(Arc::clone(store), path)))
            }
        }
    }
}

#[cfg(test)]
#[cfg(feature = "s3")]
mod tests;
