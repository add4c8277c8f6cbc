//! Writes records, and deletes what is older than it may be.

use std::sync::Arc;

use jiff::{civil::Date, tz::TimeZone};
use rusqlite::{Connection, Transaction, TransactionBehavior, named_params};

use super::entry::{cost, day, dialect, model_used, moment, name, number, start_of};
use crate::{
    guard::owner::Owner,
    journal::{Outcome, Record},
};

/// How many requests are deleted at a time.
const PIECE: u32 = 5_000;

/// How many requests are kept at most, young as they may be: some 300 MB of them.
const MOST: u32 = 1_000_000;

/// The same without a data folder.
const MOST_IN_MEMORY: u32 = 10_000;

const INSERT: &str = "
    INSERT INTO usage VALUES (
        :id, :arrived, :owner, :token, :route, :dialect, :model_asked, :model_used, :is_streaming, :outcome, :status,
        :error, :upstream_calls, :prompt_tokens, :completion_tokens, :tokens_estimated, :credits, :credits_estimated,
        :queued_ms, :accepted_ms, :duration_ms
    ) ON CONFLICT (id) DO NOTHING";

const ADD: &str = "
    INSERT INTO usage_day VALUES (
        :day, :began, :owner, :token, :dialect, :model, 1, :failed, :left_by_client, :prompt_tokens, :completion_tokens,
        :tokens_estimated, :credits, :credits_estimated, :duration_ms
    ) ON CONFLICT DO UPDATE SET
        requests = requests + 1,
        failed = failed + excluded.failed,
        left_by_client = left_by_client + excluded.left_by_client,
        prompt_tokens = prompt_tokens + excluded.prompt_tokens,
        completion_tokens = completion_tokens + excluded.completion_tokens,
        tokens_estimated = tokens_estimated + excluded.tokens_estimated,
        credits = credits + excluded.credits,
        credits_estimated = credits_estimated + excluded.credits_estimated,
        duration_ms = duration_ms + excluded.duration_ms";

/// Writes these records, all or none. What is there already is not counted again.
pub(super) fn records(connection: &mut Connection, records: &[Arc<Record>], zone: &TimeZone) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for record in records {
        if insert(&transaction, record)? {
            add(&transaction, record, zone)?;
        }
    }
    transaction.commit()
}

/// Writes the request itself, and says whether it was not there.
fn insert(transaction: &Transaction<'_>, record: &Record) -> rusqlite::Result<bool> {
    let cost = cost(record);
    let usage = record.usage;
    let changed = transaction.prepare_cached(INSERT)?.execute(named_params! {
        ":id": record.id,
        ":arrived": moment(record.arrived_unix_ms),
        ":owner": record.owner,
        ":token": record.token,
        ":route": record.route,
        ":dialect": dialect(&record.route),
        ":model_asked": record.model.as_deref().map(name),
        ":model_used": model_used(record),
        ":is_streaming": record.is_streaming,
        ":outcome": outcome(record.outcome),
        ":status": record.status,
        ":error": record.error,
        ":upstream_calls": record.upstream_calls,
        ":prompt_tokens": usage.map(|usage| number(usage.prompt_tokens)),
        ":completion_tokens": usage.map(|usage| number(usage.completion_tokens)),
        ":tokens_estimated": usage.is_some_and(|usage| usage.is_estimate),
        ":credits": cost.map(|cost| cost.credits),
        ":credits_estimated": cost.is_some_and(|cost| cost.estimated.is_some()),
        ":queued_ms": record.queued_ms.map(number),
        ":accepted_ms": record.accepted_ms.map(number),
        ":duration_ms": number(record.duration_ms),
    })?;
    Ok(changed > 0)
}

/// Adds it to the sums of its day.
fn add(transaction: &Transaction<'_>, record: &Record, zone: &TimeZone) -> rusqlite::Result<()> {
    let (day, began) = day(record.arrived_unix_ms, zone);
    let cost = cost(record);
    let usage = record.usage.unwrap_or_default();
    let (prompt, completion) = (number(usage.prompt_tokens), number(usage.completion_tokens));
    transaction.prepare_cached(ADD)?.execute(named_params! {
        ":day": day,
        ":began": began,
        ":owner": counted_owner(record),
        ":token": record.token.as_deref().unwrap_or_default(),
        ":dialect": dialect(&record.route),
        ":model": model_used(record).filter(|_| is_taken(record)).unwrap_or_default(),
        ":failed": record.outcome == Outcome::Failed,
        ":left_by_client": record.outcome == Outcome::ClientLeft,
        ":prompt_tokens": prompt,
        ":completion_tokens": completion,
        ":tokens_estimated": if usage.is_estimate { prompt + completion } else { 0 },
        ":credits": cost.map_or(0.0, |cost| cost.credits),
        ":credits_estimated": cost.and_then(|cost| cost.estimated).unwrap_or(0.0),
        ":duration_ms": number(record.duration_ms),
    })?;
    Ok(())
}

