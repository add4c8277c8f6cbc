//! `relay.sqlite`: the tokens and the usage of this machine.
//!
//! One thread owns the connection, so that no request ever waits for a disk: whoever needs the database sends it work, and
//! awaits the answer where there is one. Between two pieces of work the thread looks whether another process has written:
//! the program's `token` and `usage` commands open the same file. Opening is the thread's too, off the path of the start.
//! This room must never know what the tables mean.

mod schema;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::mpsc,
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::{oneshot, watch};

use crate::task;

/// The name of the file in the data folder.
const FILE: &str = "relay.sqlite";

/// How often the thread looks whether another process has written.
const LOOK: Duration = Duration::from_millis(250);

/// How long to wait while another process writes.
const BUSY: Duration = Duration::from_secs(5);

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    /// SQLite says no.
    #[error("{}: {cause}. Check that the folder can be written and that its disk is not full.", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// SQLite's words.
        cause: rusqlite::Error,
    },
    /// A later version has written it.
    #[error("{} was written by a later 1min Relay. Update this one, or choose another folder (RELAY_DATA_DIR).", path.display())]
    Later {
        /// The file.
        path: PathBuf,
    },
    /// The folder can't be made, or the file not kept from others.
    #[error("{}: {cause}. Check that the folder can be written.", path.display())]
    Folder {
        /// The file.
        path: PathBuf,
        /// The system's words.
        cause: std::io::Error,
    },
    /// The thread that owns it has ended, which only a bug does.
    #[error("the database of tokens and usage is closed. Restart the relay.")]
    Closed,
}

/// What the thread does. It never sees a database that could not be opened.
type Work = Box<dyn FnOnce(Result<&mut Connection, &DatabaseError>) + Send>;

/// The database. Cloning gives another handle to the same thread, which ends with the last one.
#[derive(Clone)]
pub(crate) struct Database {
    work: mpsc::Sender<Work>,
    changes: watch::Receiver<u64>,
}

impl Database {
    /// Begins to open the database of this folder; without one it is in memory, and is gone with the relay.
    #[must_use]
    pub(crate) fn open(data_dir: Option<&Path>) -> Self {
        let path = data_dir.map(|folder| folder.join(FILE));
        let (work, queue) = mpsc::channel();
        let (changed, changes) = watch::channel(0);
        task::own_thread("database", move || serve(path.as_deref(), &queue, &changed));
        Self { work, changes }
    }

    /// Does `work` on the thread of the database, after all that was asked before.
    ///
    /// # Errors
    /// [`DatabaseError`] when it could not be opened or the work failed.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let (answer, answered) = oneshot::channel();
        let work = move |connection: Result<&mut Connection, &DatabaseError>| {
            let result = match connection {
                Ok(connection) => work(connection).map_err(|cause| failed(connection, cause)),
                Err(error) => Err(error.again()),
            };
            // Who asked may have left.
            let _ = answer.send(result);
        };
        self.work.send(Box::new(work)).map_err(|_| DatabaseError::Closed)?;
        answered.await.map_err(|_| DatabaseError::Closed)?
    }

    /// A number that grows once the database is open, and whenever another process has written into it.
    #[must_use]
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Database")
    }
}

impl DatabaseError {
    /// The same, for the next one who asks.
    fn again(&self) -> Self {
        let (path, cause) = match self {
            Self::Failed { path, cause } => (path, cause.to_string()),
            Self::Folder { path, cause } => (path, cause.to_string()),
            Self::Later { path } => return Self::Later { path: path.clone() },
            Self::Closed => return Self::Closed,
        };
        Self::Folder { path: path.clone(), cause: std::io::Error::other(cause) }
    }
}

/// Whether this folder has a database.
pub(crate) fn is_there(data_dir: &Path) -> bool {
    data_dir.join(FILE).exists()
}

/// Opens the database of this folder for a command that runs beside a relay, and brings its tables up to date.
///
/// # Errors
/// [`DatabaseError`] when it can't be opened.
pub(crate) fn connect(data_dir: &Path) -> Result<Connection, DatabaseError> {
    open(Some(&data_dir.join(FILE)))
}

/// Opens the database of this folder for a command that adds nothing. `None`: there is none, and none is made in a folder that
/// may be a slip of the pen.
///
/// # Errors
/// [`DatabaseError`] when it can't be opened.
pub(crate) fn connect_to_known(data_dir: &Path) -> Result<Option<Connection>, DatabaseError> {
    if is_there(data_dir) { connect(data_dir).map(Some) } else { Ok(None) }
}

