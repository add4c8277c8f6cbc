//! Reads sums out of the database.

use std::collections::HashMap;

use jiff::civil::Date;
use rusqlite::{Connection, Row};
use serde::Serialize;

use super::entry::moment;
use crate::guard::owner::Owner;

/// By what requests are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    /// By day, `YYYY-MM-DD`, the first one first.
    Day,
    /// By the model that 1min.ai was asked for; empty where it was not asked. The dearest first, as in those below.
    Model,
    /// By the name of the access token; empty for requests without one.
    Token,
    /// By how the client speaks, such as `openai.chat`.
    Dialect,
}

/// Days, both of them and what is between; `None`: without end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub since: Option<Date>,
    /// The last day.
    pub until: Option<Date>,
}

/// The sums of what was put together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// The day, model, token or dialect.
    pub name: String,
    /// The sums.
    #[serde(flatten)]
    pub totals: Totals,
}

/// Sums over requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Totals {
    /// How many.
    pub requests: u64,
    /// How many of them failed.
    pub failed: u64,
    /// How many of them the client did not wait for.
    pub left_by_client: u64,
    /// Tokens of prompts.
    pub prompt_tokens: u64,
    /// Tokens of answers.
    pub completion_tokens: u64,
    /// How many of all these tokens are an estimate.
    pub tokens_estimated: u64,
    /// Credits.
    pub credits: f64,
    /// How many of them are an estimate.
    pub credits_estimated: f64,
    /// Milliseconds from the first to the last byte, all added.
    pub duration_ms: u64,
}

impl Totals {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: &Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            failed: self.failed + other.failed,
            left_by_client: self.left_by_client + other.left_by_client,
            prompt_tokens: self.prompt_tokens + other.prompt_tokens,
            completion_tokens: self.completion_tokens + other.completion_tokens,
            tokens_estimated: self.tokens_estimated + other.tokens_estimated,
            credits: self.credits + other.credits,
            credits_estimated: self.credits_estimated + other.credits_estimated,
            duration_ms: self.duration_ms + other.duration_ms,
        }
    }
}

impl By {
    const fn column(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Model => "model",
            Self::Token => "token",
            Self::Dialect => "dialect",
        }
    }

    const fn order(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Model | Self::Token | Self::Dialect => "total(credits) DESC, total(requests) DESC, 1",
        }
    }
}

impl Period {
    /// The first and the last day as the tables have them.
    pub(super) fn days(&self) -> (String, String) {
        let text = |day: Option<Date>, open: &str| day.map_or_else(|| open.to_owned(), |day| day.to_string());
        (text(self.since, "0000-01-01"), text(self.until, "9999-12-31"))
    }
}

/// The sums of this period.
pub(crate) fn totals(connection: &Connection, by: By, period: &Period) -> rusqlite::Result<Vec<Line>> {
    let (column, order) = (by.column(), by.order());
    let mut query = connection.prepare(&format!(
        "SELECT {column}, sum(requests), sum(failed), sum(left_by_client), sum(prompt_tokens), sum(completion_tokens),
            sum(tokens_estimated), sum(credits), sum(credits_estimated), sum(duration_ms)
         FROM usage_day WHERE day BETWEEN ?1 AND ?2 GROUP BY {column} ORDER BY {order}"
    ))?;
    let line = |row: &Row<'_>| {
        let totals = Totals {
            requests: count(row, 1)?,
            failed: count(row, 2)?,
            left_by_client: count(row, 3)?,
            prompt_tokens: count(row, 4)?,
            completion_tokens: count(row, 5)?,
            tokens_estimated: count(row, 6)?,
            credits: row.get(7)?,
            credits_estimated: row.get(8)?,
            duration_ms: count(row, 9)?,
        };
        Ok(Line { name: row.get(0)?, totals })
    };
    query.query_map(period.days(), line)?.collect()
}

/// A number that is never below 0.
fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.unsigned_abs())
}

/// Credits that were spent since a day began.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Spent {
    /// By owner; requests that were refused before theirs was known cost nothing.
    pub(crate) by_owner: HashMap<String, f64>,
    /// By all who used the stored key: those who sent a token, and those of this machine.
    pub(crate) in_all: f64,
}

