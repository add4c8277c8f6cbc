//! Whether a relay elsewhere still runs what it has begun: relays that share a place and have runs leave signs of life there.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;

use crate::shared::Shared;

/// How often a relay leaves a sign while it runs something.
const BEAT: Duration = Duration::from_secs(10);

/// A relay that has left none for so long is gone.
const SILENCE: Duration = Duration::from_secs(45);

/// Leaves signs of life for as long as it is let run.
pub(crate) async fn keep_beating(shared: Arc<Shared>) {
    loop {
        if shared.store.is_shared() && shared.runs.has_any() {
            let beat = shared.store.beat(shared.instance.name()).await;
            beat.unwrap_or_else(|error| tracing::warn!(%error, "other relays can't be told that this one lives"));
        }
        tokio::time::sleep(BEAT).await;
    }
}

/// What was last seen of a relay.
pub(super) struct Watch {
    last: Option<Bytes>,
    since: Instant,
}

impl Watch {
    pub(super) const fn new(now: Instant) -> Self {
        Self { last: None, since: now }
    }

    /// Looks at the relay of this name, and says whether it has been silent for long.
    pub(super) async fn is_silent(&mut self, shared: &Shared, name: &str) -> bool {
        let seen = shared.store.pulse(name).await;
        let now = shared.clock.instant();
        match seen {
            Ok(seen) if seen == self.last => {}
            Ok(seen) => *self = Self { last: seen, since: now },
            // Nobody can tell.
            Err(_) => self.since = now,
        }
        now.duration_since(self.since) >= SILENCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Clock,
        engine::detached::{Fingerprinting, running::Key},
        guard::owner::Owner,
        settings::{Settings, StoreUrl},
    };

    #[tokio::test(start_paused = true)]
    async fn a_relay_leaves_signs_while_it_runs_something() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { store_url: StoreUrl::Folder(folder.path().into()), ..Settings::default() };
        let upstream = onemin::Client::new(&settings.client_options()).unwrap();
        let shared = Arc::new(Shared::new(settings, upstream, None, false, None, Clock::fixed(0)));
        let key = Key { owner: Owner::local(), fingerprint: Fingerprinting::default().finish() };
        let after_a_beat = async || {
            tokio::time::sleep(BEAT).await;
            shared.store.pulse(shared.instance.name()).await.unwrap()
        };
        let look = async {
            tokio::time::sleep(BEAT / 2).await;
            assert_eq!(after_a_beat().await, None, "nobody waits for it");
            let (_tell, outcome) = tokio::sync::watch::channel(None);
            shared.runs.begin(&key, "run_1", outcome, shared.clock.instant());
            let [first, second] = [after_a_beat().await, after_a_beat().await];
            assert!(first.is_some() && second.is_some() && first != second);
            shared.runs.end(&key, "run_1", true, shared.clock.instant());
            assert_eq!(after_a_beat().await, second);
        };
        tokio::select! {
            () = keep_beating(Arc::clone(&shared)) => panic!("it goes on"),
            () = look => {}
        }
    }
}
