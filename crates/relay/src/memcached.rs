//! memcached: small numbers and documents that several relays share.
//!
//! Whoever counts asks here, and gets an answer within a moment or hears that memcached is away; then the relay counts alone.
//! A server that fails again and again is left alone until a probe beside the requests finds it back, so that no request
//! waits for it. What is kept here may be gone at any time: memcached forgets when it is restarted and when it is full.
//! Keys and values hold nothing secret: they can be read by whoever reaches the servers. This room must never know what the
//! numbers count.

mod breaker;
mod command;
#[cfg(all(test, unix))]
#[path = "../../../tests/src/memcached.rs"]
#[expect(unreachable_pub, clippy::expect_used, reason = "it belongs to the tests of behaviours too")]
pub(crate) mod real;
mod server;
#[cfg(all(test, unix))]
mod tests;

use std::{fmt, sync::Arc, time::Duration};

use futures_util::future::{join_all, try_join_all};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use url::Url;

use breaker::PAUSE;
use command::{Decrement, Increment, Numbers, Read, Replace};
use server::{PATIENCE, Server};

/// The longest key memcached takes: 250 bytes, see `doc/protocol.txt` of memcached.
const LONGEST_KEY: usize = 250;

/// What all keys of relays begin with, because others may use the same servers.
const PREFIX: &str = "1mr/";

/// The servers, and the connections to them. Cloning gives another handle to the same ones.
#[derive(Clone)]
pub(crate) struct Memcached {
    servers: Arc<[Arc<Server>]>,
    changes: Arc<watch::Sender<u64>>,
    patience: Duration,
}

/// The server that would know is away, or did not answer in time. Whoever asked goes on without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("memcached is away")]
pub(crate) struct Away;

/// What is known of a memcached server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerState {
    /// Its name or address, and the port.
    pub name: String,
    /// Whether it is left alone until a probe finds it back.
    pub is_away: bool,
    /// What was wrong when it was last asked; `None`: nothing.
    pub problem: Option<String>,
}

impl Memcached {
    /// The servers of the setting; those that name no port have `port`. `None` without servers. Nothing is connected yet.
    #[must_use]
    pub(crate) fn new(servers: &[String], port: u16) -> Option<Self> {
        Self::with_patience(servers, port, PATIENCE)
    }

    /// The same, with another patience.
    pub(crate) fn with_patience(servers: &[String], port: u16, patience: Duration) -> Option<Self> {
        let changes = Arc::new(watch::Sender::new(0));
        let mut addresses: Vec<_> = servers.iter().filter_map(|server| address(server, port)).collect();
        addresses.sort();
        addresses.dedup();
        let server = |(host, port)| Arc::new(Server::new((host, port), patience, Arc::clone(&changes)));
        let servers: Arc<[_]> = addresses.into_iter().map(server).collect();
        (!servers.is_empty()).then_some(Self { servers, changes, patience })
    }

    /// How long a connection may take, and then an answer.
    #[must_use]
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// Adds to a number and gives the sum. A number that is not there begins at 0, and is forgotten after `keep`, however
    /// often it is added to. In the moment in which a connection breaks it may be added twice.
    ///
    /// # Errors
    /// [`Away`]; it is not known then whether the number was changed.
    pub(crate) async fn increment(&self, key: &str, by: u64, keep: Duration) -> Result<u64, Away> {
        self.server(key).ask(&Increment { key: wire_key(key), by, keep: seconds(keep) }).await
    }

    /// Takes from a number, never below 0, and gives what is left. A number that is not there stays so.
    ///
    /// # Errors
    /// [`Away`]; it is not known then whether the number was changed.
    pub(crate) async fn decrement(&self, key: &str, by: u64) -> Result<u64, Away> {
        self.server(key).ask(&Decrement { key: wire_key(key), by }).await
    }

