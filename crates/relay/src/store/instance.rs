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

/// What the name of a file ends with that is not locked yet.
const COMING: &str = ".new";

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
        let (coming, path) = (folder.join(format!("{own}{COMING}")), folder.join(own));
        let file = File::create_new(&coming)?;
        file.lock()?;
        // Under its own name it is locked from the first moment.
        fs::rename(&coming, &path)?;
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
        if is_here { is_free(&lock.folder.join(own)) } else { None }
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
        let name = entry.file_name();
        let is_of_relay = name != PLACE && !name.to_string_lossy().ends_with(COMING);
        if is_of_relay && is_free(&entry.path()) == Some(true) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether nobody holds the lock on a file, or there is none. `None`: the system does not tell.
fn is_free(path: &Path) -> Option<bool> {
    // Some network file systems lock only what may be written.
    let file = match File::options().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) => return (error.kind() == std::io::ErrorKind::NotFound).then_some(true),
    };
    match file.try_lock() {
        Ok(()) => Some(true),
        Err(TryLockError::WouldBlock) => Some(false),
        Err(TryLockError::Error(_)) => None,
    }
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
