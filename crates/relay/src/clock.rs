//! The only clock. Everything that needs the time is handed one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Tells the time. Durations follow tokio's clock, which tests can pause; the date can be fixed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    fixed: Option<SystemTime>,
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self { fixed: None }
    }

    /// A clock whose date stands still at `unix_seconds`.
    #[must_use]
    pub fn fixed(unix_seconds: u64) -> Self {
        Self { fixed: Some(UNIX_EPOCH + Duration::from_secs(unix_seconds)) }
    }

    /// A point in time, for durations.
    #[must_use]
    pub fn instant(self) -> Instant {
        Instant::now()
    }

    /// Milliseconds since 1970; 0 for a system clock set before that.
    #[must_use]
    pub fn unix_ms(self) -> u64 {
        let since = self.now().duration_since(UNIX_EPOCH).unwrap_or_default();
        since.as_secs().saturating_mul(1_000).saturating_add(u64::from(since.subsec_millis()))
    }

    /// Seconds since 1970, as the `created` of answers.
    #[must_use]
    pub fn unix_seconds(self) -> u64 {
        self.unix_ms() / 1_000
    }

    /// The day in UTC, `YYYY-MM-DD`.
    #[must_use]
    pub fn date(self) -> String {
        let now = jiff::Timestamp::try_from(self.now()).unwrap_or_default();
        now.strftime("%Y-%m-%d").to_string()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(self) -> SystemTime {
        self.fixed.unwrap_or_else(SystemTime::now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_stands_still_and_the_systems_does_not_lie() {
        assert_eq!(Clock::fixed(1_700_000_000).unix_seconds(), 1_700_000_000);
        assert_eq!(Clock::fixed(7).unix_ms(), 7_000);
        assert_eq!(Clock::fixed(1_700_000_000).date(), "2023-11-14");
        assert!(Clock::system().unix_seconds() > 1_700_000_000);
    }
}
