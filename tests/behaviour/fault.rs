//! Whatever breaks at 1min.ai, wherever in the answer, however it was asked: every fault at every place for every way to
//! ask, each held to one small table of rules.
//!
//! | in | faults |
//! |---|---|
//! | `cut` | connections that are refused, closed, reset, silent, dripping; what is no HTTP or never ends |
//! | `answer` | every status with every kind of body; refusals in words; bad bodies at good statuses; waits |
//! | `event` | events that refuse, can't be read or are unknown, at every place of a stream |
//!
//! `rule` says what each means for the client, for the number of calls and for the record; `stage` looks. What the relay
//! refuses by itself, before anything can break, is in `refusal`.

mod answer;
mod bare;
mod case;
mod cut;
mod event;
mod refusal;
mod rule;
mod stage;

use std::{
    any::Any,
    collections::{BTreeMap, HashSet, VecDeque},
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
};

use futures_util::FutureExt;
use tokio::task::JoinSet;

use case::{Case, Place};
use stage::Stage;

/// How many cases the tables make. A case that vanishes without being meant to is missed here.
const CASES: [(&str, usize); 3] = [("cut", 322), ("answer", 1_596), ("event", 696)];

type Queue = Arc<Mutex<VecDeque<Case>>>;

fn tables() -> [(&'static str, Vec<Case>); 3] {
    [("cut", cut::cases().collect()), ("answer", answer::cases()), ("event", event::cases())]
}

#[test]
fn no_case_has_vanished_and_none_is_there_twice() {
    assert_eq!(tables().map(|(name, cases)| (name, cases.len())), CASES);
    let names: HashSet<String> = tables().into_iter().flat_map(|(_, cases)| cases).map(|case| case.name).collect();
    assert_eq!(names.len(), CASES.iter().map(|(_, count)| count).sum::<usize>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_is_told_as_what_it_is_and_costs_no_more_than_it_must() {
    let mut queues: BTreeMap<Place, VecDeque<Case>> = BTreeMap::new();
    for case in tables().into_iter().flat_map(|(_, cases)| cases) {
        queues.entry(case.place).or_default().push_back(case);
    }
    let total: usize = queues.values().map(VecDeque::len).sum();
    let mut ready = Vec::new();
    for (place, cases) in queues {
        let queue: Queue = Arc::new(Mutex::new(cases));
        for _ in 0..stages(place) {
            ready.push((place, Stage::new(place).await, Arc::clone(&queue)));
        }
    }
    // Only now, so that no time limit runs out because a relay starts.
    let mut players = JoinSet::new();
    for (place, stage, queue) in ready {
        players.spawn(play_all(place, stage, queue));
    }
    let mut failures = players.join_all().await.concat();
    failures.sort();
    assert!(failures.is_empty(), "{} of {total} cases failed:\n\n{}", failures.len(), failures.join("\n\n"));
}

/// How many cases of a place are played at the same time: those that wait need many, those that take memory few.
const fn stages(place: Place) -> usize {
    match place {
        Place::Nobody | Place::Flood => 2,
        Place::Mock | Place::Bare => 6,
        Place::Idle | Place::Total => 10,
        Place::Wait => 24,
    }
}

/// Plays cases until there are none; what failed, with its name. After a failure a new stage is set.
async fn play_all(place: Place, mut stage: Stage, queue: Queue) -> Vec<String> {
    let mut failures = Vec::new();
    loop {
        let next = queue.lock().unwrap().pop_front();
        let Some(case) = next else { return failures };
        if let Err(panic) = AssertUnwindSafe(stage.play(&case)).catch_unwind().await {
            failures.push(format!("{}\n    {}", case.name, words(panic.as_ref()).replace('\n', "\n    ")));
            stage = Stage::new(place).await;
        }
    }
}

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words")
}
