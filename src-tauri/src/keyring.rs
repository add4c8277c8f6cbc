//! The 1min.ai key in the system's keyring: Secret Service on Linux, Keychain on macOS, Credential Manager on Windows.
//!
//! The calls block, on Linux perhaps until a person has answered a prompt: run them where blocking is allowed.

use std::{
    io::{self, Write},
    sync::Arc,
};

use keyring_core::{CredentialStore, Entry, Error};
use onemin::ApiKey;
use relay::{
    cli::{KeyError, KeyStore, StoredKey},
    settings::Environment,
};

/// What the entry is called in the keyring.
const SERVICE: &str = "app.oneminrelay.tray";
const USER: &str = "1min.ai API key";

/// Where the key is, for people.
pub(crate) const PLACE: &str = "the system's keyring";

/// How the system's store is opened. Each time anew: a keyring that was not there may have come.
type Open = Arc<dyn Fn() -> Result<Arc<CredentialStore>, Error> + Send + Sync>;

/// The system's keyring.
#[derive(Clone)]
pub struct Keyring {
    open: Open,
}

/// Why the keyring can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct KeyringError {
    /// What the system says, in a sentence.
    pub reason: String,
}

impl Keyring {
    /// The keyring of this system.
    #[must_use]
    pub fn of_system() -> Self {
        Self::with(open_system)
    }

    /// A keyring that is opened so.
    pub(crate) fn with(open: impl Fn() -> Result<Arc<CredentialStore>, Error> + Send + Sync + 'static) -> Self {
        Self { open: Arc::new(open) }
    }

    /// The key that is kept.
    ///
    /// # Errors
    /// [`KeyringError`] when the keyring can't be asked, or holds something that is no key.
    pub fn get(&self) -> Result<Option<ApiKey>, KeyringError> {
        match self.entry()?.get_password() {
            Ok(key) => ApiKey::new(key).map(Some).map_err(|reason| KeyringError { reason: reason.to_string() }),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(explained(&error)),
        }
    }

    /// Keeps a key, over one that is there.
    ///
    /// # Errors
    /// [`KeyringError`] when the keyring does not take it.
    pub fn set(&self, key: &ApiKey) -> Result<(), KeyringError> {
        self.entry()?.set_password(key.reveal()).map_err(|error| explained(&error))
    }

    /// Forgets the key; whether there was one.
    ///
    /// # Errors
    /// [`KeyringError`] when the keyring can't be asked.
    pub fn remove(&self) -> Result<bool, KeyringError> {
        match self.entry()?.delete_credential() {
            Ok(()) => Ok(true),
            Err(Error::NoEntry) => Ok(false),
            Err(error) => Err(explained(&error)),
        }
    }

    fn entry(&self) -> Result<Entry, KeyringError> {
        (self.open)().and_then(|store| store.build(SERVICE, USER, None)).map_err(|error| explained(&error))
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").finish_non_exhaustive()
    }
}

#[cfg(target_os = "linux")]
fn open_system() -> Result<Arc<CredentialStore>, Error> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn open_system() -> Result<Arc<CredentialStore>, Error> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(target_os = "windows")]
fn open_system() -> Result<Arc<CredentialStore>, Error> {
    Ok(windows_native_keyring_store::Store::new()?)
}

/// A sentence of our own where the library gives an inner value, and never anything that was stored.
fn explained(error: &Error) -> KeyringError {
    let reason = match error {
        Error::NoStorageAccess(_) => "The keyring is locked, or does not let this program in.".to_owned(),
        Error::PlatformFailure(_) => "There is no keyring service that answers.".to_owned(),
        Error::BadEncoding(_) => "The keyring holds something that is no text.".to_owned(),
        Error::Ambiguous(_) => "The keyring holds several keys for 1min Relay; remove all but one.".to_owned(),
        error => format!("The keyring said: {error}."),
    };
    KeyringError { reason }
}

/// The program's commands keep the key in the keyring too when the application's executable runs them; the environment
/// goes over it.
impl KeyStore for Keyring {
    fn load(&self, environment: &Environment) -> Result<Option<StoredKey>, KeyError> {
        if let Some(stored) = relay::cli::key_of_environment(environment)? {
            return Ok(Some(stored));
        }
        // A machine without a keyring has no key in it: a server's, most often.
        let key = self.get().unwrap_or_else(|error| {
            let _ = writeln!(io::stderr(), "{PLACE}: {error}");
            None
        });
        Ok(key.map(|key| StoredKey { key, place: PLACE.to_owned() }))
    }

    fn keep(&self, _environment: &Environment, key: &ApiKey) -> Result<String, KeyError> {
        self.set(key).map_err(place_error)?;
        Ok(PLACE.to_owned())
    }

    fn forget(&self, _environment: &Environment) -> Result<bool, KeyError> {
        self.remove().map_err(place_error)
    }
}

fn place_error(error: KeyringError) -> KeyError {
    KeyError::Place { place: PLACE.to_owned(), reason: error.reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken() -> Result<Arc<CredentialStore>, Error> {
        Err(Error::NoStorageAccess("no prompt".into()))
    }

    #[test]
    fn a_keyring_that_can_not_be_used_is_a_sentence() {
        let keyring = Keyring::with(broken);
        let error = keyring.get().unwrap_err();
        assert_eq!(error.to_string(), "The keyring is locked, or does not let this program in.");
        assert!(keyring.set(&ApiKey::new("canary-0123456789").unwrap()).is_err() && keyring.remove().is_err());
        assert!(keyring.load(&Environment::default()).unwrap().is_none(), "the relay runs without a key");
        let key = ApiKey::new("canary-0123456789").unwrap();
        let error = keyring.keep(&Environment::default(), &key).unwrap_err().to_string();
        assert_eq!(error, "the system's keyring: The keyring is locked, or does not let this program in.");
    }

    #[test]
    fn the_environment_goes_over_the_keyring() {
        let variables = [("ONE_MIN_API_KEY".to_owned(), "canary-0123456789-env1".to_owned())];
        let stored = Keyring::with(broken).load(&Environment::of(variables)).unwrap().unwrap();
        assert_eq!((stored.masked().as_str(), stored.place.as_str()), ("…env1", "ONE_MIN_API_KEY"));
    }
}
