//! Where the stored 1min.ai key comes from.

use std::{io, path::PathBuf};

use onemin::{ApiKey, InvalidKey};

use crate::settings::{Environment, Origin};

/// Gives the stored key. The program takes it from the environment, the application from the OS keyring.
pub trait KeySource {
    /// The key, if one is stored.
    ///
    /// # Errors
    /// [`KeyError`] when there is one that can't be used; the key is never part of it.
    fn load(&self, environment: &Environment) -> Result<Option<ApiKey>, KeyError>;
}

/// Why a stored key can't be used.
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
    /// Its file can't be read.
    #[error("ONE_MIN_API_KEY_FILE names {}, which can't be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: io::Error,
    },
}

/// The key in `ONE_MIN_API_KEY`, else in the file that `ONE_MIN_API_KEY_FILE` names.
#[derive(Debug, Clone, Copy)]
pub struct EnvironmentKey;

impl KeySource for EnvironmentKey {
    fn load(&self, environment: &Environment) -> Result<Option<ApiKey>, KeyError> {
        let invalid = |place: &str| {
            let place = place.to_owned();
            move |reason| KeyError::Invalid { place, reason }
        };
        let key = environment.get("ONE_MIN_API_KEY");
        let file = environment.get("ONE_MIN_API_KEY_FILE");
        let path = match (key, file) {
            // A file named by the environment goes over a key in .env.
            (Some((_, Origin::DotEnv)), Some((path, Origin::Environment))) => path,
            (Some((key, _)), _) => return ApiKey::new(key).map(Some).map_err(invalid("ONE_MIN_API_KEY")),
            (None, Some((path, _))) => path,
            (None, None) => return Ok(None),
        };
        let path = PathBuf::from(path);
        let key =
            std::fs::read_to_string(&path).map_err(|reason| KeyError::Unreadable { path: path.clone(), reason })?;
        ApiKey::new(key).map(Some).map_err(invalid(&path.to_string_lossy()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let key = EnvironmentKey.load(&Environment::of(variables)).map_err(|error| error.to_string())?;
        Ok(key.map(|key| key.last_four().to_owned()))
    }

    #[test]
    fn the_key_comes_from_its_variable_or_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "canary-from-a-file-1234\n").unwrap();
        let path = path.to_str().unwrap();
        assert_eq!(load(&[]), Ok(None));
        assert_eq!(load(&[("ONE_MIN_API_KEY", "")]), Ok(None));
        assert_eq!(load(&[("ONE_MIN_API_KEY_FILE", path)]), Ok(Some("1234".into())));
        let both = [("ONE_MIN_API_KEY", "canary-from-a-variable-5678"), ("ONE_MIN_API_KEY_FILE", path)];
        assert_eq!(load(&both), Ok(Some("5678".into())));
    }

    #[test]
    fn a_key_that_can_not_be_used_is_never_shown() {
        let error = load(&[("ONE_MIN_API_KEY", "canary with blanks")]).unwrap_err();
        assert!(error.starts_with("ONE_MIN_API_KEY: ") && !error.contains("canary"), "{error}");
        let error = load(&[("ONE_MIN_API_KEY_FILE", "/no/such/file")]).unwrap_err();
        assert!(error.starts_with("ONE_MIN_API_KEY_FILE names /no/such/file"), "{error}");
    }
}
