//! Reads single requests out of the database.

use jiff::{Zoned, tz::TimeZone};
use rusqlite::{Connection, Row};

use super::{
    Period,
    entry::{start_of, time},
};

/// A request, as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    /// When it came in.
    pub(crate) time: Zoned,
    /// The id in `x-request-id`.
    pub(crate) id: String,
    /// Whose it was.
    pub(crate) owner: Option<String>,
    /// The name of the access token.
    pub(crate) token: Option<String>,
    /// How the client speaks.
    pub(crate) dialect: String,
    /// The model that the client named.
    pub(crate) model_asked: Option<String>,
    /// The model that 1min.ai was asked for.
    pub(crate) model_used: Option<String>,
    /// Whether the answer was streamed.
    pub(crate) is_streaming: bool,
    /// What became of it: `done`, `failed` or `client_left`.
    pub(crate) outcome: String,
    /// The HTTP status that was sent.
    pub(crate) status: Option<u16>,
    /// The error's name.
    pub(crate) error: Option<String>,
    /// Calls made at 1min.ai.
    pub(crate) upstream_calls: u32,
    /// Tokens of prompts.
    pub(crate) prompt_tokens: Option<i64>,
    /// Tokens of answers.
    pub(crate) completion_tokens: Option<i64>,
    /// Whether these are an estimate.
    pub(crate) tokens_estimated: bool,
    /// Credits.
    pub(crate) credits: Option<f64>,
    /// Whether these are an estimate.
    pub(crate) credits_estimated: bool,
    /// Milliseconds that it waited for others.
    pub(crate) queued_ms: Option<i64>,
    /// Milliseconds until 1min.ai took it.
    pub(crate) accepted_ms: Option<i64>,
    /// Milliseconds until it was over.
    pub(crate) duration_ms: i64,
}

/// The requests of this period that are still kept, the first one first.
pub(crate) fn requests(connection: &Connection, period: &Period, zone: &TimeZone) -> rusqlite::Result<Vec<Request>> {
    let since = period.since.map_or(i64::MIN, |day| start_of(day, zone));
    let end = period.until.map_or(i64::MAX, |day| day.tomorrow().map_or(i64::MAX, |next| start_of(next, zone)));
    let mut query = connection.prepare(
        "SELECT * FROM usage WHERE arrived_unix_ms >= ?1 AND arrived_unix_ms < ?2 ORDER BY arrived_unix_ms, rowid",
    )?;
    query.query_map([since, end], |row| request(row, zone))?.collect()
}

fn request(row: &Row<'_>, zone: &TimeZone) -> rusqlite::Result<Request> {
    Ok(Request {
        time: time(row.get::<_, i64>("arrived_unix_ms")?.unsigned_abs(), zone),
        id: row.get("id")?,
        owner: row.get("owner")?,
        token: row.get("token")?,
        dialect: row.get("dialect")?,
        model_asked: row.get("model_asked")?,
        model_used: row.get("model_used")?,
        is_streaming: row.get("is_streaming")?,
        outcome: row.get("outcome")?,
        status: row.get("status")?,
        error: row.get("error")?,
        upstream_calls: row.get("upstream_calls")?,
        prompt_tokens: row.get("prompt_tokens")?,
        completion_tokens: row.get("completion_tokens")?,
        tokens_estimated: row.get("tokens_estimated")?,
        credits: row.get("credits")?,
        credits_estimated: row.get("credits_estimated")?,
        queued_ms: row.get("queued_ms")?,
        accepted_ms: row.get("accepted_ms")?,
        duration_ms: row.get("duration_ms")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::write::tests::{record, with};

    #[test]
    fn requests_of_a_period_are_listed_in_their_order() {
        let (_folder, connection) = with([record("b", 24), record("a", 23), record("c", 47), record("d", 48)]);
        let ids = |since: Option<&str>, until: Option<&str>| {
            let day = |day: Option<&str>| day.and_then(|day| day.parse().ok());
            let period = Period { since: day(since), until: day(until) };
            let found = requests(&connection, &period, &TimeZone::UTC).unwrap();
            found.into_iter().map(|request| request.id).collect::<String>()
        };
        assert_eq!(ids(None, None), "abcd");
        assert_eq!(ids(Some("1970-01-02"), Some("1970-01-02")), "bc");
        assert_eq!(ids(Some("1970-01-03"), None), "d");
        assert_eq!(ids(None, Some("1970-01-01")), "a");
        let all = requests(&connection, &Period::default(), &TimeZone::UTC).unwrap();
        assert_eq!((all[0].credits, all[0].accepted_ms, all[0].outcome.as_str()), (Some(2.0), Some(3), "done"));
        assert_eq!(all[0].time.to_string(), "1970-01-01T23:00:00+00:00[UTC]");
    }
}
