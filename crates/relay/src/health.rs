//! Whether the relay can do its work, part by part.
//!
//! A part that must work makes the relay unready when it fails; one that something stands in for does not. Whoever asks needs
//! no credential, so what is told names no folder, no address and nobody. This room must never know HTTP.

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use tokio::{
    sync::{Mutex, watch},
    time::{Instant, timeout},
};

use crate::{memcached::ServerState, shared::Shared, status::RunState, store, task};

/// For how long what was found of a part counts: whoever asks often does not wear out disks and bills.
const FRESH: Duration = Duration::from_secs(10);

/// What was found is remembered so long where no newer answer came in time.
const REMEMBERED: Duration = Duration::from_secs(60);

/// How one part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// It works.
    Ok,
    /// It does not, and something stands in for it.
    Away,
    /// It does not, and requests need it.
    Failed,
}

/// A part, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Part {
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// All parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Parts {
    /// Whether it accepts requests.
    relay: Part,
    /// Files, results and kept responses.
    store: Part,
    /// Tokens and usage.
    database: Part,
    /// The list of models.
    catalog: Part,
    /// What several relays count through, where they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    memcached: Option<Part>,
}

/// What was found of the parts that are tried out.
#[derive(Debug, Clone)]
struct Found {
    at: Instant,
    store: Option<String>,
    database: bool,
}

/// The memory of the last look.
#[derive(Debug, Default)]
pub(crate) struct Health {
    last: watch::Sender<Option<Found>>,
    /// Held by who looks.
    look: Arc<Mutex<()>>,
}

impl Found {
    fn is_within(&self, age: Duration) -> bool {
        self.at.elapsed() < age
    }
}

impl Part {
    const OK: Self = Self { state: State::Ok, problem: None };

    fn new(state: State, problem: impl Into<String>) -> Self {
        Self { state, problem: Some(problem.into()) }
    }
}

impl Parts {
    /// Whether all that requests need works.
    pub(crate) fn are_ready(&self) -> bool {
        let Self { relay, store, database, catalog, memcached } = self;
        let parts = [relay, store, database, catalog].into_iter().chain(memcached);
        parts.into_iter().all(|part| part.state != State::Failed)
    }
}

/// Looks at every part. Those that are tried out may take as long as `patience`; then what was found before counts.
pub(crate) async fn look(shared: &Arc<Shared>, patience: Duration) -> Parts {
    let found = timeout(patience, find(shared)).await.unwrap_or_else(|_| last(shared, REMEMBERED));
    let relay = match shared.status.borrow().state {
        RunState::Running { .. } => Part::OK,
        RunState::Stopping | RunState::Stopped => Part::new(State::Failed, "it is stopping and takes no more requests"),
    };
    let catalog = match shared.status.borrow().catalog.problem {
        None => Part::OK,
        Some(_) => Part::new(State::Away, "1min.ai's list of models could not be fetched; an earlier one is in use"),
    };
    let silent = || Part::new(State::Failed, "it took too long to answer");
    let (store, database) = match found {
        Some(found) => (store_part(found.store), database_part(shared, found.database)),
        None => (silent(), silent()),
    };
    let memcached = shared.status.borrow().memcached.as_deref().map(memcached_part);
    Parts { relay, store, database, catalog, memcached }
}

/// What was found a moment ago, else what is found now. At most one looks at a time, and to the end: whoever waits for it may
/// leave, and the next one has what was found.
async fn find(shared: &Arc<Shared>) -> Option<Found> {
    let mut news = shared.health.last.subscribe();
    if let Some(found) = last(shared, FRESH) {
        return Some(found);
    }
    if let Ok(look) = Arc::clone(&shared.health.look).try_lock_owned() {
        let shared = Arc::clone(shared);
        task::errand(async move {
            let found = try_out(&shared).await;
            shared.health.last.send_replace(Some(found));
            drop(look);
        });
    }
    let is_fresh = |found: &Option<Found>| found.as_ref().is_some_and(|found| found.is_within(FRESH));
    news.wait_for(is_fresh).await.ok().and_then(|found| found.clone())
}

/// Tries out what can fail on its own.
async fn try_out(shared: &Shared) -> Found {
    let (store, database) = tokio::join!(
        shared.store.probe(shared.instance.name()),
        shared.database.run(|connection| { connection.query_row("SELECT count(*) FROM meta", [], |_| Ok(())) })
    );
    let at = shared.clock.instant();
    Found { at, store: store.err().as_ref().map(store::cause), database: database.is_ok() }
}

/// What was last found, unless it is older than `age`.
fn last(shared: &Shared, age: Duration) -> Option<Found> {
    shared.health.last.borrow().clone().filter(|found| found.is_within(age))
}

fn store_part(problem: Option<String>) -> Part {
    problem.map_or(Part::OK, |problem| Part::new(State::Failed, problem))
}

