//! Where values of settings come from, the strongest first.

use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::{Field, SettingsFile};

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A flag of the command line.
    Flag,
    /// A variable of the environment.
    Environment,
    /// The `.env` file of the working folder.
    DotEnv,
    /// The settings file.
    File,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag => "from the command line",
            Self::Environment => "from the environment",
            Self::DotEnv => "from the file .env",
            Self::File => "from the settings file",
        })
    }
}

/// The variables of the process and of a `.env` file, read once.
#[derive(Clone, Default)]
pub struct Environment {
    process: BTreeMap<String, String>,
    dot_env: BTreeMap<String, String>,
}

impl Environment {
    /// An environment of these variables alone.
    #[must_use]
    pub fn of(process: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { process: process.into_iter().collect(), dot_env: BTreeMap::new() }
    }

    /// The process's own variables. Those that are no UTF-8 are none of ours.
    #[must_use]
    pub fn of_process() -> Self {
        let utf8 = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self::of(std::env::vars_os().filter_map(utf8))
    }

    /// With the variables of a `.env` file beneath; a file that is not there adds none.
    ///
    /// # Errors
    /// The system's error when the file can't be read, and `InvalidData` naming the line when it is no `.env` file. A
    /// line's text is never part of it: it may hold the key.
    pub fn with_dot_env(mut self, path: &Path) -> io::Result<Self> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(self),
            Err(error) => {
                return Err(io::Error::new(error.kind(), format!("{} can't be read: {error}", path.display())));
            }
        };
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        for (index, entry) in dotenvy::from_read_iter(bytes).enumerate() {
            let (name, value) = entry.map_err(|_| {
                let what = format!("{}: entry {} is not NAME=value", path.display(), index + 1);
                io::Error::new(io::ErrorKind::InvalidData, what)
            })?;
            self.dot_env.insert(name, value);
        }
        Ok(self)
    }

    /// A variable that is set and not empty, and where it was.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<(&str, Origin)> {
        let in_process = lookup(&self.process, name).map(|value| (value, Origin::Environment));
        in_process.or_else(|| lookup(&self.dot_env, name).map(|value| (value, Origin::DotEnv)))
    }
}

fn lookup<'a>(map: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    map.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Variables hold secrets of this and of other programs.
        f.debug_struct("Environment").finish_non_exhaustive()
    }
}

/// The data folder's name: the application's identifier, so that program and application share it.
const FOLDER: &str = "app.oneminrelay.tray";

/// Where the relay keeps things.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// The data folder (`RELAY_DATA_DIR`, else the system's place for it); `None` where the system names none.
    pub data_dir: Option<PathBuf>,
    /// The settings file (`RELAY_CONFIG`, else `settings.json` in the data folder).
    pub config: Option<PathBuf>,
    /// Whether the settings file was named, and so must be there.
    pub is_config_named: bool,
}

impl Places {
    /// The places that `environment` names, or the usual ones.
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        let whole = |path: &str| std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
        let named = |name: &str| environment.get(name).map(|(path, _)| whole(path));
        let data_dir = named("RELAY_DATA_DIR").or_else(|| dirs::data_dir().map(|folder| folder.join(FOLDER)));
        let config = named("RELAY_CONFIG");
        let is_config_named = config.is_some();
        let config = config.or_else(|| data_dir.as_ref().map(|folder| folder.join("settings.json")));
        Self { data_dir, config, is_config_named }
    }
}

/// All places a value may come from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Flags: the name of a setting, and its value.
    pub flags: Vec<(String, String)>,
    /// The environment.
    pub environment: Environment,
    /// The settings file.
    pub file: SettingsFile,
}

impl Sources {
    /// The values given for a setting: name, value and origin, the strongest first.
    pub(super) fn values_of(&self, field: &Field) -> Vec<(String, String, Origin)> {
        let flags = self.flags.iter().rev().filter(|(name, _)| name == field.name).map(|(name, value)| {
            (if field.has_flag { format!("--{name}") } else { format!("--set {name}") }, value.clone(), Origin::Flag)
        });
        let mut variables: Vec<_> = field
            .variables
            .iter()
            .filter_map(|name| {
                let (value, origin) = self.environment.get(name)?;
                Some(((*name).to_owned(), value.to_owned(), origin))
            })
            .collect();
        // Whatever the variable is called: the environment goes over .env.
        variables.sort_by_key(|(_, _, origin)| *origin == Origin::DotEnv);
        let in_file = self.file.get(field.name).map(|value| (field.name.to_owned(), value, Origin::File));
        flags.chain(variables).chain(in_file).collect()
    }
}
