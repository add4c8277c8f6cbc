//! Where the stored 1min.ai key is.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
};

use onemin::{ApiKey, InvalidKey};

use crate::settings::{Environment, Origin, Places};

/// Keeps the stored key. The program takes it from the environment or a file of its own, the application from the OS
/// keyring.
pub trait KeyStore {
    /// The key, if one is stored.
    ///
    /// # Errors
    /// [`KeyError`] when there is one that can't be used; the key is never part of it.
    fn load(&self, environment: &Environment) -> Result<Option<StoredKey>, KeyError>;

    /// Stores a key, over one that is there; gives the place it is in.
    ///
    /// # Errors
    /// [`KeyError`] when it can't be stored; the old one is there then.
    fn keep(&self, environment: &Environment, key: &ApiKey) -> Result<String, KeyError>;

    /// Removes the key that [`keep`](Self::keep) stored; whether there was one.
    ///
    /// # Errors
    /// [`KeyError`] when it can't be removed.
    fn forget(&self, environment: &Environment) -> Result<bool, KeyError>;
}

/// A stored key.
#[derive(Debug, Clone)]
pub struct StoredKey {
    /// The key.
    pub key: ApiKey,
    /// Where it is, for people: a variable, a file, a keyring.
    pub place: String,
}

impl StoredKey {
    /// The key as it may be shown: its last four characters at most.
    #[must_use]
    pub fn masked(&self) -> String {
        match self.key.last_four() {
            "" => "a short one".to_owned(),
            last_four => format!("…{last_four}"),
        }
    }
}

/// Why a stored key can't be used, or a key can't be stored.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It can't be a key.
    #[error("{place}: {reason}")]
    Invalid {
        /// The variable or place it is stored in.
        place: String,
        /// What is wrong.
        reason: InvalidKey,
    },
    /// The file that `ONE_MIN_API_KEY_FILE` names can't be read.
    #[error("ONE_MIN_API_KEY_FILE names {}, which can't be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: io::Error,
    },
    /// The place for it can't be used.
    #[error("{place}: {reason}")]
    Place {
        /// The place.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// The key in `ONE_MIN_API_KEY`, else in the file that `ONE_MIN_API_KEY_FILE` names.
///
/// # Errors
/// [`KeyError`] when there is one that can't be used.
pub fn key_of_environment(environment: &Environment) -> Result<Option<StoredKey>, KeyError> {
    let path = match (environment.get("ONE_MIN_API_KEY"), environment.get("ONE_MIN_API_KEY_FILE")) {
        // A file named by the environment goes over a key in .env.
        (Some((_, Origin::DotEnv)), Some((path, Origin::Environment))) => path,
        (Some((key, _)), _) => return stored("ONE_MIN_API_KEY", key).map(Some),
        (None, Some((path, _))) => path,
        (None, None) => return Ok(None),
    };
    let path = PathBuf::from(path);
    let key = fs::read_to_string(&path).map_err(|reason| KeyError::Unreadable { path: path.clone(), reason })?;
    stored(&path.to_string_lossy(), &key).map(Some)
}

fn stored(place: &str, key: &str) -> Result<StoredKey, KeyError> {
    let place = place.to_owned();
    match ApiKey::new(key) {
        Ok(key) => Ok(StoredKey { key, place }),
        Err(reason) => Err(KeyError::Invalid { place, reason }),
    }
}

/// The key in `ONE_MIN_API_KEY`, else in the file that `ONE_MIN_API_KEY_FILE` names, else in the file `key` of the data
/// folder, which only its owner can read and the program itself writes.
#[derive(Debug, Clone, Copy)]
pub struct EnvironmentKey;

impl KeyStore for EnvironmentKey {
    fn load(&self, environment: &Environment) -> Result<Option<StoredKey>, KeyError> {
        if let Some(stored) = key_of_environment(environment)? {
            return Ok(Some(stored));
        }
        let Some(path) = own_file(environment) else { return Ok(None) };
        match fs::read_to_string(&path) {
            Ok(key) => stored(&path.to_string_lossy(), &key).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(place(&path, &error)),
        }
    }

    fn keep(&self, environment: &Environment, key: &ApiKey) -> Result<String, KeyError> {
        let reason = "the system names no folder for it. Set RELAY_DATA_DIR.".to_owned();
        let path = own_file(environment).ok_or(KeyError::Place { place: "The data folder".into(), reason })?;
        write_private(&path, key.reveal()).map_err(|error| place(&path, &error))?;
        Ok(path.to_string_lossy().into_owned())
    }

    fn forget(&self, environment: &Environment) -> Result<bool, KeyError> {
        let Some(path) = own_file(environment) else { return Ok(false) };
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(place(&path, &error)),
        }
    }
}

