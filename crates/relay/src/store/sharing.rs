//! What relays that keep their things in one place know of each other.

use bytes::Bytes;
use object_store::path::Path;

use super::{Failure, Store};
use crate::settings::{Settings, StoreUrl};

impl Store {
    /// Whether other relays keep their things here too.
    pub(crate) const fn is_shared(&self) -> bool {
        self.is_shared
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
}
