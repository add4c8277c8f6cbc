//! Signs of life of relays that share a place: each leaves there, again and again, what is new every time. Whoever sees no new one
//! for long knows that the relay is gone, and need not trust anybody's clock.

use std::time::Duration;

use bytes::Bytes;
use object_store::path::Path;

use super::{Failure, Store, object::Objects};
use crate::id;

/// How long the last sign of a relay stays.
const KEPT: Duration = Duration::from_secs(24 * 3_600);

impl Store {
    /// Leaves a sign that the relay of this name lives.
    ///
    /// # Errors
    /// What the store said.
    pub(crate) async fn beat(&self, name: &str) -> Result<(), Failure> {
        self.pulses.put(&Path::from(name), id::random("").into_bytes()).await
    }

    /// The last sign of the relay of this name.
    ///
    /// # Errors
    /// What the store said.
    pub(crate) async fn pulse(&self, name: &str) -> Result<Option<Bytes>, Failure> {
        self.pulses.get(&Path::from(name)).await
    }
}

/// Throws away the signs of relays that have left none for long.
pub(super) async fn tidy(signs: &Objects, now_ms: u64) -> Result<(), Failure> {
    for found in signs.list(None).await? {
        let seen = u128::try_from(found.last_modified.timestamp_millis()).unwrap_or_default();
        if seen + KEPT.as_millis() < u128::from(now_ms) {
            signs.delete(&found.location).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Clock,
        settings::{Settings, StoreUrl},
    };

    #[tokio::test]
    async fn each_sign_is_new_to_the_others_and_the_last_one_goes_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { store_url: StoreUrl::Folder(folder.path().into()), ..Settings::default() };
        let [one, other] = [(); 2].map(|()| Store::new(&settings, None, Clock::system()));
        assert_eq!(other.pulse("a.1").await.unwrap(), None);
        one.beat("a.1").await.unwrap();
        let first = other.pulse("a.1").await.unwrap().unwrap();
        one.beat("a.1").await.unwrap();
        assert_ne!(other.pulse("a.1").await.unwrap().unwrap(), first);
        tidy(&other.pulses, Clock::system().unix_ms()).await.unwrap();
        assert!(one.pulse("a.1").await.unwrap().is_some());
        tidy(&other.pulses, u64::MAX).await.unwrap();
        assert_eq!(one.pulse("a.1").await.unwrap(), None);
    }
}
