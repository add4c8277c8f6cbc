//! An upstream that sends the very bytes it is given and ends the connection as it is told: for what no HTTP server would
//! do. It keeps a ledger as the stand-in does.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use mock_onemin::{Counts, wire};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

use super::case::TEXT;

/// What comes instead of an answer.
#[derive(Debug, Clone)]
pub(super) struct Play {
    /// The head, or some of it, and what follows.
    pub(super) bytes: Vec<u8>,
    /// So many MiB more.
    pub(super) flood_mib: usize,
    pub(super) end: End,
}

/// What the connection does when everything is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It is closed.
    Close,
    /// It is reset; what was said before still arrives.
    Reset,
    /// It stays, silent, until the client leaves.
    Hang,
    /// It stays and goes on with this for ever.
    Drip(&'static str),
}

/// The time between two drops, far below any limit.
const DRIP: Duration = Duration::from_millis(20);

/// A running upstream; dropping it stops it.
#[derive(Debug)]
pub(super) struct Bare {
    pub(super) address: SocketAddr,
    stage: Arc<Stage>,
    _tasks: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Stage {
    next: Mutex<Option<Play>>,
    counts: watch::Sender<Counts>,
}

impl Bare {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stage = Arc::new(Stage::default());
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&stage)));
        Self { address, stage, _tasks: tasks }
    }

    /// Plays this for the next call; those after it get a good answer.
    pub(super) fn play(&self, play: Play) {
        *self.stage.next.lock().unwrap() = Some(play);
    }

    pub(super) fn counts(&self) -> Counts {
        *self.stage.counts.borrow()
    }

    /// Waits until no call is open.
    pub(super) async fn closed(&self) {
        let mut counts = self.stage.counts.subscribe();
        counts.wait_for(|counts| counts.open == 0).await.unwrap();
    }
}

async fn accept(listener: TcpListener, stage: Arc<Stage>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        connections.spawn(serve(stream, Arc::clone(&stage)));
    }
}

async fn serve(mut stream: TcpStream, stage: Arc<Stage>) {
    let Ok(is_streaming) = read_request(&mut stream).await else { return };
    stage.counts.send_modify(|counts| counts.open += 1);
    let next = stage.next.lock().unwrap().take();
    let play = next.unwrap_or_else(|| good(is_streaming));
    let was_left = say(&mut stream, &play).await.is_err();
    drop(stream);
    stage.counts.send_modify(|counts| {
        counts.open -= 1;
        if was_left {
            counts.cancelled += 1;
        } else {
            counts.finished += 1;
        }
    });
}

/// Reads a request to its end, so that closing the connection is a close and not a reset; whether it asks for a stream.
async fn read_request(stream: &mut TcpStream) -> io::Result<bool> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")).unwrap();
    let mut body = vec![0; length.trim().parse().unwrap()];
    reader.read_exact(&mut body).await?;
    Ok(head.lines().next().unwrap().contains("isstreaming=true"))
}

/// Says it all; an error means that the client left first.
async fn say(stream: &mut TcpStream, play: &Play) -> io::Result<()> {
    stream.write_all(&play.bytes).await?;
    let flood = vec![b'x'; 1 << 20];
    for _ in 0..play.flood_mib {
        stream.write_all(&flood).await?;
    }
    match play.end {
        End::Close => Ok(()),
        End::Reset => stream.set_zero_linger(),
        End::Hang => left(stream).await,
        End::Drip(drop) => loop {
            if let Ok(left) = tokio::time::timeout(DRIP, left(stream)).await {
                return left;
            }
            stream.write_all(drop.as_bytes()).await?;
        },
    }
}

/// Waits until the client closes the connection.
async fn left(stream: &mut TcpStream) -> io::Result<()> {
    while stream.read(&mut [0; 64]).await? > 0 {}
    Err(io::ErrorKind::ConnectionAborted.into())
}

/// A head with this content type, and its chunked body.
pub(super) fn head(is_streaming: bool) -> String {
    let kind = if is_streaming { "text/event-stream" } else { "application/json" };
    format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n")
}

/// A piece of a chunked body; an empty one ends it.
pub(super) fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

/// A good record.
pub(super) fn record() -> Value {
    wire::record("gpt-4o-mini", "x", TEXT, &wire::metadata(98, 3, 45))
}

fn good(is_streaming: bool) -> Play {
    let body = if is_streaming {
        [wire::content_frame(TEXT), wire::result_frame(&record()), wire::done_frame()].concat()
    } else {
        record().to_string()
    };
    let bytes = [head(is_streaming), chunk(&body), chunk("")].concat().into_bytes();
    Play { bytes, flood_mib: 0, end: End::Close }
}
