//! Bytes by path: in memory, or in a folder that only this user can look into. An object is written complete or is not
//! there.

use std::{
    fs::DirBuilder,
    path::{Path as FilePath, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    Error, GetResult, GetResultPayload, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutPayload,
    local::LocalFileSystem, memory::InMemory, path::Path,
};
use tokio::sync::OnceCell;
use tokio_util::io::ReaderStream;

use crate::spool::Spooled;

/// How much of a large object is written at once, and held in memory twice.
const PART: usize = 512 << 10;

/// The same for a bucket: S3 takes no smaller parts.
const PART_OF_BUCKET: usize = 5 << 20;

/// How much of a file is read at once.
const READ: usize = 128 << 10;

/// Where objects lie.
#[derive(Debug)]
pub(super) struct Objects {
    /// `None`: not in a folder.
    folder: Option<PathBuf>,
    /// Whether others may write there.
    is_shared: bool,
    /// Whether a success survives that the machine loses power.
    is_durable: bool,
    store: OnceCell<Arc<dyn ObjectStore>>,
}

/// An object as it is read.
pub(super) struct Found {
    /// What is known of it.
    pub(super) meta: ObjectMeta,
    /// Its content, piece by piece.
    pub(super) stream: BoxStream<'static, Result<Bytes, Error>>,
}

impl Found {
    /// All of its content, in memory.
    pub(super) async fn read(self) -> Result<Bytes, Error> {
        let pieces: Vec<Bytes> = self.stream.try_collect().await?;
        Ok(pieces.concat().into())
    }
}

impl Objects {
    pub(super) fn in_memory() -> Self {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        Self { folder: None, is_shared: false, is_durable: false, store: OnceCell::new_with(Some(store)) }
    }

    /// Objects in memory that take their time.
    #[cfg(test)]
    pub(super) fn in_slow_memory(each: Duration) -> Self {
        use object_store::throttle::{ThrottleConfig, ThrottledStore};
        let config = ThrottleConfig {
            wait_put_per_call: each,
            wait_get_per_call: each,
            wait_delete_per_call: each,
            ..ThrottleConfig::default()
        };
        let store: Arc<dyn ObjectStore> = Arc::new(ThrottledStore::new(InMemory::new(), config));
        Self { store: OnceCell::new_with(Some(store)), ..Self::in_memory() }
    }

    /// Objects in a bucket.
    #[cfg(feature = "s3")]
    pub(super) fn in_bucket(store: Arc<dyn ObjectStore>) -> Self {
        Self { folder: None, is_shared: true, is_durable: true, store: OnceCell::new_with(Some(store)) }
    }

    /// Objects in `folder`, which is made when it is first needed.
    pub(super) fn in_folder(folder: PathBuf) -> Self {
        Self { folder: Some(folder), is_shared: true, is_durable: false, store: OnceCell::new() }
    }

    /// The same, of which nothing is lost with the machine's power.
    pub(super) fn in_durable_folder(folder: PathBuf) -> Self {
        Self { is_durable: true, ..Self::in_folder(folder) }
    }

    /// Whether other relays may write here.
    pub(super) const fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Whether there can be any: a folder that is not there need not be made to find nothing.
    pub(super) fn is_there(&self) -> bool {
        self.store.initialized() || self.folder.as_ref().is_some_and(|folder| folder.exists())
    }

    /// Writes an object; one that is there is replaced.
    pub(super) async fn put(&self, path: &Path, content: Vec<u8>) -> Result<(), Error> {
        self.store().await?.put(path, content.into()).await?;
        Ok(())
    }

    /// Writes an object where none is yet, and says whether that was so.
    pub(super) async fn create(&self, path: &Path, content: Vec<u8>) -> Result<bool, Error> {
        match self.store().await?.put_opts(path, content.into(), PutMode::Create.into()).await {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes what lies in the spool, without ever holding much of it in memory.
    pub(super) async fn put_spooled(&self, path: &Path, content: &Spooled) -> Result<(), Error> {
        let bytes = if self.folder.is_some() { PART } else { PART_OF_BUCKET };
        let mut parts = Parts { bytes, stream: content.stream().await.map_err(failed)?.map_err(failed).boxed() };
        let store = self.store().await?;
        if content.size_bytes() <= bytes as u64 {
            store.put(path, parts.next().await?).await?;
            return Ok(());
        }
        // In a folder, a part that is never completed goes with the value; elsewhere it must be told.
        let mut upload = store.put_multipart(path).await?;
        let write = async {
            loop {
                let part = parts.next().await?;
                if part.content_length() == 0 {
                    return upload.complete().await;
                }
                upload.put_part(part).await?;
            }
        };
        if let Err(error) = write.await {
            // What can't be taken back is swept later.
            let _ = upload.abort().await;
            return Err(error);
        }
        Ok(())
    }

    /// What lies there; `None`: nothing.
    pub(super) async fn get(&self, path: &Path) -> Result<Option<Bytes>, Error> {
        match self.open(path).await? {
            Some(found) => found.read().await.map(Some),
            None => Ok(None),
        }
    }

    /// The same, piece by piece.
    pub(super) async fn open(&self, path: &Path) -> Result<Option<Found>, Error> {
        if !self.is_there() {
            return Ok(None);
        }
        match self.store().await?.get(path).await {
            Ok(found) => Ok(Some(Found { meta: found.meta.clone(), stream: content(found) })),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether anything lies there.
    pub(super) async fn has(&self, path: &Path) -> Result<bool, Error> {
        if !self.is_there() {
            return Ok(false);
        }
        match self.store().await?.head(path).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Throws away what lies there, if anything does.
    pub(super) async fn delete(&self, path: &Path) -> Result<(), Error> {
        match self.store().await?.delete(path).await {
            Err(Error::NotFound { .. }) => Ok(()),
            deleted => deleted,
        }
    }

    /// Everything that lies below `prefix`, or everywhere.
    pub(super) async fn list(&self, prefix: Option<&Path>) -> Result<Vec<ObjectMeta>, Error> {
        if !self.is_there() {
            return Ok(Vec::new());
        }
        self.store().await?.list(prefix).try_collect().await
    }

    /// Throws away what was begun in the folder and never completed, and is older than `age`.
    pub(super) async fn sweep(&self, age: Duration, now_ms: u64) -> Result<(), Error> {
        let mut folders: Vec<PathBuf> = self.folder.iter().filter(|folder| folder.exists()).cloned().collect();
        while let Some(folder) = folders.pop() {
            let mut entries = tokio::fs::read_dir(folder).await.map_err(failed)?;
            while let Some(entry) = entries.next_entry().await.map_err(failed)? {
                let Ok(about) = entry.metadata().await else { continue };
                if about.is_dir() {
                    folders.push(entry.path());
                } else if is_half_written(&entry.file_name().to_string_lossy()) && is_older(&about, age, now_ms) {
                    let _ = tokio::fs::remove_file(entry.path()).await;
                }
            }
        }
        Ok(())
    }

    async fn store(&self) -> Result<&Arc<dyn ObjectStore>, Error> {
        let open = async || open(self.folder.as_deref().unwrap_or(FilePath::new(".")), self.is_durable);
        self.store.get_or_try_init(open).await
    }
}

/// The content of an object. `object_store` reads a file in pieces of 8 KiB, each on another thread.
fn content(found: GetResult) -> BoxStream<'static, Result<Bytes, Error>> {
    match found.payload {
        GetResultPayload::File(file, _) => {
            ReaderStream::with_capacity(tokio::fs::File::from_std(file), READ).map_err(failed).boxed()
        }
        GetResultPayload::Stream(stream) => stream,
    }
}

/// A stream in parts of one size, but for the last.
struct Parts {
    bytes: usize,
    stream: BoxStream<'static, Result<Bytes, Error>>,
}

impl Parts {
    /// The next part; an empty one is the end.
    async fn next(&mut self) -> Result<PutPayload, Error> {
        let (mut pieces, mut length) = (Vec::new(), 0);
        while length < self.bytes {
            let Some(piece) = self.stream.try_next().await? else { break };
            length += piece.len();
            pieces.push(piece);
        }
        Ok(pieces.into_iter().collect())
    }
}

/// What the system says, as a failure of the store.
pub(super) fn failed(error: std::io::Error) -> Error {
    Error::Generic { store: "folder", source: Box::new(error) }
}

/// Whether a file is what `object_store` writes before it gives it its name: `name#1`.
fn is_half_written(name: &str) -> bool {
    let number = name.rsplit_once('#').map(|(_, number)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_older(about: &std::fs::Metadata, age: Duration, now_ms: u64) -> bool {
    let modified = about.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    modified.is_some_and(|modified| (modified + age).as_millis() < u128::from(now_ms))
}

fn open(folder: &FilePath, is_durable: bool) -> Result<Arc<dyn ObjectStore>, Error> {
    make_private(folder).map_err(failed)?;
    let store = LocalFileSystem::new_with_prefix(folder)?.with_automatic_cleanup(true).with_fsync(is_durable);
    Ok(Arc::new(store))
}

/// Makes a folder that nobody else can look into.
fn make_private(folder: &FilePath) -> std::io::Result<()> {
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_is_made_when_something_is_put_there_and_only_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("new/things");
        let objects = Objects::in_folder(place.clone());
        assert_eq!(objects.list(None).await.unwrap(), []);
        assert!(!place.exists());
        let path = Path::from("owner/thing");
        objects.put(&path, b"four".to_vec()).await.unwrap();
        let listed: Vec<_> = objects.list(None).await.unwrap().into_iter().map(|it| (it.location, it.size)).collect();
        assert_eq!(listed, [(path.clone(), 4)]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o700);
        }
        let again = Objects::in_folder(place);
        assert_eq!(again.get(&path).await.unwrap().as_deref(), Some(&b"four"[..]));
        again.delete(&path).await.unwrap();
        again.delete(&path).await.unwrap();
        assert_eq!(objects.get(&path).await.unwrap(), None);
    }
}
