//! What is kept and several relays serve as one: whether what one of them keeps is found by the others.
//!
//! Relays serve as one when they share memcached. If each then keeps things in a folder of its own, a file that was uploaded
//! to one is not there when the next request comes to another. That is told at once, and not found out now and then.

use bytes::Bytes;
use object_store::path::Path;

use super::{Failure, Store};
use crate::{
    error::Error,
    settings::{KeepResponses, Settings, StoreUrl},
};

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Files that were uploaded.
    Files,
    /// Pictures and sounds under their addresses.
    Results,
    /// Responses.
    Responses,
}

impl Store {
    /// Whether other relays keep their things here too.
    pub(crate) const fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Refuses what is kept here but would not be found by the relays that serve with this one.
    ///
    /// # Errors
    /// `NotShared`.
    pub(crate) fn check_shared(&self, kept: Kept, settings: &Settings) -> Result<(), Error> {
        let is_in_memory = kept == Kept::Responses && settings.keep_responses == KeepResponses::Memory;
        if settings.memcached_servers.is_empty() || self.is_shared && !is_in_memory {
            return Ok(());
        }
        let what = match kept {
            Kept::Files => "Files",
            Kept::Results => "Addresses of pictures and sounds",
            Kept::Responses => "Kept responses",
        };
        Err(Error::NotShared { what, more: if is_in_memory { ", and RELAY_KEEP_RESPONSES to disk" } else { "" } })
    }

    /// What all relays that keep their things here have agreed on under this name: what the first of them proposed.
    ///
    /// # Errors
    /// What the store said.
    pub(crate) async fn agree(&self, name: &str, proposal: &[u8]) -> Result<Bytes, Failure> {
        let path = Path::from(name);
        loop {
            if let Some(agreed) = self.agreements.get(&path).await? {
                return Ok(agreed);
            }
            if self.agreements.create(&path, proposal.to_vec()).await? {
                return Ok(proposal.to_vec().into());
            }
        }
    }
}

/// Says once where relays that serve as one do not find what the others keep.
pub(crate) fn warn_unshared(settings: &Settings, store: &Store) {
    let check = |kept| store.check_shared(kept, settings);
    if let Err(error) = check(Kept::Files).and_then(|()| check(Kept::Responses)) {
        tracing::warn!("{error} Until then responses are not kept.");
    }
}

/// Whether the settings name a place that other relays may use.
pub(super) fn is_shared(settings: &Settings) -> bool {
    settings.store_url != StoreUrl::DataFolder
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[tokio::test]
    async fn who_proposes_first_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { store_url: StoreUrl::Folder(folder.path().join("new")), ..Settings::default() };
        let stores: Vec<Store> = (0..8).map(|_| Store::new(&settings, None, Clock::fixed(5))).collect();
        let proposals: Vec<[u8; 32]> = (0..8).map(|index| [index; 32]).collect();
        let agreed = stores.iter().zip(&proposals).map(|(store, proposal)| store.agree("salt", proposal));
        let agreed = futures_util::future::join_all(agreed).await;
        let first = agreed[0].as_ref().unwrap();
        assert!(proposals.iter().any(|proposal| first[..] == proposal[..]));
        assert!(agreed.iter().all(|other| other.as_ref().unwrap() == first));
        let late = Store::new(&settings, None, Clock::fixed(5));
        assert_eq!(late.agree("salt", b"another").await.unwrap(), first);
    }

    #[test]
    fn what_others_would_not_find_is_refused() {
        let folder = || StoreUrl::Folder("/somewhere".into());
        let all = [Kept::Files, Kept::Results, Kept::Responses];
        let table = [
            (false, StoreUrl::DataFolder, KeepResponses::Memory, [true, true, true]),
            (true, StoreUrl::DataFolder, KeepResponses::Disk, [false, false, false]),
            (true, folder(), KeepResponses::Memory, [true, true, false]),
            (true, folder(), KeepResponses::Disk, [true, true, true]),
        ];
        for (has_memcached, store_url, keep_responses, expected) in table {
            let memcached_servers = if has_memcached { vec!["cache.lan".into()] } else { Vec::new() };
            let settings = Settings { memcached_servers, store_url, keep_responses, ..Settings::default() };
            let store = Store::new(&settings, None, Clock::fixed(5));
            assert_eq!(all.map(|kept| store.check_shared(kept, &settings).is_ok()), expected, "{settings:?}");
        }
    }
}
