//! One memcached server: its connections, and whether it is left alone.

use std::{
    future::Future,
    io::{Error, ErrorKind, Result},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    net::TcpStream,
    sync::{Semaphore, watch},
};

use super::{
    Away, PREFIX, ServerState,
    breaker::{Breaker, Verdict},
    command::{Command, Connection, Increment},
};
use crate::{clock::Clock, task};

/// How long a connection may take, and then an answer. A server in the same network takes a thousandth of it.
pub(super) const PATIENCE: Duration = Duration::from_millis(250);

/// How many connections there are at most; whoever finds them all in use waits for one as long as for an answer.
const CONNECTIONS: usize = 16;

/// A server.
pub(super) struct Server {
    name: String,
    host: String,
    port: u16,
    patience: Duration,
    idle: Mutex<Vec<Connection>>,
    slots: Semaphore,
    breaker: Mutex<Breaker>,
    changes: Arc<watch::Sender<u64>>,
}

impl Server {
    pub(super) fn new((host, port): (String, u16), patience: Duration, changes: Arc<watch::Sender<u64>>) -> Self {
        let name = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        let (idle, slots) = (Mutex::default(), Semaphore::new(CONNECTIONS));
        Self { name, host, port, patience, idle, slots, breaker: Mutex::default(), changes }
    }

    /// Its name or address, and the port.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn state(&self) -> ServerState {
        let breaker = self.breaker();
        let problem = breaker.problem().map(str::to_owned);
        ServerState { name: self.name.clone(), is_away: breaker.is_open(), problem }
    }

    /// Asks the server, unless it is left alone.
    pub(super) async fn ask<C: Command>(self: &Arc<Self>, command: &C) -> std::result::Result<C::Answer, Away> {
        if !self.look() {
            return Err(Away);
        }
        // A full pool is our haste, and no failure of the server.
        let Ok(Ok(_slot)) = tokio::time::timeout(self.patience, self.slots.acquire()).await else { return Err(Away) };
        // Those before may have found that it is away.
        if self.breaker().is_open() {
            return Err(Away);
        }
        let result = self.carry_out(command).await;
        self.note(result.as_ref().err());
        result.map_err(|_| Away)
    }

    /// Whether the server may be asked; begins the probe of one that is left alone, when it is due.
    pub(super) fn look(self: &Arc<Self>) -> bool {
        let verdict = self.breaker().verdict(Clock::system().instant());
        if verdict == Verdict::Probe {
            let server = Arc::clone(self);
            task::errand(async move { server.probe().await });
        }
        verdict == Verdict::Ask
    }

    /// Asks whether the server keeps things, on a connection of its own, even if it is left alone.
    pub(super) async fn probe(&self) {
        let command = Increment { key: format!("{PREFIX}probe"), by: 1, keep: 60 };
        let result = async {
            let mut connection = self.connect().await?;
            self.in_time(command.send(&mut connection)).await
        };
        let result = result.await;
        self.note(result.as_ref().err());
    }

    async fn carry_out<C: Command>(&self, command: &C) -> Result<C::Answer> {
        let idle = self.idle().pop();
        if let Some(mut connection) = idle {
            match self.in_time(command.send(&mut connection)).await {
                // The server has closed it since, perhaps because it was restarted: then all of them are closed.
                Err(error) if is_cut(&error) => {
                    self.idle().clear();
                    if !C::MAY_REPEAT {
                        return Err(error);
                    }
                }
                result => return self.keep(connection, result),
            }
        }
        let mut connection = self.connect().await?;
        let result = self.in_time(command.send(&mut connection)).await;
        self.keep(connection, result)
    }

    async fn connect(&self) -> Result<Connection> {
        let stream = self.in_time(TcpStream::connect((self.host.as_str(), self.port))).await?;
        stream.set_nodelay(true)?;
        Ok(Connection::new(stream))
    }

    /// Keeps a connection for the next one; after an error nobody knows what would come out of it.
    fn keep<T>(&self, connection: Connection, result: Result<T>) -> Result<T> {
        if result.is_ok() {
            self.idle().push(connection);
        }
        result
    }

    /// Notes how it went, and says when the server goes away and comes back.
    fn note(&self, error: Option<&Error>) {
        let Some(error) = error else {
            if self.breaker().succeed() {
                tracing::info!(server = self.name, "memcached is back");
                self.changes.send_modify(|count| *count += 1);
            }
            return;
        };
        let problem = error.to_string().trim_end().to_owned();
        let has_gone = self.breaker().fail(Clock::system().instant(), problem.clone());
        if has_gone {
            self.idle().clear();
            tracing::warn!(server = self.name, problem, "memcached is away; this relay counts alone until it is back");
            self.changes.send_modify(|count| *count += 1);
        }
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let late = |_| Error::new(ErrorKind::TimedOut, format!("no answer within {} ms", self.patience.as_millis()));
        tokio::time::timeout(self.patience, work).await.unwrap_or_else(|elapsed| Err(late(elapsed)))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_cut(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted
    )
}
