//! What the stand-in and the pass-through have in common: a bare HTTP/1 server on a free loopback port, which says
//! where it serves as the relay does.

use std::{
    io::{self, Write},
    net::Ipv4Addr,
};

use http::{Request, Response};
use http_body::Body;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use crate::failure::Failure;

/// Serves with `respond` until the process is ended.
pub(crate) async fn serve<R, F, B>(respond: R) -> Result<(), Failure>
where
    R: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<B>, Failure>> + Send,
    B: Body<Error: std::error::Error + Send + Sync, Data: Send> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    writeln!(io::stdout(), "serves http://{}/", listener.local_addr()?)?;
    let connections = TaskTracker::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let respond = respond.clone();
        connections.spawn(async move {
            // A client that leaves ends its connection, which is no failure of the server.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(respond)).await;
        });
    }
}
