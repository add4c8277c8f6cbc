//! The day and the month that a moment is in, where the user's days begin. A day of a clock change has 23 or 25 hours.

use jiff::{Timestamp, ToSpan, Zoned, tz::TimeZone};

/// The current day and month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Periods {
    pub(crate) day: Period,
    pub(crate) month: Period,
}

/// A span of time, its end left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    /// Milliseconds since 1970.
    pub(crate) since_unix_ms: u64,
    /// When the next one begins.
    pub(crate) until_unix_ms: u64,
}

impl Periods {
    /// Those of a moment.
    pub(crate) fn at(now_unix_ms: u64, zone: &TimeZone) -> Self {
        let now = moment(now_unix_ms).to_zoned(zone.clone());
        let day = Period::between(now.start_of_day(), now.tomorrow().and_then(|day| day.start_of_day()));
        let first = now.first_of_month();
        let next = first.clone().and_then(|first| first.checked_add(1.month()));
        let month = Period::between(
            first.and_then(|first| first.start_of_day()),
            next.and_then(|next| next.first_of_month()).and_then(|next| next.start_of_day()),
        );
        Self { day, month }
    }

    /// Whether a moment is in the same day, and thereby in the same month.
    pub(super) const fn hold_at(&self, now_unix_ms: u64) -> bool {
        self.day.since_unix_ms <= now_unix_ms && now_unix_ms < self.day.until_unix_ms
    }
}

impl Period {
    /// Outside of what the calendar reaches there is one period that never ends.
    fn between(since: Result<Zoned, jiff::Error>, until: Result<Zoned, jiff::Error>) -> Self {
        let unix_ms = |moment: &Zoned| u64::try_from(moment.timestamp().as_millisecond()).unwrap_or_default();
        Self {
            since_unix_ms: since.as_ref().map_or(0, unix_ms),
            until_unix_ms: until.as_ref().map_or(u64::MAX, unix_ms),
        }
    }
}

/// A moment in words, such as `2026-12-01 00:00 Europe/Berlin`.
pub(super) fn words(unix_ms: u64, zone: &TimeZone) -> String {
    moment(unix_ms).to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %:Q").to_string()
}

fn moment(unix_ms: u64) -> Timestamp {
    i64::try_from(unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;

    fn at(moment: &str, zone: &str) -> Periods {
        let moment: Timestamp = moment.parse().unwrap();
        Periods::at(u64::try_from(moment.as_millisecond()).unwrap(), &TimeZone::get(zone).unwrap())
    }

    fn hours(period: Period) -> u64 {
        (period.until_unix_ms - period.since_unix_ms) / HOUR
    }

    #[test]
    fn days_and_months_begin_where_the_user_lives() {
        let Periods { day, month } = at("2026-11-30T23:30:00Z", "Europe/Berlin");
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(words(day.since_unix_ms, &berlin), "2026-12-01 00:00 Europe/Berlin");
        assert_eq!(words(day.until_unix_ms, &berlin), "2026-12-02 00:00 Europe/Berlin");
        assert_eq!(words(month.since_unix_ms, &berlin), "2026-12-01 00:00 Europe/Berlin");
        assert_eq!(words(month.until_unix_ms, &TimeZone::UTC), "2026-12-31 23:00 UTC");
    }

    #[test]
    fn a_day_of_a_clock_change_is_as_long_as_it_is() {
        let spring = at("2026-03-29T12:00:00Z", "Europe/Berlin");
        let autumn = at("2026-10-25T12:00:00Z", "Europe/Berlin");
        assert_eq!((hours(spring.day), hours(autumn.day)), (23, 25));
        assert_eq!((hours(spring.month), hours(autumn.month)), (31 * 24 - 1, 31 * 24 + 1));
        // Where midnight itself is left out, the day begins at one.
        assert_eq!(hours(at("2026-09-06T12:00:00Z", "America/Santiago").day), 23);
    }

    #[test]
    fn outside_of_the_calendar_nothing_breaks() {
        let far = Periods::at(u64::MAX, &TimeZone::UTC);
        assert_eq!(far.day.until_unix_ms, u64::MAX);
        assert_eq!(Periods::at(0, &TimeZone::UTC).day.since_unix_ms, 0);
    }
}