/// Whether 1min.ai took the request, or it cost something. Else its key, or its model, may be made up; names of that kind have
/// no sums of their own, which would stay for good.
fn is_taken(record: &Record) -> bool {
    record.accepted_ms.is_some() || cost(record).is_some()
}

/// Whose sums a request counts for.
fn counted_owner(record: &Record) -> &str {
    let is_known = is_taken(record) || record.token.is_some();
    record.owner.as_deref().filter(|owner| is_known || *owner == Owner::local().as_str()).unwrap_or_default()
}

const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Failed => "failed",
        Outcome::ClientLeft => "client_left",
    }
}

/// Deletes requests that came in before this moment, and the oldest of too many; some of them, and says whether there may be
/// more. The sums stay.
pub(super) fn prune(connection: &Connection, before_unix_ms: u64) -> rusqlite::Result<bool> {
    let is_in_memory = connection.path().is_none_or(str::is_empty);
    let most = if is_in_memory { MOST_IN_MEMORY } else { MOST };
    let deleted = connection.execute(
        "DELETE FROM usage WHERE rowid IN (
            SELECT rowid FROM usage
            WHERE arrived_unix_ms < ?1 OR rowid <= (SELECT max(rowid) FROM usage) - ?2 LIMIT ?3
        )",
        (moment(before_unix_ms), most, PIECE),
    )?;
    Ok(u32::try_from(deleted) == Ok(PIECE))
}

