//! Where the relay keeps things: the data folder, the store, the database.

use std::{path::Path, time::Duration};

use rusqlite::Connection;

use super::Finding;
use crate::{
    cli::Context,
    database::{self, DatabaseError},
    relay::Relay,
    settings::StoreUrl,
};

/// How long a bucket may take.
const PATIENCE: Duration = Duration::from_secs(20);

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
    let is_own = *url == StoreUrl::DataFolder;
    let place = match &context.places.data_dir {
        _ if !is_own => url.to_string(),
        Some(_) => "in the data folder".to_owned(),
        None => "in memory".to_owned(),
    };
    let elsewhere = "Check RELAY_STORE_URL; the variables AWS_* say where a bucket is and who may use it";
    let advice = if is_own { MAKE_WRITABLE } else { elsewhere };
    let late = |_| Some(format!("it did not answer within {} s", PATIENCE.as_secs()));
    match tokio::time::timeout(PATIENCE, relay.store_problem()).await.unwrap_or_else(late) {
        None if is_own && !context.settings().memcached_servers.is_empty() => Finding::warning(
            NAME,
            format!("{place}, where the relays that share memcached can't find each other's files and results"),
            "Set RELAY_STORE_URL to a folder or a bucket that all of them share",
        ),
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
        Ok(Ok((problem, _))) if problem != "ok" => Finding::problem(NAME, format!("it is damaged: {problem}"), advice),
        Ok(Ok((_, requests))) => Finding::ok(NAME, format!("it is whole; {requests} requests of usage")),
        Ok(Err(cause)) => Finding::problem(NAME, format!("it can't be read: {cause}"), advice),
        Err(error @ DatabaseError::Later { .. }) => Finding::problem(NAME, error.to_string(), "Update the program"),
        Err(error) => Finding::problem(NAME, error.to_string(), advice),
    }
}

/// What SQLite says of the file, and how many requests are in it.
fn inside(connection: &Connection) -> rusqlite::Result<(String, i64)> {
    let check = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
    Ok((check, connection.query_row("SELECT count(*) FROM usage", [], |row| row.get(0))?))
}
