//! How often all relays together may be asked, while memcached is there and while it is not.

use std::{
    array,
    sync::atomic::{AtomicU64, Ordering},
};

use futures_util::future::join_all;
use relay_tests::{CANARY, ask};

use super::{Team, until};

/// How many clients ask at the same time.
const CLIENTS: usize = 6;

/// Requests a minute of all relays together.
const LIMIT: u64 = 50;

/// What came of the requests that each relay was sent.
#[derive(Debug, Default)]
struct Verdicts([AtomicU64; 3]);

impl Verdicts {
    fn let_in(&self) -> [u64; 3] {
        array::from_fn(|relay| self.0[relay].load(Ordering::Relaxed))
    }

    fn sum(&self) -> u64 {
        self.let_in().iter().sum()
    }
}

impl Team {
    /// Lets clients ask all relays in turn until each client was refused by each of them, one right after the other.
    async fn exhaust(&self, urls: &[String; 3], token: &str, verdicts: &Verdicts) {
        let client = async |number: usize| {
            let mut refused = 0;
            for turn in number.. {
                let relay = turn % urls.len();
                let answered = self.post(&urls[relay], "/v1/chat/completions", token, &ask("x")).await;
                match answered.status.as_u16() {
                    200 => {
                        verdicts.0[relay].fetch_add(1, Ordering::Relaxed);
                        refused = 0;
                    }
                    429 => {
                        assert_eq!(answered.error("code"), "rate_limit_exceeded", "{}", answered.body);
                        refused += 1;
                    }
                    other => panic!("{other}: {}", answered.body),
                }
                if refused == urls.len() {
                    return;
                }
            }
        };
        join_all((0..CLIENTS).map(client)).await;
    }
}

/// A team with a limit for all, and two tokens: one may ask 30 times a minute, the other as often as all.
async fn team() -> (Team, [String; 2]) {
    let limit = LIMIT.to_string();
    let mut team = Team::new(&[("ONE_MIN_API_KEY", CANARY), ("RELAY_REQUESTS_PER_MINUTE", &limit)]).await;
    let file = team.folder.path().join("tokens.json").display().to_string();
    let add = |name, more: &[&str]| {
        let arguments = [&["token", "add", name, "--file", &file], more].concat();
        team.run("one", &arguments).trim().to_owned()
    };
    let tokens = [add("ann", &["--requests-per-minute", "30"]), add("bob", &[])];
    team.variables.push(("RELAY_TOKENS_FILE".into(), file));
    (team, tokens)
}

#[tokio::test(flavor = "multi_thread")]
async fn three_relays_keep_each_limit_as_one() {
    let (team, [ann, bob]) = team().await;
    let (_programs, urls) = team.start_three();
    let [anns, bobs] = [Verdicts::default(), Verdicts::default()];
    team.exhaust(&urls, &ann, &anns).await;
    team.exhaust(&urls, &bob, &bobs).await;
    assert_eq!((anns.sum(), bobs.sum()), (30, LIMIT - 30), "{anns:?} {bobs:?}");
    assert_eq!(team.mock.script().counts().total(), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_apps_bring_has_one_limit_at_all_relays() {
    one_limit_of_a_key(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_has_one_too_where_each_relay_keeps_its_things_for_itself() {
    one_limit_of_a_key(&[("RELAY_STORE_URL", "")]).await;
}

async fn one_limit_of_a_key(more: &[(&str, &str)]) {
    let limit = LIMIT.to_string();
    let team = Team::new(&[&[("RELAY_REQUESTS_PER_MINUTE", limit.as_str())], more].concat()).await;
    let (_programs, urls) = team.start_three();
    let verdicts = Verdicts::default();
    // Each relay must have seen that 1min.ai takes the key before it counts for itself.
    for url in &urls {
        assert_eq!(team.post(url, "/v1/chat/completions", "a-key-of-somebody", &ask("x")).await.status, 200);
    }
    team.exhaust(&urls, "a-key-of-somebody", &verdicts).await;
    // Those first ones are counted once they are accepted, which nobody waits for.
    assert!((LIMIT - 3..=LIMIT).contains(&verdicts.sum()), "{verdicts:?}");
    let other = team.post(&urls[0], "/v1/chat/completions", "a-key-of-another", &ask("x")).await;
    assert_eq!(other.status, 200, "{}", other.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_to_memcached_each_relay_keeps_the_limit_alone() {
    let (team, [_, bob]) = team().await;
    let (_programs, urls) = team.start_three();
    let verdicts = Verdicts::default();
    let reached = async |count: u64| {
        let is_reached = async || {
            tokio::task::yield_now().await;
            verdicts.sum() >= count
        };
        until(is_reached).await;
    };
    let fate = async {
        reached(20).await;
        team.kill_memcached();
        // More than all of them together let in while it is there.
        reached(LIMIT + 20).await;
        team.start_memcached_again();
    };
    tokio::join!(fate, team.exhaust(&urls, &bob, &verdicts));
    for url in &urls {
        until(async || team.figure(url, "onemin_relay_memcached_servers_away").await == Some(0.0)).await;
    }
    // What memcached has forgotten each relay has not.
    team.exhaust(&urls, &bob, &verdicts).await;
    assert!(verdicts.let_in().iter().all(|let_in| *let_in <= LIMIT), "{verdicts:?}");
    assert_eq!(u64::try_from(team.mock.script().counts().total()), Ok(verdicts.sum()));
}
