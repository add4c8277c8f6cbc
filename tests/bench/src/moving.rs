//! Large files: how long one takes through the relay and directly, and what memory the relay needs while many move.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    task::JoinSet,
    time::Instant,
};

use crate::{
    failure::Failure,
    measure,
    party::{Party, Programs, Side},
    report::{Label, Row},
};

/// The size of a file, in bytes.
pub(crate) const FILE_BYTES: usize = 50_000_000;

/// How much is written at a time; the file is this, over and over.
pub(crate) static PIECE: [u8; 50_000] = [b'x'; 50_000];

/// Where the stand-in has the file.
pub(crate) const PLACE: &str = "/file";

/// Clients that move a file each at the same time.
const CLIENTS: usize = 20;

/// What stands between the parts of a form.
const BOUNDARY: &str = "a-boundary-that-is-in-no-file";

/// How long nothing may come.
const PATIENCE: Duration = Duration::from_secs(60);

/// The rows of large files.
pub(crate) async fn measure(programs: &Programs, upstream: &Party, rounds: usize) -> Result<[Row; 3], Failure> {
    let name = "memory while 20 clients send and fetch 50 MB each (RSS, added at most)";
    let label = |name, unit| Label { name, unit, digits: 1, is_additive: false };
    let mut send = Row::new(label("50 MB sent", "ms"));
    let mut fetch = Row::new(Label { is_additive: true, ..label("50 MB fetched", "ms") });
    let mut memory = Row::new(label(name, "MiB"));
    for _ in 0..rounds {
        let party = programs.start(Side::Relay, upstream)?;
        let began = Instant::now();
        let id = send_file(party.address).await?;
        send.push(Side::Relay, Some(milliseconds(began.elapsed())));
        let began = Instant::now();
        fetch_file(upstream.address, PLACE).await?;
        fetch.push(Side::Direct, Some(milliseconds(began.elapsed())));
        let began = Instant::now();
        fetch_file(party.address, &content(&id)).await?;
        fetch.push(Side::Relay, Some(milliseconds(began.elapsed())));
        memory.push(Side::Relay, added_by_many(&party).await?);
    }
    Ok([send, fetch, memory])
}

/// What the highest point of a process's memory rises by while many clients move files.
async fn added_by_many(party: &Party) -> Result<Option<f64>, Failure> {
    let before = measure::memory(party.id());
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let address = party.address;
        clients.spawn(async move {
            let id = send_file(address).await?;
            fetch_file(address, &content(&id)).await
        });
    }
    while let Some(ended) = clients.join_next().await {
        ended.map_err(std::io::Error::from)??;
    }
    let rise = |(highest, before): (u64, measure::Memory)| highest.saturating_sub(before.rss_kib) as f64 / 1024.0;
    Ok(measure::highest_kib(party.id()).zip(before).map(rise))
}

/// Sends a file, and gives its id.
async fn send_file(address: SocketAddr) -> Result<String, Failure> {
    let part = |name: &str| format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"");
    let head = format!(
        "{}\r\n\r\nuser_data\r\n{}; filename=\"large.txt\"\r\nContent-Type: text/plain\r\n\r\n",
        part("purpose"),
        part("file")
    );
    let end = format!("\r\n--{BOUNDARY}--\r\n");
    let length = head.len() + FILE_BYTES + end.len();
    let request = format!(
        "POST /v1/files HTTP/1.1\r\nHost: {address}\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n\
         Content-Length: {length}\r\n\r\n{head}"
    );
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    for _ in 0..FILE_BYTES / PIECE.len() {
        stream.write_all(&PIECE).await?;
    }
    stream.write_all(end.as_bytes()).await?;
    let answer = read(&mut BufReader::new(stream), usize::MAX).await?;
    let file: serde_json::Value = serde_json::from_slice(&answer)?;
    match (file["id"].as_str(), file["bytes"].as_u64()) {
        (Some(id), Some(bytes)) if usize::try_from(bytes) == Ok(FILE_BYTES) => Ok(id.to_owned()),
        _ => Err(wrong("a file that was sent", &file.to_string())),
    }
}

/// Fetches a file to its end.
async fn fetch_file(address: SocketAddr, place: &str) -> Result<(), Failure> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("GET {place} HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes()).await?;
    read(&mut BufReader::with_capacity(256 << 10, stream), 0).await?;
    Ok(())
}

fn content(id: &str) -> String {
    format!("/v1/files/{id}/content")
}

/// Reads an answer to its end and keeps at most `most` bytes of its body. A large one must have the file's size.
async fn read(stream: &mut BufReader<TcpStream>, most: usize) -> Result<Vec<u8>, Failure> {
    let (mut status, mut length) = (String::new(), None);
    tokio::time::timeout(PATIENCE, stream.read_line(&mut status)).await.map_err(|_| Failure::Closed)??;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().ok();
        }
    }
    let length: usize = length.ok_or_else(|| wrong("an answer of no known length", &status))?;
    if !status.starts_with("HTTP/1.1 200") || (most == 0 && length != FILE_BYTES) {
        let mut body = vec![0; length.min(2_000)];
        stream.read_exact(&mut body).await?;
        return Err(wrong(status.trim_end(), &String::from_utf8_lossy(&body)));
    }
    let (mut kept, mut left) = (Vec::new(), length);
    while left > 0 {
        let buffer = tokio::time::timeout(PATIENCE, stream.fill_buf()).await.map_err(|_| Failure::Closed)??;
        let taken = buffer.len().min(left);
        if taken == 0 {
            return Err(Failure::Closed);
        }
        if most > 0 {
            kept.extend_from_slice(&buffer[..taken]);
        }
        stream.consume(taken);
        left -= taken;
    }
    Ok(kept)
}

fn wrong(why: &str, answer: &str) -> Failure {
    Failure::Wrong { who: "a large file".into(), why: why.into(), answer: answer.into() }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
