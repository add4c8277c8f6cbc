//! The same counters once more, at memcached, for all relays that share it.
//!
//! A request counts first and is judged by the sum then: of all that a limit holds, the last one to count sees all others, so
//! together they never exceed it. What is refused is taken back. A second is a number at memcached, named by the date; the sum
//! goes so far back and ahead that relays whose clocks differ by [`DRIFT_S`] still see each other's.
//!
//! So N relays let in at most the limit in any 60 seconds, if memcached was there and forgot nothing in them. Where it is away, or
//! does not answer in time, there is no judgement. This relay's own counter always counts too: whatever happens to memcached
//! or to the date, N relays let in at most N times the limit in any 60 seconds.

use std::time::Duration;

use moka::sync::Cache;
use tokio::time::{Instant, timeout_at};

use super::window::Refused;
use crate::{
    clock::Clock,
    memcached::{Away, Memcached},
    task,
};

/// By how many seconds the clocks of relays may differ.
const DRIFT_S: u64 = 2;

/// How many seconds back a request is still counted: a minute.
const BACK_S: u64 = 60 + DRIFT_S;

/// How many seconds ahead others may count: their clocks, and a moment in which we wait for memcached.
const AHEAD_S: u64 = DRIFT_S + 1;

/// How long memcached keeps a second: longer than anybody reads it.
const KEEP: Duration = Duration::from_secs(2 * (BACK_S + AHEAD_S));

/// How long a refusal holds for others who ask the same, without asking memcached again.
const HOLD: Duration = Duration::from_secs(1);

/// How many refusals are held at most.
const MOST_HELD: u64 = 16_384;

/// What this relay knows of the counters that it shares.
#[derive(Debug)]
pub(super) struct SharedCounters {
    clock: Clock,
    held: Cache<String, Held>,
}

/// A refusal, while it holds.
#[derive(Debug, Clone, Copy)]
struct Held {
    since: Instant,
    limit: u64,
    refused: Refused,
}

/// A request that was counted at memcached. Dropping it takes it back there, unless it was kept.
#[derive(Debug)]
pub(super) struct Taken {
    memcached: Memcached,
    /// The key of its second.
    second: String,
    is_kept: bool,
    pub(super) limit: u64,
    /// How many the minute holds, with this one.
    pub(super) used: u64,
    /// How long until it is empty if nothing more comes.
    pub(super) reset: Duration,
}

impl SharedCounters {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, held: Cache::builder().max_capacity(MOST_HELD).time_to_live(HOLD).build() }
    }

    /// Until when a request that comes now waits for memcached at most, in whatever state that is: twice as long as for one
    /// answer.
    pub(super) fn deadline(&self, memcached: &Memcached) -> Instant {
        self.clock.instant() + 2 * memcached.patience()
    }

    /// Counts a request under this name, if there is room for it; `None`: memcached is away, or did not answer by then. Who
    /// leaves in the moment in which memcached counts may stay counted.
    ///
    /// # Errors
    /// [`Refused`] when the minute is full.
    pub(super) async fn try_take(
        &self,
        memcached: &Memcached,
        name: &str,
        limit: u64,
        until: Instant,
    ) -> Result<Option<Taken>, Refused> {
        if let Some(refused) = self.held(name, limit) {
            return Err(refused);
        }
        let now_ms = self.clock.unix_ms();
        let counted = timeout_at(until, Taken::count(memcached, name, limit, now_ms / 1_000)).await;
        let Ok(Ok(mut taken)) = counted else { return Ok(None) };
        let minute = timeout_at(until, Minute::read(memcached, name, now_ms / 1_000, taken.used)).await;
        let Ok(Ok(minute)) = minute else {
            // It goes on, so it counts.
            taken.keep();
            return Ok(None);
        };
        taken.used = minute.sum();
        taken.reset = minute.until_below(1, now_ms);
        if taken.used <= limit {
            return Ok(Some(taken));
        }
        // With room for this one, which is among them.
        let refused = Refused { wait: minute.until_below(limit + 1, now_ms), reset: taken.reset };
        self.held.insert(name.to_owned(), Held { since: self.clock.instant(), limit, refused });
        Err(refused)
    }

    /// Counts a request that was let through elsewhere, whatever the limit.
    pub(super) fn charge(&self, memcached: Memcached, name: String) {
        let second = self.clock.unix_seconds();
        task::errand(async move {
            let _ = memcached.increment(&key(&name, second), 1, KEEP).await;
        });
    }

    /// A refusal of a moment ago. Else whoever hammers on a full minute would be counted, for as long as it takes to take that
    /// back, and make it look fuller than it is.
    fn held(&self, name: &str, limit: u64) -> Option<Refused> {
        let held = self.held.get(name).filter(|held| held.limit == limit)?;
        let passed = self.clock.instant().saturating_duration_since(held.since);
        let Refused { wait, reset } = held.refused;
        let refused = Refused { wait: wait.checked_sub(passed)?, reset: reset.saturating_sub(passed) };
        (!refused.wait.is_zero()).then_some(refused)
    }
}

impl Taken {
    /// Counts one request in its second, and no other yet.
    async fn count(memcached: &Memcached, name: &str, limit: u64, now_s: u64) -> Result<Self, Away> {
        let second = key(name, now_s);
        let used = memcached.increment(&second, 1, KEEP).await?;
        Ok(Self { memcached: memcached.clone(), second, is_kept: false, limit, used, reset: Duration::ZERO })
    }

    /// The request goes on, and counts.
    pub(super) fn keep(&mut self) {
        self.is_kept = true;
    }

    /// Uncounts the request after all.
    pub(super) fn give_back(mut self) {
        self.is_kept = false;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        let (memcached, second) = (self.memcached.clone(), std::mem::take(&mut self.second));
        // If memcached is away now, it is forgotten there or counts for a minute.
        task::errand(async move {
            let _ = memcached.decrement(&second, 1).await;
        });
    }
}

/// Keys of one name differ after the last slash, so they are at one server.
fn key(name: &str, second: u64) -> String {
    format!("rate/{name}/{second}")
}

/// Seconds and how many each holds, the oldest first.
struct Minute(Vec<(u64, u64)>);

impl Minute {
    /// What the minute holds around this second, of which `own` were counted with ours as the last one: who counts in it later
    /// is later.
    async fn read(memcached: &Memcached, name: &str, now_s: u64, own: u64) -> Result<Self, Away> {
        let first_s = now_s.saturating_sub(BACK_S);
        let others: Vec<u64> = (first_s..=now_s + AHEAD_S).filter(|second| *second != now_s).collect();
        let keys: Vec<String> = others.iter().map(|second| key(name, *second)).collect();
        let mut counts: Vec<_> = others.into_iter().zip(memcached.numbers(&keys).await?).collect();
        counts.push((now_s, own));
        counts.sort_unstable();
        Ok(Self(counts))
    }

    fn sum(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// How long until it holds fewer than `limit`, if nothing more comes.
    fn until_below(&self, limit: u64, now_ms: u64) -> Duration {
        let mut left = self.sum();
        for (second, count) in &self.0 {
            if left < limit {
                break;
            }
            left -= count;
            if left < limit {
                return Duration::from_millis(((second + BACK_S + 1) * 1_000).saturating_sub(now_ms));
            }
        }
        Duration::ZERO
    }
}

#[cfg(all(test, unix))]
mod tests;
