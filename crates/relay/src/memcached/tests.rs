//! Against the real memcached, which each test starts for itself.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what goes wrong here fails the test")]

use super::*;
use super::{breaker::FAILURES, real::RealMemcached};

const KEEP: Duration = Duration::from_secs(60);

fn client(servers: &[&RealMemcached]) -> Memcached {
    let servers: Vec<String> = servers.iter().map(|server| server.address()).collect();
    Memcached::new(&servers, 11211).unwrap()
}

/// Asks until the server is left alone.
async fn lose(memcached: &Memcached) {
    for _ in 0..FAILURES {
        assert_eq!(memcached.increment("n/1", 1, KEEP).await, Err(Away));
    }
    assert!(memcached.state()[0].is_away);
}

/// Asks, as requests would, until a probe has found the server back.
async fn find_back(memcached: &Memcached) {
    let back = async {
        while memcached.numbers(&["n/1".into()]).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), back).await.expect("it comes back by itself");
    assert_eq!(memcached.state()[0].problem, None);
}

#[tokio::test]
async fn numbers_are_added_to_taken_from_and_read_together() {
    let server = RealMemcached::start();
    let memcached = client(&[&server]);
    assert_eq!(memcached.increment("n/1", 9, KEEP).await, Ok(9));
    assert_eq!(memcached.increment("n/1", 2, KEEP).await, Ok(11));
    assert_eq!(memcached.decrement("n/1", 2).await, Ok(9));
    assert_eq!(memcached.increment("n/2", 5, KEEP).await, Ok(5));
    assert_eq!(memcached.decrement("n/2", 7).await, Ok(0), "never below 0");
    assert_eq!(memcached.decrement("n/3", 7).await, Ok(0));
    let keys = ["n/3", "n/1", "n/2", "a key with spaces\r\nflush_all"].map(str::to_owned);
    // What was taken from 11 to 9 is kept as "9 ".
    assert_eq!(memcached.numbers(&keys).await, Ok(vec![0, 9, 0, 0]));
    assert_eq!(memcached.numbers(&[]).await, Ok(vec![]));
    assert_eq!(memcached.increment(&keys[3], 3, KEEP).await, Ok(3));
    assert_eq!(memcached.increment(&"long".repeat(100), 4, KEEP).await, Ok(4));
    assert_eq!(memcached.numbers(&keys).await, Ok(vec![0, 9, 0, 3]));
}

