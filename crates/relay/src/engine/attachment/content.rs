//! Where the bytes of a file are, and how they come to where they can be uploaded from: what is kept is copied to the spool
//! when it must be, and never into memory.

use std::io;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use sha2::{Digest, Sha256};

use crate::{
    conversation::Media,
    error::Error,
    guard::owner::Owner,
    shared::Shared,
    spool::Spooled,
    store::{self, Failure, FileRecord, Opened},
};

/// How much of the beginning tells what a file is.
const HEAD: usize = 8 << 10;

/// What is said where a file that is kept can't be read.
const WHAT: &str = "The file";
const ADVICE: &str = "Nothing was sent to 1min.ai.";

/// The bytes of a file.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// Here.
    Bytes(Bytes),
    /// On disk.
    Spooled(Spooled),
    /// Among the files that were uploaded.
    Kept(Box<Kept>),
}

/// A file that was uploaded.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    record: FileRecord,
    head: Bytes,
    /// The field of the request that names it.
    param: String,
}

impl Content {
    /// The file of `id` that the field of `media` names, if it is the owner's.
    ///
    /// # Errors
    /// `FileNotFound`; `NotShared`; `StorageFailed` where it can't be read.
    pub(super) async fn find(
        shared: &Shared,
        owner: &Owner,
        media: &Media,
        id: &str,
    ) -> Result<(Self, FileRecord), Error> {
        shared.store.check_shared(store::Kept::Files, &shared.snapshot.load().settings)?;
        let files = shared.store.files();
        let found = files.find(id, shared.clock.unix_ms()).await.map_err(unreadable)?;
        let record = found.filter(|record| record.owner == owner.as_str());
        let record = record.ok_or_else(|| not_found(id, &media.param))?;
        let head = head_of(open(shared, &record, &media.param).await?).await?;
        let kept = Kept { record: record.clone(), head, param: media.param.clone() };
        Ok((Self::Kept(Box::new(kept)), record))
    }

    /// As much of it as is at hand; enough to tell what it is.
    pub(super) fn head(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Spooled(spooled) => spooled.head(),
            Self::Kept(kept) => &kept.head,
        }
    }

    pub(super) fn size_bytes(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Self::Spooled(spooled) => spooled.size_bytes(),
            Self::Kept(kept) => kept.record.size_bytes,
        }
    }

    /// What tells it from every other, in hexadecimal.
    pub(super) fn hash(&self) -> String {
        match self {
            Self::Bytes(bytes) => hex(&Sha256::digest(bytes)),
            Self::Spooled(spooled) => hex(&spooled.sha256()),
            Self::Kept(kept) => kept.record.sha256.clone(),
        }
    }

    /// Brings it to where it can be uploaded from.
    ///
    /// # Errors
    /// `FileNotFound` if it was deleted by now; `StorageFull`, `StorageFailed`.
    pub(super) async fn load(self, shared: &Shared) -> Result<Loaded, Error> {
        let kept = match self {
            Self::Bytes(bytes) => return Ok(Loaded::Bytes(bytes)),
            Self::Spooled(spooled) => return Ok(Loaded::Spooled(spooled)),
            Self::Kept(kept) => kept,
        };
        let opened = open(shared, &kept.record, &kept.param).await?;
        let stream = opened.stream.map(|bytes| bytes.map_err(Copying::Store));
        let copied = shared.spool.take_stream(stream).await;
        copied.map(Loaded::Spooled).map_err(|error| match error {
            Copying::Spool(error) => store::io_failure(WHAT, ADVICE, &error),
            Copying::Store(failure) => unreadable(failure),
        })
    }
}

/// Bytes that can be uploaded.
#[derive(Debug)]
pub(super) enum Loaded {
    Bytes(Bytes),
    Spooled(Spooled),
}

impl Loaded {
    /// All of it, in memory: only for what is known to be small.
    ///
    /// # Errors
    /// `StorageFailed`.
    pub(super) async fn read(self) -> Result<Bytes, Error> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Spooled(spooled) => spooled.read().await.map_err(|error| store::io_failure(WHAT, ADVICE, &error)),
        }
    }

    /// In the words of an upload, for as long as this is held.
    pub(super) fn to_upload(&self) -> onemin::Content {
        match self {
            Self::Bytes(bytes) => bytes.clone().into(),
            Self::Spooled(spooled) => {
                onemin::Content::File { path: spooled.path().to_owned(), size_bytes: spooled.size_bytes() }
            }
        }
    }
}

/// Why a file was not copied.
#[derive(Debug, thiserror::Error)]
enum Copying {
    #[error(transparent)]
    Spool(#[from] io::Error),
    #[error(transparent)]
    Store(Failure),
}

async fn open(shared: &Shared, record: &FileRecord, param: &str) -> Result<Opened, Error> {
    let opened = shared.store.files().open(&record.id).await.map_err(unreadable)?;
    opened.ok_or_else(|| not_found(&record.id, param))
}

async fn head_of(mut opened: Opened) -> Result<Bytes, Error> {
    let mut head = BytesMut::new();
    while head.len() < HEAD {
        let Some(bytes) = opened.stream.next().await else { break };
        let bytes = bytes.map_err(unreadable)?;
        head.extend_from_slice(bytes.get(..HEAD - head.len()).unwrap_or(&bytes));
    }
    Ok(head.freeze())
}

fn not_found(id: &str, param: &str) -> Error {
    Error::FileNotFound { id: id.chars().take(100).collect(), param: param.to_owned() }
}

fn unreadable(failure: Failure) -> Error {
    store::failure(WHAT, ADVICE, &failure)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
