//! The tables, and how an older file gets them.

use rusqlite::{Connection, TransactionBehavior};

/// What made each version out of the one before. Only ever added to: files of every version are out there.
const STEPS: &[&str] = &["
    CREATE TABLE meta (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT;

    CREATE TABLE tokens (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        hash BLOB NOT NULL UNIQUE,
        created_unix_ms INTEGER NOT NULL,
        expires_unix_ms INTEGER,
        -- A JSON list of names; NULL: all that the relay allows.
        models TEXT,
        -- NULL: as the settings have it for every caller. 0: no limit.
        requests_per_minute INTEGER,
        concurrent_requests INTEGER,
        credits_per_day INTEGER,
        credits_per_month INTEGER
    ) STRICT;

    -- The requests that asked 1min.ai or named a model; what was said is in none of it.
    CREATE TABLE usage (
        id TEXT PRIMARY KEY,
        arrived_unix_ms INTEGER NOT NULL,
        owner TEXT,
        token TEXT,
        route TEXT NOT NULL,
        dialect TEXT NOT NULL,
        model_asked TEXT,
        -- NULL: 1min.ai was not asked.
        model_used TEXT,
        is_streaming INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        status INTEGER,
        error TEXT,
        upstream_calls INTEGER NOT NULL,
        prompt_tokens INTEGER,
        completion_tokens INTEGER,
        tokens_estimated INTEGER NOT NULL,
        credits REAL,
        credits_estimated INTEGER NOT NULL,
        queued_ms INTEGER,
        accepted_ms INTEGER,
        duration_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX usage_by_time ON usage (arrived_unix_ms);

    -- Their sums, which stay longer. Text that a request does not have is empty here.
    CREATE TABLE usage_day (
        day TEXT NOT NULL,
        -- When the day began where the relay is.
        began_unix_ms INTEGER NOT NULL,
        owner TEXT NOT NULL,
        token TEXT NOT NULL,
        dialect TEXT NOT NULL,
        model TEXT NOT NULL,
        requests INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        left_by_client INTEGER NOT NULL,
        prompt_tokens INTEGER NOT NULL,
        completion_tokens INTEGER NOT NULL,
        -- How many of these tokens and credits are estimates.
        tokens_estimated INTEGER NOT NULL,
        credits REAL NOT NULL,
        credits_estimated REAL NOT NULL,
        duration_ms INTEGER NOT NULL,
        PRIMARY KEY (day, owner, token, dialect, model)
    ) STRICT, WITHOUT ROWID;
"];

/// Brings the tables up to date, and says whether they are now what this version knows: a file of a later one is left as
/// it is.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<bool> {
    let latest = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    // Two processes may open a new file at the same moment.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > latest {
        return Ok(false);
    }
    for (_, step) in (0..).zip(STEPS).filter(|(number, _)| *number >= version) {
        transaction.execute_batch(step)?;
    }
    if version < latest {
        transaction.pragma_update(None, "user_version", latest)?;
    }
    transaction.commit()?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_brought_up_to_date_once_and_a_later_one_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert!(migrate(&mut connection).unwrap());
        assert!(migrate(&mut connection).unwrap());
        connection.pragma_update(None, "user_version", 1_000).unwrap();
        assert!(!migrate(&mut connection).unwrap());
    }
}
