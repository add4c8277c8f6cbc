//! The Ticket of a request: a value that lives exactly as long as the request does, and whose end is its one record.
//!
//! The guard makes it. The response body holds it, and so does everything that works for the request: the engine's run,
//! or, for a call that outlives its client, the detached task. Whoever works reports facts to it. When the last holder
//! lets go, it writes one record to the journal. Nothing else writes there. This room must never know wire formats.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    conversation::Usage,
    guard::body::Share,
    journal::{Journal, Outcome, Record},
    limit::{Further, Permit, Probation},
    metrics::Running,
};

/// The ticket of a request. Cloning gives another holder of the same ticket.
#[derive(Debug, Clone)]
pub struct Ticket(Arc<Stub>);

/// What is torn off when the request is over.
#[derive(Debug)]
struct Stub {
    id: String,
    route: String,
    journal: Journal,
    clock: Clock,
    /// Cancelled when the relay stops and the time to finish is over.
    give_up: CancellationToken,
    arrived: Instant,
    arrived_unix_ms: u64,
    /// Whether the client has its status line: ends every retry and fallback.
    is_committed: AtomicBool,
    facts: Mutex<Facts>,
    running: Running,
}

#[derive(Debug, Default)]
struct Facts {
    status: Option<u16>,
    model: Option<String>,
    is_streaming: bool,
    upstream_calls: u32,
    accepted: Option<Instant>,
    usage: Option<Usage>,
    error: Option<&'static str>,
    is_complete: bool,
    owner: Option<String>,
    token: Option<String>,
    queued: Option<Duration>,
    reckoned_credits: Option<f64>,
    budget_warning: Option<String>,
    /// The model that answers, where it is another than was asked for.
    answered_by: Option<String>,
    /// What the request's body takes; given back when this is dropped.
    body_share: Option<Share>,
    /// What is to be done once 1min.ai has accepted the client's key.
    probation: Option<Probation>,
    /// What its calls after the first one count for.
    further: Option<Further>,
    /// Its place among those that are answered at the same time; free again when this is dropped.
    permit: Option<Permit>,
}

impl Ticket {
    /// A ticket for a request that has just come in by `route` (method and route pattern, never a raw path).
    #[must_use]
    pub fn new(id: String, route: String, journal: Journal, clock: Clock, give_up: CancellationToken) -> Self {
        Self(Arc::new(Stub {
            id,
            route,
            running: journal.metrics().running(),
            journal,
            clock,
            give_up,
            arrived: clock.instant(),
            arrived_unix_ms: clock.unix_ms(),
            is_committed: AtomicBool::new(false),
            facts: Mutex::default(),
        }))
    }

    /// The id in `x-request-id`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// When the request came in.
    #[must_use]
    pub fn arrived(&self) -> Instant {
        self.0.arrived
    }

    /// Who asks, and the name of the token it sent.
    pub fn caller(&self, owner: &str, token: Option<&str>) {
        let mut facts = self.facts();
        facts.owner = Some(owner.to_owned());
        facts.token = token.map(str::to_owned);
    }

    /// It had to wait this long for others to end.
    pub fn queued(&self, wait: Duration) {
        self.facts().queued = Some(wait);
    }

    /// A call that was billed, or may have been, should have cost so many credits, and 1min.ai did not say; several calls
    /// add up.
    pub fn reckoned(&self, credits: f64) {
        *self.facts().reckoned_credits.get_or_insert(0.0) += credits;
    }

    /// What the client is told of budgets that are nearly spent.
    pub fn warn_of_budget(&self, words: &str) {
        self.facts().budget_warning = Some(words.to_owned());
    }

    /// What the client is told of budgets that are nearly spent.
    #[must_use]
    pub fn budget_warning(&self) -> Option<String> {
        self.facts().budget_warning.clone()
    }

    /// What is asked of which model, once the body has been read.
    pub fn asked(&self, model: &str, is_streaming: bool) {
        let mut facts = self.facts();
        facts.model = Some(model.to_owned());
        facts.is_streaming = is_streaming;
        if is_streaming {
            self.0.running.is_streaming();
        }
    }

    /// Another model answers than the one of the name that was asked for: an alias's, or a successor.
    pub fn answered_by(&self, model: &str) {
        self.facts().answered_by = Some(model.to_owned());
    }

    /// The model that answers, where it is another than the name that was asked for.
    #[must_use]
    pub fn answering_model(&self) -> Option<String> {
        self.facts().answered_by.clone()
    }

    /// Keeps what the body takes counted until the request is over.
    pub(crate) fn hold(&self, body: Share) {
        self.facts().body_share = Some(body);
    }

    /// It may be answered now; its place is taken until the request is over, whoever still works for it.
    pub(crate) fn admit(&self, permit: Permit) {
        self.facts().permit = Some(permit);
    }

    /// Its key is new here: once 1min.ai has accepted it, the limiter is told.
    pub(crate) fn on_probation(&self, probation: Probation) {
        self.facts().probation = Some(probation);
    }

