//! What tests say and see: scripted turns, a gate, the calls received, and how they ended.

mod answer;
mod control;
mod feature;
mod ledger;
mod rule;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

pub use answer::{Answer, Text};
pub(crate) use control::control;
pub use feature::{Act, Downloaded};
pub use ledger::{Counts, Received};
use ledger::{Ledger, OpenCall};
pub use rule::Rule;

use crate::{asset::Uploaded, feature::Results, reply::Reply};

/// What the stand-in does with one call.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// A good answer, whole or streamed as the call asks.
    Answer(Answer),
    /// These steps, whatever was asked.
    Reply(Reply),
    /// What a stand-in without a script does: the demo of a chat, or the acted feature.
    Act(Act),
}

type Respond = Arc<dyn Fn(&Received) -> Turn + Send + Sync>;

/// The script of a stand-in and its record of what happened. Cloning gives another handle to the same script.
///
/// A rule that fits goes first, and takes nothing from the queue; then turns that were queued, one per call; then the
/// standing turn; a stand-in with none of them plays the demo.
#[derive(Clone, Default)]
pub struct Script {
    stage: Arc<Mutex<Stage>>,
    gate: Arc<Notify>,
    ledger: Arc<Ledger<Received>>,
    uploads: Arc<Ledger<Uploaded>>,
    features: Arc<Ledger<Received>>,
    downloads: Arc<Ledger<Downloaded>>,
    results: Results,
}

#[derive(Default)]
struct Stage {
    rules: Vec<Rule>,
    queue: VecDeque<Turn>,
    standing: Option<Respond>,
    /// What `GET /models` answers by feature; `*` stands for every other.
    models: HashMap<String, Reply>,
    models_asked: Vec<String>,
    refuses_keys: bool,
    upload_queue: VecDeque<Reply>,
    feature_queue: VecDeque<Turn>,
    feature_standing: Option<Respond>,
    result_queue: VecDeque<Reply>,
    download_queue: VecDeque<Reply>,
    /// How large every file is, where that is not its own size.
    file_bytes: Option<u64>,
}

impl Script {
    /// Plays `turn` for the next call that finds the queue empty before it.
    pub fn push(&self, turn: Turn) {
        self.stage().queue.push_back(turn);
    }

    /// Plays the turn of `rule` for every call that fits, where no earlier rule does.
    pub fn rule(&self, rule: Rule) {
        self.stage().rules.push(rule);
    }

    /// Plays `turn` for every call beyond the queue.
    pub fn always(&self, turn: Turn) {
        self.respond_with(move |_| turn.clone());
    }

    /// Decides for every call beyond the queue by what it received.
    pub fn respond_with(&self, respond: impl Fn(&Received) -> Turn + Send + Sync + 'static) {
        self.stage().standing = Some(Arc::new(respond));
    }

    /// Answers `GET /models` for this feature, or for every other one (`*`), with `reply`.
    pub fn models(&self, feature: &str, reply: Reply) {
        self.stage().models.insert(feature.to_owned(), reply);
    }

    /// The features that `GET /models` was asked for so far. These calls are in no ledger: they cost nothing.
    #[must_use]
    pub fn models_asked(&self) -> Vec<String> {
        self.stage().models_asked.clone()
    }

    /// Answers the next upload that finds the queue of uploads empty before it with `reply`. Beyond the queue every upload
    /// is taken.
    pub fn push_upload(&self, reply: Reply) {
        self.stage().upload_queue.push_back(reply);
    }

    /// Every upload so far, in the order of arrival, and also those that were refused.
    #[must_use]
    pub fn uploads(&self) -> Vec<Uploaded> {
        self.uploads.received()
    }

    /// Waits until the counts of uploads are as `is_reached` wants them.
    pub async fn wait_for_uploads(&self, is_reached: impl FnMut(&Counts) -> bool) -> Counts {
        self.uploads.wait_for(is_reached).await
    }

    /// Whether the demo's answers refuse every key from now on.
    pub fn refuse_keys(&self, refuses: bool) {
        self.stage().refuses_keys = refuses;
    }

    pub(crate) fn refuses_keys(&self) -> bool {
        self.stage().refuses_keys
    }

    /// Lets every call that waits at a [`Step::Gate`](crate::Step::Gate) go on.
    pub fn open_gate(&self) {
        self.gate.notify_waiters();
    }

    /// Forgets script, calls and counts. Calls that are open go on uncounted.
    pub fn reset(&self) {
        *self.stage() = Stage::default();
        self.ledger.reset();
        self.uploads.reset();
        self.features.reset();
        self.downloads.reset();
        self.results.reset();
    }

    /// Every chat call so far, in the order of arrival.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.ledger.received()
    }

    /// How many calls are open, were answered to the end, were left by the client.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.ledger.counts()
    }

    /// Waits until the counts are as `is_reached` wants them.
    pub async fn wait_for(&self, is_reached: impl FnMut(&Counts) -> bool) -> Counts {
        self.ledger.wait_for(is_reached).await
    }

    pub(crate) fn gate(&self) -> Arc<Notify> {
        Arc::clone(&self.gate)
    }

    /// Records a call and decides its answer; `act` is the demo's.
    pub(crate) fn take_call(
        &self,
        received: Received,
        is_streaming: bool,
        act: impl FnOnce() -> Reply,
    ) -> (Reply, OpenCall<Received>) {
        let (scripted, standing) = {
            let mut stage = self.stage();
            let ruled = stage.rules.iter().find(|rule| rule.fits(&received)).map(|rule| rule.turn.clone());
            (ruled.or_else(|| stage.queue.pop_front()), stage.standing.clone())
        };
        let turn = scripted.or_else(|| standing.map(|respond| respond(&received)));
        let reply = match turn {
            Some(Turn::Answer(answer)) => answer.to_reply(&received, is_streaming),
            Some(Turn::Reply(reply)) => reply,
            Some(Turn::Act(how)) => how.after(act()),
            None => act(),
        };
        (reply, Ledger::open(&self.ledger, received))
    }

    /// Records an upload; no reply: it is taken.
    pub(crate) fn take_upload(&self, upload: Uploaded) -> (Option<Reply>, OpenCall<Uploaded>) {
        let reply = self.stage().upload_queue.pop_front();
        (reply, Ledger::open(&self.uploads, upload))
    }

    /// Notes a question for models; no reply: the recorded list answers.
    pub(crate) fn take_models_call(&self, feature: &str) -> Option<Reply> {
        let mut stage = self.stage();
        stage.models_asked.push(feature.to_owned());
        stage.models.get(feature).or_else(|| stage.models.get("*")).cloned()
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Script").field("counts", &self.counts()).finish_non_exhaustive()
    }
}