/// Deletes the requests that came in before this day and its sums, or all there are, beyond recovery; says how many requests
/// the sums were of.
pub(crate) fn delete(connection: &mut Connection, before: Option<Date>, zone: &TimeZone) -> rusqlite::Result<u64> {
    let until_day = before.map_or_else(|| "~".to_owned(), |day| day.to_string());
    let until_ms = before.map_or(i64::MAX, |day| start_of(day, zone));
    // What is deleted is overwritten, in the file and in what lies before it.
    connection.query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let count = "SELECT ifnull(sum(requests), 0) FROM usage_day WHERE day < ?1";
    let count = transaction.query_row(count, [&until_day], |row| row.get::<_, i64>(0))?;
    transaction.execute("DELETE FROM usage_day WHERE day < ?1", [&until_day])?;
    transaction.execute("DELETE FROM usage WHERE arrived_unix_ms < ?1", [until_ms])?;
    transaction.commit()?;
    // A relay that reads at this moment does it later by itself.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(count.unsigned_abs())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        conversation::Usage,
        database,
        usage::{By, Period, Totals, spent, totals},
    };

    /// A request of an hour of 1970 that cost two credits.
    pub(in crate::usage) fn record(id: &str, hour: u64) -> Record {
        Record {
            id: id.into(),
            arrived_unix_ms: hour * 3_600_000,
            owner: Some("local".into()),
            token: None,
            route: "POST /v1/chat/completions".into(),
            outcome: Outcome::Done,
            status: Some(200),
            error: None,
            model: Some("gpt-4o".into()),
            answered_by: None,
            is_streaming: false,
            upstream_calls: 1,
            queued_ms: None,
            accepted_ms: Some(3),
            duration_ms: 10,
            usage: Some(Usage { prompt_tokens: 5, completion_tokens: 1, is_estimate: false, credits: Some(2.0) }),
            reckoned_credits: None,
        }
    }

    /// A database with these records, whose days are UTC's.
    pub(in crate::usage) fn with(records: impl IntoIterator<Item = Record>) -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = database::connect(folder.path()).unwrap();
        let records: Vec<_> = records.into_iter().map(Arc::new).collect();
        super::records(&mut connection, &records, &TimeZone::UTC).unwrap();
        (folder, connection)
    }

    #[test]
    fn what_is_written_twice_counts_once() {
        let (_folder, mut connection) = with([record("a", 0), record("b", 1)]);
        let again = [Arc::new(record("b", 1)), Arc::new(record("c", 25))];
        records(&mut connection, &again, &TimeZone::UTC).unwrap();
        let lines = totals(&connection, By::Day, &Period::default()).unwrap();
        let days: Vec<_> = lines.iter().map(|line| (line.name.as_str(), line.totals.requests)).collect();
        assert_eq!(days, [("1970-01-01", 2), ("1970-01-02", 1)]);
        let expected = Totals {
            requests: 2,
            prompt_tokens: 10,
            completion_tokens: 2,
            credits: 4.0,
            duration_ms: 20,
            ..Totals::default()
        };
        assert_eq!(lines[0].totals, expected);
    }

    #[test]
    fn what_is_old_goes_and_its_sums_stay() {
        let (_folder, connection) = with((0..6_000).map(|id| record(&id.to_string(), id / 1_000)));
        let before_unix_ms = 5 * 3_600_000;
        assert!(!prune(&connection, 0).unwrap());
        assert!(prune(&connection, before_unix_ms).unwrap(), "a piece at a time");
        let left = || connection.query_row("SELECT count(*) FROM usage", [], |row| row.get::<_, u32>(0)).unwrap();
        assert_eq!(left(), 1_000);
        assert!(!prune(&connection, before_unix_ms).unwrap());
        assert_eq!(left(), 1_000);
        assert_eq!(totals(&connection, By::Day, &Period::default()).unwrap()[0].totals.requests, 6_000);
        assert_eq!(spent(&connection, 0).unwrap().in_all, 12_000.0);
    }

    #[tokio::test]
    async fn in_memory_only_the_latest_are_kept() {
        let many: Vec<_> = (0..10_500).map(|id| Arc::new(record(&format!("{id:05}"), 1))).collect();
        let work = move |connection: &mut Connection| {
            records(connection, &many, &TimeZone::UTC)?;
            while prune(connection, 0)? {}
            connection.query_row("SELECT min(id) FROM usage", [], |row| row.get::<_, String>(0))
        };
        assert_eq!(database::Database::open(None).run(work).await.unwrap(), "00500");
    }

    #[test]
    fn keys_that_1min_never_took_share_their_sums() {
        let made_up = |id: u64| Record {
            owner: Some(format!("account{id}")),
            outcome: Outcome::Failed,
            status: Some(401),
            accepted_ms: None,
            usage: None,
            ..record(&id.to_string(), 0)
        };
        let taken = Record { owner: Some("account".into()), ..record("taken", 0) };
        let (_folder, connection) = with((0..50).map(made_up).chain([taken]));
        let mut query = connection.prepare("SELECT owner || ':' || requests FROM usage_day ORDER BY owner").unwrap();
        let sums: Vec<String> = query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(sums, [":50", "account:1"]);
    }

    #[test]
    fn models_that_a_client_made_up_share_their_sums() {
        let made_up = |id: u64| Record {
            model: Some(format!("model-{id}")),
            outcome: Outcome::Failed,
            status: Some(404),
            accepted_ms: None,
            usage: None,
            ..record(&id.to_string(), 0)
        };
        // What cost something is told apart, whether or not 1min.ai said that it took it.
        let cut = Record { model: Some("cut".into()), reckoned_credits: Some(5.0), ..made_up(99) };
        let (_folder, connection) = with((0..50).map(made_up).chain([cut, record("taken", 0)]));
        let lines = totals(&connection, By::Model, &Period::default()).unwrap();
        let mut sums: Vec<_> = lines.iter().map(|line| (line.name.as_str(), line.totals.requests)).collect();
        sums.sort_unstable();
        assert_eq!(sums, [("", 50), ("cut", 1), ("gpt-4o", 1)]);
    }

    #[test]
    fn what_is_deleted_is_gone_from_the_file() {
        let zone = TimeZone::get("Asia/Tokyo").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut connection = database::connect(folder.path()).unwrap();
        // Where the day begins nine hours earlier, these are of two days.
        let batch = [("remember-me-not", 14), ("kept", 15)].map(|(id, hour)| Arc::new(record(id, hour)));
        records(&mut connection, &batch, &zone).unwrap();
        let day = "1970-01-02".parse().ok();
        assert_eq!(delete(&mut connection, day, &zone).unwrap(), 1);
        let left: String = connection.query_row("SELECT group_concat(id) FROM usage", [], |row| row.get(0)).unwrap();
        let lines = totals(&connection, By::Day, &Period::default()).unwrap();
        assert_eq!((left.as_str(), lines.len(), lines[0].name.as_str()), ("kept", 1, "1970-01-02"));
        let mut seen = Vec::new();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            seen.extend(std::fs::read(file.unwrap().path()).unwrap());
        }
        let seen = String::from_utf8_lossy(&seen);
        assert!(seen.contains("kept") && !seen.contains("remember-me-not"));
        assert_eq!(delete(&mut connection, None, &zone).unwrap(), 1);
        assert_eq!(totals(&connection, By::Day, &Period::default()).unwrap(), []);
    }

    #[test]
    fn whatever_is_said_outside_can_be_written_and_added() {
        let usage = Usage { prompt_tokens: u64::MAX, completion_tokens: u64::MAX, is_estimate: true, credits: None };
        let monster = |id: u64| Record {
            usage: Some(Usage { credits: Some(if id == 0 { f64::INFINITY } else { -1e300 }), ..usage }),
            model: Some("x".repeat(1 << 20)),
            arrived_unix_ms: u64::MAX,
            duration_ms: u64::MAX,
            reckoned_credits: Some(f64::NAN),
            ..record(&id.to_string(), 0)
        };
        let (_folder, connection) = with((0..100).map(monster));
        let lines = totals(&connection, By::Model, &Period::default()).unwrap();
        assert_eq!((lines.len(), lines[0].name.len(), lines[0].totals.requests), (1, 128, 100));
    }
}