fn own_file(environment: &Environment) -> Option<PathBuf> {
    Some(Places::of(environment).data_dir?.join("key"))
}

fn place(path: &std::path::Path, error: &io::Error) -> KeyError {
    KeyError::Place { place: path.to_string_lossy().into_owned(), reason: error.to_string() }
}

/// Writes a file that only its owner can read: at no moment can others, and the old one is there until the new one is.
fn write_private(path: &std::path::Path, text: &str) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    // Made with mode 0600 on Unix; on Windows the folder is the user's own.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(file, "{text}")?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::of(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    fn load(variables: &[(&str, &str)]) -> Result<Option<(String, String)>, String> {
        let stored = EnvironmentKey.load(&environment(variables)).map_err(|error| error.to_string())?;
        Ok(stored.map(|stored| (stored.key.last_four().to_owned(), stored.place)))
    }

    #[test]
    fn the_key_comes_from_its_variable_or_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let empty = ("RELAY_DATA_DIR", folder.path().to_str().unwrap());
        let path = folder.path().join("a-file");
        std::fs::write(&path, "canary-from-a-file-1234\n").unwrap();
        let path = path.to_str().unwrap();
        assert_eq!(load(&[empty]), Ok(None));
        assert_eq!(load(&[("ONE_MIN_API_KEY", ""), empty]), Ok(None));
        assert_eq!(load(&[("ONE_MIN_API_KEY_FILE", path), empty]), Ok(Some(("1234".into(), path.into()))));
        let both = [("ONE_MIN_API_KEY", "canary-from-a-variable-5678"), ("ONE_MIN_API_KEY_FILE", path)];
        assert_eq!(load(&both), Ok(Some(("5678".into(), "ONE_MIN_API_KEY".into()))));
    }

    #[test]
    fn a_kept_key_is_found_again_beneath_the_others_and_can_be_removed() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("new");
        let variable = ("RELAY_DATA_DIR", data.to_str().unwrap());
        let place =
            EnvironmentKey.keep(&environment(&[variable]), &ApiKey::new("canary-that-is-kept-9012").unwrap()).unwrap();
        assert_eq!(load(&[variable]), Ok(Some(("9012".into(), place.clone()))));
        assert_eq!(load(&[variable, ("ONE_MIN_API_KEY", "canary-from-a-variable-5678")]).unwrap().unwrap().0, "5678");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(EnvironmentKey.forget(&environment(&[variable])).unwrap());
        assert!(!EnvironmentKey.forget(&environment(&[variable])).unwrap());
        assert_eq!(load(&[variable]), Ok(None));
    }

    #[test]
    fn a_key_that_can_not_be_used_is_never_shown() {
        let error = load(&[("ONE_MIN_API_KEY", "canary with blanks")]).unwrap_err();
        assert!(error.starts_with("ONE_MIN_API_KEY: ") && !error.contains("canary"), "{error}");
        let error = load(&[("ONE_MIN_API_KEY_FILE", "/no/such/file")]).unwrap_err();
        assert!(error.starts_with("ONE_MIN_API_KEY_FILE names /no/such/file"), "{error}");
    }
}
