#![cfg(unix)]

use std::sync::Arc;

use jiff::tz::TimeZone;
use onemin::{ApiKey, Client};

use super::*;
use crate::{
    clock::Clock,
    error::Error,
    guard::{Caller, owner::Owner},
    memcached::real::RealMemcached,
    policy::Policy,
    settings::{Limits, Settings},
};

const NOW: u64 = 1_800_000_000;

/// What all relays of these tests may spend in a day, together.
const LIMIT: f64 = 100.0;

/// A relay that shares its budgets, with a database in `folder` or in memory.
struct Replica {
    shared: Arc<Shared>,
    caller: Caller,
}

impl Replica {
    fn start(memcached: &RealMemcached, folder: Option<&std::path::Path>) -> Self {
        let limits = Limits { credits_per_day: 100, time_zone: Some(TimeZone::UTC), ..Limits::default() };
        let settings = Settings { memcached_servers: vec![memcached.address()], limits, ..Settings::default() };
        let upstream = Client::new(&settings.client_options()).unwrap();
        let key = ApiKey::new("a-key-of-somebody").unwrap();
        let folder = folder.map(std::path::Path::to_path_buf);
        let shared = Arc::new(Shared::new(settings, upstream, Some(key.clone()), false, folder, Clock::fixed(NOW)));
        let policy = Arc::new(Policy::of_callers(&shared.snapshot.load().settings));
        let caller = Caller { account: shared.salt.account(&key), key, owner: Owner::local(), policy };
        Self { shared, caller }
    }

    fn reserve(&self, credits: f64) -> Result<super::super::Reservation, Error> {
        self.shared.budgets.reserve(&self.caller, &self.shared.snapshot.load(), credits, 1)
    }

    fn pay(&self, credits: f64) {
        self.reserve(0.0).unwrap().spend(credits);
    }

    async fn talk(&self) {
        exchange(&self.shared).await;
    }

    /// What is spent by all, as this relay knows it, and what is reserved.
    fn stand(&self) -> (f64, f64) {
        let [budget] = self.shared.budgets.statuses(&self.shared.snapshot.load()).try_into().unwrap();
        (budget.spent, budget.reserved)
    }
}

async fn talk(replicas: &[Replica]) {
    for replica in replicas {
        replica.talk().await;
    }
    for replica in replicas {
        replica.talk().await;
    }
}

fn three(memcached: &RealMemcached) -> [Replica; 3] {
    std::array::from_fn(|_| Replica::start(memcached, None))
}

#[tokio::test]
async fn each_relay_counts_what_the_others_spend_and_reserve() {
    let memcached = RealMemcached::start();
    let replicas = three(&memcached);
    replicas[0].pay(30.0);
    replicas[1].pay(20.0);
    let running = replicas[2].reserve(25.0).unwrap();
    talk(&replicas).await;
    assert!(replicas.iter().all(|replica| replica.stand() == (50.0, 25.0)));
    assert!(matches!(replicas[0].reserve(26.0), Err(Error::BudgetShort { is_held: true, .. })));
    running.spend(70.0);
    drop(running);
    talk(&replicas).await;
    assert!(replicas.iter().all(|replica| replica.stand() == (120.0, 0.0)));
    assert!(replicas.iter().all(|replica| matches!(replica.reserve(1.0), Err(Error::BudgetSpent { .. }))));
}

#[tokio::test]
async fn all_write_at_once_and_nothing_is_lost() {
    let memcached = RealMemcached::start();
    let replicas: Vec<Replica> = (0..8).map(|_| Replica::start(&memcached, None)).collect();
    for _ in 0..20 {
        replicas.iter().for_each(|replica| replica.pay(0.1));
        futures_util::future::join_all(replicas.iter().map(Replica::talk)).await;
    }
    talk(&replicas).await;
    assert!(replicas.iter().all(|replica| replica.stand() == (16.0, 0.0)));
}

#[tokio::test]
async fn what_memcached_forgets_is_put_back_also_for_a_relay_that_is_gone() {
    let mut memcached = RealMemcached::start();
    let [one, other, gone] = three(&memcached);
    gone.pay(40.0);
    gone.talk().await;
    drop(gone);
    one.talk().await;
    memcached.kill();
    one.pay(30.0);
    one.talk().await;
    assert_eq!(one.stand(), (70.0, 0.0), "while memcached is away, what was heard counts on");
    memcached.start_again();
    let back = one.shared.snapshot.load().memcached.clone().unwrap();
    while back.state().iter().any(|server| server.is_away) {
        back.probe().await;
    }
    one.talk().await;
    other.talk().await;
    assert_eq!(other.stand(), (70.0, 0.0));
}