/// While a server is away, each relay counts alone.
fn memcached_part(servers: &[ServerState]) -> Part {
    match servers.iter().filter(|server| server.is_away).count() {
        0 => Part::OK,
        away => Part::new(
            State::Away,
            format!("{away} of {} servers; what they would share is counted here alone", servers.len()),
        ),
    }
}

/// Without it no token of this machine is known; usage is not kept, which nobody waits for.
fn database_part(shared: &Shared, is_well: bool) -> Part {
    if is_well {
        return Part::OK;
    }
    let snapshot = shared.snapshot.load();
    let is_needed = snapshot.requires_token() && snapshot.settings.tokens_file.is_none();
    let state = if is_needed { State::Failed } else { State::Away };
    Part::new(state, "tokens and usage can't be read or written; the log says why")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    fn run(shared: &Shared, state: RunState) {
        shared.status.send_modify(|status| status.state = state);
    }

    #[tokio::test]
    async fn a_relay_is_ready_while_it_runs_and_not_once_it_stops() {
        let shared = Shared::of_tests();
        assert!(!look(&shared, PATIENCE).await.are_ready());
        run(&shared, RunState::Running { addresses: Vec::new() });
        let parts = look(&shared, PATIENCE).await;
        assert!(parts.are_ready(), "{parts:?}");
        run(&shared, RunState::Stopping);
        let parts = look(&shared, PATIENCE).await;
        assert_eq!((parts.are_ready(), parts.relay.state), (false, State::Failed));
    }

    #[tokio::test]
    async fn an_old_list_of_models_stands_in_for_a_new_one() {
        let shared = Shared::of_tests();
        run(&shared, RunState::Running { addresses: Vec::new() });
        shared.status.send_modify(|status| status.catalog.problem = Some("http://me:secret@proxy is down".into()));
        let parts = look(&shared, PATIENCE).await;
        assert_eq!((parts.are_ready(), parts.catalog.state), (true, State::Away));
        assert!(!format!("{parts:?}").contains("secret"));
    }

    #[tokio::test]
    async fn while_a_memcached_server_is_away_the_relay_counts_alone_and_is_ready() {
        let shared = Shared::of_tests();
        run(&shared, RunState::Running { addresses: Vec::new() });
        assert_eq!(look(&shared, PATIENCE).await.memcached, None);
        for (is_away, state) in [(false, State::Ok), (true, State::Away)] {
            let server = ServerState { name: "canary.lan:11211".into(), is_away, problem: Some("refused".into()) };
            shared.status.send_modify(|status| status.memcached = Some(vec![server]));
            let parts = look(&shared, PATIENCE).await;
            assert_eq!((parts.are_ready(), parts.memcached.as_ref().map(|part| part.state)), (true, Some(state)));
            assert!(!format!("{parts:?}").contains("canary"), "{parts:?}");
        }
    }

    #[tokio::test]
    async fn a_slow_store_is_tried_out_to_the_end_although_nobody_waits_so_long() {
        let mut shared = Shared::of_tests();
        Arc::get_mut(&mut shared).unwrap().store.slow_down(Duration::from_secs(2));
        run(&shared, RunState::Running { addresses: Vec::new() });
        tokio::time::pause();
        let at_once = Duration::from_millis(500);
        for _ in 0..3 {
            let parts = look(&shared, at_once).await;
            assert_eq!((parts.are_ready(), parts.store.state), (false, State::Failed), "nothing is known yet");
        }
        let mut news = shared.health.last.subscribe();
        news.wait_for(Option::is_some).await.unwrap();
        assert!(look(&shared, Duration::ZERO).await.are_ready(), "what was found is remembered");
        assert_eq!(shared.store.probes().await, 0);
        for _ in 0..3 {
            tokio::time::advance(FRESH).await;
            assert!(look(&shared, at_once).await.are_ready());
            assert!(shared.store.probes().await <= 1, "they have one name");
        }
    }

    #[tokio::test]
    async fn a_part_that_does_not_answer_is_what_it_was_and_failed_in_the_end() {
        let shared = Shared::of_tests();
        run(&shared, RunState::Running { addresses: Vec::new() });
        assert!(look(&shared, PATIENCE).await.are_ready());
        tokio::time::pause();
        // Who looks now never comes to an end.
        let (hang, hold) = std::sync::mpsc::channel::<()>();
        let database = shared.database.clone();
        let hung = database.run(move |_| {
            let _ = hold.recv();
            Ok(())
        });
        let asking = async {
            tokio::time::advance(FRESH).await;
            assert!(look(&shared, PATIENCE).await.are_ready(), "as it was");
            tokio::time::advance(REMEMBERED).await;
            let parts = look(&shared, PATIENCE).await;
            assert_eq!((parts.are_ready(), parts.database.state), (false, State::Failed));
            drop(hang);
        };
        let (hung, ()) = tokio::join!(hung, asking);
        hung.unwrap();
    }
}
