//! What one counter has let through in the last minute.
//!
//! A minute is kept as 61 buckets of a second each. Any 60 seconds, wherever they begin, lie within 61 buckets that follow one
//! another; so where the sum of all buckets never exceeds the limit, no minute does. The time is handed in and follows a clock
//! that never goes back. This room must never know who is counted.

use std::time::Duration;

/// How many seconds a request counts.
pub(crate) const SPAN_S: u64 = 61;

const BUCKETS: usize = 61;

/// The requests of the last minute.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    /// A second's bucket is at the second modulo their number.
    buckets: [u32; BUCKETS],
    /// The sum of all buckets.
    used: u64,
    /// The last second that has a bucket.
    newest_s: u64,
}

/// One request was let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The second it counts in; it is given back there.
    pub(crate) second: u64,
    /// How many the window holds, with this one.
    pub(crate) used: u64,
    /// How long until the window is empty if nothing more comes.
    pub(crate) reset: Duration,
}

/// The window is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused {
    /// How long until there is room for one.
    pub(crate) wait: Duration,
    /// How long until the window is empty.
    pub(crate) reset: Duration,
}

impl Default for Window {
    fn default() -> Self {
        Self { buckets: [0; BUCKETS], used: 0, newest_s: 0 }
    }
}

impl Window {
    /// Counts one request, if fewer than `limit` (1 or more) were let through in the last minute. A refused one does not
    /// count. `now` is the time since some fixed point.
    ///
    /// # Errors
    /// [`Refused`] when the window is full.
    pub(crate) fn try_take(&mut self, now: Duration, limit: u64) -> Result<Taken, Refused> {
        let now = self.advance(now);
        if self.used >= limit {
            return Err(Refused { wait: self.until_below(now, limit), reset: self.until_below(now, 1) });
        }
        Ok(self.count(now))
    }

    /// Counts one request that was let through elsewhere, whatever the limit.
    pub(crate) fn charge(&mut self, now: Duration) -> Taken {
        let now = self.advance(now);
        self.count(now)
    }

    /// Forgets one request of this second, unless it is forgotten anyhow.
    pub(crate) fn give_back(&mut self, second: u64) {
        if second > self.newest_s || self.newest_s - second >= SPAN_S {
            return;
        }
        if let Some(bucket) = self.bucket(second).filter(|bucket| **bucket > 0) {
            *bucket -= 1;
            self.used = self.used.saturating_sub(1);
        }
    }

    fn count(&mut self, now: Duration) -> Taken {
        let second = now.as_secs();
        if let Some(bucket) = self.bucket(second) {
            *bucket = bucket.saturating_add(1);
        }
        self.used += 1;
        Taken { second, used: self.used, reset: Duration::from_secs(second + SPAN_S) - now }
    }

    /// Moves on to the second of `now`, and drops what is over. Gives the time, which never goes back.
    fn advance(&mut self, now: Duration) -> Duration {
        let second = now.as_secs();
        let passed = second.saturating_sub(self.newest_s);
        for new in (1..=passed.min(SPAN_S)).map(|step| second - passed.min(SPAN_S) + step) {
            let dropped = self.bucket(new).map(std::mem::take).unwrap_or_default();
            self.used = self.used.saturating_sub(u64::from(dropped));
        }
        self.newest_s = self.newest_s.max(second);
        now.max(Duration::from_secs(self.newest_s))
    }

    /// How long until fewer than `limit` are left, if nothing more comes.
    fn until_below(&mut self, now: Duration, limit: u64) -> Duration {
        let mut left = self.used;
        for second in self.newest_s.saturating_sub(SPAN_S - 1)..=self.newest_s {
            if left < limit {
                break;
            }
            left -= self.bucket(second).map(|bucket| u64::from(*bucket)).unwrap_or_default();
            if left < limit {
                return Duration::from_secs(second + SPAN_S).saturating_sub(now);
            }
        }
        Duration::ZERO
    }

    fn bucket(&mut self, second: u64) -> Option<&mut u32> {
        let index = usize::try_from(second % SPAN_S).ok()?;
        self.buckets.get_mut(index)
    }
}

#[cfg(test)]
mod tests;
