//! The counters by the minute, one for everybody who is counted.
//!
//! They are kept in moka until they have been idle for so long that they are empty, and never pushed out before that: where
//! there are too many, who comes new shares one counter with all that come new. So nothing is forgiven, and no crowd of new
//! names takes an old one's counter from it.

use std::{
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use moka::sync::Cache;
use tokio::time::Instant;

use super::window::{Refused, SPAN_S, Window};
use crate::clock::Clock;

/// How long an idle counter is kept: longer than anything in it counts.
const IDLE: Duration = Duration::from_secs(SPAN_S + 2);

/// One counter.
#[derive(Debug)]
pub(super) struct Counter {
    window: Mutex<Window>,
    clock: Clock,
    /// The point from which its seconds are counted.
    start: Instant,
}

/// One request was counted.
#[derive(Debug)]
pub(super) struct Taken {
    counter: Arc<Counter>,
    second: u64,
    pub(super) used: u64,
    pub(super) reset: Duration,
}

/// The counters of one kind of names.
#[derive(Debug)]
pub(super) struct Counters<K: Hash + Eq + Send + Sync + 'static> {
    cache: Cache<K, Arc<Counter>>,
    most: u64,
    /// Of all that come new while there are too many.
    crowd: Arc<Counter>,
    clock: Clock,
}

impl Counter {
    fn new(clock: Clock) -> Arc<Self> {
        Arc::new(Self { window: Mutex::default(), clock, start: clock.instant() })
    }

    /// Counts one request, if there is room for it.
    pub(super) fn try_take(self: &Arc<Self>, limit: u64) -> Result<Taken, Refused> {
        let taken = self.in_window(|window, now| window.try_take(now, limit))?;
        Ok(self.taken(taken))
    }

    /// Counts one request that was let through elsewhere.
    pub(super) fn charge(self: &Arc<Self>) {
        self.in_window(Window::charge);
    }

    fn taken(self: &Arc<Self>, taken: super::window::Taken) -> Taken {
        Taken { counter: Arc::clone(self), second: taken.second, used: taken.used, reset: taken.reset }
    }

    /// Does something with the window and the time. The time is read under the lock, so that nobody counts in a second that
    /// was over when it came in.
    fn in_window<T>(&self, work: impl FnOnce(&mut Window, Duration) -> T) -> T {
        let mut window = self.lock();
        let now = self.clock.instant().saturating_duration_since(self.start);
        work(&mut window, now)
    }

    fn lock(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// Uncounts the request.
    pub(super) fn give_back(&self) {
        self.counter.lock().give_back(self.second);
    }
}

impl<K: Hash + Eq + Send + Sync + 'static> Counters<K> {
    /// No counters yet, and never more than about `most`.
    pub(super) fn new(most: u64, clock: Clock) -> Self {
        Self { cache: Cache::builder().time_to_idle(IDLE).build(), most, crowd: Counter::new(clock), clock }
    }

    /// The counter of this name.
    pub(super) fn of(&self, key: K) -> Arc<Counter> {
        if let Some(counter) = self.cache.get(&key) {
            return counter;
        }
        if self.cache.entry_count() >= self.most {
            return Arc::clone(&self.crowd);
        }
        self.cache.get_with(key, || Counter::new(self.clock))
    }

    /// How many there are, after what moka does only now and then.
    #[cfg(test)]
    pub(super) fn count(&self) -> u64 {
        self.cache.run_pending_tasks();
        self.cache.entry_count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_requests_of_many_tasks_are_counted_exactly() {
        let counters = Arc::new(Counters::new(100, Clock::system()));
        let threads = (0..64).map(|task: u64| {
            let counters = Arc::clone(&counters);
            std::thread::spawn(move || {
                let asks = (0..10_000 / 64 + u64::from(task < 10_000 % 64)).map(|_| counters.of("one").try_take(7_321));
                asks.filter(Result::is_ok).count()
            })
        });
        let threads: Vec<_> = threads.collect();
        let passed: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert_eq!(passed, 7_321);
        assert!(counters.of("one").try_take(7_321).is_err());
        assert_eq!(counters.of("one").try_take(7_322).unwrap().used, 7_322);
    }

    #[test]
    fn a_crowd_of_new_names_shares_a_counter_and_pushes_nobody_out() {
        let counters = Counters::new(3, Clock::system());
        for old in 0..3 {
            counters.of(old).try_take(1).unwrap();
        }
        assert_eq!(counters.count(), 3);
        let passed = (3..1_000).filter(|new| counters.of(*new).try_take(5).is_ok()).count();
        assert_eq!(passed, 5, "they share one");
        assert_eq!(counters.count(), 3);
        assert!((0..3).all(|old| counters.of(old).try_take(1).is_err()), "what was taken is not forgiven");
    }

    #[test]
    fn what_is_given_back_is_there_for_others() {
        let counters = Counters::new(3, Clock::system());
        let taken = counters.of(1).try_take(1).unwrap();
        assert!(counters.of(1).try_take(1).is_err());
        taken.give_back();
        assert!(counters.of(1).try_take(1).is_ok());
    }
}
