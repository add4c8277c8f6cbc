//! The record of calls: what came in, and how each ended.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use http::{HeaderMap, Method, Uri};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::watch;

use crate::reply::Witness;

/// One call as it came in.
#[derive(Debug, Clone, Serialize)]
pub struct Received {
    /// `POST`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// All headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The JSON body; `None` if it was none.
    pub body: Option<Value>,
}

/// How many calls there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Being answered now.
    pub open: usize,
    /// Answered to the last scripted step.
    pub finished: usize,
    /// Left by the client before that.
    pub cancelled: usize,
}

impl Counts {
    /// All calls ever received.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.open + self.finished + self.cancelled
    }
}

impl Received {
    pub(crate) fn new(method: &Method, uri: &Uri, headers: &HeaderMap, body: Option<Value>) -> Self {
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Self { method: method.to_string(), path: uri.to_string(), headers: headers.iter().map(header).collect(), body }
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(candidate, _)| candidate == name).map(|(_, value)| value.as_str())
    }

    /// `promptObject.prompt`.
    #[must_use]
    pub fn prompt(&self) -> Option<&str> {
        self.body.as_ref()?.pointer("/promptObject/prompt")?.as_str()
    }

    /// `promptObject.attachments.images` or `.files`: what the call names of what was uploaded. 1min.ai skips what it does
    /// not know without a word (live), and so does its stand-in.
    #[must_use]
    pub fn attached(&self, kind: &str) -> Vec<&str> {
        let list = self.body.as_ref().and_then(|body| body.pointer("/promptObject/attachments")?.get(kind)?.as_array());
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// `model`.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.body.as_ref()?.get("model")?.as_str()
    }
}

/// A record of calls of one kind.
#[derive(Debug)]
pub(super) struct Ledger<T> {
    received: Mutex<Vec<T>>,
    counts: watch::Sender<Counts>,
    /// Counts the resets; a call of an earlier page is counted no more.
    page: AtomicUsize,
}

impl<T> Default for Ledger<T> {
    fn default() -> Self {
        Self { received: Mutex::default(), counts: watch::Sender::default(), page: AtomicUsize::new(0) }
    }
}

impl<T: Clone> Ledger<T> {
    /// Notes a call; the guard notes its end.
    pub(super) fn open(ledger: &Arc<Self>, received: T) -> OpenCall<T> {
        ledger.lock().push(received);
        ledger.counts.send_modify(|counts| counts.open += 1);
        OpenCall { ledger: Arc::clone(ledger), page: ledger.page.load(Ordering::SeqCst), is_finished: false }
    }

    pub(super) fn received(&self) -> Vec<T> {
        self.lock().clone()
    }

    pub(super) fn counts(&self) -> Counts {
        *self.counts.borrow()
    }

    pub(super) async fn wait_for(&self, is_reached: impl FnMut(&Counts) -> bool) -> Counts {
        let mut counts = self.counts.subscribe();
        // The sender lives in this ledger, so waiting can't fail.
        counts.wait_for(is_reached).await.map_or_else(|_| self.counts(), |counts| *counts)
    }

    pub(super) fn reset(&self) {
        self.lock().clear();
        self.page.fetch_add(1, Ordering::SeqCst);
        self.counts.send_replace(Counts::default());
    }

    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that is being answered. Dropping it ends the call: finished if it said so, else left by the client.
#[derive(Debug)]
pub(crate) struct OpenCall<T> {
    ledger: Arc<Ledger<T>>,
    page: usize,
    is_finished: bool,
}

impl<T: Send + Sync + 'static> Witness for OpenCall<T> {
    fn finished(&mut self) {
        self.is_finished = true;
    }
}

impl<T> Drop for OpenCall<T> {
    fn drop(&mut self) {
        if self.page != self.ledger.page.load(Ordering::SeqCst) {
            return;
        }
        self.ledger.counts.send_modify(|counts| {
            counts.open = counts.open.saturating_sub(1);
            if self.is_finished {
                counts.finished += 1;
            } else {
                counts.cancelled += 1;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received() -> Received {
        Received { method: "POST".into(), path: "/".into(), headers: Vec::new(), body: None }
    }

    #[test]
    fn calls_are_counted_by_how_they_end_and_not_after_a_reset() {
        let ledger = Arc::new(Ledger::default());
        let (left, mut read) = (Ledger::open(&ledger, received()), Ledger::open(&ledger, received()));
        read.finished();
        drop((left, read));
        assert_eq!(ledger.counts(), Counts { open: 0, finished: 1, cancelled: 1 });
        let earlier = Ledger::open(&ledger, received());
        ledger.reset();
        drop(earlier);
        assert_eq!((ledger.counts(), ledger.received().len()), (Counts::default(), 0));
    }
}
