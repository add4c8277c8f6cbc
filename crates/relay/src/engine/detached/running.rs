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
    end: Option<End>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy)]
struct End {
    at: Instant,
    /// Whether what came of it is given to second tries: it was made, or may have been billed.
    is_kept: bool,
}

/// What is known of a request that is made again.
#[derive(Debug)]
pub(super) enum Known {
    /// A run of it goes on, or has ended so that nothing is to be billed again.
    Run(watch::Receiver<Outcome>),
    /// The last run of it was not carried out: it may be made anew.
    NotCarriedOut,
    /// Nothing.
    Nothing,
}

impl Running {
    /// A run begins.
    pub(super) fn begin(&self, key: &Key, id: &str, outcome: watch::Receiver<Outcome>, now: Instant) {
        let mut all = self.lock();
        all.retain(|_, runs| {
            runs.retain(|run| run.end.is_none_or(|end| now.duration_since(end.at) < KEPT));
            !runs.is_empty()
        });
        let run = Run { id: id.to_owned(), outcome, end: None };
        all.entry(key.clone()).or_default().push(run);
    }

    /// A run has ended; what came of it is given to second tries, if it `is_kept`.
    pub(super) fn end(&self, key: &Key, id: &str, is_kept: bool, now: Instant) {
        if let Some(run) = self.lock().get_mut(key).and_then(|runs| runs.iter_mut().find(|run| run.id == id)) {
            run.end.get_or_insert(End { at: now, is_kept });
        }
    }

    /// What is known of this request: a run that goes on, of whichever try, before the one that ended last.
    pub(super) fn find(&self, key: &Key, now: Instant) -> Known {
        let all = self.lock();
        let runs = all.get(key).map(Vec::as_slice).unwrap_or_default();
        if let Some(run) = runs.iter().rev().find(|run| run.end.is_none()) {
            return Known::Run(run.outcome.clone());
        }
        let ended = runs.iter().filter_map(|run| Some((run.end?, run)));
        let recent = ended.filter(|(end, _)| now.duration_since(end.at) < KEPT);
        match recent.max_by_key(|(end, _)| end.at) {
            Some((End { is_kept: true, .. }, run)) => Known::Run(run.outcome.clone()),
            Some(_) => Known::NotCarriedOut,
            None => Known::Nothing,
        }
    }

    /// Whether any run of this relay goes on.
    pub(super) fn has_any(&self) -> bool {
        self.lock().values().flatten().any(|run| run.end.is_none())
    }

    /// Whether this run of this relay goes on.
    pub(super) fn goes_on(&self, id: &str) -> bool {
        self.lock().values().flatten().any(|run| run.id == id && run.end.is_none())
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
        let second = |seconds| Instant::now() + Duration::from_secs(seconds);
        let found = |at| match running.find(&key, at) {
            Known::Run(outcome) => outcome.borrow().as_ref().map(Result::is_err),
            Known::NotCarriedOut => panic!("not carried out"),
            Known::Nothing => panic!("nothing"),
        };
        assert!(matches!(running.find(&key, second(0)), Known::Nothing));
        let ((_one, first), (other, later)) = (run(), run());
        running.begin(&key, "other", later, second(0));
        running.begin(&key, "one", first, second(1));
        running.end(&key, "one", false, second(2));
        assert!(running.goes_on("other") && !running.goes_on("one") && running.has_any());
        assert_eq!(found(second(2)), None, "the other goes on");
        other.send_replace(Some(Err(Error::Internal)));
        running.end(&key, "other", true, second(3));
        assert_eq!(found(second(3)), Some(true));
        // A new wish for the same was not carried out: its second try is no second try of the old one.
        let (_new, newest) = run();
        running.begin(&key, "newest", newest, second(4));
        running.end(&key, "newest", false, second(5));
        assert!(matches!(running.find(&key, second(6)), Known::NotCarriedOut));
        assert!(matches!(running.find(&key, second(5) + KEPT), Known::Nothing));
    }
}
