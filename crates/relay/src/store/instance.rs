//! Which relay runs what, and whether it is still there: each holds a lock on a file of its own in the data folder for as
//! long as it lives. The system lets go of the lock when the process ends, however it ends.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use crate::id;

/// The folder of the locks in the data folder.
const FOLDER: &str = "instances";

/// The file that tells data folders apart, in that folder.
const PLACE: &str = "place";

/// This relay, among all that ever wrote into the store.
#[derive(Debug)]
pub(crate) struct Instance {
    name: String,
    /// `None` without a data folder, or where none can be written.
    lock: Option<Lock>,
}

#[derive(Debug)]
struct Lock {
    folder: PathBuf,
    path: PathBuf,
    /// The lock is on it.
    _file: File,
}

impl Instance {
    /// A new one, locked until it is dropped.
    pub(crate) fn new(data_dir: Option<&PathBuf>) -> Self {
        let own = id::random("");
        let Some(folder) = data_dir.map(|folder| folder.join(FOLDER)) else { return Self { name: own, lock: None } };
        match Self::locked(&folder, &own) {
            Ok(instance) => instance,
            Err(error) => {
                tracing::debug!(%error, "no lock on the data folder");
                Self { name: own, lock: None }
            }
        }
    }

    fn locked(folder: &Path, own: &str) -> std::io::Result<Self> {
        fs::create_dir_all(folder)?;
        sweep(folder);
        let name = format!("{}.{own}", place(folder)?);
        let path = folder.join(own);
        let file = File::create_new(&path)?;
        file.lock()?;
        Ok(Self { name, lock: Some(Lock { folder: folder.to_owned(), path, _file: file }) })
    }

    /// Its name in what it writes.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the relay of this name is certainly gone. `None`: it ran elsewhere, and nobody can tell.
    pub(crate) fn is_gone(&self, name: &str) -> Option<bool> {
        if name == self.name {
            return Some(false);
        }
        let (place, own) = name.split_once('.')?;
        let lock = self.lock.as_ref()?;
        let is_here = self.name.split_once('.').is_some_and(|(here, _)| here == place);
        is_here.then(|| !is_locked(&lock.folder.join(own)))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(lock) = &self.lock {
            let _ = fs::remove_file(&lock.path);
        }
    }
}

/// What tells this data folder from others, made when it is first asked for.
fn place(folder: &Path) -> std::io::Result<String> {
    let path = folder.join(PLACE);
    let read = || fs::read_to_string(&path).ok().filter(|place| place.chars().all(|c| c.is_ascii_alphanumeric()));
    if let Some(place) = read().filter(|place| !place.is_empty()) {
        return Ok(place);
    }
    let place = id::random("");
    fs::write(&path, &place)?;
    Ok(place)
}

/// Removes the files of relays that are gone.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name() != PLACE && !is_locked(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether somebody holds the lock on a file.
fn is_locked(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_is_there_as_long_as_it_lives() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_path_buf();
        let first = Instance::new(Some(&place));
        let second = Instance::new(Some(&place));
        assert_ne!(first.name(), second.name());
        assert_eq!(second.is_gone(first.name()), Some(false));
        assert_eq!(second.is_gone(second.name()), Some(false));
        let name = first.name().to_owned();
        drop(first);
        assert_eq!(second.is_gone(&name), Some(true));
    }

    #[test]
    fn of_a_relay_elsewhere_nobody_can_tell() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let here = Instance::new(Some(&one.path().to_path_buf()));
        let there = Instance::new(Some(&other.path().to_path_buf()));
        assert_eq!(here.is_gone(there.name()), None);
        assert_eq!(Instance::new(None).is_gone(here.name()), None);
    }
}
