//! The tokens that are known now.

use std::{path::Path, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, watch};

use super::{Hash, NewToken, Secret, Token, TokenError, TokenInfo, file::SharedFile, row};
use crate::{database::Database, shared::Shared};

/// How often it is looked whether the file has changed, and whether a database can be read that could not.
const LOOK: Duration = Duration::from_millis(500);

/// How long a request that comes with the start waits for tokens to be read.
const FIRST: Duration = Duration::from_secs(10);

/// All tokens of the database and of the file.
#[derive(Debug)]
pub(crate) struct Tokens {
    database: Database,
    list: ArcSwap<Vec<Arc<Token>>>,
    /// Whether they have been read at all.
    is_read: watch::Sender<bool>,
    /// Held while something is read or written: what was read before must not go over what was read after.
    sources: Mutex<Sources>,
}

#[derive(Debug, Default)]
struct Sources {
    own: Vec<Arc<Token>>,
    file: SharedFile,
}

impl Tokens {
    /// None yet: they are read by [`keep`], or when they are asked for.
    pub(crate) fn new(database: Database) -> Self {
        let is_read = watch::Sender::new(false);
        Self { database, list: ArcSwap::default(), is_read, sources: Mutex::default() }
    }

    /// Reads all of them; `file` is where those are that several relays share. A file that can't be read leaves its old ones
    /// in force, and is said in the log.
    ///
    /// # Errors
    /// [`TokenError::Database`]; the old ones are in force then.
    pub(crate) async fn read(&self, file: Option<&Path>) -> Result<(), TokenError> {
        let mut sources = self.sources.lock().await;
        sources.file.read(file).await;
        let own = self.database.run(|connection| row::all(connection)).await;
        // What is in the file counts whatever the database says.
        let result = own.map(|own| sources.own = own.into_iter().map(Arc::new).collect());
        self.show(&sources);
        Ok(result?)
    }

    /// Reads those of the file, if it has changed.
    async fn read_file(&self, file: Option<&Path>) {
        let mut sources = self.sources.lock().await;
        if sources.file.read(file).await {
            self.show(&sources);
        }
    }

    fn show(&self, sources: &Sources) {
        self.list.store(Arc::new(sources.own.iter().chain(sources.file.tokens()).map(Arc::clone).collect()));
        self.is_read.send_replace(true);
    }

    /// Makes one, and gives its secret.
    ///
    /// # Errors
    /// [`TokenError`]; nothing was made then.
    pub(crate) async fn add(&self, new: NewToken, now_unix_ms: u64) -> Result<(TokenInfo, Secret), TokenError> {
        let (token, secret) = Token::make(new, now_unix_ms)?;
        let info = token.info.clone();
        let mut sources = self.sources.lock().await;
        let (is_free, own) =
            self.database.run(move |connection| Ok((row::insert(connection, &token)?, row::all(connection)?))).await?;
        sources.own = own.into_iter().map(Arc::new).collect();
        self.show(&sources);
        if is_free { Ok((info, secret)) } else { Err(TokenError::NameTaken { name: info.name }) }
    }

    /// Revokes the one of this id or name; whether there was one.
    ///
    /// # Errors
    /// [`TokenError`]; it is in force then.
    pub(crate) async fn revoke(&self, id_or_name: &str) -> Result<bool, TokenError> {
        let mut sources = self.sources.lock().await;
        let name = id_or_name.to_owned();
        let (was_there, own) =
            self.database.run(move |connection| Ok((row::remove(connection, &name)?, row::all(connection)?))).await?;
        sources.own = own.into_iter().map(Arc::new).collect();
        self.show(&sources);
        match sources.file.path().filter(|_| !was_there) {
            Some(path) if sources.file.tokens().any(|token| token.info.is_called(id_or_name)) => {
                Err(TokenError::Shared { path: path.to_owned() })
            }
            _ => Ok(was_there),
        }
    }

    /// What is known of each.
    pub(crate) fn infos(&self) -> Vec<TokenInfo> {
        self.list.load().iter().map(|token| token.info.clone()).collect()
    }

    /// Whether there is one that is good at `now_unix_ms`.
    pub(crate) fn has_any(&self, now_unix_ms: u64) -> bool {
        self.list.load().iter().any(|token| !token.info.is_expired(now_unix_ms))
    }

    /// The token of this secret, also if its time is over.
    pub(crate) async fn find(&self, secret: &str) -> Option<Arc<Token>> {
        if !*self.is_read.borrow() {
            let mut is_read = self.is_read.subscribe();
            let _ = tokio::time::timeout(FIRST, is_read.wait_for(|is_read| *is_read)).await;
        }
        let hash = Hash::of(secret);
        // All of them are looked at: how long it takes tells nothing.
        let mut found = None;
        for token in self.list.load().iter() {
            if token.hash.is(&hash) {
                found = found.or_else(|| Some(Arc::clone(token)));
            }
        }
        found
    }
}

/// Reads the tokens, and again whenever another process has written into the database, or the file has changed. What could
/// not be read is tried again until it can be: a token that was revoked must not stay in force.
pub(crate) async fn keep(shared: Arc<Shared>) {
    let file = || shared.snapshot.load().settings.tokens_file.clone();
    let mut changes = shared.database.changes();
    let (mut is_watched, mut is_read) = (true, true);
    loop {
        changes.borrow_and_update();
        let read = shared.tokens.read(file().as_deref()).await;
        if let Err(error) = &read
            && is_read
        {
            tracing::warn!(%error, "the tokens of the database can't be read; it is tried again");
        }
        is_read = read.is_ok();
        loop {
            tokio::select! {
                changed = changes.changed(), if is_watched => {
                    // Who writes there has ended: nothing comes any more.
                    is_watched = changed.is_ok();
                    break;
                }
                () = tokio::time::sleep(LOOK) => {
                    if !is_read {
                        break;
                    }
                    shared.tokens.read_file(file().as_deref()).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_could_not_be_read_is_tried_again() {
        let shared = Shared::of_tests();
        let (token, secret) = Token::make(NewToken { name: "ann".into(), ..NewToken::default() }, 5).unwrap();
        let database = &shared.database;
        let rename = |from: &str, to: &str| format!("ALTER TABLE {from} RENAME TO {to}");
        let (away, back) = (rename("tokens", "x"), rename("x", "tokens"));
        database.run(move |connection| row::insert(connection, &token)).await.unwrap();
        database.run(move |connection| connection.execute(&away, [])).await.unwrap();
        let found = async {
            assert!(shared.tokens.find(secret.reveal()).await.is_none(), "it can't be read");
            // Nobody else writes: there is no change that would be heard of.
            database.run(move |connection| connection.execute(&back, [])).await.unwrap();
            while shared.tokens.find(secret.reveal()).await.is_none() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            found = tokio::time::timeout(Duration::from_secs(10), found) => found.expect("it is found soon"),
            () = keep(Arc::clone(&shared)) => {}
        }
    }
}
