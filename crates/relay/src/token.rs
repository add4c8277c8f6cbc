//! Access tokens: who may use the stored key, and what each of them may do.
//!
//! A token is known by the hash of its secret, so that nothing that is kept opens anything. Tokens are in the database of this
//! machine and, where several relays share them, in a file. Both are held in memory and read again when they change, so that
//! a request waits for neither. This room must never know HTTP, or what a request asks.

pub(crate) mod file;
mod known;
pub(crate) mod row;
mod secret;

use std::path::PathBuf;

use serde::Serialize;

pub(crate) use known::{Tokens, keep};
pub use secret::Secret;
pub(crate) use secret::{Hash, is_token};

use crate::{database::DatabaseError, id};

/// The longest name, in characters.
const LONGEST_NAME: usize = 64;

/// What the id of a token begins with. No other owner's name does.
const ID_PREFIX: &str = "tok";

/// The largest limit: as many credits as the settings allow.
const LARGEST_LIMIT: u64 = 1_000_000_000_000;

/// What a token is made from. Limits that are `None` are those the settings have for every caller; 0 is no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewToken {
    /// Its name, for people.
    pub name: String,
    /// The models that may be asked with it, of those the settings allow; `None`: all of them.
    pub models: Option<Vec<String>>,
    /// Requests a minute.
    pub requests_per_minute: Option<u64>,
    /// Requests at the same time.
    pub concurrent_requests: Option<u64>,
    /// Credits of a day.
    pub credits_per_day: Option<u64>,
    /// Credits of a month.
    pub credits_per_month: Option<u64>,
    /// When it ends, milliseconds since 1970; `None`: never.
    pub expires_unix_ms: Option<u64>,
}

/// What is known of a token; nothing of it opens anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenInfo {
    /// Its id, letters and digits: the owner of what is stored for whoever sends it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it was made, milliseconds since 1970.
    pub created_unix_ms: u64,
    /// When it ends, milliseconds since 1970; `None`: never.
    pub expires_unix_ms: Option<u64>,
    /// The models that may be asked with it; `None`: all that the settings allow.
    pub models: Option<Vec<String>>,
    /// Requests a minute; `None`: as the settings have it, 0: no limit. So are the others.
    pub requests_per_minute: Option<u64>,
    /// Requests at the same time.
    pub concurrent_requests: Option<u64>,
    /// Credits of a day.
    pub credits_per_day: Option<u64>,
    /// Credits of a month.
    pub credits_per_month: Option<u64>,
    /// Whether it is from the file of tokens that several relays share.
    pub is_shared: bool,
}

/// A token as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) info: TokenInfo,
    hash: Hash,
}

/// Why a token can't be made, found or revoked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The name can't be one.
    #[error("a token's name has 1 to 64 characters, none of them a control character, and does not begin with 1mr-")]
    InvalidName,
    /// There is one of this name.
    #[error("there is a token named {name} already. Revoke it first, or choose another name.")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// The list of models is empty, or a name in it is.
    #[error("a token's list of models names at least one, such as gpt-4o-mini. Leave it out to allow all of them.")]
    InvalidModels,
    /// A limit is beyond anything.
    #[error("a token's limits are numbers from 0, which is no limit, to 1000000000000")]
    InvalidLimit,
    /// It would have ended already.
    #[error("a token's end must lie in the future")]
    AlreadyExpired,
    /// It is in the file, which may be another machine's.
    #[error("the token is in {}, from where a running relay takes none. Use 1min-relay token revoke with --file.", path.display())]
    Shared {
        /// The file.
        path: PathBuf,
    },
    /// The database did not do it.
    #[error("{cause}")]
    Database {
        /// Its words.
        cause: String,
    },
    /// The file of tokens can't be read or written.
    #[error("{}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
}

impl From<DatabaseError> for TokenError {
    fn from(error: DatabaseError) -> Self {
        Self::Database { cause: error.to_string() }
    }
}

impl TokenInfo {
    /// Whether its time is over at `now_unix_ms`.
    #[must_use]
    pub fn is_expired(&self, now_unix_ms: u64) -> bool {
        self.expires_unix_ms.is_some_and(|expires| expires <= now_unix_ms)
    }

    /// Whether `name` means this one.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.id == name || self.name == name
    }
}

impl Token {
    /// A new token, and its secret, which is never seen again.
    ///
    /// # Errors
    /// [`TokenError`] for a name, models, limits or an end that can't be.
    pub(crate) fn make(new: NewToken, now_unix_ms: u64) -> Result<(Self, Secret), TokenError> {
        let secret = Secret::random();
        let info = TokenInfo {
            id: id::random(ID_PREFIX),
            name: new.name.trim().to_owned(),
            created_unix_ms: now_unix_ms,
            expires_unix_ms: new.expires_unix_ms,
            models: new.models.map(|models| models.iter().map(|model| model.trim().to_owned()).collect()),
            requests_per_minute: new.requests_per_minute,
            concurrent_requests: new.concurrent_requests,
            credits_per_day: new.credits_per_day,
            credits_per_month: new.credits_per_month,
            is_shared: false,
        };
        let token = Self { info, hash: Hash::of(secret.reveal()) };
        token.check()?;
        if token.info.is_expired(now_unix_ms) {
            return Err(TokenError::AlreadyExpired);
        }
        Ok((token, secret))
    }

    /// Whether name, models and limits can be.
    fn check(&self) -> Result<(), TokenError> {
        let info = &self.info;
        let is_plain = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
        if !is_plain(&info.name) || info.name.chars().count() > LONGEST_NAME || is_token(&info.name) {
            return Err(TokenError::InvalidName);
        }
        if info.models.as_ref().is_some_and(|models| models.is_empty() || !models.iter().all(|model| is_plain(model))) {
            return Err(TokenError::InvalidModels);
        }
        let limits = [info.requests_per_minute, info.concurrent_requests, info.credits_per_day, info.credits_per_month];
        if limits.iter().flatten().any(|limit| *limit > LARGEST_LIMIT) {
            return Err(TokenError::InvalidLimit);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
