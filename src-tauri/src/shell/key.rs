//! The 1min.ai key: where it is, whether 1min.ai takes it, and how it comes and goes.

use onemin::{ApiKey, Client};
use relay::{
    StartError,
    cli::{StoredKey, key_of_environment},
    settings::Environment,
};

use super::{Facts, Shell, failure, problem};
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
    /// Takes the key from the keyring, if there is none yet. A locked keyring may ask its owner first, so this can take as
    /// long as a person takes.
    pub async fn load_key(&self) {
        if self.facts().key.is_some() {
            return;
        }
        let keyring = self.0.keyring.clone();
        let found = blocking(move || keyring.get()).await;
        let _turn = self.0.turn.lock().await;
        // Somebody may have typed one meanwhile.
        if self.facts().key.is_some() {
            return;
        }
        match found {
            Ok(Ok(Some(key))) => {
                let used = self.use_key(Some(key), Some(KeyPlace::Keyring), None).await;
                let problem = used.err().map(|error| problem::of_start(&error));
                self.change(|facts| facts.start_failure = problem.or(facts.start_failure.take()));
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
    /// `InvalidKey`, `KeyRefused`, `KeyringUnavailable`, `CannotListen`, `Locked`; nothing has changed then.
    pub async fn set_key(&self, text: &str, place: KeyPlace) -> Result<(), CommandError> {
        self.check_key_is_ours()?;
        let key = ApiKey::new(text).map_err(|reason| failure(CommandErrorKind::InvalidKey, &format!("{reason}.")))?;
        let check = self.ask_about(&key).await;
        if let KeyCheck::Refused { words } = &check {
            return Err(failure(CommandErrorKind::KeyRefused, words));
        }
        let _turn = self.0.turn.lock().await;
        let (old_key, old_place, old_check) = {
            let facts = self.facts();
            (facts.key.clone(), facts.key_place, facts.key_check.clone())
        };
        let place = if place == KeyPlace::Keyring { place } else { KeyPlace::Session };
        self.use_key(Some(key.clone()), Some(place), Some(check)).await.map_err(|error| cannot_listen(&error))?;
        let keyring = self.0.keyring.clone();
        let kept = match (place, old_place) {
            (KeyPlace::Keyring, _) => blocking(move || keyring.set(&key)).await?,
            // What is for this session only must not be followed by the old one at the next start.
            (_, Some(KeyPlace::Keyring)) => blocking(move || keyring.remove().map(drop)).await?,
            _ => return Ok(()),
        };
        if let Err(KeyringError { reason }) = kept {
            self.use_key(old_key, old_place, old_check).await.map_err(|error| cannot_listen(&error))?;
            self.change(|facts| facts.keyring_problem = Some(reason.clone()));
            return Err(failure(CommandErrorKind::KeyringUnavailable, &reason));
        }
        self.change(|facts| facts.keyring_problem = None);
        Ok(())
    }

    /// Forgets the key, wherever it is.
    ///
    /// # Errors
    /// `KeyringUnavailable`, `Locked`; nothing has changed then.
    pub async fn remove_key(&self) -> Result<(), CommandError> {
        self.check_key_is_ours()?;
        let _turn = self.0.turn.lock().await;
        let is_in_keyring = self.facts().key_place == Some(KeyPlace::Keyring);
        let keyring = self.0.keyring.clone();
        match blocking(move || keyring.remove()).await? {
            Err(KeyringError { reason }) if is_in_keyring => {
                return Err(failure(CommandErrorKind::KeyringUnavailable, &reason));
            }
            // Without a keyring there is nothing in it.
            _ => {}
        }
        self.use_key(None, None, None).await.map_err(|error| cannot_listen(&error))
    }

    /// Asks 1min.ai about the stored key again.
    pub async fn check_key(&self) {
        let Some(key) = self.facts().key.clone() else { return };
        let check = self.ask_about(&key).await;
        self.change(|facts| {
            // Another key may have come meanwhile, of which this says nothing.
            if facts.key.as_ref().is_some_and(|now| now.reveal() == key.reveal()) {
                facts.key_check = Some(check);
            }
        });
    }

    /// Puts a key in force; whoever calls this has the turn.
    async fn use_key(
        &self,
        key: Option<ApiKey>,
        place: Option<KeyPlace>,
        check: Option<KeyCheck>,
    ) -> Result<(), StartError> {
        if self.run().demo.is_none() {
            self.relay().set_key(key.clone()).await?;
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
            onemin::KeyCheck::Taken => KeyCheck::Taken,
            onemin::KeyCheck::Refused(words) => KeyCheck::Refused { words },
            onemin::KeyCheck::Unknown(why) => {
                tracing::warn!(why, "the key could not be checked");
                KeyCheck::NotChecked
            }
        }
    }
}

fn cannot_listen(error: &StartError) -> CommandError {
    failure(CommandErrorKind::CannotListen, &error.to_string())
}

/// Runs what blocks where it may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, CommandError> {
    let done = tauri::async_runtime::spawn_blocking(work).await;
    done.map_err(|error| failure(CommandErrorKind::Failed, &error.to_string()))
}
