//! Tokens in the database.

use rusqlite::{Connection, Row, types::Type};

use super::{Hash, Token, TokenInfo};

/// All of them, the oldest first.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<Token>> {
    let mut query = connection.prepare_cached(
        "SELECT id, name, hash, created_unix_ms, expires_unix_ms, models, requests_per_minute, concurrent_requests,
                credits_per_day, credits_per_month
         FROM tokens ORDER BY created_unix_ms, name",
    )?;
    query.query_map([], read)?.collect()
}

/// Writes a new one; whether its name was free.
pub(crate) fn insert(connection: &Connection, token: &Token) -> rusqlite::Result<bool> {
    let info = &token.info;
    let models = info.models.as_ref().map(|models| serde_json::json!(models).to_string());
    let rows = connection.execute(
        "INSERT INTO tokens (id, name, hash, created_unix_ms, expires_unix_ms, models, requests_per_minute,
                             concurrent_requests, credits_per_day, credits_per_month)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (name) DO NOTHING",
        (
            &info.id,
            &info.name,
            token.hash.as_bytes(),
            signed(info.created_unix_ms),
            info.expires_unix_ms.map(signed),
            models,
            info.requests_per_minute.map(signed),
            info.concurrent_requests.map(signed),
            info.credits_per_day.map(signed),
            info.credits_per_month.map(signed),
        ),
    )?;
    Ok(rows > 0)
}

/// Removes the one of this id or else of this name; whether there was one.
pub(crate) fn remove(connection: &Connection, id_or_name: &str) -> rusqlite::Result<bool> {
    let by = |column| connection.execute(column, [id_or_name]);
    Ok(by("DELETE FROM tokens WHERE id = ?1")? > 0 || by("DELETE FROM tokens WHERE name = ?1")? > 0)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Token> {
    let models: Option<String> = row.get(5)?;
    let models = models.map(|models| serde_json::from_str(&models)).transpose();
    let info = TokenInfo {
        id: row.get(0)?,
        name: row.get(1)?,
        created_unix_ms: number(row, 3)?.unwrap_or_default(),
        expires_unix_ms: number(row, 4)?,
        models: models.map_err(|error| rusqlite::Error::FromSqlConversionFailure(5, Type::Text, error.into()))?,
        requests_per_minute: number(row, 6)?,
        concurrent_requests: number(row, 7)?,
        credits_per_day: number(row, 8)?,
        credits_per_month: number(row, 9)?,
        is_shared: false,
    };
    Ok(Token { info, hash: Hash::from_bytes(row.get(2)?) })
}

fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<u64>> {
    let value: Option<i64> = row.get(column)?;
    let unsigned =
        |value: i64| u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value));
    value.map(unsigned).transpose()
}

/// No limit and no date is beyond what the database holds.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
