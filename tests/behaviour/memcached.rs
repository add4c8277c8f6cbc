//! Relays that share memcached keep one limit together, and go on without it.
#![cfg(unix)]

use std::time::Duration;

use futures_util::{FutureExt, future::join_all};
use mock_onemin::{Answer, Reply, Step, Turn, wire};
use relay::settings::{Limits, Settings};
use relay_tests::{Answered, CANARY, NOW, Pair, ask, memcached::RealMemcached, within};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Requests a minute of all relays together.
const LIMIT: u64 = 6;

async fn relays<const N: usize>(change: impl Fn(&mut Settings)) -> [Pair; N] {
    let mut pairs = Vec::new();
    for _ in 0..N {
        let change = |settings: &mut Settings| {
            settings.limits.requests_per_minute = LIMIT;
            change(settings);
        };
        let pair = Pair::start_with(change, Some(CANARY)).await;
        pair.script().always(Turn::Answer(Answer::default()));
        pairs.push(pair);
    }
    pairs.try_into().expect("as many as were started")
}

/// Puts other memcached servers in force.
async fn apply(pair: &Pair, servers: Vec<String>) {
    let settings = Settings { memcached_servers: servers, ..pair.relay.settings() };
    pair.relay.apply(settings).await.unwrap();
}

/// What memcached says to a command whose answer ends with `END`.
async fn told(server: &RealMemcached, command: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"END\r\n") {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "it breaks off");
    }
    String::from_utf8(answer).unwrap()
}

/// Waits until so many requests of everybody count at memcached.
async fn until_counted(server: &RealMemcached, count: u64) {
    let command = format!("get 1mr/rate/stored-key/{NOW}");
    let counted = async {
        // A number that has become shorter has a blank behind it.
        while told(server, &command).await.lines().nth(1).and_then(|line| line.trim().parse().ok()) != Some(count) {}
    };
    within(counted).await;
}

/// Asks each in turn, and gives how many were answered; the others were told to come later.
async fn answered(pairs: &[Pair], requests: usize) -> usize {
    let mut answered = 0;
    for request in 0..requests {
        let reply: Answered = pairs[request % pairs.len()].chat(&ask("x")).await;
        match reply.status.as_u16() {
            200 => answered += 1,
            429 => assert_eq!(reply.error("code"), "rate_limit_exceeded"),
            status => panic!("{status}: {}", reply.body),
        }
    }
    answered
}

async fn until_away(pair: &Pair, is_away: bool) {
    let mut status = pair.relay.watch_status();
    let known = status.wait_for(|status| status.memcached.as_ref().is_some_and(|all| all[0].is_away == is_away));
    within(known).await.unwrap();
}

#[tokio::test]
async fn three_relays_let_in_what_one_would_and_never_more_than_each_its_own_without_memcached() {
    let mut server = RealMemcached::start();
    let pairs = relays::<3>(|settings| settings.memcached_servers = vec![server.address()]).await;
    let reply = pairs[0].chat(&ask("x")).await;
    assert_eq!(reply.header("x-ratelimit-remaining-requests"), "5");
    let reply = pairs[1].chat(&ask("x")).await;
    assert_eq!(reply.header("x-ratelimit-remaining-requests"), "4", "the other relay's request is known here");
    assert_eq!(answered(&pairs, 12).await, 4);
    server.kill();
    // Nobody is refused because memcached is away: each relay has what is left of its own limit.
    let mut alone = 0;
    for pair in &pairs {
        let asked = async {
            loop {
                alone += answered(std::slice::from_ref(pair), 1).await;
                let status = pair.relay.status().memcached.unwrap_or_default();
                if status[0].is_away && pair.script().counts().total() == 6 {
                    break;
                }
            }
        };
        within(asked).await;
    }
    assert_eq!(alone + 6, 18, "so many relays, so many times the limit");
    assert_eq!(answered(&pairs, 9).await, 0);
    server.start_again();
    // Though nobody gets in who would ask for it.
    for pair in &pairs {
        until_away(pair, false).await;
    }
    assert_eq!(answered(&pairs, 9).await, 0, "memcached has forgotten, and they have not");
}

#[tokio::test]
async fn a_server_that_is_named_while_relays_run_counts_at_once_and_one_that_is_taken_out_no_more() {
    let server = RealMemcached::start();
    let pairs = relays::<2>(|_| {}).await;
    assert_eq!(answered(&pairs[..1], 3).await, 3);
    for pair in &pairs {
        apply(pair, vec![server.address()]).await;
    }
    assert_eq!(answered(&pairs[1..], 4).await, 4);
    assert_eq!(answered(&pairs[..1], 9).await, 2, "six of all of them since then");
    apply(&pairs[1], Vec::new()).await;
    assert_eq!(answered(&pairs[1..], 9).await, 2, "six of its own");
}

#[tokio::test]
async fn what_finds_no_place_is_taken_back_at_memcached_too_and_nothing_secret_is_there() {
    let server = RealMemcached::start();
    let change = |settings: &mut Settings| {
        settings.memcached_servers = vec![server.address()];
        settings.limits =
            Limits { requests_per_minute: LIMIT, concurrent_requests: 1, queue_length: 0, ..Limits::default() };
    };
    let [pair] = relays::<1>(change).await;
    let record = wire::record("gpt-4o-mini", "x", "Hello.", &wire::metadata(98, 3, 45));
    pair.reply(Reply { before_headers: vec![Step::Gate], ..Reply::json(200, record.to_string()) });
    let body = ask("x");
    let mut first = pair.chat(&body).boxed_local();
    tokio::select! {
        reply = &mut first => panic!("no answer was due: {}", reply.body),
        _ = within(pair.script().wait_for(|counts| counts.open == 1)) => {}
    }
    let refused = pair.chat(&body).await;
    assert!(refused.error("message").contains("at the same time"), "{}", refused.body);
    until_counted(&server, 1).await;
    pair.script().open_gate();
    assert_eq!(first.await.status, 200);
    let keys = told(&server, "lru_crawler metadump all").await;
    assert!(keys.contains("1mr%2Frate%2Fstored-key") && !keys.contains(CANARY), "{keys}");
}

#[tokio::test]
async fn while_memcached_hangs_everybody_is_answered() {
    let server = RealMemcached::start();
    let [pair] = relays::<1>(|settings| {
        settings.memcached_servers = vec![server.address()];
        settings.limits.requests_per_minute = 1_000;
    })
    .await;
    assert_eq!(answered(std::slice::from_ref(&pair), 1).await, 1);
    server.signal("STOP");
    let body = ask("x");
    let asked = join_all((0..30).map(|_| pair.chat(&body)));
    // Far less than half a second for each, one after the other.
    let replies = tokio::time::timeout(Duration::from_secs(5), asked).await.unwrap();
    assert!(replies.iter().all(|reply| reply.status == 200));
    until_away(&pair, true).await;
    server.signal("CONT");
    until_away(&pair, false).await;
    let reply = pair.chat(&body).await;
    assert_eq!(reply.header("x-ratelimit-limit-requests"), "1000");
}
