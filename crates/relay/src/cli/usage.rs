//! `1min-relay usage`. It reads the database beside a running relay.

mod sheet;

use std::io::{self, BufRead, IsTerminal, Write};

use jiff::{civil::Date, tz::TimeZone};
use rusqlite::Connection;
use serde_json::json;

use self::sheet::Sheet;
use super::{ChangeUsage, Context, Failure, Usage, UsageBy, table};
use crate::{
    database,
    usage::{By, Line, Period, Request, Totals, delete, requests, totals},
};

const SUMS: [&str; 9] = [
    "requests",
    "failed",
    "left_by_client",
    "prompt_tokens",
    "completion_tokens",
    "tokens_estimated",
    "credits",
    "credits_estimated",
    "duration_ms",
];

const OF_REQUEST: [&str; 20] = [
    "time",
    "id",
    "owner",
    "token",
    "dialect",
    "model_asked",
    "model_used",
    "is_streaming",
    "outcome",
    "status",
    "error",
    "upstream_calls",
    "prompt_tokens",
    "completion_tokens",
    "tokens_estimated",
    "credits",
    "credits_estimated",
    "queued_ms",
    "accepted_ms",
    "duration_ms",
];

/// Shows the usage, or deletes it.
pub(super) fn run(context: &Context, flags: &Usage) -> Result<(), Failure> {
    let mut connection = context.known_database()?;
    let zone = context.settings().limits.time_zone();
    if let Some(ChangeUsage::Delete { before, yes }) = &flags.change {
        return forget(&mut connection, *before, &zone, *yes);
    }
    let period = Period { since: flags.since, until: flags.until };
    let by = match flags.by {
        UsageBy::Day => By::Day,
        UsageBy::Model => By::Model,
        UsageBy::Token => By::Token,
        UsageBy::Dialect => By::Dialect,
        UsageBy::Request => return list(&connection, &period, &zone, flags),
    };
    let lines = read(&connection, totals(&connection, by, &period))?;
    if flags.csv || flags.output.json {
        return sheet_of_lines(by, &lines).write(flags.csv);
    }
    if lines.is_empty() {
        return nothing();
    }
    let headings = [heading(by), "REQUESTS", "FAILED", "TOKENS IN", "TOKENS OUT", "CREDITS", "SECONDS EACH"];
    let sum = (lines.len() > 1).then(|| ("in all".to_owned(), sum(&lines)));
    let rows = lines.iter().map(|line| (shown(by, &line.name), line.totals)).chain(sum);
    table::write(headings, rows.map(|(name, totals)| row(name, &totals)))?;
    if lines.iter().any(|line| line.totals.tokens_estimated > 0 || line.totals.credits_estimated > 0.0) {
        explain_estimates()?;
    }
    Ok(())
}

fn read<T>(connection: &Connection, result: rusqlite::Result<T>) -> Result<T, Failure> {
    Ok(result.map_err(|cause| database::failed(connection, cause))?)
}

fn nothing() -> Result<(), Failure> {
    Ok(writeln!(io::stdout(), "Nothing was asked in this time, or it was deleted.")?)
}

fn explain_estimates() -> io::Result<()> {
    writeln!(io::stdout(), "\n~ has estimates in it, where 1min.ai did not say what it billed.")
}

const fn heading(by: By) -> &'static str {
    match by {
        By::Day => "DAY",
        By::Model => "MODEL",
        By::Token => "TOKEN",
        By::Dialect => "DIALECT",
    }
}

/// A name as the table shows it; those that are empty say why.
fn shown(by: By, name: &str) -> String {
    match by {
        By::Model if name.is_empty() => "(no model answered)".into(),
        By::Token if name.is_empty() => "(no token)".into(),
        By::Day | By::Model | By::Token | By::Dialect => name.into(),
    }
}

fn row(name: String, totals: &Totals) -> [String; 7] {
    let tokens = |count: u64| mark(totals.tokens_estimated > 0 && count > 0, count.to_string());
    [
        name,
        totals.requests.to_string(),
        totals.failed.to_string(),
        tokens(totals.prompt_tokens),
        tokens(totals.completion_tokens),
        mark(totals.credits_estimated > 0.0, credits(totals.credits)),
        seconds(totals.duration_ms.checked_div(totals.requests).unwrap_or_default()),
    ]
}

fn mark(is_estimate: bool, text: String) -> String {
    if is_estimate { format!("~{text}") } else { text }
}

