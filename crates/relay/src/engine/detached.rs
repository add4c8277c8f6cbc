//! Runs that go on without their client: what is billed once it is asked for, and is finished and kept.
//!
//! A row is written before anything is sent, and what became of it after. Whoever asks the same again because the answer
//! took too long (SDKs say so in a header) gets what the first run makes, and nothing is billed twice. The client only
//! watches; the ticket is the run's as well.

mod earlier;
mod fingerprint;
pub(crate) mod lost;
pub(crate) mod pulse;
mod running;
mod worker;

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt;
use onemin::FeatureRequest;
use tokio::sync::watch;

use self::running::{Key, Known, Outcome};
pub(crate) use self::{
    fingerprint::{Fingerprint, Fingerprinting},
    running::Running,
    worker::{Fetched, Worker, fetch, keep, usage},
};
use crate::{
    budget::Price,
    conversation::Usage,
    error::Error,
    guard::Call,
    id,
    shared::Shared,
    store::{RunFile, RunKind, RunRecord, RunState},
};

/// The most calls of a run that come one after the other, and some for their files.
const MOST_CALLS: u64 = 30;

/// What a run made.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Made {
    /// Pictures or sounds, in order.
    pub(crate) files: Vec<MadeFile>,
    /// The words of a sound.
    pub(crate) text: Option<String>,
    /// What it cost, where 1min.ai said so.
    pub(crate) usage: Option<Usage>,
}

/// A file that was made and is kept.
pub(crate) type MadeFile = RunFile;

/// What a run is to make.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) kind: RunKind,
    /// The model, by its id at 1min.ai.
    pub(crate) model: String,
    /// What tells the request from others.
    pub(crate) fingerprint: Fingerprint,
    /// What it should cost.
    pub(crate) cost: Cost,
}

/// What a run should cost.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cost {
    /// Calls of a feature.
    pub(crate) calls: u32,
    /// All of them together.
    pub(crate) price: Price,
}

impl Cost {
    /// That of calls which are alike.
    pub(crate) fn of(call: &Call, request: &FeatureRequest, calls: u32, seconds: Option<f64>) -> Self {
        let listed = call.snapshot.catalog.find(&request.model);
        let Price { listed, credits } = call.shared.budgets.feature(listed, request, seconds);
        let calls_of = f64::from(calls);
        Self { calls, price: Price { listed: listed * calls_of, credits: credits * calls_of } }
    }

    /// That of one call.
    fn of_one(self) -> Price {
        let calls = f64::from(self.calls.max(1));
        Price { listed: self.price.listed / calls, credits: self.price.credits / calls }
    }
}

/// Runs `work` to its end, whether the client waits for it or not. All that can be refused without asking 1min.ai must have
/// been refused before.
///
/// # Errors
/// `BudgetSpent` or `BudgetShort` with nothing sent; what `work` failed with; `StorageFull` or `StorageFailed` where no row can be written, with nothing sent; `Stopped` where the
/// relay was stopped in the middle.
pub(crate) async fn run<F>(
    shared: &Arc<Shared>,
    call: &Call,
    asked: Asked,
    work: impl FnOnce(Worker) -> F,
) -> Result<Made, Error>
where
    F: Future<Output = Result<Made, Error>> + Send + 'static,
{
    let key = Key { owner: call.caller.owner.clone(), fingerprint: asked.fingerprint };
    if call.is_retry
        && let Some(outcome) = joined(shared, call, &key).await
    {
        return outcome;
    }
    let Cost { calls, price } = asked.cost;
    let reserved = shared.budgets.reserve(&call.caller, &call.snapshot, price.credits, calls)?;
    reserved.warning().into_iter().for_each(|words| call.ticket.warn_of_budget(words));
    let (tell, outcome) = watch::channel(None);
    let row = row(shared, call, &asked);
    let entry = Entry { shared: Arc::clone(shared), key, id: row.id.clone() };
    shared.runs.begin(&entry.key, &entry.id, outcome.clone(), shared.clock.instant());
    let worker = Worker::new(shared, call, row, asked.cost, reserved);
    let work = work(worker.clone());
    // From here on nothing is the client's: not even the row is left half written when it leaves.
    drop(call.tasks.spawn_detached(async move {
        if let Err(error) = worker.open().await {
            drop(entry);
            tell.send_replace(Some(Err(error)));
            return;
        }
        let made = AssertUnwindSafe(work).catch_unwind().await.unwrap_or(Err(Error::Internal));
        let made = worker.close(made).await;
        entry.end(made.as_ref().map_or_else(Error::is_perhaps_billed, |_| true));
        tell.send_replace(Some(made));
    }));
    watched(outcome).await
}

/// A run among those that go on. Dropping it ends the run, as one that was not carried out.
struct Entry {
    shared: Arc<Shared>,
    key: Key,
    id: String,
}

impl Entry {
    fn end(&self, is_kept: bool) {
        self.shared.runs.end(&self.key, &self.id, is_kept, self.shared.clock.instant());
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.end(false);
    }
}

/// Waits for what comes of a run.
async fn watched(mut outcome: watch::Receiver<Outcome>) -> Result<Made, Error> {
    let ended = outcome.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
    // It was ended with the relay.
    ended.unwrap_or(Err(Error::Stopped))
}

/// What an earlier run of the same request makes, made, or was lost with; `None`: there was none that counts.
async fn joined(shared: &Shared, call: &Call, key: &Key) -> Option<Result<Made, Error>> {
    match shared.runs.find(key, shared.clock.instant()) {
        Known::Run(outcome) => {
            tracing::debug!(id = call.ticket.id(), "a second try waits for the first");
            Some(watched(outcome).await)
        }
        Known::NotCarriedOut => None,
        Known::Nothing => earlier::outcome(shared, key).await.transpose(),
    }
}

/// The row of a run that is about to begin.
fn row(shared: &Shared, call: &Call, asked: &Asked) -> RunRecord {
    let now_ms = shared.clock.unix_ms();
    let milliseconds = |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let settings = &call.snapshot.settings;
    let kept_ms = settings.results_days.saturating_mul(24 * 3_600_000);
    RunRecord {
        id: id::random("run_"),
        owner: call.caller.owner.as_str().to_owned(),
        created_unix_ms: now_ms,
        expires_unix_ms: now_ms.saturating_add(kept_ms),
        kind: asked.kind,
        model: asked.model.clone(),
        fingerprint: asked.fingerprint.to_string(),
        instance: shared.instance.name().to_owned(),
        // A long text is as many calls as it has pieces, one after the other.
        ends_by_unix_ms: now_ms.saturating_add(milliseconds(settings.total_timeout).saturating_mul(MOST_CALLS)),
        state: RunState::Running,
        calls: Vec::new(),
        files: Vec::new(),
        text: None,
        credits: None,
    }
}
