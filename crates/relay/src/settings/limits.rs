//! How much may be asked and spent, by one caller and by all.

use std::time::Duration;

use jiff::tz::TimeZone;

/// Limits. 0 is no limit, wherever a number limits something. What is said of a caller counts for each one by itself; a
/// token may have limits of its own in their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Requests a minute for one 1min.ai key. Default 180, which is 1min.ai's own limit.
    pub requests_per_minute: u64,
    /// Requests a minute of a caller. Default 0.
    pub caller_requests_per_minute: u64,
    /// Requests at the same time, of all. Default 0.
    pub concurrent_requests: u64,
    /// Requests at the same time, of a caller. Default 0.
    pub caller_concurrent_requests: u64,
    /// How many requests may wait for others to end. Default 100.
    pub queue_length: u64,
    /// How long each of them waits at most. Default 30 s.
    pub queue_wait: Duration,
    /// Credits of a day, of all. Default 0.
    pub credits_per_day: u64,
    /// Credits of a month, of all. Default 0.
    pub credits_per_month: u64,
    /// Credits of a day, of a caller. Default 0.
    pub caller_credits_per_day: u64,
    /// Credits of a month, of a caller. Default 0.
    pub caller_credits_per_month: u64,
    /// At which part of a budget a warning is given, in percent; 0: never. Default 80.
    pub budget_warning_percent: u64,
    /// Where days and months begin; `None`: as the system has it.
    pub time_zone: Option<TimeZone>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_minute: 180,
            caller_requests_per_minute: 0,
            concurrent_requests: 0,
            caller_concurrent_requests: 0,
            queue_length: 100,
            queue_wait: Duration::from_secs(30),
            credits_per_day: 0,
            credits_per_month: 0,
            caller_credits_per_day: 0,
            caller_credits_per_month: 0,
            budget_warning_percent: 80,
            time_zone: None,
        }
    }
}

impl Limits {
    /// Where days and months begin.
    #[must_use]
    pub fn time_zone(&self) -> TimeZone {
        self.time_zone.clone().unwrap_or_else(TimeZone::system)
    }
}
