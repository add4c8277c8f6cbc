//! The settings file: one JSON object, the flat names of settings and their values. The application writes it, the program
//! only reads it.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{Places, fields};

/// The file's format. A file of a later one is not read: its names may mean something else.
const VERSION: u64 = 1;

/// The values of a settings file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SettingsFile {
    values: BTreeMap<String, Value>,
}

/// The name under which a file says its format.
const VERSION_NAME: &str = "version";

/// Why a settings file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It can't be read.
    #[error("{} can't be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: io::Error,
    },
    /// It is no settings file.
    #[error("{} is no settings file: {reason}. It must be one JSON object such as {{\"port\": 5001}}.", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong; never a value.
        reason: String,
    },
    /// A later version of the program wrote it.
    #[error("{} was written by a later version of 1min Relay (format {version}). Update the program.", path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its format.
        version: Value,
    },
}

/// A corrupt file that was moved out of the way.
#[derive(Debug)]
pub struct SetAside {
    /// What was wrong with it.
    pub error: FileError,
    /// Where it is now.
    pub moved_to: PathBuf,
}

impl SettingsFile {
    /// The file that would hold these values.
    #[must_use]
    pub const fn of_values(values: BTreeMap<String, Value>) -> Self {
        Self { values }
    }

    /// Reads the file; one that is not there has no values.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(reason) => return Err(FileError::Unreadable { path: path.to_owned(), reason }),
        };
        let corrupt = |reason: String| FileError::Corrupt { path: path.to_owned(), reason };
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        let values: Value = serde_json::from_slice(bytes).map_err(|error| corrupt(place(&error)))?;
        let Value::Object(values) = values else { return Err(corrupt("it holds something else".into())) };
        match values.get(VERSION_NAME) {
            None => {}
            Some(version) => match version.as_u64() {
                Some(number) if number <= VERSION => {}
                Some(_) => return Err(FileError::TooNew { path: path.to_owned(), version: version.clone() }),
                None => return Err(corrupt("its version is no number".into())),
            },
        }
        Ok(Self { values: values.into_iter().collect() })
    }

    /// Reads the file of these places.
    ///
    /// # Errors
    /// [`FileError`] when it can't be read, or is corrupt, or is missing although it was named.
    pub fn of(places: &Places) -> Result<Self, FileError> {
        let Some(path) = &places.config else { return Ok(Self::default()) };
        if places.is_config_named && !path.exists() {
            let reason = io::ErrorKind::NotFound.into();
            return Err(FileError::Unreadable { path: path.clone(), reason });
        }
        Self::read(path)
    }

    /// The same at the start of the one program that owns the file: a corrupt one is moved aside, so that the relay starts
    /// on defaults and nothing is lost; but not one that was named: who names a file wants it heeded.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn or_set_aside(places: &Places) -> Result<(Self, Option<SetAside>), FileError> {
        match Self::of(places) {
            Err(error @ FileError::Corrupt { .. }) if !places.is_config_named => {
                let FileError::Corrupt { path, .. } = &error else { return Err(error) };
                let moved_to = set_aside(path)?;
                Ok((Self::default(), Some(SetAside { error, moved_to })))
            }
            read => Ok((read?, None)),
        }
    }

    /// Names that no setting has.
    pub fn unknown_names(&self) -> impl Iterator<Item = &str> {
        let is_known = |name: &str| name == VERSION_NAME || fields().any(|field| field.name == name);
        self.values.keys().map(String::as_str).filter(move |name| !is_known(name))
    }

    /// The value of a setting as the text that a variable would hold.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some(match self.values.get(name)? {
            Value::Null => return None,
            Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
            Value::Object(pairs) => {
                pairs.iter().map(|(name, value)| format!("{name}={}", text(value))).collect::<Vec<_>>().join(",")
            }
            value => text(value),
        })
        .filter(|text| !text.trim().is_empty())
    }
}

/// Where the text breaks off being JSON, without repeating it.
fn place(error: &serde_json::Error) -> String {
    format!("it is no JSON from line {}, column {} on", error.line(), error.column())
}

/// Moves a file out of the way, under a name beside it; where it is then.
///
/// # Errors
/// `Unreadable` when it can't be moved.
pub fn set_aside(path: &Path) -> Result<PathBuf, FileError> {
    let moved_to = free_name(path);
    fs::rename(path, &moved_to).map_err(|reason| FileError::Unreadable { path: path.to_owned(), reason })?;
    Ok(moved_to)
}

/// A name beside `path` that nothing has yet.
fn free_name(path: &Path) -> PathBuf {
    let name = |number: u32| match number {
        1 => path.with_extension("corrupt.json"),
        number => path.with_extension(format!("corrupt-{number}.json")),
    };
    (1..).map(name).find(|path| !path.exists()).unwrap_or_else(|| name(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, Places) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        fs::write(&path, text).unwrap();
        (folder, Places { config: Some(path), ..Places::default() })
    }

    #[test]
    fn values_of_every_kind_are_read_as_text() {
        let (_folder, places) = file(
            "\u{feff}{\"version\":1,\"port\":7,\"youtube_once\":false,\"host\":\"::1\",\"chosen_models\":[\"a\",\"b\"],\"model_aliases\":{\"x\":\"y\"},\"proxy\":null}",
        );
        let (file, set_aside) = SettingsFile::or_set_aside(&places).unwrap();
        assert!(set_aside.is_none());
        let values = ["port", "youtube_once", "host", "chosen_models", "model_aliases", "proxy", "log"]
            .map(|name| file.get(name));
        let expected = [Some("7"), Some("false"), Some("::1"), Some("a,b"), Some("x=y"), None, None];
        assert_eq!(values, expected.map(|value| value.map(str::to_owned)));
    }

    #[test]
    fn a_corrupt_file_is_moved_aside_and_kept() {
        for text in ["", "{\"port\": 1", "[1]", "canary", "{\"version\": \"1\"}"] {
            let (folder, places) = file(text);
            let taken = folder.path().join("settings.corrupt.json");
            fs::write(&taken, "an earlier one").unwrap();
            assert!(
                matches!(SettingsFile::of(&places), Err(FileError::Corrupt { .. })),
                "who only reads moves nothing"
            );
            let (file, set_aside) = SettingsFile::or_set_aside(&places).unwrap();
            let SetAside { error, moved_to } = set_aside.unwrap();
            assert_eq!(file, SettingsFile::default());
            assert_eq!(moved_to, folder.path().join("settings.corrupt-2.json"));
            assert_eq!(
                (fs::read_to_string(moved_to).unwrap().as_str(), places.config.unwrap().exists()),
                (text, false)
            );
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_file_that_was_named_must_be_there_and_be_right() {
        let (folder, places) = file("{");
        let named = Places { is_config_named: true, ..places };
        assert!(matches!(SettingsFile::or_set_aside(&named), Err(FileError::Corrupt { .. })));
        assert!(named.config.as_ref().unwrap().exists(), "it stays where it is");
        let missing = Places { config: Some(folder.path().join("none.json")), ..named };
        assert!(matches!(SettingsFile::of(&missing), Err(FileError::Unreadable { .. })));
        let absent = Places { is_config_named: false, ..missing };
        assert_eq!(SettingsFile::of(&absent).unwrap(), SettingsFile::default());
    }

    #[test]
    fn a_file_of_a_later_version_is_left_alone() {
        let (_folder, places) = file("{\"version\": 2}");
        assert!(matches!(SettingsFile::of(&places), Err(FileError::TooNew { .. })));
        assert!(places.config.unwrap().exists());
    }
}
