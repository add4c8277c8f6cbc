//! Large things on their way through: they lie in files, not in memory, and are gone when nobody needs them any more.
//!
//! This room must never know what the bytes are.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use tempfile::TempPath;
use tokio::{
    fs::File,
    io::{AsyncWriteExt, BufWriter},
};
use tokio_util::io::ReaderStream;

/// The folder of the spool in the data folder.
const FOLDER: &str = "spool";

/// What the names of its files begin with.
const PREFIX: &str = "1min-relay-";

/// What is older was left by a relay that was killed.
const LEFT: Duration = Duration::from_hours(24);

/// How much of the beginning is kept in memory, to tell what it is.
const HEAD: usize = 8 << 10;

/// How much is read at a time.
const PIECE: usize = 64 << 10;

/// Where things lie on their way through.
#[derive(Debug, Clone)]
pub(crate) struct Spool {
    folder: PathBuf,
    /// What lies there now, in bytes.
    taken: Arc<AtomicU64>,
}

impl Spool {
    /// A spool in the data folder, or where the system keeps what is temporary. Nothing is made before it is needed.
    pub(crate) fn new(data_dir: Option<&PathBuf>) -> Self {
        let folder = data_dir.map_or_else(std::env::temp_dir, |folder| folder.join(FOLDER));
        Self { folder, taken: Arc::default() }
    }

    /// How much lies there now.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Begins to take something in.
    ///
    /// # Errors
    /// The system's.
    pub(crate) async fn begin(&self) -> std::io::Result<Spooling> {
        tokio::fs::create_dir_all(&self.folder).await?;
        // Only this user may read it, and its name is nobody's to guess.
        let file = tempfile::Builder::new().prefix(PREFIX).tempfile_in(&self.folder)?;
        let (file, path) = file.into_parts();
        let file = BufWriter::with_capacity(PIECE, File::from_std(file));
        let size = Size { bytes: 0, taken: Arc::clone(&self.taken) };
        Ok(Spooling { file, path, head: BytesMut::new(), size, hash: Sha256::new() })
    }

    /// Takes in what is in memory.
    ///
    /// # Errors
    /// The system's.
    pub(crate) async fn take(&self, bytes: &[u8]) -> std::io::Result<Spooled> {
        let mut spooling = self.begin().await?;
        spooling.write(bytes).await?;
        spooling.finish().await
    }