/// One in memory, with nothing in it.
///
/// # Errors
/// [`DatabaseError`] when there is no memory for it.
pub(crate) fn empty() -> Result<Connection, DatabaseError> {
    open(None)
}

fn open(path: Option<&Path>) -> Result<Connection, DatabaseError> {
    let shown = path.unwrap_or(Path::new("the database in memory"));
    if let Some(path) = path {
        make_private(path).map_err(|cause| DatabaseError::Folder { path: path.to_owned(), cause })?;
    }
    let opened = || {
        let mut connection = match path {
            Some(path) => {
                let flags =
                    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                Connection::open_with_flags(path, flags)?
            }
            None => Connection::open_in_memory()?,
        };
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A power cut may lose the last second, which a crash of the relay does not; the file stays whole in both.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        let is_known = schema::migrate(&mut connection)?;
        Ok(is_known.then_some(connection))
    };
    let connection = opened().map_err(|cause| DatabaseError::Failed { path: shown.to_owned(), cause })?;
    connection.ok_or_else(|| DatabaseError::Later { path: shown.to_owned() })
}

/// Makes the folder and the file, for nobody else to read; SQLite gives its other files the same rights.
fn make_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Why work on this connection failed.
pub(crate) fn failed(connection: &Connection, cause: rusqlite::Error) -> DatabaseError {
    let path = connection.path().filter(|path| !path.is_empty()).unwrap_or("the database in memory");
    DatabaseError::Failed { path: path.into(), cause }
}

/// The thread: opens, then works until nobody holds a handle.
fn serve(path: Option<&Path>, queue: &mpsc::Receiver<Work>, changed: &watch::Sender<u64>) {
    let mut connection = open(path);
    match &connection {
        Ok(_) => changed.send_modify(|count| *count += 1),
        Err(error) => tracing::warn!(%error, "tokens are not known and usage is not kept"),
    }
    let mut version = connection.as_ref().ok().and_then(data_version);
    loop {
        match queue.recv_timeout(LOOK) {
            Ok(work) => work(connection.as_mut().map_err(|error| &*error)),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        }
        let now = connection.as_ref().ok().and_then(data_version);
        if now != version {
            version = now;
            changed.send_modify(|count| *count += 1);
        }
    }
}

/// What changes when another connection has written, and not when this one has.
fn data_version(connection: &Connection) -> Option<i64> {
    connection.pragma_query_value(None, "data_version", |row| row.get(0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(connection: &mut Connection) -> rusqlite::Result<Vec<String>> {
        let mut query = connection.prepare("SELECT name FROM meta ORDER BY name")?;
        query.query_map([], |row| row.get(0))?.collect()
    }

    fn put(connection: &Connection, name: &str) -> rusqlite::Result<usize> {
        connection.execute("INSERT INTO meta (name, value) VALUES (?1, '')", [name])
    }

    #[tokio::test]
    async fn work_is_done_in_order_and_another_process_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = folder.path().join("new");
        let database = Database::open(Some(&data_dir));
        let mut changes = database.changes();
        changes.wait_for(|count| *count == 1).await.unwrap();
        database.run(|connection| put(connection, "a")).await.unwrap();
        assert_eq!(*changes.borrow_and_update(), 1, "its own writing is no news");
        put(&connect(&data_dir).unwrap(), "b").unwrap();
        changes.wait_for(|count| *count == 2).await.unwrap();
        assert_eq!(database.run(names).await.unwrap(), ["a", "b"]);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn its_files_are_for_nobody_else() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(Some(folder.path()));
        database.run(|connection| put(connection, "a")).await.unwrap();
        let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
        assert!(files.len() >= 2, "WAL is on: {files:?}");
        for file in files {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_opened_says_so_each_time_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        fs::write(&path, "this is no database, and long enough to be seen as none").unwrap();
        let database = Database::open(Some(folder.path()));
        for _ in 0..2 {
            let error = database.run(names).await.unwrap_err().to_string();
            assert!(error.contains("relay.sqlite") && error.contains("not a database"), "{error}");
        }
        assert!(fs::read_to_string(&path).unwrap().starts_with("this is no database"));
        assert_eq!(*database.changes().borrow(), 0);
    }

    #[tokio::test]
    async fn without_a_folder_it_is_in_memory() {
        let database = Database::open(None);
        database.run(|connection| put(connection, "a")).await.unwrap();
        assert_eq!(database.run(names).await.unwrap(), ["a"]);
    }
}
