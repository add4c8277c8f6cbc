//! Activity as it happens: one record a request, in a ring, on a broadcast and in the log. Never content, never a secret.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use serde::Serialize;
use tokio::sync::broadcast;

use crate::{conversation::Usage, metrics::Metrics};

/// How many records the ring keeps.
const RING: usize = 1_000;

/// How many records a slow watcher may lag behind before it loses the oldest.
const LAG: usize = 256;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Answered to the end.
    Done,
    /// Answered with an error, or broken off by one.
    Failed,
    /// The client left before the end.
    ClientLeft,
}

/// The one record of a request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record {
    /// The id in `x-request-id`.
    pub id: String,
    /// When it came in, milliseconds since 1970.
    pub arrived_unix_ms: u64,
    /// Who asked, by the name under which its things are stored; `None`: it was refused before that was known.
    pub owner: Option<String>,
    /// The name of the access token it sent.
    pub token: Option<String>,
    /// Method and route, such as `POST /v1/chat/completions`; never a path that a client made up.
    pub route: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The HTTP status that was sent, if one was.
    pub status: Option<u16>,
    /// The error's name, such as `model_not_found`.
    pub error: Option<&'static str>,
    /// The model that was asked for.
    pub model: Option<String>,
    /// The model that answered, where it was another than the name that was asked for.
    pub answered_by: Option<String>,
    /// Whether the answer was streamed.
    pub is_streaming: bool,
    /// Calls made at 1min.ai; every success among them is billed.
    pub upstream_calls: u32,
    /// Milliseconds that it waited for others to end, where it had to.
    pub queued_ms: Option<u64>,
    /// Milliseconds until 1min.ai took the request.
    pub accepted_ms: Option<u64>,
    /// Milliseconds until the answer was complete or given up.
    pub duration_ms: u64,
    /// Tokens and credits.
    pub usage: Option<Usage>,
    /// Credits that those of its calls should have cost of which 1min.ai did not say it; what it said is in the usage.
    pub reckoned_credits: Option<f64>,
}

/// Who is handed every record, where a watcher may lag behind and lose some.
pub(crate) trait Sink: fmt::Debug + Send + Sync {
    /// Takes a record. Called at the end of each request, so it must not wait.
    fn take(&self, record: &Arc<Record>);
}

/// The journal. Cloning gives another handle to the same one.
#[derive(Debug, Clone)]
pub struct Journal {
    ring: Arc<Mutex<VecDeque<Arc<Record>>>>,
    watchers: broadcast::Sender<Arc<Record>>,
    sinks: Arc<[Box<dyn Sink>]>,
    metrics: Metrics,
}

impl Default for Journal {
    fn default() -> Self {
        Self::with_sinks([])
    }
}

impl Journal {
    /// A journal that hands its records to these as well.
    pub(crate) fn with_sinks(sinks: impl IntoIterator<Item = Box<dyn Sink>>) -> Self {
        let sinks = sinks.into_iter().collect();
        Self { ring: Arc::default(), watchers: broadcast::Sender::new(LAG), sinks, metrics: Metrics::default() }
    }

    /// Takes the record of a request that is over.
    pub(crate) fn write(&self, record: Record) {
        log(&record);
        self.metrics.count(&record);
        let record = Arc::new(record);
        self.sinks.iter().for_each(|sink| sink.take(&record));
        {
            let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
            if ring.len() == RING {
                ring.pop_front();
            }
            ring.push_back(Arc::clone(&record));
        }
        // No watcher is no error.
        let _ = self.watchers.send(record);
    }

    /// The figures that are made of all records.
    pub(crate) const fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The latest records, oldest first.
    #[must_use]
    pub fn recent(&self) -> Vec<Arc<Record>> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Every record from now on.
    #[must_use]
    pub fn watch(&self) -> broadcast::Receiver<Arc<Record>> {
        self.watchers.subscribe()
    }
}

/// One line a request, readable by itself and with every field to query.
fn log(record: &Record) {
    let what = match record.outcome {
        Outcome::Done => "answered",
        Outcome::Failed => "failed",
        Outcome::ClientLeft => "left by the client",
    };
    // Polls of the health and the models are not worth a line each.
    if record.model.is_none() && record.outcome == Outcome::Done {
        tracing::debug!(
            id = record.id,
            status = record.status,
            duration_ms = record.duration_ms,
            "{} {what}",
            record.route
        );
        return;
    }
    tracing::info!(
        id = record.id,
        status = record.status,
        error = record.error,
        model = record.model.as_deref(),
        answered_by = record.answered_by.as_deref(),
        stream = record.model.as_ref().map(|_| record.is_streaming),
        upstream_calls = record.upstream_calls,
        token = record.token.as_deref(),
        queued_ms = record.queued_ms,
        accepted_ms = record.accepted_ms,
        duration_ms = record.duration_ms,
        prompt_tokens = record.usage.map(|usage| usage.prompt_tokens),
        completion_tokens = record.usage.map(|usage| usage.completion_tokens),
        credits = record.usage.and_then(|usage| usage.credits),
        "{} {what}",
        record.route
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: usize) -> Record {
        Record {
            id: id.to_string(),
            arrived_unix_ms: 0,
            owner: None,
            token: None,
            route: "GET /health".into(),
            outcome: Outcome::Done,
            status: Some(200),
            error: None,
            model: None,
            answered_by: None,
            is_streaming: false,
            upstream_calls: 0,
            queued_ms: None,
            accepted_ms: None,
            duration_ms: 1,
            usage: None,
            reckoned_credits: None,
        }
    }

    #[tokio::test]
    async fn the_ring_keeps_the_latest_and_watchers_see_all() {
        let journal = Journal::default();
        let mut watcher = journal.watch();
        journal.write(record(0));
        assert_eq!(watcher.recv().await.unwrap().id, "0");
        (1..=RING).for_each(|id| journal.write(record(id)));
        let recent = journal.recent();
        assert_eq!((recent.len(), recent[0].id.as_str()), (RING, "1"));
        assert_eq!(recent[RING - 1].id, RING.to_string());
    }
}