    /// Takes in a stream, to its end.
    ///
    /// # Errors
    /// The system's, or the stream's.
    pub(crate) async fn take_stream<E: From<std::io::Error>>(
        &self,
        stream: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Spooled, E> {
        let mut stream = std::pin::pin!(stream);
        let mut spooling = self.begin().await?;
        while let Some(bytes) = stream.next().await {
            spooling.write(&bytes?).await?;
        }
        Ok(spooling.finish().await?)
    }

    /// Throws away what a relay left that was killed. What the system keeps is its own to throw away.
    pub(crate) fn clear(&self) {
        let entries = self.folder.ends_with(FOLDER).then(|| std::fs::read_dir(&self.folder).ok()).flatten();
        for entry in entries.into_iter().flatten().flatten() {
            let age = entry.metadata().ok().and_then(|file| file.modified().ok()?.elapsed().ok());
            // Another relay may be using the same folder.
            if age.is_some_and(|age| age > LEFT) && entry.file_name().to_string_lossy().starts_with(PREFIX) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

/// Something that is being taken in. Dropping it throws it away.
#[derive(Debug)]
pub(crate) struct Spooling {
    file: BufWriter<File>,
    path: TempPath,
    head: BytesMut,
    size: Size,
    hash: Sha256,
}

/// How large something is; counted as long as it lies there.
#[derive(Debug)]
struct Size {
    bytes: u64,
    taken: Arc<AtomicU64>,
}

impl Size {
    fn grow(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.bytes += bytes;
        self.taken.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Drop for Size {
    fn drop(&mut self) {
        self.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Spooling {
    /// How much there is so far.
    pub(crate) const fn size_bytes(&self) -> u64 {
        self.size.bytes
    }

    /// Takes in more.
    ///
    /// # Errors
    /// The system's, a full disk for one.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let room = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(bytes.get(..room).unwrap_or_default());
        self.hash.update(bytes);
        self.size.grow(bytes.len());
        self.file.write_all(bytes).await
    }

    /// That was all.
    ///
    /// # Errors
    /// The system's.
    pub(crate) async fn finish(mut self) -> std::io::Result<Spooled> {
        self.file.flush().await?;
        let Self { path, head, size, hash, .. } = self;
        Ok(Spooled(Arc::new(Kept { path, head: head.freeze(), size, sha256: hash.finalize().into() })))
    }
}

/// Something that was taken in; gone when the last holder lets go of it. Two are equal that hold the same bytes.
#[derive(Debug, Clone)]
pub struct Spooled(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    path: TempPath,
    head: Bytes,
    size: Size,
    sha256: [u8; 32],
}

impl PartialEq for Spooled {
    fn eq(&self, other: &Self) -> bool {
        self.0.sha256 == other.0.sha256
    }
}

impl Eq for Spooled {}

impl Spooled {
    /// Where it lies.
    pub(crate) fn path(&self) -> &Path {
        &self.0.path
    }

    /// How large it is.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.0.size.bytes
    }

    /// Its first bytes, enough to tell what it is.
    pub(crate) fn head(&self) -> &Bytes {
        &self.0.head
    }

    /// What tells its content from every other.
    pub(crate) fn sha256(&self) -> [u8; 32] {
        self.0.sha256
    }

    /// All of it, in memory: only for what is known to be small.
    ///
    /// # Errors
    /// The system's.
    pub(crate) async fn read(&self) -> std::io::Result<Bytes> {
        if u64::try_from(self.0.head.len()).is_ok_and(|head| head == self.0.size.bytes) {
            return Ok(self.0.head.clone());
        }
        tokio::fs::read(self.path()).await.map(Bytes::from)
    }

    /// All of it, piece by piece. It stays until the stream is dropped.
    ///
    /// # Errors
    /// The system's.
    pub(crate) async fn stream(&self) -> std::io::Result<impl Stream<Item = std::io::Result<Bytes>> + Send + use<>> {
        let file = File::open(self.path()).await?;
        let kept = self.clone();
        Ok(ReaderStream::with_capacity(file, PIECE).inspect(move |_| {
            // Held as long as it is read.
            let _ = &kept;
        }))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;

    use super::*;

    #[tokio::test]
    async fn what_is_taken_in_is_there_until_nobody_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(Some(&folder.path().to_path_buf()));
        let mut spooling = spool.begin().await.unwrap();
        let piece = vec![7_u8; HEAD - 1];
        for _ in 0..3 {
            spooling.write(&piece).await.unwrap();
        }
        let spooled = spooling.finish().await.unwrap();
        let whole = piece.repeat(3);
        assert_eq!((spooled.size_bytes(), spooled.head().len()), (whole.len() as u64, HEAD));
        assert_eq!(spooled.read().await.unwrap(), whole);
        assert_eq!(spooled, spool.take(&whole).await.unwrap());
        assert_ne!(spooled, spool.take(b"x").await.unwrap());
        assert_eq!(spool.size_bytes(), whole.len() as u64);
        let path = spooled.path().to_owned();
        let stream = spooled.stream().await.unwrap();
        drop(spooled);
        assert!(path.exists(), "it is being read");
        let read: Vec<Bytes> = stream.try_collect().await.unwrap();
        assert_eq!(read.concat(), whole);
        assert!(!path.exists());
        assert_eq!(spool.size_bytes(), 0);
    }

    #[tokio::test]
    async fn what_is_left_in_the_middle_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(Some(&folder.path().to_path_buf()));
        let stream = futures_util::stream::iter([Ok(Bytes::from_static(b"half")), Err(std::io::Error::other("cut"))]);
        assert!(spool.take_stream(stream).await.is_err());
        drop(spool.begin().await.unwrap());
        let place = folder.path().join(FOLDER);
        assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0);
        let left = place.join("1min-relay-left");
        std::fs::write(&left, "x").unwrap();
        spool.clear();
        assert!(left.exists(), "somebody may be using it");
        let file = std::fs::File::options().write(true).open(&left).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
        spool.clear();
        assert!(!left.exists());
    }
}
