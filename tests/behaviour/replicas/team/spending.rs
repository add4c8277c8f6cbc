//! What all relays together have spent, while memcached and relays go away and come back.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::future::join_all;
use relay_tests::{CANARY, ask};
use serde_json::{Value, json};

use super::{Team, until, url};

/// What an answer costs.
const CREDITS: u64 = 45;

const SPENT: &str = r#"onemin_relay_budget_spent_credits{period="month"}"#;

/// A short question, whose answer may not cost much.
fn question() -> Value {
    let mut body = ask("x");
    body["max_tokens"] = json!(10);
    body
}

impl Team {
    async fn chat(&self, url: &str) -> u16 {
        self.post(url, "/v1/chat/completions", "x", &question()).await.status.as_u16()
    }

    /// Waits until this relay knows that all together have spent so much.
    async fn until_spent(&self, url: &str, credits: u64) {
        #[expect(clippy::cast_precision_loss, reason = "these are few")]
        until(async || self.figure(url, SPENT).await == Some(credits as f64)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memcached_may_go_and_come_under_load_and_nothing_spent_is_forgotten() {
    let team = Team::new(&[("ONE_MIN_API_KEY", CANARY), ("RELAY_CREDITS_PER_MONTH", "1000000")]).await;
    let (_programs, urls) = team.start_three();
    let (answers, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    let client = async |number: usize| {
        for turn in number.. {
            if is_over.load(Ordering::Relaxed) {
                return;
            }
            assert_eq!(team.chat(&urls[turn % urls.len()]).await, 200, "nobody depends on memcached");
            answers.fetch_add(1, Ordering::Relaxed);
        }
    };
    let answered = async |more: u64| {
        let before = answers.load(Ordering::Relaxed);
        let enough = async || {
            tokio::task::yield_now().await;
            answers.load(Ordering::Relaxed) >= before + more
        };
        until(enough).await;
    };
    let fate = async {
        answered(30).await;
        team.kill_memcached();
        answered(60).await;
        team.start_memcached_again();
        answered(30).await;
        is_over.store(true, Ordering::Relaxed);
    };
    tokio::join!(fate, join_all((0..6).map(client)));
    let spent = answers.load(Ordering::Relaxed) * CREDITS;
    for url in &urls {
        team.until_spent(url, spent).await;
    }
    // Who never heard of any of it learns it from memcached.
    team.until_spent(&url(&team.start("four")), spent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_relay_had_spent_outlives_memcached_too() {
    let team = Team::new(&[("ONE_MIN_API_KEY", CANARY), ("RELAY_CREDITS_PER_MONTH", "315")]).await;
    let ([first, _second, _third], urls) = team.start_three();
    for (relay, url) in urls.iter().enumerate() {
        for _ in 0..2 - relay.min(1) {
            assert_eq!(team.chat(url).await, 200);
        }
    }
    for url in &urls {
        team.until_spent(url, 4 * CREDITS).await;
    }
    team.kill_memcached();
    first.signal("KILL");
    assert!(!first.end().status.success());
    // Each goes on by what it has heard of the others, and has not forgotten it when memcached is there again.
    for url in &urls[1..] {
        assert_eq!(team.chat(url).await, 200);
        team.until_spent(url, 5 * CREDITS).await;
    }
    team.start_memcached_again();
    for url in &urls[1..] {
        team.until_spent(url, 6 * CREDITS).await;
    }
    let newcomer = team.start("four");
    team.until_spent(&url(&newcomer), 6 * CREDITS).await;
    // The one that was killed has its own part of it in its database, and counts nothing twice.
    let again = team.start("one");
    team.until_spent(&url(&again), 6 * CREDITS).await;
    assert_eq!(team.chat(&url(&again)).await, 200);
    for url in &urls[1..] {
        team.until_spent(url, 7 * CREDITS).await;
    }
    team.until_spent(&url(&newcomer), 7 * CREDITS).await;
    for url in [&urls[1], &urls[2], &url(&newcomer), &url(&again)] {
        let refused = team.post(url, "/v1/chat/completions", "x", &question()).await;
        assert_eq!(
            (refused.status.as_u16(), refused.error("code")),
            (429, "insufficient_quota".into()),
            "{}",
            refused.body
        );
    }
    assert_eq!(team.mock.script().counts().total(), 7);
}
