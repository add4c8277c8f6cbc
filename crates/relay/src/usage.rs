//! Usage: what was asked, by whom, of which model, and what it cost; each request for a while, and the sums of days.
//!
//! Records come in from the journal, and are in the database a moment later. The request path does no more than put a record
//! into a channel: one task takes them out and writes them in batches. A crash of the relay loses what is younger than
//! a second; one of the machine may lose what the disk had not written yet. This room must never know HTTP, nor what was said
//! in a request.

mod entry;
mod read;
mod request;
mod write;

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Mutex, mpsc},
    time::{Instant, sleep_until, timeout_at},
};

use crate::{
    journal::{Record, Sink},
    shared::Shared,
};

pub(crate) use entry::{Cost, cost};
pub(crate) use read::totals;
pub use read::{By, Line, Period, Totals};
pub(crate) use read::{Spent, spent};
pub(crate) use request::{Request, requests};
pub(crate) use write::delete;

/// How old a record may grow before it is written.
const AGE: Duration = Duration::from_millis(250);

/// How many records wait at most, in the channel and beside it.
const ROOM: usize = 8_192;

/// How long to wait after the database did not take them.
const PAUSE: Duration = Duration::from_secs(1);

/// How often requests that are too old or too many are deleted.
const PRUNE: Duration = Duration::from_secs(60);

const DAY_MS: u64 = 24 * 3_600 * 1_000;

/// Where records wait until they are in the database.
#[derive(Debug)]
pub(crate) struct Ledger(Mutex<Keeper>);

/// What the one who writes needs.
#[derive(Debug)]
struct Keeper {
    arriving: mpsc::Receiver<Arc<Record>>,
    /// Taken out of the channel, and not known to be written.
    unwritten: Vec<Arc<Record>>,
    left_out: Arc<AtomicU64>,
    /// Whether the database did not take the last batch.
    is_failing: bool,
    /// When to look for what is too old.
    prune_at: Option<Instant>,
}

/// The end of the channel that the journal puts records into.
#[derive(Debug)]
pub(crate) struct Intake {
    channel: mpsc::Sender<Arc<Record>>,
    /// For how many there was no room.
    left_out: Arc<AtomicU64>,
}

