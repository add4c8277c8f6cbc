//! Plays cases, one after the other, on one relay and one upstream, and holds each to its rule and to what holds for all.

use std::{sync::Arc, time::Duration};

use mock_onemin::{Answer, Counts, Turn};
use relay::journal::{Outcome, Record};
use relay_tests::{Answered, CANARY, Pair, within};
use tokio::net::TcpSocket;

use super::{
    bare::Bare,
    case::{Case, Fault, INTERNAL, Place, Seen, TEXT, Then},
    rule::{Meaning, Told},
};

/// The relay's time limits where one is to be reached.
const LIMIT: Duration = Duration::from_secs(1);

/// A relay, the upstream it asks, and how many requests it has had.
pub(super) struct Stage {
    pair: Pair,
    upstream: Upstream,
    requests: usize,
}

enum Upstream {
    Mock,
    /// A port that is taken, and where nobody listens.
    Nobody {
        port: TcpSocket,
    },
    Bare(Bare),
}

/// What the rules say of a case.
struct Expected {
    /// The error, if it ends in one.
    told: Option<Told>,
    /// Whether the status line is out before the error is there.
    is_inside: bool,
    /// Calls that the relay makes.
    calls: u32,
}

impl Expected {
    fn of(case: &Case) -> Self {
        let calls = case.meaning.calls(case.ask.is_streaming());
        let helps = calls == 2 && case.then == Then::Good;
        let told = case.meaning.told().filter(|_| !helps);
        let is_inside = told.is_some() && case.ask.is_streaming() && !case.text.is_empty();
        Self { told, is_inside, calls }
    }

    fn status(&self) -> u16 {
        self.told.filter(|_| !self.is_inside).map_or(200, |told| told.status)
    }
}

impl Stage {
    pub(super) async fn new(place: Place) -> Self {
        let upstream = match place {
            Place::Mock | Place::Wait => Upstream::Mock,
            Place::Nobody => {
                let port = TcpSocket::new_v4().unwrap();
                port.bind("127.0.0.1:0".parse().unwrap()).unwrap();
                Upstream::Nobody { port }
            }
            Place::Bare | Place::Idle | Place::Total | Place::Flood => Upstream::Bare(Bare::start().await),
        };
        let address = match &upstream {
            Upstream::Mock => None,
            Upstream::Nobody { port } => Some(port.local_addr().unwrap()),
            Upstream::Bare(bare) => Some(bare.address),
        };
        let change = |settings: &mut relay::settings::Settings| {
            if let Some(address) = address {
                settings.api_url = format!("http://{address}").parse().unwrap();
            }
            match place {
                Place::Idle => (settings.first_byte_timeout, settings.idle_timeout) = (LIMIT, LIMIT),
                Place::Total => settings.total_timeout = LIMIT,
                Place::Mock | Place::Wait | Place::Nobody | Place::Bare | Place::Flood => {}
            }
        };
        let pair = Pair::start_with(change, Some(CANARY)).await;
        pair.script().always(Turn::Answer(Answer::text(TEXT)));
        Self { pair, upstream, requests: 0 }
    }

    /// Plays a case; panics where it is not as it must be.
    pub(super) async fn play(&mut self, case: &Case) {
        let expected = Expected::of(case);
        let before = self.counts();
        self.prepare(case);
        let post = self.pair.http.post(self.pair.url(case.ask.path())).body(case.ask.body().to_string());
        let answered = Answered::read(within(post.send()).await.expect("an answer")).await;
        self.requests += 1;

        let seen = case.ask.read(&answered);
        check_for_all(case, &answered, &seen);
        match expected.told {
            None => check_success(case, &answered, &seen),
            Some(told) => check_error(case, &answered, &seen, &told, &expected),
        }
        self.check_calls(&before, &expected).await;
        let records = self.pair.records(self.requests).await;
        assert_eq!(records.len(), self.requests, "one record a request");
        check_record(case, records.last().unwrap(), &expected);
    }

    fn prepare(&self, case: &Case) {
        match (&case.fault, &self.upstream) {
            (Fault::Nobody, Upstream::Nobody { .. }) => {}
            (Fault::Bytes(play), Upstream::Bare(bare)) => bare.play(play.clone()),
            (Fault::Reply(reply), Upstream::Mock) => {
                for _ in 0..if case.then == Then::Same { Expected::of(case).calls } else { 1 } {
                    self.pair.script().push(Turn::Reply(reply.clone()));
                }
            }
            _ => panic!("the wrong stage"),
        }
    }

    fn counts(&self) -> Counts {
        match &self.upstream {
            Upstream::Mock => self.pair.script().counts(),
            Upstream::Nobody { .. } => Counts::default(),
            Upstream::Bare(bare) => bare.counts(),
        }
    }

