//! Which runs go on now, and which ended a moment ago: a client's second try of a request is given what the first one made.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use super::{Fingerprint, Made};
use crate::{error::Error, guard::owner::Owner};

/// How long after its end a run's result is given to a second try.
pub(super) const KEPT: Duration = Duration::from_secs(600);

/// What came of a run; `None` as long as it goes on.
pub(super) type Outcome = Option<Result<Made, Error>>;

/// Whose request it is, and which.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) owner: Owner,
    pub(super) fingerprint: Fingerprint,
}

/// The runs of this relay.
#[derive(Debug, Default)]
pub(crate) struct Running(Mutex<HashMap<Key, Run>>);

#[derive(Debug)]
struct Run {
    outcome: watch::Receiver<Outcome>,
    ended: Option<Instant>,
}

impl Running {
    /// A run begins. A later one of the same request takes its place.
    pub(super) fn begin(&self, key: Key, outcome: watch::Receiver<Outcome>, now: Instant) {
        let mut runs = self.lock();
        runs.retain(|_, run| run.ended.is_none_or(|ended| now.duration_since(ended) < KEPT));
        runs.insert(key, Run { outcome, ended: None });
    }

    /// A run has ended. One that was not even begun at 1min.ai is forgotten: a second try must begin it anew.
    pub(super) fn end(&self, key: &Key, is_kept: bool, now: Instant) {
        let mut runs = self.lock();
        if !is_kept {
            runs.remove(key);
        } else if let Some(run) = runs.get_mut(key) {
            run.ended = Some(now);
        }
    }

    /// The run of this request, if it goes on or ended a moment ago.
    pub(super) fn find(&self, key: &Key, now: Instant) -> Option<watch::Receiver<Outcome>> {
        let runs = self.lock();
        let run = runs.get(key)?;
        run.ended.is_none_or(|ended| now.duration_since(ended) < KEPT).then(|| run.outcome.clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Run>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
