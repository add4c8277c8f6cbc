//! Binds, accepts and drains. What happens inside a connection is the router's.

mod reach;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use http::Request;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::util::MapRequest;

use crate::{router::Routes, settings::Host, task::Supervisor};

pub(crate) use reach::{keep_reachable, reachable};

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How often a port that is free on all addresses is looked for.
const FREE_PORT_TRIES: usize = 8;

/// How long to wait when the system has no more descriptors to give.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// Why an address could not be had.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program listens there.
    #[error(
        "port {port} of {address} is taken by another program. Stop that program, or choose another port (--port or PORT)."
    )]
    Taken {
        /// The address.
        address: IpAddr,
        /// The port.
        port: u16,
    },
    /// The system does not allow it.
    #[error("port {port} of {address} is not allowed for this user. Choose one above 1023 (--port or PORT).")]
    Forbidden {
        /// The address.
        address: IpAddr,
        /// The port.
        port: u16,
    },
    /// Anything else, most often an address that is not this machine's.
    #[error(
        "can't listen on {address}, port {port}: {source}. Choose an address of this machine (--host or RELAY_HOST)."
    )]
    Other {
        /// The address.
        address: IpAddr,
        /// The port.
        port: u16,
        /// The system's words.
        source: io::Error,
    },
}

/// Sockets that are bound but do not accept yet.
#[derive(Debug)]
pub(crate) struct Bound {
    listeners: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
}

/// Sockets that accept; dropping it stops accepting. Requests go on.
#[derive(Debug)]
pub(crate) struct Acceptor {
    addresses: Vec<SocketAddr>,
    stop: CancellationToken,
    sockets: TaskTracker,
}

/// The address at the other end of a request's connection; a proxy's, if it comes through one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Binds all addresses of `host`: the first must be had, further ones only if the machine has them. With port 0 all get
/// the port that the first was given.
pub(crate) async fn bind(host: Host, port: u16) -> Result<Bound, BindError> {
    // A free port of one address may be taken on the other; the system then gives another.
    for _ in 1..FREE_PORT_TRIES {
        match bind_all(host, port).await {
            Err(BindError::Taken { .. }) if port == 0 => {}
            bound => return bound,
        }
    }
    bind_all(host, port).await
}

async fn bind_all(host: Host, port: u16) -> Result<Bound, BindError> {
    let mut bound = Bound { listeners: Vec::new(), addresses: Vec::new() };
    for address in host.addresses() {
        let port = bound.addresses.first().map_or(port, SocketAddr::port);
        match bind_one(address, port).await {
            Ok((listener, address)) => {
                bound.listeners.push(listener);
                bound.addresses.push(address);
            }
            // A machine without IPv6; a port that is taken on ::1 alone is still an error, `localhost` may mean it.
            Err(BindError::Other { .. }) if !bound.listeners.is_empty() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(bound)
}

async fn bind_one(address: IpAddr, port: u16) -> Result<(TcpListener, SocketAddr), BindError> {
    let bind = async {
        let listener = TcpListener::bind((address, port)).await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    bind.await.map_err(|source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::Taken { address, port },
        io::ErrorKind::PermissionDenied => BindError::Forbidden { address, port },
        _ => BindError::Other { address, port, source },
    })
}

impl Bound {
    /// Begins to accept.
    pub(crate) fn serve(self, routes: &Routes, tasks: &Supervisor) -> Acceptor {
        let (stop, sockets) = (CancellationToken::new(), TaskTracker::new());
        for listener in self.listeners {
            let accept = accept(listener, routes.clone(), tasks.clone(), stop.clone());
            tasks.spawn(sockets.track_future(accept));
        }
        sockets.close();
        Acceptor { addresses: self.addresses, stop, sockets }
    }
}

impl Acceptor {
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Stops accepting, and waits until the addresses are free again.
    pub(crate) async fn close(&self) {
        self.stop.cancel();
        self.sockets.wait().await;
    }
}

impl Drop for Acceptor {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn accept(listener: TcpListener, routes: Routes, tasks: Supervisor, stop: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => tasks.spawn(serve(stream, peer, routes.clone(), tasks.clone(), stop.clone())),
            Err(error) if is_of_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "can't accept connections for now");
                tokio::time::sleep(EXHAUSTED).await;
            }
        }
    }
}

/// Whether the failed connection alone is meant, not the socket.
fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(error.kind(), Kind::ConnectionRefused | Kind::ConnectionAborted | Kind::ConnectionReset)
}

/// Serves one connection, HTTP/1 or HTTP/2 without TLS. When accepting stops, requests in flight are answered to their
/// end and an idle connection is closed.
async fn serve(stream: TcpStream, peer: SocketAddr, routes: Routes, tasks: Supervisor, stop: CancellationToken) {
    // hyper's own limit for the head begins with its first byte. A connection that says nothing must end too.
    let mut first = [0];
    let spoke = tokio::select! {
        () = stop.cancelled() => return,
        spoke = tokio::time::timeout(HEAD_TIMEOUT, stream.peek(&mut first)) => spoke,
    };
    if !matches!(spoke, Ok(Ok(1))) {
        return;
    }
    // Chunks are small and must leave at once.
    let _ = stream.set_nodelay(true);
    let mut builder = auto::Builder::new(tasks);
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    builder.http2().timer(TokioTimer::new());
    let service = MapRequest::new(routes, move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer.ip()));
        request
    });
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        time::Instant,
    };

    use super::*;
    use crate::{router, shared::Shared};

    /// How long a connection that sends only `bytes` is kept.
    async fn kept(bytes: &[u8]) -> Duration {
        let tasks = Supervisor::default();
        let routes = router::routes(&Shared::of_tests(), &tasks);
        let acceptor = bind(Host::Loopback, 0).await.unwrap().serve(&routes, &tasks);
        let mut client = TcpStream::connect(acceptor.addresses()[0]).await.unwrap();
        client.write_all(bytes).await.unwrap();
        let start = Instant::now();
        // Closed or reset: both end it.
        let _ = tokio::time::timeout(HEAD_TIMEOUT * 3, client.read_to_end(&mut Vec::new())).await;
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_does_not_ask_is_not_kept() {
        for bytes in [&b""[..], b"GET /health HT"] {
            let kept = kept(bytes).await;
            assert!(kept >= HEAD_TIMEOUT && kept < HEAD_TIMEOUT * 2, "{kept:?}");
        }
    }
}
