//! A record as the tables have it. Pure.

use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};

use crate::journal::Record;

/// How long a name from outside may be; what is longer is no name.
const LONGEST_NAME: usize = 128;

/// The most that one request counts for, so that no sum can overflow whatever is said outside.
const MOST: u64 = 1 << 40;

/// How clients speak, by route.
const DIALECTS: &[(&str, &str)] = &[
    ("POST /v1/chat/completions", "openai.chat"),
    ("POST /v1/completions", "openai.completions"),
    ("POST /v1/responses", "openai.responses"),
    ("POST /v1/responses/input_tokens", "openai.responses"),
    ("POST /v1/images/generations", "openai.images"),
    ("POST /v1/images/edits", "openai.images"),
    ("POST /v1/images/variations", "openai.images"),
    ("POST /v1/audio/speech", "openai.speech"),
    ("POST /v1/audio/transcriptions", "openai.transcriptions"),
    ("POST /v1/audio/translations", "openai.translations"),
    ("POST /v1/messages", "anthropic.messages"),
    ("POST /v1/messages/count_tokens", "anthropic.messages"),
];

/// The dialect of a request that came in by this route.
pub(super) fn dialect(route: &str) -> &'static str {
    DIALECTS.iter().find(|(known, _)| *known == route).map_or("other", |(_, dialect)| dialect)
}

/// What a request cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cost {
    /// In all.
    pub(crate) credits: f64,
    /// What of it 1min.ai has not said; `None` where it has said all.
    pub(crate) estimated: Option<f64>,
}

/// What 1min.ai said that the calls of a request cost, and what was reckoned for those of which it said nothing, though they
/// were billed or may have been.
pub(crate) fn cost(record: &Record) -> Option<Cost> {
    let sane = |credits: f64| credits.is_finite().then(|| credits.clamp(0.0, 1e12));
    let said = record.usage.and_then(|usage| usage.credits).and_then(sane);
    let estimated = record.reckoned_credits.and_then(sane);
    let credits = [said, estimated].into_iter().flatten().reduce(|one, other| one + other)?;
    Some(Cost { credits, estimated })
}

/// A number that the sums can take.
pub(super) fn number(number: u64) -> i64 {
    i64::try_from(number.min(MOST)).unwrap_or(i64::MAX)
}

/// A moment, as the tables have it.
pub(super) fn moment(unix_ms: u64) -> i64 {
    i64::try_from(unix_ms).unwrap_or(i64::MAX)
}

/// A name from outside: short, and nothing in it that a terminal would heed.
pub(super) fn name(name: &str) -> String {
    let shown = |letter: char| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter };
    name.chars().take(LONGEST_NAME).map(shown).collect()
}

/// The model that 1min.ai was asked for, if it was.
pub(super) fn model_used(record: &Record) -> Option<String> {
    let model = record.answered_by.as_deref().or(record.model.as_deref())?;
    (record.upstream_calls > 0).then(|| name(model))
}

/// A moment where the relay is.
pub(super) fn time(unix_ms: u64, zone: &TimeZone) -> Zoned {
    Timestamp::from_millisecond(moment(unix_ms)).unwrap_or_default().to_zoned(zone.clone())
}

/// When a day begins, in milliseconds since 1970.
pub(super) fn start_of(day: Date, zone: &TimeZone) -> i64 {
    let start = day.to_zoned(zone.clone()).and_then(|midnight| midnight.start_of_day());
    start.map_or(0, |start| start.timestamp().as_millisecond())
}

/// The day of a moment, `YYYY-MM-DD`, and when it began, in milliseconds since 1970.
pub(super) fn day(unix_ms: u64, zone: &TimeZone) -> (String, i64) {
    let time = time(unix_ms, zone);
    let began = time.start_of_day().map_or_else(|_| moment(unix_ms), |start| start.timestamp().as_millisecond());
    (time.date().to_string(), began)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{conversation::Usage, journal::Outcome, usage::write::tests::record};

    #[test]
    fn what_1min_said_counts_and_what_was_reckoned_for_the_rest_whatever_the_client_was_told() {
        let said = |credits| Some(Usage { credits, ..Usage::default() });
        let cost_of = |credits, estimated| Some(Cost { credits, estimated });
        for (usage, reckoned, expected) in [
            (said(Some(5.0)), None, cost_of(5.0, None)),
            (said(Some(5.0)), Some(7.0), cost_of(12.0, Some(7.0))),
            (said(None), Some(7.0), cost_of(7.0, Some(7.0))),
            (None, Some(7.0), cost_of(7.0, Some(7.0))),
            (said(None), None, None),
            (None, None, None),
            (said(Some(f64::NAN)), Some(7.0), cost_of(7.0, Some(7.0))),
            (said(Some(5.0)), Some(f64::INFINITY), cost_of(5.0, None)),
        ] {
            for (outcome, status) in [(Outcome::Done, 200), (Outcome::ClientLeft, 200), (Outcome::Failed, 400)] {
                let status = Some(status);
                let record = Record { outcome, status, usage, reckoned_credits: reckoned, ..record("r", 0) };
                assert_eq!(cost(&record), expected, "{record:?}");
            }
        }
    }

    #[test]
    fn days_begin_where_the_zone_has_it_summer_or_winter() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        // 2026-03-29 is the day of 23 hours: 21:59:59.999 UTC is its last millisecond.
        let before_midnight = 1_774_821_599_999;
        assert_eq!(day(before_midnight, &zone), ("2026-03-29".into(), 1_774_738_800_000));
        assert_eq!(day(before_midnight + 1, &zone), ("2026-03-30".into(), 1_774_821_600_000));
        assert_eq!(day(before_midnight, &TimeZone::UTC).0, "2026-03-29");
    }

    #[test]
    fn a_name_from_outside_is_short_and_plain() {
        assert_eq!(name("gpt\u{1b}[31m\n"), "gpt\u{fffd}[31m\u{fffd}");
        assert_eq!(name(&"ä".repeat(1_000)).chars().count(), LONGEST_NAME);
    }

    #[test]
    fn every_route_that_asks_a_model_has_a_dialect() {
        assert_eq!(dialect("POST /v1/messages"), "anthropic.messages");
        assert_eq!(dialect("POST /v1/audio/speech"), "openai.speech");
        assert_eq!(dialect("GET /v1/models"), "other");
    }
}
