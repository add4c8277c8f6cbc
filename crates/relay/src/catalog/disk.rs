//! The last fetched list, on disk, so that the next start knows it offline.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use onemin::ModelList;
use serde::{Deserialize, Serialize};

/// The file's name in the data folder.
pub(super) const FILE: &str = "catalog.json";

/// A list and when it was fetched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Milliseconds since 1970.
    pub(super) fetched_unix_ms: u64,
    /// Which service's list it is.
    pub(super) api_url: String,
    #[serde(flatten)]
    pub(super) list: ModelList,
}

/// The list that was kept. A file that can't be read is worth a line in the log, and no more: it will be fetched again.
pub(super) fn read(path: &Path) -> Option<Kept> {
    let kept = match fs::read(path) {
        Ok(bytes) => serde_json::from_slice::<Kept>(&bytes).map_err(io::Error::from),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => Err(error),
    };
    let unreadable =
        |error: &io::Error| tracing::warn!(path = %path.display(), %error, "the kept list of models can't be read");
    kept.inspect_err(unreadable).ok().filter(|kept| !kept.list.models.is_empty())
}

/// Keeps a list: the whole file is there, or the old one.
pub(super) fn write(path: &Path, kept: &Kept) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&serde_json::to_vec(kept)?)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_list_reads_back_and_a_broken_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join(FILE);
        assert_eq!(read(&path), None);
        let kept = Kept { fetched_unix_ms: 7, api_url: "https://api.1min.ai/".into(), list: ModelList::recorded() };
        write(&path, &kept).unwrap();
        assert_eq!(read(&path), Some(kept));
        for broken in ["", "{", r#"{"fetched_unix_ms":1,"api_url":"","date":"2026-01-01","models":[]}"#] {
            fs::write(&path, broken).unwrap();
            assert_eq!(read(&path), None, "{broken}");
        }
    }
}
