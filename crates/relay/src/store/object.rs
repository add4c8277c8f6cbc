//! Bytes by path: in memory, or in a folder that only this user can look into. An object is written complete or is not
//! there.

use std::{
    fs::DirBuilder,
    path::{Path as FilePath, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::{Error, ObjectStore, ObjectStoreExt, local::LocalFileSystem, memory::InMemory, path::Path};
use tokio::sync::OnceCell;

/// Where objects lie.
#[derive(Debug)]
pub(super) struct Objects {
    /// `None`: in memory.
    folder: Option<PathBuf>,
    store: OnceCell<Arc<dyn ObjectStore>>,
}

impl Objects {
    pub(super) fn in_memory() -> Self {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        Self { folder: None, store: OnceCell::new_with(Some(store)) }
    }

    /// Objects in `folder`, which is made when it is first needed.
    pub(super) fn in_folder(folder: PathBuf) -> Self {
        Self { folder: Some(folder), store: OnceCell::new() }
    }

    /// Whether there can be any: a folder that is not there need not be made to find nothing.
    pub(super) fn is_there(&self) -> bool {
        self.store.initialized() || self.folder.as_ref().is_some_and(|folder| folder.exists())
    }

    pub(super) async fn put(&self, path: &Path, content: Vec<u8>) -> Result<(), Error> {
        self.store().await?.put(path, content.into()).await?;
        Ok(())
    }

    /// What lies there; `None`: nothing.
    pub(super) async fn get(&self, path: &Path) -> Result<Option<Bytes>, Error> {
        match self.store().await?.get(path).await {
            Ok(found) => found.bytes().await.map(Some),
            Err(Error::NotFound { .. }) => Ok(None),
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

    /// Every path, and the size of what lies there.
    pub(super) async fn list(&self) -> Result<Vec<(Path, u64)>, Error> {
        if !self.is_there() {
            return Ok(Vec::new());
        }
        self.store().await?.list(None).map_ok(|object| (object.location, object.size)).try_collect().await
    }

    async fn store(&self) -> Result<&Arc<dyn ObjectStore>, Error> {
        self.store.get_or_try_init(async || open(self.folder.as_deref().unwrap_or(FilePath::new(".")))).await
    }
}

fn open(folder: &FilePath) -> Result<Arc<dyn ObjectStore>, Error> {
    let failed = |error: std::io::Error| Error::Generic { store: "folder", source: Box::new(error) };
    make_private(folder).map_err(failed)?;
    Ok(Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_automatic_cleanup(true)))
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
        assert_eq!(objects.list().await.unwrap(), []);
        assert!(!place.exists());
        let path = Path::from("owner/thing");
        objects.put(&path, b"four".to_vec()).await.unwrap();
        assert_eq!(objects.list().await.unwrap(), [(path.clone(), 4)]);
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
