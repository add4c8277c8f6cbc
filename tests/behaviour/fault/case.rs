//! A case of the suite: who asks how, what 1min.ai does, and what that means.

use mock_onemin::Reply;
use relay_tests::{Answered, ask};
use serde_json::{Value, json};

use super::{bare::Play, rule::Meaning};

/// What a good answer says, in two deltas.
pub(super) const TEXT: &str = "The quick brown ☃";

/// The first of its deltas.
pub(super) const HEARD: &str = "The quick ";

/// The second.
pub(super) const REST: &str = "brown ☃";

/// What may stand in 1min.ai's failures, but never in our answers.
pub(super) const INTERNAL: &str = "/internal/path";

/// Which route is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Chat,
    Completions,
}

/// How it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// A whole answer, whole at 1min.ai as well.
    Whole,
    /// A whole answer that is folded from a stream, because a stop sequence may end it.
    Stop,
    /// The same, because of a length limit.
    Length,
    /// A streamed answer.
    Streamed,
}

/// A way to ask a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) route: Route,
    pub(super) way: Way,
}

/// What 1min.ai does with the first call.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// Nobody listens.
    Nobody,
    /// The stand-in answers this.
    Reply(Reply),
    /// These bytes come.
    Bytes(Play),
}

/// What it does with the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// A good answer: whoever asks again when he must not will be seen to succeed.
    Good,
    /// The same again.
    Same,
}

/// Where a case is played: the upstream it needs, and how patient the relay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// The stand-in, and no time limit in reach.
    Mock,
    /// The same, where the relay waits before it asks again.
    Wait,
    /// No upstream.
    Nobody,
    /// Bytes, and no time limit in reach.
    Bare,
    /// Bytes, a second to the first byte and between two.
    Idle,
    /// Bytes, and a second for all of it.
    Total,
    /// Very many bytes.
    Flood,
}

#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) ask: Ask,
    pub(super) place: Place,
    pub(super) fault: Fault,
    pub(super) then: Then,
    pub(super) meaning: Meaning,
    /// The text that 1min.ai sends before the fault, or of a whole answer.
    pub(super) text: String,
    /// What the client must read in the error.
    pub(super) words: &'static str,
}

impl Ask {
    /// Every way to ask each route; why a whole answer is folded makes no difference, so each route has one reason.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let ask = |route, ways: [Way; 3]| ways.into_iter().map(move |way| Self { route, way });
        let chat = ask(Route::Chat, [Way::Whole, Way::Stop, Way::Streamed]);
        chat.chain(ask(Route::Completions, [Way::Whole, Way::Length, Way::Streamed]))
    }

    /// Where an answer of the stand-in is played.
    pub(super) fn mock(self, meaning: Meaning) -> Place {
        let calls = meaning.calls(self.is_streaming());
        let waits = calls > 1 && meaning.retry_after().is_some_and(|seconds| seconds > 0);
        if waits { Place::Wait } else { Place::Mock }
    }

    /// Whether the client streams.
    pub(super) fn is_streaming(self) -> bool {
        self.way == Way::Streamed
    }

    /// Whether the relay streams from 1min.ai.
    pub(super) fn is_streaming_upstream(self) -> bool {
        self.way != Way::Whole
    }

    pub(super) const fn path(self) -> &'static str {
        match self.route {
            Route::Chat => "/v1/chat/completions",
            Route::Completions => "/v1/completions",
        }
    }

    pub(super) fn body(self) -> Value {
        let mut body = match self.route {
            Route::Chat => ask("x"),
            Route::Completions => json!({"model": "gpt-4o-mini", "prompt": "x"}),
        };
        match self.way {
            Way::Whole => {}
            Way::Stop => body["stop"] = json!(["zzz"]),
            Way::Length => body["max_tokens"] = json!(1_000),
            Way::Streamed => body["stream"] = json!(true),
        }
        body
    }

    /// The text of a choice, whole or of a chunk.
    fn text(self, choice: &Value) -> &str {
        let text = match (self.route, self.way) {
            (Route::Completions, _) => &choice["text"],
            (Route::Chat, Way::Streamed) => &choice["delta"]["content"],
            (Route::Chat, _) => &choice["message"]["content"],
        };
        text.as_str().unwrap_or_default()
    }

    /// What a client makes of an answer.
    pub(super) fn read(self, answered: &Answered) -> Seen {
        let is_stream = answered.header("content-type").starts_with("text/event-stream");
        let (parts, is_done) = if is_stream {
            let events = answered.events();
            (events.chunks, Some(events.is_done))
        } else {
            (vec![answered.json()], None)
        };
        let choices = parts.iter().filter_map(|part| part["choices"].as_array()).flatten();
        let finishes = choices.clone().filter_map(|choice| choice["finish_reason"].as_str());
        Seen {
            text: choices.clone().map(|choice| self.text(choice)).collect(),
            finishes: finishes.map(str::to_owned).collect(),
            errors: parts.iter().filter_map(|part| part.get("error")).cloned().collect(),
            ends_with_error: parts.last().is_some_and(|part| part.get("error").is_some()),
            is_done,
        }
    }
}

impl std::fmt::Display for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.route, self.way)
    }
}

/// An answer as a client makes sense of it.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) text: String,
    pub(super) finishes: Vec<String>,
    pub(super) errors: Vec<Value>,
    pub(super) ends_with_error: bool,
    /// Whether `[DONE]` closed it; `None`: it was no stream.
    pub(super) is_done: Option<bool>,
}