    /// What its calls after the first one count for.
    pub(crate) fn counts_further(&self, further: Further) {
        self.facts().further = Some(further);
    }

    /// A call has been sent to 1min.ai.
    pub fn upstream_sent(&self) {
        let mut facts = self.facts();
        facts.upstream_calls += 1;
        if let Some(further) = facts.further.as_ref().filter(|_| facts.upstream_calls > 1) {
            further.charge();
        }
    }

    /// 1min.ai has taken the request.
    pub fn accepted(&self) {
        let now = self.0.clock.instant();
        let mut facts = self.facts();
        facts.accepted.get_or_insert(now);
        if let Some(probation) = facts.probation.take() {
            drop(facts);
            probation.end();
        }
    }

    /// A call's tokens and credits; several calls add up.
    pub fn usage(&self, usage: Usage) {
        let mut facts = self.facts();
        facts.usage = Some(facts.usage.map_or(usage, |sum| sum.plus(usage)));
    }

    /// The request has failed, by this name.
    pub fn failed(&self, error: &'static str) {
        self.facts().error.get_or_insert(error);
    }

    /// Waits until the relay gives the request up: it is stopping, and the time to finish is over.
    pub async fn given_up(&self) {
        self.0.give_up.cancelled().await;
    }

    /// The status line is on its way: from here on an error can only be told inside the answer.
    pub fn commit(&self) {
        self.0.is_committed.store(true, Ordering::Release);
    }

    /// Whether the client has its status line.
    #[must_use]
    pub fn is_committed(&self) -> bool {
        self.0.is_committed.load(Ordering::Acquire)
    }

    /// The status that is sent.
    pub(crate) fn answered(&self, status: u16) {
        self.facts().status = Some(status);
        self.commit();
    }

    /// The last byte of the answer has been handed over.
    pub(crate) fn completed(&self) {
        self.facts().is_complete = true;
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.0.facts()
    }
}

impl Stub {
    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        let mut facts = std::mem::take(&mut *self.facts());
        if std::thread::panicking() {
            // A bug in the middle of a streamed body, which no layer can catch.
            facts.error.get_or_insert("internal");
        }
        let outcome = match (facts.error, facts.is_complete) {
            (Some(_), _) => Outcome::Failed,
            (None, true) => Outcome::Done,
            (None, false) => Outcome::ClientLeft,
        };
        self.journal.write(Record {
            id: std::mem::take(&mut self.id),
            arrived_unix_ms: self.arrived_unix_ms,
            route: std::mem::take(&mut self.route),
            owner: facts.owner,
            token: facts.token,
            outcome,
            status: facts.status,
            error: facts.error,
            model: facts.model,
            answered_by: facts.answered_by,
            is_streaming: facts.is_streaming,
            upstream_calls: facts.upstream_calls,
            queued_ms: facts.queued.map(milliseconds),
            accepted_ms: facts.accepted.map(|accepted| milliseconds(accepted - self.arrived)),
            duration_ms: milliseconds(self.clock.instant() - self.arrived),
            usage: facts.usage,
            reckoned_credits: facts.reckoned_credits,
        });
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(journal: &Journal) -> Ticket {
        Ticket::new("req_1".into(), "POST /x".into(), journal.clone(), Clock::fixed(5), CancellationToken::new())
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_holder_writes_the_one_record() {
        let journal = Journal::default();
        let ticket = ticket(&journal);
        let worker = ticket.clone();
        worker.asked("gpt-4o", true);
        worker.upstream_sent();
        tokio::time::advance(std::time::Duration::from_millis(30)).await;
        worker.accepted();
        worker.usage(Usage { prompt_tokens: 3, ..Usage::default() });
        worker.usage(Usage { prompt_tokens: 4, ..Usage::default() });
        ticket.answered(200);
        ticket.completed();
        drop(ticket);
        assert!(journal.recent().is_empty());
        drop(worker);
        let [record] = journal.recent().try_into().unwrap();
        assert_eq!((record.outcome, record.status, record.upstream_calls), (Outcome::Done, Some(200), 1));
        assert_eq!((record.accepted_ms, record.arrived_unix_ms), (Some(30), 5_000));
        assert_eq!(record.usage.unwrap().prompt_tokens, 7);
    }

    #[test]
    fn an_error_outweighs_the_end_and_no_end_means_the_client_left() {
        let journal = Journal::default();
        let failed = ticket(&journal);
        failed.failed("upstream_error");
        failed.failed("something later");
        failed.completed();
        drop(failed);
        drop(ticket(&journal));
        let records = journal.recent();
        assert_eq!((records[0].outcome, records[0].error), (Outcome::Failed, Some("upstream_error")));
        assert_eq!((records[1].outcome, records[1].status), (Outcome::ClientLeft, None));
    }

    #[test]
    fn a_panic_while_it_is_held_is_a_failure() {
        let journal = Journal::default();
        let held = ticket(&journal);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _held = held;
            panic!("a bug");
        }));
        assert!(panicked.is_err());
        assert_eq!(journal.recent()[0].error, Some("internal"));
    }
}