    /// Nothing is left open, and nothing was asked more often than it may be.
    async fn check_calls(&self, before: &Counts, expected: &Expected) {
        let reached = match &self.upstream {
            Upstream::Mock => {
                within(self.pair.script().wait_for(|counts| counts.open == 0)).await;
                expected.calls
            }
            Upstream::Nobody { .. } => 0,
            Upstream::Bare(bare) => {
                within(bare.closed()).await;
                expected.calls
            }
        };
        let calls = self.counts().total() - before.total();
        assert_eq!(u32::try_from(calls).unwrap(), reached, "calls that reached 1min.ai");
    }
}

/// What holds for every case, whatever its rule.
fn check_for_all(case: &Case, answered: &Answered, seen: &Seen) {
    let shown = format!("{:?}\n{}", answered.headers, answered.body);
    assert!(!shown.contains(CANARY), "the key is in the answer: {shown}");
    assert!(!shown.contains(INTERNAL), "an internal path is in the answer: {shown}");
    assert!(answered.header("x-request-id").starts_with("req_"), "{shown}");
    let status = answered.status.as_u16();
    let is_refused = matches!(case.meaning, Meaning::Refused(_));
    assert!(!is_refused || status < 500, "what can't succeed is no fault of a server: {shown}");
    if status >= 400 && case.meaning.is_final() {
        assert_eq!(answered.header("x-should-retry"), "false", "{shown}");
    }
    // An error is the last word; an end that a client could take for a good one never stands beside it.
    assert!(seen.errors.len() <= 1 && seen.ends_with_error == (seen.errors.len() == 1), "{shown}");
    if !seen.errors.is_empty() {
        assert!(seen.finishes.is_empty() && seen.is_done != Some(true), "an error looks like an end: {shown}");
    }
}

fn check_success(case: &Case, answered: &Answered, seen: &Seen) {
    let text = if case.meaning == Meaning::Harmless { case.text.as_str() } else { TEXT };
    assert_eq!((answered.status.as_u16(), seen.text.as_str()), (200, text), "{}", answered.body);
    assert!(seen.errors.is_empty(), "{}", answered.body);
    assert_eq!(seen.finishes, ["stop"], "{}", answered.body);
    assert_eq!(seen.is_done, case.ask.is_streaming().then_some(true), "{}", answered.body);
}

fn check_error(case: &Case, answered: &Answered, seen: &Seen, told: &Told, expected: &Expected) {
    let shown = format!("{:?}\n{}", answered.headers, answered.body);
    assert_eq!(answered.status.as_u16(), expected.status(), "{shown}");
    assert_eq!(seen.text, if expected.is_inside { case.text.as_str() } else { "" }, "{shown}");
    assert_eq!(seen.is_done.is_some(), expected.is_inside, "a stream, and only then: {shown}");
    let [error] = seen.errors.as_slice() else { panic!("one error: {shown}") };
    let keys: Vec<&str> = error.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["message", "type", "param", "code"], "{shown}");
    assert_eq!(
        (&error["type"], &error["code"], &error["param"]),
        (&told.kind.into(), &told.code.into(), &told.param.into()),
        "{shown}"
    );
    let message = error["message"].as_str().unwrap_or_default();
    assert!(!message.trim().is_empty() && message.contains(case.words), "{shown}");
    if expected.is_inside {
        return;
    }
    assert_eq!(answered.header("x-should-retry"), if case.meaning.is_final() { "false" } else { "" }, "{shown}");
    let wait = case.meaning.retry_after().map(|wait| wait.to_string()).unwrap_or_default();
    assert_eq!(answered.header("retry-after"), wait, "{shown}");
}

fn check_record(case: &Case, record: &Arc<Record>, expected: &Expected) {
    let outcome = if expected.told.is_some() { Outcome::Failed } else { Outcome::Done };
    let name = expected.told.map(|told| told.name);
    assert_eq!((record.outcome, record.error), (outcome, name), "{record:?}");
    assert_eq!((record.status, record.upstream_calls), (Some(expected.status()), expected.calls), "{record:?}");
    assert_eq!(record.is_streaming, case.ask.is_streaming(), "{record:?}");
    assert_eq!(record.route, format!("POST {}", case.ask.path()), "{record:?}");
    // What may have cost something has its cost in the record; what certainly has not, has none.
    let may_cost = match case.meaning {
        Meaning::PerhapsCarriedOut(_) | Meaning::Harmless => true,
        Meaning::Refused(_) => case.ask.is_streaming_upstream() && !case.text.is_empty(),
        Meaning::NotCarriedOut(..) => expected.told.is_none(),
    };
    assert_eq!(record.usage.is_some(), may_cost, "{record:?}");
    assert!(!format!("{record:?}").contains(CANARY), "{record:?}");
}
