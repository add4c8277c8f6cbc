//! The 1min.ai key: where it is, whether 1min.ai takes it, and how it comes and goes.

use onemin::{ApiKey, Client, Error};
use relay::{
    cli::{StoredKey, key_of_environment},
    settings::Environment,
};

use super::{Facts, Shell, failure};
use crate::{
    contract::{CommandError, CommandErrorKind, KeyCheck, KeyPlace, KeyView},
    keyring::KeyringError,
};

/// The key of the environment, which goes over the keyring's.
pub(super) fn of_environment(environment: &Environment) -> Facts {
    match key_of_environment(environment) {
        Ok(Some(StoredKey { key, .. })) => {
            Facts { key: Some(key), key_place: Some(KeyPlace::Environment), ..Facts::default() }
        }
        Ok(None) => Facts::default(),
        Err(error) => {
            tracing::error!(%error, "the key of the environment can't be used");
            Facts::default()
        }
    }
}

impl Facts {
    /// What the window sees of the key.
    pub(super) fn key_view(&self) -> KeyView {
        KeyView {
            place: self.key_place.unwrap_or(KeyPlace::None),
            last_four: self.key.as_ref().map(|key| key.last_four().to_owned()).unwrap_or_default(),
            check: self.key_check.clone().unwrap_or(KeyCheck::NotChecked),
            keyring_problem: self.keyring_problem.clone(),
        }
    }
}

impl Shell {
    /// Takes the key from the keyring, if the environment has none. A locked keyring may ask its owner first, so this can
    /// take as long as a person takes.
    pub async fn load_key(&self) {
        if self.facts().key.is_some() {
            return;
        }
        let keyring = self.0.keyring.clone();
        match blocking(move || keyring.get()).await {
            Ok(Ok(Some(key))) => {
                if let Err(error) = self.use_key(Some(key), Some(KeyPlace::Keyring), None).await {
                    tracing::error!(%error, "the kept key can't be used");
                }
            }
            Ok(Ok(None)) => self.change(|facts| facts.keyring_problem = None),
            Ok(Err(KeyringError { reason })) => self.change(|facts| facts.keyring_problem = Some(reason)),
            Err(error) => tracing::error!(%error, "the keyring was not asked"),
        }
    }

    /// Has 1min.ai check a key, which costs nothing, and keeps it where it is meant to be. One that could not be checked
    /// is kept all the same.
    ///
    /// # Errors
    /// `InvalidKey`, `KeyRefused`, `KeyringUnavailable`, `Locked`; nothing has changed then.
    pub async fn set_key(&self, text: &str, place: KeyPlace) -> Result<(), CommandError> {
        self.check_key_is_ours()?;
        let key = ApiKey::new(text).map_err(|reason| failure(CommandErrorKind::InvalidKey, &format!("{reason}.")))?;
        let check = self.ask_about(&key).await;
        if let KeyCheck::Refused { words } = &check {
            return Err(failure(CommandErrorKind::KeyRefused, words));
        }
        if place == KeyPlace::Keyring {
            let (keyring, kept) = (self.0.keyring.clone(), key.clone());
            if let Err(KeyringError { reason }) = blocking(move || keyring.set(&kept)).await? {
                self.change(|facts| facts.keyring_problem = Some(reason.clone()));
                return Err(failure(CommandErrorKind::KeyringUnavailable, &reason));
            }
            self.change(|facts| facts.keyring_problem = None);
        }
        self.use_key(Some(key), Some(if place == KeyPlace::Keyring { place } else { KeyPlace::Session }), Some(check))
            .await
    }

    /// Forgets the key, wherever it is.
    ///
    /// # Errors
    /// `KeyringUnavailable`, `Locked`; nothing has changed then.
    pub async fn remove_key(&self) -> Result<(), CommandError> {
        self.check_key_is_ours()?;
        if self.facts().key_place == Some(KeyPlace::Keyring) {
            let keyring = self.0.keyring.clone();
            if let Err(KeyringError { reason }) = blocking(move || keyring.remove()).await? {
                return Err(failure(CommandErrorKind::KeyringUnavailable, &reason));
            }
        }
        self.use_key(None, None, None).await
    }

    /// Asks 1min.ai about the stored key again.
    pub async fn check_key(&self) {
        let Some(key) = self.facts().key.clone() else { return };
        let check = self.ask_about(&key).await;
        self.change(|facts| facts.key_check = Some(check));
    }

    async fn use_key(
        &self,
        key: Option<ApiKey>,
        place: Option<KeyPlace>,
        check: Option<KeyCheck>,
    ) -> Result<(), CommandError> {
        let _turn = self.0.turn.lock().await;
        if self.run().demo.is_none() {
            let set = self.relay().set_key(key.clone()).await;
            set.map_err(|error| failure(CommandErrorKind::CannotListen, &error.to_string()))?;
        }
        self.change(|facts| {
            facts.key = key;
            facts.key_place = place;
            facts.key_check = check;
        });
        Ok(())
    }

    /// The environment's key can't be changed from here.
    fn check_key_is_ours(&self) -> Result<(), CommandError> {
        let place = self.facts().key_place;
        match place {
            Some(KeyPlace::Environment) => {
                Err(failure(CommandErrorKind::Locked, "The key comes from the environment (ONE_MIN_API_KEY)."))
            }
            _ => Ok(()),
        }
    }

    async fn ask_about(&self, key: &ApiKey) -> KeyCheck {
        let Ok(resolved) = self.resolve() else { return KeyCheck::NotChecked };
        let Ok(client) = Client::new(&resolved.settings.client_options()) else { return KeyCheck::NotChecked };
        match client.check_key(key).await {
            Ok(()) => KeyCheck::Taken,
            Err(error @ Error::Refused(_)) => KeyCheck::Refused { words: error.to_string() },
            Err(error) => {
                tracing::warn!(%error, "the key could not be checked");
                KeyCheck::NotChecked
            }
        }
    }
}

/// Runs what blocks where it may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, CommandError> {
    let done = tauri::async_runtime::spawn_blocking(work).await;
    done.map_err(|error| failure(CommandErrorKind::Failed, &error.to_string()))
}
