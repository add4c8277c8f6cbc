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

/// The runs of this relay. One request may have been made several times, each a run of its own, the latest last.
#[derive(Debug, Default)]
pub(crate) struct Running(Mutex<HashMap<Key, Vec<Run>>>);

#[derive(Debug)]
struct Run {
    id: String,
    outcome: watch::Receiver<Outcome>,
    ended: Option<Instant>,
}

impl Run {
    fn is_known(&self, now: Instant) -> bool {
        self.ended.is_none_or(|ended| now.duration_since(ended) < KEPT)
    }
}

impl Running {
    /// A run begins.
    pub(super) fn begin(&self, key: &Key, id: &str, outcome: watch::Receiver<Outcome>, now: Instant) {
        let mut all = self.lock();
        all.retain(|_, runs| {
            runs.retain(|run| run.is_known(now));
            !runs.is_empty()
        });
        let run = Run { id: id.to_owned(), outcome, ended: None };
        all.entry(key.clone()).or_default().push(run);
    }

    /// A run has ended, and what came of it is given to second tries.
    pub(super) fn end(&self, key: &Key, id: &str, now: Instant) {
        if let Some(run) = self.lock().get_mut(key).and_then(|runs| runs.iter_mut().find(|run| run.id == id)) {
            run.ended = Some(now);
        }
    }

    /// A run is forgotten that was not begun at 1min.ai, or that was ended from outside. One that has ended stays.
    pub(super) fn forget(&self, key: &Key, id: &str) {
        if let Some(runs) = self.lock().get_mut(key) {
            runs.retain(|run| run.id != id || run.ended.is_some());
        }
    }

    /// The latest run of this request that goes on or ended a moment ago.
    pub(super) fn find(&self, key: &Key, now: Instant) -> Option<watch::Receiver<Outcome>> {
        let all = self.lock();
        all.get(key)?.iter().rev().find(|run| run.is_known(now)).map(|run| run.outcome.clone())
    }

    /// Whether a run of this relay goes on.
    pub(super) fn goes_on(&self, id: &str) -> bool {
        self.lock().values().flatten().any(|run| run.id == id && run.ended.is_none())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Vec<Run>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::detached::Fingerprinting;

    fn run() -> (watch::Sender<Outcome>, watch::Receiver<Outcome>) {
        watch::channel(None)
    }

    #[tokio::test(start_paused = true)]
    async fn runs_of_one_request_do_not_end_each_other() {
        let running = Running::default();
        let key = Key { owner: Owner::local(), fingerprint: Fingerprinting::default().finish() };
        let now = Instant::now();
        assert!(running.find(&key, now).is_none());
        let ((_one, first), (other, second)) = (run(), run());
        running.begin(&key, "one", first, now);
        running.begin(&key, "other", second, now);
        running.forget(&key, "one");
        other.send_replace(Some(Err(Error::Internal)));
        assert!(running.goes_on("other") && !running.goes_on("one"));
        assert_eq!(*running.find(&key, now).unwrap().borrow(), Some(Err(Error::Internal)));
        running.end(&key, "other", now);
        running.forget(&key, "other");
        assert!(running.find(&key, now + KEPT - Duration::from_secs(1)).is_some() && !running.goes_on("other"));
        assert!(running.find(&key, now + KEPT).is_none());
    }
}