#[tokio::test]
async fn a_relay_that_starts_again_is_the_same_one() {
    let (memcached, folder) = (RealMemcached::start(), tempfile::tempdir().unwrap());
    let other = Replica::start(&memcached, None);
    let one = Replica::start(&memcached, Some(folder.path()));
    one.pay(40.0);
    one.talk().await;
    let first = one.shared.budgets.0.exchange.lock().await.id.clone();
    drop(one);
    // Its database lost the last moment, which memcached has.
    let one = Replica::start(&memcached, Some(folder.path()));
    one.talk().await;
    assert_eq!(one.stand(), (40.0, 0.0));
    assert_eq!(one.shared.budgets.0.exchange.lock().await.id, first);
    one.pay(5.0);
    one.talk().await;
    other.talk().await;
    assert_eq!(other.stand(), (45.0, 0.0), "nothing counts twice");
}

#[tokio::test]
async fn what_a_relay_had_reserved_that_was_killed_is_let_go_of() {
    let memcached = RealMemcached::start();
    let [one, killed, _] = three(&memcached);
    let running = killed.reserve(LIMIT).unwrap();
    killed.talk().await;
    one.talk().await;
    assert_eq!(one.stand(), (0.0, LIMIT));
    tokio::time::pause();
    tokio::time::advance(BELIEVED).await;
    one.shared.budgets.0.exchange.lock().await.apply(&one.shared.budgets);
    assert_eq!(one.stand(), (0.0, 0.0));
    drop(running);
}

#[tokio::test]
async fn what_is_no_document_or_over_counts_for_nothing() {
    let memcached = RealMemcached::start();
    let [one, ..] = three(&memcached);
    let client = one.shared.snapshot.load().memcached.clone().unwrap();
    assert!(client.replace(KEY, b"{\"relays\": 7}", None, KEEP).await.unwrap());
    one.pay(10.0);
    one.talk().await;
    let (text, cas) = client.read(KEY).await.unwrap().unwrap();
    let mut document: Document = serde_json::from_slice(&text).unwrap();
    assert_eq!(document.relays.len(), 1);
    let entry = |days: u64| Entry {
        sequence: 1,
        day_until_unix_ms: NOW * 1_000 + days * 24 * 3_600_000,
        month_until_unix_ms: NOW * 1_000 + days * 24 * 3_600_000,
        payers: [(ALL.to_owned(), [1_000, 1_000, 0])].into(),
    };
    document.relays.extend([("over".into(), entry(0)), ("wild".into(), entry(33)), ("good".into(), entry(1))]);
    assert!(client.replace(KEY, &serde_json::to_vec(&document).unwrap(), Some(cas), KEEP).await.unwrap());
    one.talk().await;
    assert_eq!(one.stand(), (11.0, 0.0));
    // No secret and no name of a token is in there.
    let (text, _) = client.read(KEY).await.unwrap().unwrap();
    assert!(!String::from_utf8(text).unwrap().contains("somebody"));
}

/// What a relay says that many pay: the nth one n thousandths of a credit, and all of them one credit.
fn crowd(sequence: u64, payers: u64) -> Entry {
    let until = NOW * 1_000 + 24 * 3_600_000;
    let each = (0..payers).map(|n| (format!("{sequence:016}{n:016}"), [n, n, 0]));
    let payers = each.chain([(ALL.to_owned(), [1_000, 1_000, 0])]).collect();
    Entry { sequence, day_until_unix_ms: until, month_until_unix_ms: until, payers }
}

#[tokio::test]
async fn however_many_pay_the_document_fits_and_those_who_spent_most_are_in_it() {
    let memcached = RealMemcached::start();
    let [one, other, _] = three(&memcached);
    let at = one.shared.clock.instant();
    let crowds = (0..30).map(|n| (format!("relay{n}"), Heard { entry: crowd(n, 1_000), at }));
    one.shared.budgets.0.exchange.lock().await.others.extend(crowds);
    one.pay(10.0);
    one.talk().await;
    other.talk().await;
    assert_eq!(other.stand(), (40.0, 0.0), "what was spent in all is known");
    let client = one.shared.snapshot.load().memcached.clone().unwrap();
    let (text, _) = client.read(KEY).await.unwrap().unwrap();
    assert!(text.len() <= LARGEST && text.len() > LARGEST - 1_000, "{}", text.len());
    let text = String::from_utf8(text).unwrap();
    let names = |n: u64| (0..30).filter(|relay| text.contains(&format!("{relay:016}{n:016}"))).count();
    assert_eq!((names(999), names(0)), (30, 0));
}

#[tokio::test]
async fn of_too_many_relays_the_last_ones_are_carried_over() {
    let memcached = RealMemcached::start();
    let [one, ..] = three(&memcached);
    let at = one.shared.clock.instant();
    let mut exchange = one.shared.budgets.0.exchange.lock().await;
    let many = MOST_RELAYS as u64 + 5;
    exchange.others.extend((0..many).map(|n| (format!("relay{n}"), Heard { entry: crowd(n, 1), at })));
    exchange.forget_oldest(MOST_RELAYS);
    assert_eq!(exchange.others.len(), MOST_RELAYS);
    assert!(!exchange.others.contains_key("relay4") && exchange.others.contains_key("relay5"));
}
