//! What every command begins with: the environment, the places, and the settings from all their sources.

use std::{
    io::{self, Write},
    path::Path,
};

use onemin::ApiKey;
use rusqlite::Connection;

use super::{Failure, KeyStore, SettingFlags};
use crate::{
    clock::Clock,
    database,
    relay::{Relay, RelayOptions},
    settings::{Environment, Places, Resolved, Settings, SettingsFile, Sources},
};

/// The surroundings of a command.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) environment: Environment,
    pub(super) places: Places,
    pub(super) resolved: Resolved,
    flags: Vec<(String, String)>,
}

impl Context {
    /// Reads environment, `.env` and settings file.
    pub(super) fn load(flags: SettingFlags) -> Result<Self, Failure> {
        Self::read(flags.into_settings(), false)
    }

    /// The same for a relay that starts: a corrupt settings file is moved aside, and this is said.
    pub(super) fn load_to_start(flags: SettingFlags) -> Result<Self, Failure> {
        Self::read(flags.into_settings(), true)
    }

    /// The same once more: files may have changed.
    pub(super) fn reload(&self) -> Result<Self, Failure> {
        Self::read(self.flags.clone(), false)
    }

    fn read(flags: Vec<(String, String)>, is_start: bool) -> Result<Self, Failure> {
        let environment = Environment::of_process().with_dot_env(Path::new(".env"))?;
        let places = Places::of(&environment);
        let (file, set_aside) =
            if is_start { SettingsFile::or_set_aside(&places)? } else { (SettingsFile::of(&places)?, None) };
        for name in file.unknown_names() {
            let _ = writeln!(io::stderr(), "1min-relay: the settings file names {name}, and there is no such setting.");
        }
        if let Some(set_aside) = set_aside {
            let _ = writeln!(
                io::stderr(),
                "1min-relay: {} It was moved to {}; the settings in it do not count.",
                set_aside.error,
                set_aside.moved_to.display()
            );
        }
        let sources = Sources { flags: flags.clone(), environment: environment.clone(), file };
        let resolved = Settings::resolve(&sources)?;
        Ok(Self { environment, places, resolved, flags })
    }

    pub(super) const fn settings(&self) -> &Settings {
        &self.resolved.settings
    }

    /// A relay with these settings that is not running, and has no key: enough to ask for models.
    pub(super) fn relay_without_key(&self) -> Result<Relay, Failure> {
        self.relay_with(None)
    }

    /// The same with the stored key, if there is one and it can be read.
    pub(super) fn relay(&self, keys: &dyn KeyStore) -> Result<Relay, Failure> {
        self.relay_with(keys.load(&self.environment).ok().flatten().map(|stored| stored.key))
    }

    /// The database of the data folder. Without one this is said, and there is an empty one that is kept nowhere.
    pub(super) fn known_database(&self) -> Result<Connection, Failure> {
        let data_dir = self.data_dir()?;
        if let Some(connection) = database::connect_to_known(data_dir)? {
            return Ok(connection);
        }
        let _ = writeln!(io::stderr(), "No relay has kept anything in {} (RELAY_DATA_DIR).", data_dir.display());
        Ok(database::empty()?)
    }

    /// The data folder, for what can't do without.
    pub(super) fn data_dir(&self) -> Result<&Path, Failure> {
        let data_dir = self.places.data_dir.as_deref();
        data_dir.ok_or_else(|| Failure::Refused("the system names no data folder. Set RELAY_DATA_DIR.".into()))
    }

    fn relay_with(&self, key: Option<ApiKey>) -> Result<Relay, Failure> {
        Ok(Relay::new(RelayOptions {
            settings: self.settings().clone(),
            key,
            is_demo: false,
            data_dir: self.places.data_dir.clone(),
            clock: Clock::system(),
        })?)
    }
}
