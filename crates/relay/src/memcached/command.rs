//! What a server can be asked, in memcached's classic text commands (`doc/protocol.txt` of memcached), which every version and
//! every proxy in front of it understands.

use std::{
    future::Future,
    io::{Error, ErrorKind, Result},
};

use memcache_async::ascii::Protocol;
use tokio::net::TcpStream;

/// A connection to a server.
pub(super) type Connection = Protocol<TcpStream>;

/// What can be sent over a connection, and what comes back.
pub(super) trait Command: Sync {
    /// What comes back.
    type Answer: Send;

    /// Whether it may be sent again when it is not known whether it was carried out: nothing may be forgiven twice.
    const MAY_REPEAT: bool = true;

    /// Sends it, and reads the answer to its end. After an error the connection can't be used any more.
    fn send(&self, connection: &mut Connection) -> impl Future<Output = Result<Self::Answer>> + Send;
}

/// Adds to a number, which is made if it is not there.
pub(super) struct Increment {
    pub(super) key: String,
    pub(super) by: u64,
    pub(super) keep: u32,
}

impl Command for Increment {
    type Answer = u64;

    async fn send(&self, connection: &mut Connection) -> Result<u64> {
        // Another relay may make the number in between, and it may end in between: once each.
        for _ in 0..2 {
            match connection.increment(&self.key, self.by).await {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                answer => return answer,
            }
            match connection.add(&self.key, self.by.to_string().as_bytes(), self.keep).await {
                Ok(()) => return Ok(self.by),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::other("it does not keep what it is given"))
    }
}

/// Takes from a number.
pub(super) struct Decrement {
    pub(super) key: String,
    pub(super) by: u64,
}

impl Command for Decrement {
    type Answer = u64;

    const MAY_REPEAT: bool = false;

    async fn send(&self, connection: &mut Connection) -> Result<u64> {
        match connection.decrement(&self.key, self.by).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
            answer => answer,
        }
    }
}

/// Reads numbers.
pub(super) struct Numbers {
    pub(super) keys: Vec<String>,
}

impl Command for Numbers {
    type Answer = Vec<u64>;

    async fn send(&self, connection: &mut Connection) -> Result<Vec<u64>> {
        let found = connection.get_multi(&self.keys).await?;
        let number = |key| found.get(key).map_or(Ok(0), |value: &Vec<u8>| number(value));
        self.keys.iter().map(number).collect()
    }
}

/// A number that has been taken from has spaces behind it.
fn number(value: &[u8]) -> Result<u64> {
    let number = str::from_utf8(value).ok().and_then(|text| text.trim_end().parse().ok());
    number.ok_or_else(|| Error::new(ErrorKind::InvalidData, "a number was expected"))
}

/// Reads a document and its version.
pub(super) struct Read {
    pub(super) key: String,
}

impl Command for Read {
    type Answer = Option<(Vec<u8>, u64)>;

    async fn send(&self, connection: &mut Connection) -> Result<Option<(Vec<u8>, u64)>> {
        match connection.gets_cas(&self.key).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Writes a document in place of a version, or where none is.
pub(super) struct Replace<'a> {
    pub(super) key: String,
    pub(super) value: &'a [u8],
    pub(super) cas: Option<u64>,
    pub(super) keep: u32,
}

impl Command for Replace<'_> {
    type Answer = bool;

    async fn send(&self, connection: &mut Connection) -> Result<bool> {
        let Some(cas) = self.cas else {
            return match connection.add(&self.key, self.value, self.keep).await {
                Ok(()) => Ok(true),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
                Err(error) => Err(error),
            };
        };
        match connection.cas(&self.key, self.value, cas, self.keep).await {
            // memcache-async 0.10 looks for "NOT FOUND" where memcached says "NOT_FOUND": the whole answer is the error's
            // text. Once it gives ErrorKind::NotFound, that is to be asked for instead.
            Err(error) if error.to_string().starts_with("NOT_FOUND") => Ok(false),
            answer => answer,
        }
    }
}
