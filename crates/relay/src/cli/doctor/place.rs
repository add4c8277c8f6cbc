//! Where the relay keeps things: the data folder, the store, the database.

use std::path::Path;

use rusqlite::Connection;

use super::Finding;
use crate::{
    cli::Context,
    database::{self, DatabaseError},
    relay::Relay,
    settings::StoreUrl,
};

/// What to do where a folder can't be written.
const MAKE_WRITABLE: &str =
    "Let this user write there and make room on the disk, or choose another folder with RELAY_DATA_DIR";

/// The data folder: can it be written?
pub(super) fn data_folder(context: &Context) -> Finding {
    const NAME: &str = "Data folder";
    let Some(folder) = &context.places.data_dir else {
        return Finding::warning(NAME, "the system names none, so nothing is kept", "Set RELAY_DATA_DIR");
    };
    let can_write = |folder: &Path| std::fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder));
    match can_write(folder) {
        Ok(_) => Finding::ok(NAME, folder.display().to_string()),
        Err(error) => Finding::problem(NAME, format!("{} can't be written: {error}", folder.display()), MAKE_WRITABLE),
    }
}

/// The store: something is written, read and thrown away.
pub(super) async fn store(context: &Context, relay: &Relay) -> Finding {
    const NAME: &str = "Store";
    let url = &context.settings().store_url;
    let place = match url {
        StoreUrl::DataFolder if context.places.data_dir.is_none() => "in memory".to_owned(),
        StoreUrl::DataFolder => "in the data folder".to_owned(),
        elsewhere => elsewhere.to_string(),
    };
    let advice = match url {
        StoreUrl::DataFolder => MAKE_WRITABLE,
        _ => "Check RELAY_STORE_URL; the variables AWS_* say where a bucket is and who may use it",
    };
    match relay.store_problem().await {
        None => Finding::ok(NAME, format!("{place}; it can be written and read")),
        Some(problem) => Finding::problem(NAME, format!("{place}; nothing can be kept there: {problem}"), advice),
    }
}

/// The database: is it whole, and what is in it?
pub(super) fn database(context: &Context) -> Finding {
    const NAME: &str = "Database";
    let Some(folder) = &context.places.data_dir else {
        return Finding::ok(NAME, "in memory, because there is no data folder");
    };
    if !database::is_there(folder) {
        return Finding::ok(NAME, "there is none yet; the relay makes it");
    }
    let advice = "Stop the relay, set the file aside and start again: tokens are made anew and usage begins anew";
    match database::connect(folder).map(|connection| inside(&connection)) {
        Ok(Ok((problem, _, _))) if problem != "ok" => {
            Finding::problem(NAME, format!("it is damaged: {problem}"), advice)
        }
        Ok(Ok((_, tokens, requests))) => {
            Finding::ok(NAME, format!("it is whole; {tokens} access tokens, {requests} requests of usage"))
        }
        Ok(Err(cause)) => Finding::problem(NAME, format!("it can't be read: {cause}"), advice),
        Err(error @ DatabaseError::Later { .. }) => Finding::problem(NAME, error.to_string(), "Update the program"),
        Err(error) => Finding::problem(NAME, error.to_string(), advice),
    }
}

/// What SQLite says of the file, and how many tokens and requests are in it.
fn inside(connection: &Connection) -> rusqlite::Result<(String, i64, i64)> {
    let check = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    let count = |table: &str| connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0));
    Ok((check, count("tokens")?, count("usage")?))
}
