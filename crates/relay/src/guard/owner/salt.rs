//! What is mixed into a 1min.ai key before it is hashed, so that nobody can try keys against what is stored.
//!
//! Each installation has a salt of its own in its data folder. Relays that share a place agree on one there, the first one's,
//! so that a key has the same owner and the same counters at all of them.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use onemin::ApiKey;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use super::Account;
use crate::{
    error::Error,
    settings::Settings,
    shared::Shared,
    store::{self, Failure, Store},
};

/// Its file in the data folder, and its name in what relays have agreed on.
const NAME: &str = "salt";

/// How long the shared place may take to tell.
const PATIENCE: Duration = Duration::from_secs(5);

/// The salt of relays that share counters and no place: nothing is stored for the keys of their clients but counters and
/// usage, and a 1min.ai key is too long to be tried.
const COMMON: [u8; 32] = *b"1min relays that share memcached";

/// The salt in force.
pub(crate) struct Salt {
    own: [u8; 32],
    agreed: OnceCell<[u8; 32]>,
    is_common: AtomicBool,
}

impl Salt {
    /// The salt of this installation, made when it is first asked for. Without a folder, or where it can't be kept, it lasts
    /// as long as the relay, and what is stored for keys of clients is not found again after it.
    pub(crate) fn of_folder(data_dir: Option<&PathBuf>) -> Self {
        let own = data_dir.map_or_else(random, |folder| of_file(&folder.join(NAME)));
        Self { own, agreed: OnceCell::new(), is_common: AtomicBool::new(false) }
    }

    /// Who this key's account is.
    pub(crate) fn account(&self, key: &ApiKey) -> Account {
        let salt = match self.agreed.get() {
            _ if self.is_common.load(Ordering::Relaxed) => &COMMON,
            Some(agreed) => agreed,
            None => &self.own,
        };
        let hash = Sha256::new().chain_update(salt).chain_update(key.reveal()).finalize();
        Account(hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    }

    /// Takes the salt that these settings ask for.
    pub(crate) fn set(&self, settings: &Settings, store: &Store) {
        let is_common = !settings.memcached_servers.is_empty() && !store.is_shared();
        self.is_common.store(is_common, Ordering::Relaxed);
    }

    /// Agrees with the relays that share the store on one salt; asks only until it is known. Whoever owns things by a key of
    /// its own must not be served before: what it keeps would be another's later.
    ///
    /// # Errors
    /// `StorageFailed` when the store does not tell in time.
    pub(crate) async fn agree(&self, store: &Store) -> Result<(), Error> {
        if self.agreed.initialized() || !store.is_shared() {
            return Ok(());
        }
        let failed =
            |failure: &Failure| store::failure("What tells owners apart", "Nothing was sent to 1min.ai.", failure);
        let ask = async {
            let agreed = store.agree(NAME, &self.own).await.map_err(|failure| failed(&failure))?;
            let damaged = || Failure::NotSupported { source: "the shared salt is damaged".into() };
            <[u8; 32]>::try_from(&agreed[..]).map_err(|_| failed(&damaged()))
        };
        let asked = tokio::time::timeout(PATIENCE, self.agreed.get_or_try_init(|| ask));
        let late = |_| Failure::Generic { store: "", source: Box::new(io::Error::from(io::ErrorKind::TimedOut)) };
        asked.await.map_err(late).map_err(|failure| failed(&failure))??;
        Ok(())
    }
}

impl std::fmt::Debug for Salt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Salt")
    }
}

/// Agrees before the first request, if the store is there. Who has a stored key is served without.
pub(crate) async fn agree_in_time(shared: &Shared) {
    if let Err(error) = shared.salt.agree(&shared.store).await {
        tracing::warn!(%error, "the salt that relays share is not known yet");
    }
}

/// Goes on trying, for as long as it is let run.
pub(crate) async fn keep_agreeing(shared: Arc<Shared>) {
    while shared.salt.agree(&shared.store).await.is_err() {
        tokio::time::sleep(PATIENCE).await;
    }
}

fn of_file(path: &Path) -> [u8; 32] {
    let read = || fs::read(path).ok().and_then(|bytes| bytes.try_into().ok());
    if let Some(salt) = read() {
        return salt;
    }
    let salt = random();
    match keep(&salt, path) {
        Ok(()) => salt,
        Err(error) => {
            tracing::debug!(%error, "the salt is not kept");
            // Another process may have been first.
            read().unwrap_or(salt)
        }
    }
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    #[expect(clippy::expect_used, reason = "without the system's randomness nothing here is safe")]
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// Writes it for nobody else to read; a file that is there already is another process's, and stays.
fn keep(salt: &[u8; 32], path: &Path) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    let file = tempfile::NamedTempFile::new_in(folder)?;
    fs::write(file.path(), salt)?;
    file.persist_noclobber(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, guard::owner::Owner, settings::StoreUrl};

    fn key() -> ApiKey {
        ApiKey::new("one-key-of-somebody").unwrap()
    }

    #[test]
    fn keys_are_told_apart_and_a_kept_salt_tells_them_apart_alike() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("new");
        let salt = Salt::of_folder(Some(&data_dir));
        let account = salt.account(&key());
        assert_ne!(account, salt.account(&ApiKey::new("another-key").unwrap()));
        assert_eq!(Salt::of_folder(Some(&data_dir)).account(&key()), account);
        assert_ne!(Salt::of_folder(None).account(&key()), account);
        let owner = Owner::from(&account);
        assert!(owner.as_str().len() == 32 && !owner.as_str().contains("somebody"));
        assert_ne!(owner, Owner::local());
    }

    #[tokio::test]
    async fn relays_that_share_a_place_tell_keys_apart_alike() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { store_url: StoreUrl::Folder(folder.path().into()), ..Settings::default() };
        let store = Store::new(&settings, None, Clock::fixed(5));
        let [one, other] = [Salt::of_folder(None), Salt::of_folder(None)];
        let before = one.account(&key());
        assert_ne!(before, other.account(&key()));
        one.agree(&store).await.unwrap();
        other.agree(&store).await.unwrap();
        assert_eq!(one.account(&key()), before, "who had things alone keeps them");
        assert_eq!(other.account(&key()), before);
    }

    #[tokio::test]
    async fn a_place_that_does_not_tell_is_asked_again() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("place");
        fs::write(&place, "no folder").unwrap();
        let settings = Settings { store_url: StoreUrl::Folder(place.clone()), ..Settings::default() };
        let store = Store::new(&settings, None, Clock::fixed(5));
        let salt = Salt::of_folder(None);
        assert!(matches!(salt.agree(&store).await, Err(Error::StorageFailed { .. })));
        fs::remove_file(&place).unwrap();
        salt.agree(&store).await.unwrap();
    }

    #[test]
    fn relays_that_share_only_counters_count_alike() {
        let settings = Settings { memcached_servers: vec!["cache.lan".into()], ..Settings::default() };
        let store = Store::new(&settings, None, Clock::fixed(5));
        let [one, other] = [Salt::of_folder(None), Salt::of_folder(None)];
        one.set(&settings, &store);
        other.set(&settings, &store);
        assert_eq!(one.account(&key()), other.account(&key()));
        one.set(&Settings::default(), &store);
        assert_ne!(one.account(&key()), other.account(&key()));
    }
}