/// Credits with as many places as they need, two at most.
fn credits(credits: f64) -> String {
    format!("{credits:.2}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn seconds(ms: u64) -> String {
    format!("{}.{}", ms / 1_000, ms % 1_000 / 100)
}

fn sum(lines: &[Line]) -> Totals {
    lines.iter().fold(Totals::default(), |sum, Line { totals, .. }| sum.plus(totals))
}

fn sheet_of_lines(by: By, lines: &[Line]) -> Sheet {
    let name = match by {
        By::Day => "day",
        By::Model => "model",
        By::Token => "token",
        By::Dialect => "dialect",
    };
    let values = |Line { name, totals }: &Line| {
        vec![
            json!(name),
            json!(totals.requests),
            json!(totals.failed),
            json!(totals.left_by_client),
            json!(totals.prompt_tokens),
            json!(totals.completion_tokens),
            json!(totals.tokens_estimated),
            json!(totals.credits),
            json!(totals.credits_estimated),
            json!(totals.duration_ms),
        ]
    };
    let headings = [name].into_iter().chain(SUMS).collect();
    Sheet { headings, rows: lines.iter().map(values).collect() }
}

/// Lists each request that is still kept.
fn list(connection: &Connection, period: &Period, zone: &TimeZone, flags: &Usage) -> Result<(), Failure> {
    let found = read(connection, requests(connection, period, zone))?;
    if flags.csv || flags.output.json {
        let rows = found.iter().map(values_of_request).collect();
        return Sheet { headings: OF_REQUEST.into(), rows }.write(flags.csv);
    }
    if found.is_empty() {
        return nothing();
    }
    let headings = ["TIME", "TOKEN", "DIALECT", "MODEL", "STATE", "TOKENS IN", "TOKENS OUT", "CREDITS", "SECONDS"];
    table::write(headings, found.iter().map(row_of_request))?;
    if found.iter().any(|request| request.tokens_estimated || request.credits_estimated) {
        explain_estimates()?;
    }
    Ok(())
}

fn row_of_request(request: &Request) -> [String; 9] {
    let dash = |text: Option<String>| text.unwrap_or_else(|| "-".into());
    let tokens = |count: Option<i64>| dash(count.map(|count| mark(request.tokens_estimated, count.to_string())));
    let state = match (request.outcome.as_str(), &request.error) {
        ("client_left", _) => "left by the client",
        (_, Some(error)) => error,
        (outcome, None) => outcome,
    };
    [
        request.time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        dash(request.token.clone()),
        request.dialect.clone(),
        dash(request.model_used.clone().or_else(|| request.model_asked.clone())),
        state.to_owned(),
        tokens(request.prompt_tokens),
        tokens(request.completion_tokens),
        dash(request.credits.map(|spent| mark(request.credits_estimated, credits(spent)))),
        seconds(request.duration_ms.unsigned_abs()),
    ]
}

fn values_of_request(request: &Request) -> Vec<serde_json::Value> {
    vec![
        json!(request.time.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()),
        json!(request.id),
        json!(request.owner),
        json!(request.token),
        json!(request.dialect),
        json!(request.model_asked),
        json!(request.model_used),
        json!(request.is_streaming),
        json!(request.outcome),
        json!(request.status),
        json!(request.error),
        json!(request.upstream_calls),
        json!(request.prompt_tokens),
        json!(request.completion_tokens),
        json!(request.tokens_estimated),
        json!(request.credits),
        json!(request.credits_estimated),
        json!(request.queued_ms),
        json!(request.accepted_ms),
        json!(request.duration_ms),
    ]
}

/// Deletes, after a question where somebody can answer it.
fn forget(connection: &mut Connection, before: Option<Date>, zone: &TimeZone, yes: bool) -> Result<(), Failure> {
    let what = before.map_or_else(|| "all usage".to_owned(), |day| format!("the usage of all days before {day}"));
    if !yes {
        if !io::stdin().is_terminal() {
            return Err(Failure::Refused(format!("this deletes {what} for good; say --yes where nobody can be asked")));
        }
        write!(io::stderr(), "Delete {what} for good? A relay counts what it may spend by it when it starts. [y/N] ")?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        if !matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
            return Err(Failure::Refused("nothing was deleted".into()));
        }
    }
    let deleted = delete(connection, before, zone);
    let deleted = read(connection, deleted)?;
    Ok(writeln!(io::stdout(), "Deleted {what}: {deleted} requests.")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_estimates_marked() {
        assert_eq!([credits(0.0), credits(45.0), credits(0.1 + 0.2), credits(1_200.0)], ["0", "45", "0.3", "1200"]);
        assert_eq!([seconds(0), seconds(1_250), seconds(61_000)], ["0.0", "1.2", "61.0"]);
        let totals = Totals {
            requests: 2,
            prompt_tokens: 5,
            tokens_estimated: 1,
            credits: 2.5,
            credits_estimated: 1.0,
            duration_ms: 900,
            ..Totals::default()
        };
        assert_eq!(row("x".into(), &totals), ["x", "2", "0", "~5", "0", "~2.5", "0.4"]);
    }
}