    /// Reads numbers, in the order of the keys; 0 where none is. Keys that differ only in what follows their last `/` are
    /// read at one server, at once.
    ///
    /// # Errors
    /// [`Away`] when one of the servers is.
    pub(crate) async fn numbers(&self, keys: &[String]) -> Result<Vec<u64>, Away> {
        let mut groups: Vec<(&Arc<Server>, Vec<usize>)> = Vec::new();
        for (position, key) in keys.iter().enumerate() {
            let server = self.server(key);
            match groups.iter_mut().find(|(known, _)| Arc::ptr_eq(known, server)) {
                Some((_, positions)) => positions.push(position),
                None => groups.push((server, vec![position])),
            }
        }
        let parts = groups.into_iter().map(async |(server, positions)| {
            let command = Numbers { keys: positions.iter().map(|position| wire_key(&keys[*position])).collect() };
            let numbers = server.ask(&command).await?;
            Ok(positions.into_iter().zip(numbers).collect::<Vec<_>>())
        });
        let mut all = vec![0; keys.len()];
        for (position, number) in try_join_all(parts).await?.into_iter().flatten() {
            all[position] = number;
        }
        Ok(all)
    }

    /// Reads a document, and the number of its version for [`replace`](Self::replace).
    ///
    /// # Errors
    /// [`Away`].
    pub(crate) async fn read(&self, key: &str) -> Result<Option<(Vec<u8>, u64)>, Away> {
        self.server(key).ask(&Read { key: wire_key(key) }).await
    }

    /// Writes a document in place of the version `cas`, or where none may be yet, and says whether that was so. It is
    /// forgotten after `keep`.
    ///
    /// # Errors
    /// [`Away`]; it is not known then whether it was written.
    pub(crate) async fn replace(
        &self,
        key: &str,
        value: &[u8],
        cas: Option<u64>,
        keep: Duration,
    ) -> Result<bool, Away> {
        self.server(key).ask(&Replace { key: wire_key(key), value, cas, keep: seconds(keep) }).await
    }

    /// What is known of each server, without asking.
    #[must_use]
    pub(crate) fn state(&self) -> Vec<ServerState> {
        self.servers.iter().map(|server| server.state()).collect()
    }

    /// Asks each server whether it keeps things, also one that is away.
    pub(crate) async fn probe(&self) -> Vec<ServerState> {
        join_all(self.servers.iter().map(|server| server.probe())).await;
        self.state()
    }

    /// Looks for the servers that are away for as long as it is let run. Requests do so too, but none may come.
    pub(crate) async fn look_for_lost(&self) {
        loop {
            tokio::time::sleep(PAUSE).await;
            for server in self.servers.iter() {
                server.look();
            }
        }
    }

    /// A number that grows when a server goes away or comes back.
    #[must_use]
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The server of a key: the one with the highest score for it (rendezvous hashing), so that every relay finds the same
    /// whatever the order of its list, and another server more or less moves only what is its own.
    fn server(&self, key: &str) -> &Arc<Server> {
        let group = key.rsplit_once('/').map_or(key, |(group, _)| group);
        let others = self.servers[1..].iter();
        others.fold(&self.servers[0], |best, other| if score(other, group) > score(best, group) { other } else { best })
    }
}

impl fmt::Debug for Memcached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.servers.iter().map(|server| server.name())).finish()
    }
}

fn score(server: &Server, group: &str) -> [u8; 32] {
    Sha256::new().chain_update(server.name()).chain_update([0]).chain_update(group).finalize().into()
}

/// The host and the port of `cache.lan`, `10.0.0.5:11211` or `[::1]:11211`.
fn address(server: &str, port: u16) -> Option<(String, u16)> {
    let url = Url::parse(&format!("memcached://{server}")).ok()?;
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
    Some((host.to_ascii_lowercase(), url.port().unwrap_or(port)))
}

/// The key as memcached takes it: short, and without spaces or control characters, whatever it was made of.
fn wire_key(key: &str) -> String {
    if key.len() + PREFIX.len() <= LONGEST_KEY && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return format!("{PREFIX}{key}");
    }
    let hash: [u8; 32] = Sha256::digest(key).into();
    hash.iter().fold(PREFIX.to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// Seconds for memcached, which reads more than 30 days as a date, and 0 as for ever.
fn seconds(keep: Duration) -> u32 {
    const MOST: u32 = 30 * 24 * 60 * 60;
    u32::try_from(keep.as_secs()).map_or(MOST, |seconds| seconds.clamp(1, MOST))
}