impl Sink for Intake {
    fn take(&self, record: &Arc<Record>) {
        let is_worth_it = record.upstream_calls > 0 || record.model.is_some();
        if is_worth_it && self.channel.try_send(Arc::clone(record)).is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Ledger {
    /// An empty one, and what the journal puts records into.
    pub(crate) fn new() -> (Self, Intake) {
        let (channel, arriving) = mpsc::channel(ROOM);
        let left_out = Arc::default();
        let intake = Intake { channel, left_out: Arc::clone(&left_out) };
        let keeper = Keeper { arriving, unwritten: Vec::new(), left_out, is_failing: false, prune_at: None };
        (Self(Mutex::new(keeper)), intake)
    }
}

/// Writes what comes in, until it is dropped.
pub(crate) async fn keep(shared: Arc<Shared>) {
    keep_while(&shared, std::future::pending::<()>()).await;
}

/// Writes what comes in while `work` lasts, and then what is left.
pub(crate) async fn keep_while<T>(shared: &Shared, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut keeper = shared.usage.0.lock().await;
    loop {
        tokio::select! {
            done = work.as_mut() => {
                keeper.finish(shared).await;
                return done;
            }
            () = keeper.turn(shared) => {}
        }
    }
}

impl Keeper {
    /// Writes a batch, or deletes what is too old. Dropped in the middle it loses nothing: what was taken out of the channel
    /// stays in `unwritten`, and what is written a second time changes nothing.
    async fn turn(&mut self, shared: &Shared) {
        let prune_at = self.prune_at.unwrap_or_else(|| shared.clock.instant());
        if self.unwritten.is_empty() {
            tokio::select! {
                biased;
                () = sleep_until(prune_at) => return self.prune(shared).await,
                // Never closed while the journal lives.
                _ = self.arriving.recv_many(&mut self.unwritten, 1) => {}
            }
        }
        let due = shared.clock.instant() + if self.is_failing { PAUSE } else { AGE };
        while let Some(room) = ROOM.checked_sub(self.unwritten.len()).filter(|room| *room > 0) {
            match timeout_at(due, self.arriving.recv_many(&mut self.unwritten, room)).await {
                Ok(taken) if taken > 0 => {}
                _ => break,
            }
        }
        if self.is_failing {
            sleep_until(due).await;
        }
        self.write(shared).await;
    }

    /// Writes all there is.
    async fn finish(&mut self, shared: &Shared) {
        while let Ok(record) = self.arriving.try_recv() {
            self.unwritten.push(record);
        }
        if !self.unwritten.is_empty() {
            self.write(shared).await;
        }
        if !self.unwritten.is_empty() {
            tracing::warn!(
                left_out = self.unwritten.len(),
                "requests are missing in the usage, which can't be written"
            );
        }
    }

    async fn write(&mut self, shared: &Shared) {
        let records = self.unwritten.clone();
        let zone = shared.snapshot.load().settings.limits.time_zone();
        match shared.database.run(move |connection| write::records(connection, &records, &zone)).await {
            Ok(()) => {
                self.unwritten.clear();
                self.is_failing = false;
                let left_out = self.left_out.swap(0, Ordering::Relaxed);
                if left_out > 0 {
                    shared.journal.metrics().count_missing(left_out);
                    tracing::warn!(left_out, "requests are missing in the usage: the database did not keep up");
                }
            }
            Err(error) => {
                if !self.is_failing {
                    tracing::warn!(%error, "usage can't be written; it is tried again every second");
                }
                self.is_failing = true;
            }
        }
    }

    /// Deletes a piece of what is too old. If there is more, it waits its turn: what comes in is written in between.
    async fn prune(&mut self, shared: &Shared) {
        let kept_ms = shared.snapshot.load().settings.usage_days.saturating_mul(DAY_MS);
        let before_unix_ms = shared.clock.unix_ms().saturating_sub(kept_ms);
        let deleted = shared.database.run(move |connection| write::prune(connection, before_unix_ms)).await;
        let has_more = deleted.unwrap_or_else(|error| {
            tracing::debug!(%error, "old usage is not deleted yet");
            false
        });
        self.prune_at = Some(shared.clock.instant() + if has_more { AGE } else { PRUNE });
    }
}

#[cfg(test)]
mod tests {
    use super::{write::tests::record, *};
    use crate::{database::Database, journal::Journal};
    use rusqlite::Connection;
    use std::path::Path;

    fn written(connection: &mut Connection) -> rusqlite::Result<u32> {
        connection.query_row("SELECT count(*) FROM usage", [], |row| row.get(0))
    }

    async fn wait_for(shared: &Shared, count: u32) {
        let enough = async { while shared.database.run(written).await.unwrap() != count {} };
        tokio::time::timeout(Duration::from_secs(10), enough).await.expect("they are written soon");
    }

    fn shared_in(folder: &Path) -> Arc<Shared> {
        let mut shared = Arc::into_inner(Shared::of_tests()).unwrap();
        shared.database = Database::open(Some(folder));
        Arc::new(shared)
    }

    #[tokio::test]
    async fn what_comes_is_written_in_a_moment_and_the_rest_at_the_end() {
        let shared = Shared::of_tests();
        let work = async {
            (0..10).for_each(|id| shared.journal.write(record(&id.to_string(), 0)));
            wait_for(&shared, 10).await;
            shared.journal.write(Record { model: None, upstream_calls: 0, ..record("a poll", 0) });
            shared.journal.write(record("last", 0));
            "done"
        };
        assert_eq!(keep_while(&shared, work).await, "done");
        assert_eq!(shared.database.run(written).await.unwrap(), 11);
        // Whoever comes after goes on where the first one was dropped.
        shared.journal.write(record("after", 0));
        keep_while(&shared, wait_for(&shared, 12)).await;
    }

    #[tokio::test]
    async fn what_is_taken_out_and_dropped_is_written_by_the_next() {
        let shared = Shared::of_tests();
        shared.journal.write(record("a", 0));
        let mut keeper = shared.usage.0.lock().await;
        while keeper.unwritten.is_empty() {
            let moment = Duration::from_millis(1);
            let _ = tokio::time::timeout(moment, keeper.turn(&shared)).await;
        }
        drop(keeper);
        keep_while(&shared, async {}).await;
        assert_eq!(shared.database.run(written).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn what_the_database_does_not_take_is_kept_for_the_next_time() {
        let folder = tempfile::tempdir().unwrap();
        let shared = shared_in(folder.path());
        let rename = |from: &str, to: &str| format!("ALTER TABLE {from} RENAME TO {to}");
        let (away, back) = (rename("usage_day", "x"), rename("x", "usage_day"));
        shared.database.run(move |connection| connection.execute(&away, [])).await.unwrap();
        shared.journal.write(record("a", 0));
        let mut keeper = shared.usage.0.lock().await;
        while !keeper.is_failing {
            keeper.turn(&shared).await;
        }
        shared.journal.write(record("b", 0));
        shared.database.run(move |connection| connection.execute(&back, [])).await.unwrap();
        assert_eq!(shared.database.run(written).await.unwrap(), 0, "all or none");
        drop(keeper);
        keep_while(&shared, wait_for(&shared, 2)).await;
        assert!(!shared.usage.0.lock().await.is_failing);
    }

    #[test]
    fn what_there_is_no_room_for_is_counted_and_holds_nobody_up() {
        let (ledger, intake) = Ledger::new();
        let journal = Journal::with_sinks([Box::new(intake) as _]);
        (0..ROOM + 3).for_each(|id| journal.write(record(&id.to_string(), 0)));
        let keeper = ledger.0.try_lock().unwrap();
        assert_eq!((keeper.arriving.len(), keeper.left_out.load(Ordering::Relaxed)), (ROOM, 3));
    }

    #[tokio::test]
    async fn while_much_is_deleted_what_comes_is_written() {
        let mut shared = Arc::into_inner(Shared::of_tests()).unwrap();
        shared.change(|snapshot| snapshot.settings.usage_days = 1);
        shared.clock = crate::clock::Clock::fixed(25 * 3_600);
        let (zone, many) = (jiff::tz::TimeZone::UTC, 12_000);
        let old: Vec<_> = (0..many).map(|id| Arc::new(record(&id.to_string(), 0))).collect();
        shared.database.run(move |connection| write::records(connection, &old, &zone)).await.unwrap();
        shared.journal.write(record("young", 24));
        let mut keeper = shared.usage.0.lock().await;
        keeper.turn(&shared).await;
        keeper.turn(&shared).await;
        let left = shared.database.run(written).await.unwrap();
        assert!(keeper.unwritten.is_empty() && keeper.arriving.is_empty() && left > 5_000, "{left}");
        drop(keeper);
        keep_while(&shared, wait_for(&shared, 1)).await;
    }

    #[tokio::test]
    async fn requests_older_than_the_setting_are_deleted_at_the_start() {
        let mut shared = Arc::into_inner(Shared::of_tests()).unwrap();
        // A day is kept, so what came in the first hour is just too old.
        shared.change(|snapshot| snapshot.settings.usage_days = 1);
        shared.clock = crate::clock::Clock::fixed(25 * 3_600);
        let zone = jiff::tz::TimeZone::UTC;
        let records: Vec<_> = [("old", 0), ("young", 1)].map(|(id, hour)| Arc::new(record(id, hour))).into();
        shared.database.run(move |connection| write::records(connection, &records, &zone)).await.unwrap();
        keep_while(&shared, wait_for(&shared, 1)).await;
        let sums = shared.database.run(|connection| totals(connection, By::Token, &Period::default())).await.unwrap();
        assert_eq!(sums[0].totals.requests, 2);
    }
}