/// What was spent by requests that came in since this moment, the beginning of a day or a month.
///
/// The sums of days tell, because requests may be gone by now. Where days began elsewhere until now, because the time zone is
/// another, a day may be missing there and its requests tell; neither counts what came before.
pub(crate) fn spent(connection: &Connection, since_unix_ms: u64) -> rusqlite::Result<Spent> {
    let since = moment(since_unix_ms);
    let mut query = connection.prepare(
        "SELECT owner, max(by_token), max(credits) FROM (
            SELECT owner, max(token <> '') AS by_token, total(credits) AS credits
                FROM usage_day WHERE began_unix_ms >= ?1 GROUP BY owner
            UNION ALL
            SELECT owner, max(token IS NOT NULL), total(credits)
                FROM usage WHERE arrived_unix_ms >= ?1 AND owner IS NOT NULL GROUP BY owner
        ) GROUP BY owner",
    )?;
    let mut spent = Spent::default();
    let mut rows = query.query([since])?;
    while let Some(row) = rows.next()? {
        let (owner, is_by_token, credits): (String, bool, f64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if is_by_token || owner == Owner::local().as_str() {
            spent.in_all += credits;
        }
        spent.by_owner.insert(owner, credits);
    }
    Ok(spent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        conversation::Usage,
        journal::{Outcome, Record},
        usage::{
            Spent,
            write::tests::{record, with},
        },
    };

    fn by(by: By, connection: &Connection) -> Vec<(String, u64, f64)> {
        let lines = totals(connection, by, &Period::default()).unwrap();
        lines.into_iter().map(|line| (line.name, line.totals.requests, line.totals.credits)).collect()
    }

    fn of_token(record: Record, id: &str, name: &str) -> Record {
        Record { owner: Some(id.into()), token: Some(name.into()), ..record }
    }

    #[test]
    fn requests_are_put_together_by_what_is_asked() {
        let estimate = Usage { prompt_tokens: 5, completion_tokens: 1, is_estimate: true, credits: None };
        let (_folder, connection) = with([
            record("a", 0),
            of_token(Record { usage: Some(estimate), reckoned_credits: Some(3.0), ..record("b", 1) }, "t1", "laptop"),
            Record {
                route: "POST /v1/messages".into(),
                answered_by: Some("mistral-nemo".into()),
                outcome: Outcome::ClientLeft,
                ..record("c", 30)
            },
            // Refused, by a name that is none.
            Record {
                model: Some("made-up".into()),
                upstream_calls: 0,
                usage: None,
                outcome: Outcome::Failed,
                status: Some(404),
                ..record("d", 31)
            },
        ]);
        let line = |name: &str, requests, credits| (name.to_owned(), requests, credits);
        assert_eq!(by(By::Day, &connection), [line("1970-01-01", 2, 5.0), line("1970-01-02", 2, 2.0)]);
        assert_eq!(
            by(By::Model, &connection),
            [line("gpt-4o", 2, 5.0), line("mistral-nemo", 1, 2.0), line("", 1, 0.0)]
        );
        assert_eq!(by(By::Token, &connection), [line("", 3, 4.0), line("laptop", 1, 3.0)]);
        assert_eq!(by(By::Dialect, &connection), [line("openai.chat", 3, 5.0), line("anthropic.messages", 1, 2.0)]);
        let [_, second] = totals(&connection, By::Day, &Period::default()).unwrap().try_into().unwrap();
        assert_eq!((second.totals.failed, second.totals.left_by_client), (1, 1));
        let since = Period { since: "1970-01-02".parse().ok(), until: None };
        assert_eq!(totals(&connection, By::Day, &since).unwrap(), [second]);
        let until = Period { since: None, until: "1970-01-01".parse().ok() };
        let [first] = totals(&connection, By::Dialect, &until).unwrap().try_into().unwrap();
        assert_eq!(
            (first.totals.credits, first.totals.credits_estimated, first.totals.tokens_estimated),
            (5.0, 3.0, 6)
        );
    }

    #[test]
    fn what_was_spent_is_told_by_owner_and_of_the_stored_key() {
        let (_folder, connection) = with([
            record("old", 23),
            record("a", 24),
            record("b", 47),
            of_token(record("c", 30), "t1", "laptop"),
            Record { owner: Some("account".into()), ..record("d", 30) },
            Record { owner: None, ..record("e", 30) },
        ]);
        let spent_since = |hour: u64| spent(&connection, hour * 3_600_000).unwrap();
        let owners = |pairs: &[(&str, f64)]| pairs.iter().map(|(owner, spent)| ((*owner).to_owned(), *spent)).collect();
        let day = spent_since(24);
        assert_eq!(day.by_owner, owners(&[("local", 4.0), ("t1", 2.0), ("account", 2.0), ("", 2.0)]));
        assert_eq!(day.in_all, 6.0);
        assert_eq!(spent_since(0).in_all, 8.0);
        assert_eq!(spent_since(48), Spent::default());
    }

    #[test]
    fn what_was_spent_survives_the_end_of_requests_and_another_time_zone() {
        let (_folder, connection) = with([record("a", 24), record("b", 30)]);
        // Where the day begins two hours later than it did until now, only the requests tell.
        assert_eq!(spent(&connection, 26 * 3_600_000).unwrap().in_all, 2.0);
        connection.execute("DELETE FROM usage", []).unwrap();
        assert_eq!(spent(&connection, 24 * 3_600_000).unwrap().in_all, 4.0);
    }
}
