use std::pin::Pin;

use tokio::{
    sync::mpsc::{UnboundedSender, unbounded_channel},
    time::Instant,
};

use tokio_util::sync::CancellationToken;

use super::*;
use crate::{clock::Clock, journal::Journal};

/// Writes each text in angle brackets, a dot as a keep-alive, an error's name after a cross, and a bar at the end.
struct Plain;

impl Encoder for Plain {
    type Item = &'static str;

    fn encode(&mut self, item: &'static str, out: &mut BytesMut) {
        if !item.is_empty() {
            out.extend_from_slice(format!("<{item}>").as_bytes());
        }
    }

    fn keep_alive(&mut self, out: &mut BytesMut) {
        out.extend_from_slice(b".");
    }

    fn error(&mut self, error: &Error, out: &mut BytesMut) {
        out.extend_from_slice(format!("x{}", error.name()).as_bytes());
    }

    fn finish(&mut self, out: &mut BytesMut) {
        out.extend_from_slice(b"|");
    }
}

type Sender = UnboundedSender<Result<&'static str, Error>>;

fn start() -> (Sender, impl Future<Output = Result<Response, Error>>, Ticket) {
    let (sender, receiver) = unbounded_channel();
    let items = stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) });
    let ticket =
        Ticket::new("req_1".into(), "POST /x".into(), Journal::default(), Clock::fixed(0), CancellationToken::new());
    (sender, respond(items, Plain, ticket.clone()), ticket)
}

/// The writes of a body, one by one.
struct Writes(Pin<Box<dyn Stream<Item = Result<Bytes, axum::Error>> + Send>>);

impl Writes {
    fn of(response: Response) -> Self {
        Self(Box::pin(response.into_body().into_data_stream()))
    }

    async fn next(&mut self) -> Option<String> {
        let bytes = self.0.next().await?.unwrap();
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_ready_together_leaves_in_one_write() {
    let (sender, response, _) = start();
    for item in ["a", "b", "c"] {
        sender.send(Ok(item)).unwrap();
    }
    let response = response.await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
    let mut writes = Writes::of(response);
    assert_eq!(writes.next().await.unwrap(), "<a><b><c>");
    sender.send(Ok("d")).unwrap();
    assert_eq!(writes.next().await.unwrap(), "<d>");
    drop(sender);
    assert_eq!((writes.next().await, writes.next().await), (Some("|".into()), None));
}

#[tokio::test(start_paused = true)]
async fn an_error_before_the_first_event_is_a_real_one() {
    let (sender, response, ticket) = start();
    sender.send(Err(Error::MissingKey)).unwrap();
    assert_eq!(response.await.unwrap_err(), Error::MissingKey);
    assert!(!ticket.is_committed());
}

#[tokio::test(start_paused = true)]
async fn after_twelve_silent_seconds_the_status_is_sent_and_errors_go_inside() {
    let (sender, response, ticket) = start();
    let start = Instant::now();
    let response = response.await.unwrap();
    assert_eq!(start.elapsed(), SILENCE);
    assert!(ticket.is_committed(), "no retry from here on");
    let mut writes = Writes::of(response);
    assert_eq!(writes.next().await.unwrap(), ".");
    sender.send(Err(Error::Internal)).unwrap();
    assert_eq!((writes.next().await, writes.next().await), (Some("xinternal".into()), None));
}

#[tokio::test(start_paused = true)]
async fn silence_is_filled_with_signs_of_life_and_nothing_empty_is_written() {
    let (sender, response, _) = start();
    sender.send(Ok("a")).unwrap();
    let mut writes = Writes::of(response.await.unwrap());
    assert_eq!(writes.next().await.unwrap(), "<a>");
    let start = Instant::now();
    assert_eq!(writes.next().await.unwrap(), ".");
    assert_eq!(writes.next().await.unwrap(), ".");
    assert_eq!(start.elapsed(), 2 * SILENCE);
    sender.send(Ok("")).unwrap();
    sender.send(Ok("b")).unwrap();
    assert_eq!(writes.next().await.unwrap(), "<b>");
}