#[tokio::test]
async fn additions_at_the_same_time_are_all_counted() {
    let server = RealMemcached::start();
    let (one, other) = (client(&[&server]), client(&[&server]));
    let add = async |number: usize| {
        let memcached = if number.is_multiple_of(2) { &one } else { &other };
        memcached.increment("n/1", 1, KEEP).await.unwrap()
    };
    let mut sums = join_all((0..200).map(add)).await;
    sums.sort_unstable();
    assert_eq!(sums, (1..=200).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_document_is_only_replaced_by_who_has_read_its_last_version() {
    let server = RealMemcached::start();
    let memcached = client(&[&server]);
    assert_eq!(memcached.read("d/1").await, Ok(None));
    assert_eq!(memcached.replace("d/1", b"gone", Some(7), KEEP).await, Ok(false), "there is none to replace");
    assert_eq!(memcached.replace("d/1", b"one\r\nEND\r\n", None, KEEP).await, Ok(true));
    assert_eq!(memcached.replace("d/1", b"late", None, KEEP).await, Ok(false));
    let (value, cas) = memcached.read("d/1").await.unwrap().unwrap();
    assert_eq!(value, b"one\r\nEND\r\n");
    assert_eq!(memcached.replace("d/1", b"two", Some(cas), KEEP).await, Ok(true));
    assert_eq!(memcached.replace("d/1", b"late", Some(cas), KEEP).await, Ok(false));
    assert_eq!(memcached.read("d/1").await.unwrap().unwrap().0, b"two");
    assert!(!memcached.state()[0].is_away);
}

#[tokio::test]
async fn a_server_that_was_restarted_is_used_on_as_if_nothing_was() {
    let mut server = RealMemcached::start();
    let memcached = client(&[&server]);
    // Several connections, all of which the restart closes.
    join_all((0..4).map(|_| memcached.increment("n/1", 1, KEEP))).await;
    server.start_again();
    assert_eq!(memcached.increment("n/1", 1, KEEP).await, Ok(1), "it has forgotten, and answers");
    assert_eq!(memcached.state()[0].problem, None);
}

#[tokio::test]
async fn a_server_that_is_gone_is_left_alone_and_found_back() {
    let mut server = RealMemcached::start();
    let memcached = client(&[&server]);
    let mut changes = memcached.changes();
    server.kill();
    lose(&memcached).await;
    let state = &memcached.state()[0];
    assert_eq!(state.name, server.address());
    assert!(state.problem.as_ref().is_some_and(|problem| problem.contains("refused")), "{state:?}");
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    server.start_again();
    find_back(&memcached).await;
    assert!(changes.has_changed().unwrap());
}

#[tokio::test]
async fn a_server_that_hangs_costs_each_of_few_requests_a_moment_and_later_ones_nothing() {
    let server = RealMemcached::start();
    let memcached = client(&[&server]);
    server.signal("STOP");
    while memcached.increment("n/1", 1, KEEP).await.is_ok() {}
    let start = tokio::time::Instant::now();
    // More at the same time than there are connections.
    let lost = join_all((0..100).map(|_| memcached.increment("n/1", 1, KEEP))).await;
    assert!(lost.iter().all(Result::is_err));
    assert!(start.elapsed() < Duration::from_secs(5), "they wait beside each other: {:?}", start.elapsed());
    assert_eq!(memcached.state()[0].problem.as_deref(), Some("no answer within 250 ms"));
    let start = tokio::time::Instant::now();
    for _ in 0..1_000 {
        assert_eq!(memcached.increment("n/1", 1, KEEP).await, Err(Away));
    }
    assert!(start.elapsed() < Duration::from_secs(5), "nobody waits for it: {:?}", start.elapsed());
    server.signal("CONT");
    find_back(&memcached).await;
}

#[tokio::test]
async fn a_server_that_keeps_nothing_is_away() {
    let server = RealMemcached::start_with(&["-M", "-m", "1", "-I", "1k", "-o", "slab_chunk_max=1"]);
    let memcached = client(&[&server]);
    let large = vec![b'x'; 4_096];
    for _ in 0..FAILURES {
        assert_eq!(memcached.replace("d/1", &large, None, KEEP).await, Err(Away));
    }
    let state = &memcached.state()[0];
    assert!(state.problem.as_ref().is_some_and(|problem| problem.contains("SERVER_ERROR")), "{state:?}");
}

#[tokio::test]
async fn each_key_has_its_server_and_only_that_one_is_missed() {
    let mut servers = [RealMemcached::start(), RealMemcached::start()];
    let memcached = client(&[&servers[0], &servers[1]]);
    let other = client(&[&servers[1], &servers[0]]);
    let keys: Vec<String> = (0..40).map(|number| format!("n{number}/x")).collect();
    for (number, key) in (0..).zip(&keys) {
        memcached.increment(key, number, KEEP).await.unwrap();
    }
    assert_eq!(other.numbers(&keys).await, Ok((0..40).collect()), "the order of the list makes no difference");
    servers[0].kill();
    let mut found = Vec::new();
    for key in &keys {
        found.push(memcached.numbers(std::slice::from_ref(key)).await.is_ok());
    }
    let is_there = found.iter().filter(|is_there| **is_there).count();
    assert!((8..=32).contains(&is_there), "{is_there} of 40 are at the other server");
    for (key, was_there) in keys.iter().zip(found) {
        let [one, two] = ["1", "2"].map(|second| format!("{}{second}", key.trim_end_matches('x')));
        assert_eq!(memcached.increment(&one, 1, KEEP).await.is_ok(), was_there, "{key}: together at one server");
        assert_eq!(memcached.increment(&two, 1, KEEP).await.is_ok(), was_there, "{key}: together at one server");
    }
    let away: Vec<String> =
        memcached.state().into_iter().filter(|state| state.is_away).map(|state| state.name).collect();
    assert_eq!(away, [servers[0].address()]);
}

#[tokio::test]
async fn a_probe_tells_the_state_of_now() {
    let mut server = RealMemcached::start();
    let memcached = client(&[&server]);
    assert_eq!(memcached.probe().await[0].problem, None);
    server.kill();
    let state = memcached.probe().await.remove(0);
    assert!(!state.is_away && state.problem.is_some(), "one failure is none yet: {state:?}");
    lose(&memcached).await;
    server.start_again();
    assert_eq!(memcached.probe().await[0].problem, None);
    assert!(memcached.increment("n/1", 1, KEEP).await.is_ok());
}

#[test]
fn servers_are_read_as_the_setting_has_them() {
    assert!(Memcached::new(&[], 11211).is_none());
    let servers = ["Cache.lan", "10.0.0.5:4000", "[::1]", "[::1]:11212", "cache.lan:11211"].map(str::to_owned);
    let names: Vec<String> =
        Memcached::new(&servers, 11211).unwrap().state().into_iter().map(|state| state.name).collect();
    assert_eq!(names, ["10.0.0.5:4000", "[::1]:11211", "[::1]:11212", "cache.lan:11211"]);
}

#[test]
fn how_long_to_keep_is_never_read_as_a_date_or_for_ever() {
    assert_eq!(seconds(Duration::from_millis(3)), 1);
    assert_eq!(seconds(Duration::from_secs(90)), 90);
    assert_eq!(seconds(Duration::from_secs(u64::MAX)), 2_592_000);
}
