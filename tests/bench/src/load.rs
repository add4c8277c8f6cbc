//! The load generator: connections that ask, read the answer to its end, compare it, and ask again.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, Connection, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, sync::mpsc, task::JoinSet, time::Instant};

use crate::{compare::Mismatch, failure::Failure, measure, party::Party, question::Question};

type Link = Connection<TokioIo<TcpStream>, Full<Bytes>>;

/// How hard and how long a party is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Connections that ask side by side.
    pub(crate) connections: usize,
    /// How long they ask before anything counts.
    pub(crate) warm_up: Duration,
    /// How long counts.
    pub(crate) window: Duration,
}

/// What one round gave.
#[derive(Debug, Default)]
pub(crate) struct Round {
    /// How long it counted, in seconds.
    pub(crate) seconds: f64,
    /// From the request to the last byte of the answer, ascending. One for every answer that ended in the window.
    pub(crate) latencies: Vec<Duration>,
    /// From the request to the first chunk of text, ascending.
    pub(crate) first_chunks: Vec<Duration>,
    /// Chunks of text that came in the window.
    pub(crate) chunks: usize,
    /// Processor time of the party in the window.
    pub(crate) cpu: Option<Duration>,
}

/// The time that counts.
#[derive(Debug, Clone, Copy)]
struct Window {
    from: Instant,
    until: Instant,
}

impl Window {
    fn holds(self, instant: Instant) -> bool {
        self.from <= instant && instant < self.until
    }
}

/// Asks a party for one round.
pub(crate) async fn run(party: &Party, question: &Arc<Question>, load: Load) -> Result<Round, Failure> {
    let mut streams = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        streams.push(connect(party.address).await?);
    }
    let from = Instant::now() + load.warm_up;
    let window = Window { from, until: from + load.window };
    let mut tasks = JoinSet::new();
    for stream in streams {
        tasks.spawn(converse(stream, Arc::clone(question), window));
    }
    tokio::time::sleep_until(window.from).await;
    let before = measure::cpu(party.id());
    tokio::time::sleep_until(window.until).await;
    let after = measure::cpu(party.id());
    let cpu = after.zip(before).map(|(after, before)| after.saturating_sub(before));
    let mut round = Round { seconds: load.window.as_secs_f64(), cpu, ..Round::default() };
    while let Some(ended) = tasks.join_next().await {
        let Round { latencies, first_chunks, chunks, .. } = ended.map_err(std::io::Error::from)??;
        round.latencies.extend(latencies);
        round.first_chunks.extend(first_chunks);
        round.chunks += chunks;
    }
    round.latencies.sort_unstable();
    round.first_chunks.sort_unstable();
    Ok(round)
}

/// Asks once and reads the answer to its end, so that a wrong one is told before anything is measured.
pub(crate) async fn ask_once(address: SocketAddr, question: &Question) -> Result<(), Failure> {
    let (mut sender, link) = http1::handshake(TokioIo::new(connect(address).await?)).await?;
    let now = Instant::now();
    let window = Window { from: now, until: now + Duration::from_secs(60) };
    drive(link, async { ask(&mut sender, question, window, &mut Round::default()).await }).await
}

/// Opens so many answers that are held, and returns once all of them have said what they say. Dropping the set ends
/// them.
pub(crate) async fn hold(
    address: SocketAddr,
    question: &Arc<Question>,
    count: usize,
) -> Result<JoinSet<Result<Infallible, Failure>>, Failure> {
    let (opened, mut watch) = mpsc::channel(count);
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let (question, opened, stream) = (Arc::clone(question), opened.clone(), connect(address).await?);
        tasks.spawn(async move {
            let (mut sender, link) = http1::handshake(TokioIo::new(stream)).await?;
            drive(link, async {
                let _body = open(&mut sender, &question).await?;
                let _ = opened.send(()).await;
                std::future::pending().await
            })
            .await
        });
    }
    for _ in 0..count {
        tokio::select! {
            _ = watch.recv() => {}
            Some(ended) = tasks.join_next() => match ended.map_err(std::io::Error::from)?? {},
        }
    }
    Ok(tasks)
}

async fn connect(address: SocketAddr) -> Result<TcpStream, Failure> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Runs what asks on a connection together with the connection, in one task.
async fn drive<T>(link: Link, asking: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::select! {
        biased;
        asked = asking => asked,
        ended = link => Err(ended.err().map_or(Failure::Closed, Failure::from)),
    }
}

async fn converse(stream: TcpStream, question: Arc<Question>, window: Window) -> Result<Round, Failure> {
    let (mut sender, link) = http1::handshake(TokioIo::new(stream)).await?;
    drive(link, async {
        let mut round = Round::default();
        while Instant::now() < window.until {
            ask(&mut sender, &question, window, &mut round).await?;
        }
        Ok(round)
    })
    .await
}

/// Asks and reads the answer to its end, or to the end of the window.
async fn ask(
    sender: &mut SendRequest<Full<Bytes>>,
    question: &Question,
    window: Window,
    round: &mut Round,
) -> Result<(), Failure> {
    sender.ready().await?;
    let sent = Instant::now();
    let mut body = begin(sender, question).await?;
    let mut comparison = question.expected.compare();
    let mut first_chunk = None;
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame?.into_data() else { continue };
        let now = Instant::now();
        let chunks = comparison.push(&bytes).map_err(|mismatch| question.wrong(mismatch))?;
        if chunks > 0 {
            first_chunk.get_or_insert(now - sent);
            round.chunks += if window.holds(now) { chunks } else { 0 };
        }
        if now >= window.until {
            return Ok(());
        }
    }
    let ended = Instant::now();
    comparison.finish().map_err(|mismatch| question.wrong(mismatch))?;
    if window.holds(ended) {
        round.latencies.push(ended - sent);
        round.first_chunks.extend(first_chunk);
    }
    Ok(())
}

/// Asks a question whose answer is held, and reads all it says before that.
async fn open(sender: &mut SendRequest<Full<Bytes>>, question: &Question) -> Result<Incoming, Failure> {
    let mut body = begin(sender, question).await?;
    let mut comparison = question.expected.compare();
    let mut chunks = 0;
    while chunks < question.chunks() {
        let frame = body.frame().await.ok_or(Failure::Closed)??;
        if let Ok(bytes) = frame.into_data() {
            chunks += comparison.push(&bytes).map_err(|mismatch| question.wrong(mismatch))?;
        }
    }
    Ok(body)
}

/// Sends the request and takes the head of the answer, which must be a good one.
async fn begin(sender: &mut SendRequest<Full<Bytes>>, question: &Question) -> Result<Incoming, Failure> {
    let response = sender.send_request(question.request()).await?;
    let status = response.status();
    let body = response.into_body();
    if status == StatusCode::OK {
        return Ok(body);
    }
    let bytes = body.collect().await?.to_bytes();
    Err(question.wrong(Mismatch::new(&format!("status {status}"), &bytes)))
}
