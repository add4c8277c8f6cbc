//! Several limiters with one real memcached, as several relays have it.
#![expect(clippy::unwrap_used, reason = "what goes wrong here fails the test")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::future::join_all;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use super::super::{Asking, Exceeded, Limiter, Limits, Quota};
use super::*;
use crate::{
    guard::owner::{Account, Owner, Salt},
    memcached::real::RealMemcached,
    policy::Policy,
    settings::Settings,
};

const NOW: u64 = 1_800_000_000;

const TASKS: usize = 64;

/// One relay of several.
struct Replica {
    limiter: Limiter,
    memcached: Memcached,
    /// Every one tells keys apart in its own way.
    account: Account,
    policy: Policy,
}

impl Replica {
    fn new(memcached: Memcached, now_s: u64, caller_limit: u64) -> Self {
        let key = onemin::ApiKey::new("stored-key-0123456789").unwrap();
        Self {
            limiter: Limiter::new(Clock::fixed(now_s)),
            memcached,
            account: Salt::of_folder(None).account(&key),
            policy: Policy { requests_per_minute: caller_limit, ..Policy::of_callers(&Settings::default()) },
        }
    }

    /// Asks with the stored key, under a limit for all.
    async fn ask(&self, limit: u64) -> Result<Option<Quota>, Exceeded> {
        let (owner, limits) = (Owner::local(), limits(limit));
        let asking = Asking {
            account: &self.account,
            owner: &owner,
            policy: &self.policy,
            limits: &limits,
            brings_key_from: None,
        };
        let reserved = self.limiter.admit(&asking, Some(&self.memcached)).await?;
        let quota = reserved.quota();
        assert!(reserved.keep().is_none());
        Ok(quota)
    }

    /// Asks until memcached is known to be away, or there.
    async fn until_away(&self, is_away: bool) {
        let known = async {
            while self.memcached.numbers(&["rate/x/1".into()]).await.is_err() != is_away
                || self.memcached.state()[0].is_away != is_away
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), known).await.unwrap();
        // A refusal of a moment ago would still hold.
        self.limiter.0.shared.held.invalidate_all();
    }
}

fn limits(requests_per_minute: u64) -> Limits {
    Limits { requests_per_minute, ..Limits::default() }
}

fn client(server: &RealMemcached) -> Memcached {
    Memcached::new(&[server.address()], 11211).unwrap()
}

/// A client that does not think that a server is away because the machine is busy.
fn patient(server: &RealMemcached) -> Memcached {
    Memcached::with_patience(&[server.address()], 11211, Duration::from_secs(20)).unwrap()
}

fn replicas(server: &RealMemcached) -> [Replica; 3] {
    [(); 3].map(|()| Replica::new(patient(server), NOW, 0))
}

/// How many of so many requests get in, spread over the replicas.
async fn let_in(replicas: &[Replica], requests: usize, limit: u64) -> usize {
    let mut passed = 0;
    for request in 0..requests {
        passed += usize::from(replicas[request % replicas.len()].ask(limit).await.is_ok());
    }
    passed
}

/// Lets 64 tasks ask all replicas in turn, and gives how many requests of each replica were let in. `meanwhile` is handed how
/// many that are until now.
async fn hammer(
    replicas: [Replica; 3],
    requests: usize,
    limit: u64,
    meanwhile: impl AsyncFnOnce(&dyn Fn() -> usize),
) -> ([Replica; 3], [usize; 3]) {
    let (replicas, passed) = (Arc::new(replicas), Arc::new([const { AtomicUsize::new(0) }; 3]));
    let tasks = (0..TASKS).map(|task| {
        let (replicas, passed) = (Arc::clone(&replicas), Arc::clone(&passed));
        #[expect(clippy::disallowed_methods, reason = "this is a test of what is done at the same time")]
        tokio::spawn(async move {
            for request in (task..requests).step_by(TASKS) {
                if replicas[request % 3].ask(limit).await.is_ok() {
                    passed[request % 3].fetch_add(1, Ordering::SeqCst);
                }
            }
        })
    });
    let tasks = tasks.collect::<Vec<_>>();
    meanwhile(&|| passed.iter().map(|passed| passed.load(Ordering::SeqCst)).sum()).await;
    for task in join_all(tasks).await {
        task.unwrap();
    }
    let passed = [0, 1, 2].map(|replica| passed[replica].load(Ordering::SeqCst));
    (Arc::into_inner(replicas).unwrap(), passed)
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_requests_of_many_tasks_to_three_relays_are_counted_exactly() {
    let server = RealMemcached::start();
    let (_, passed) = hammer(replicas(&server), 10_000, 7_321, async |_| {}).await;
    assert_eq!(passed.iter().sum::<usize>(), 7_321, "{passed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_seconds_pass_the_limit_is_never_passed() {
    let server = RealMemcached::start();
    let replicas = replicas(&server).map(|replica| Replica { limiter: Limiter::new(Clock::system()), ..replica });
    let (replicas, passed) = hammer(replicas, 10_000, 7_321, async |_| {}).await;
    let passed = passed.iter().sum::<usize>();
    // Two that come with the second's turn, and see each other, may both be told to come again.
    assert!((7_321 - 3 * TASKS..=7_321).contains(&passed), "{passed}");
    replicas.iter().for_each(|replica| replica.limiter.0.shared.held.invalidate_all());
    assert!(passed + let_in(&replicas, 3 * TASKS + 30, 7_321).await <= 7_321);
}

#[tokio::test(flavor = "multi_thread")]
async fn memcached_that_is_killed_and_restarted_under_load_never_lets_in_more_than_each_relays_own_limit() {
    const LIMIT: u64 = 1_000;
    let mut server = RealMemcached::start();
    let replicas = replicas(&server);
    let (replicas, passed) = hammer(replicas, 20_000, LIMIT, async |passed| {
        let until = async |count| {
            let known = async {
                while passed() < count {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(Duration::from_secs(30), known).await.unwrap();
        };
        until(300).await;
        server.kill();
        // More than all of them together may, so each goes on alone.
        until(1_500).await;
        server.start_again();
    })
    .await;
    assert!(passed.iter().all(|passed| *passed <= 1_000), "{passed:?}");
    assert!(passed.iter().sum::<usize>() >= 1_500, "{passed:?}");
    for replica in &replicas {
        replica.until_away(false).await;
    }
    // A minute later nothing is left of it.
    let later = [(); 3].map(|()| Replica::new(patient(&server), NOW + 100, 0));
    let (_, passed) = hammer(later, 5_000, LIMIT, async |_| {}).await;
    assert_eq!(passed.iter().sum::<usize>(), 1_000, "together again: {passed:?}");
}

#[tokio::test]
async fn nobody_waits_longer_for_a_memcached_that_hangs_than_for_two_answers() {
    let server = RealMemcached::start();
    let replica = Replica::new(client(&server), NOW, 900);
    // Some connections are there already.
    join_all((0..4).map(|_| replica.ask(1_000))).await;
    server.signal("STOP");
    // From here on time passes only where somebody waits for it.
    tokio::time::pause();
    let (clock, answer) = (Clock::system(), replica.memcached.patience());
    let timed = async || {
        let start = clock.instant();
        replica.ask(1_000).await.unwrap();
        clock.instant() - start
    };
    // More at the same time than there are connections.
    let waited = join_all((0..100).map(|_| timed())).await;
    let longest = waited.into_iter().max().unwrap();
    assert!(longest >= answer && longest <= 2 * answer + Duration::from_millis(1), "{longest:?}");
    assert!(replica.memcached.state()[0].is_away);
    for _ in 0..100 {
        assert_eq!(timed().await, Duration::ZERO, "it is left alone");
    }
    tokio::time::resume();
    server.signal("CONT");
    replica.until_away(false).await;
}

/// A stand-in that answers each command a little before patience ends, and tells which were sent.
async fn slow_server() -> (String, UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (tell, told) = unbounded_channel();
    let answer = async |stream: TcpStream, tell: UnboundedSender<String>| {
        let (input, mut output) = stream.into_split();
        let mut lines = BufReader::new(input).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let command = line.split(' ').next().unwrap().to_owned();
            tokio::time::sleep(Duration::from_millis(240)).await;
            let answer = if command == "get" { "END\r\n" } else { "1\r\n" };
            tell.send(command).unwrap();
            output.write_all(answer.as_bytes()).await.unwrap();
        }
    };
    task::errand(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            task::errand(answer(stream, tell.clone()));
        }
    });
    (address, told)
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_for_a_memcached_that_is_slow_either_and_is_let_in() {
    let (server, _told) = slow_server().await;
    let memcached = Memcached::new(&[server], 11211).unwrap();
    let (clock, patience) = (Clock::system(), memcached.patience());
    let replica = Replica::new(memcached, NOW, 900);
    let start = clock.instant();
    // It would be asked four times: by the caller's limit and that of all, to add and to read.
    replica.ask(1_000).await.unwrap();
    let waited = clock.instant() - start;
    assert!(waited > patience && waited <= 2 * patience + Duration::from_millis(1), "{waited:?}");
    assert!(!replica.memcached.state()[0].is_away);
}

#[tokio::test(start_paused = true)]
async fn who_leaves_meanwhile_is_taken_back_here_and_there() {
    let (server, mut told) = slow_server().await;
    let replica = Replica::new(Memcached::new(&[server], 11211).unwrap(), NOW, 0);
    // It is counted, and leaves while the others are read.
    let left = tokio::time::timeout(Duration::from_millis(300), replica.ask(1)).await;
    assert!(left.is_err());
    let taken_back = async { while told.recv().await.unwrap() != "decr" {} };
    tokio::time::timeout(Duration::from_secs(10), taken_back).await.unwrap();
    replica.ask(1).await.unwrap();
    replica.ask(1).await.unwrap_err();
}

#[tokio::test]
async fn without_memcached_each_counts_alone_and_afterwards_they_count_together_again() {
    let mut server = RealMemcached::start();
    let replicas = replicas(&server);
    assert_eq!(let_in(&replicas, 60, 10).await, 10, "together");
    server.kill();
    for replica in &replicas {
        replica.until_away(true).await;
    }
    // Three times the limit in this minute, those above among them: that is the bound.
    assert_eq!(let_in(&replicas, 60, 10).await, 20);
    server.start_again();
    for replica in &replicas {
        replica.until_away(false).await;
    }
    assert_eq!(let_in(&replicas, 60, 10).await, 0, "memcached has forgotten, and they have not");
    let others = [(); 3].map(|()| Replica::new(patient(&server), NOW + 1_000, 0));
    assert_eq!(let_in(&others, 60, 10).await, 10, "together again");
}

#[tokio::test]
async fn a_request_counts_for_a_minute_whatever_the_clocks_differ_by_within_reason() {
    let server = RealMemcached::start();
    let counters = |now_s| SharedCounters::new(Clock::fixed(now_s));
    let memcached = client(&server);
    let take = async |now_s, name: &str| {
        let counters = counters(now_s);
        let taken = counters.try_take(&memcached, name, 1, counters.deadline(&memcached)).await.map(Option::unwrap);
        taken.map(|mut taken| taken.keep()).map_err(|refused| (refused.wait.as_secs(), refused.reset.as_secs()))
    };
    take(NOW, "a").await.unwrap();
    assert_eq!(take(NOW, "a").await, Err((63, 63)));
    assert_eq!(take(NOW + 60, "a").await, Err((3, 63)));
    assert_eq!(take(NOW + 62, "a").await, Err((1, 63)));
    // Another relay whose clock is behind, and was asked at the same time.
    assert!(take(NOW - 2, "a").await.is_err());
    assert!(take(NOW - 3, "a").await.is_err());
    // Long over.
    take(NOW + 63, "a").await.unwrap();
    take(NOW, "b").await.unwrap();
}

#[tokio::test]
async fn what_is_refused_or_left_is_taken_back_and_hammering_makes_nothing_fuller() {
    let server = RealMemcached::start();
    let (memcached, counters) = (client(&server), SharedCounters::new(Clock::fixed(NOW)));
    let take = async |limit| counters.try_take(&memcached, "a", limit, counters.deadline(&memcached)).await;
    let second = [key("a", NOW)];
    let until = async |count| {
        let known = async { while memcached.numbers(&second).await != Ok(vec![count]) {} };
        tokio::time::timeout(Duration::from_secs(10), known).await.unwrap();
    };
    let taken = take(1).await.unwrap().unwrap();
    drop(taken);
    until(0).await;
    let mut taken = take(1).await.unwrap().unwrap();
    taken.keep();
    drop(taken);
    take(1).await.unwrap_err();
    until(1).await;
    let held = counters.held("a", 1).unwrap();
    assert!(held.wait <= Duration::from_secs(63) && held.wait > Duration::from_secs(60));
    assert_eq!(counters.held("a", 2), None, "a limit that was raised counts at once");
    let mut taken = take(2).await.unwrap().unwrap();
    assert_eq!((taken.used, taken.limit), (2, 2));
    taken.keep();
}

#[tokio::test]
async fn both_limits_are_kept_together_and_the_nearest_is_shown() {
    let server = RealMemcached::start();
    let replicas = [(); 2].map(|()| Replica::new(patient(&server), NOW, 3));
    let quotas =
        async |replica: &Replica| replica.ask(5).await.map(|quota| quota.map(|quota| (quota.limit, quota.remaining)));
    assert_eq!(quotas(&replicas[0]).await, Ok(Some((3, 2))));
    assert_eq!(quotas(&replicas[1]).await, Ok(Some((3, 1))));
    assert_eq!(quotas(&replicas[0]).await, Ok(Some((3, 0))));
    let exceeded = replicas[1].ask(5).await.unwrap_err();
    assert_eq!((exceeded.whose, exceeded.quota.limit, exceeded.wait.as_secs()), ("each caller", 3, 63));
    // The refused one has not taken of what all may.
    let others = [(); 2].map(|()| Replica::new(patient(&server), NOW, 0));
    assert_eq!(let_in(&others, 10, 5).await, 2);
}

#[tokio::test]
async fn a_key_that_1min_has_accepted_takes_its_request_from_the_address() {
    let server = RealMemcached::start();
    let replica = Replica::new(patient(&server), NOW, 0);
    let owner = Owner::from(&replica.account);
    let asking = Asking {
        account: &replica.account,
        owner: &owner,
        policy: &replica.policy,
        limits: &limits(2),
        brings_key_from: Some("192.0.2.1".parse().unwrap()),
    };
    let reserved = replica.limiter.admit(&asking, Some(&replica.memcached)).await.unwrap();
    let probation = reserved.keep().unwrap();
    let account = format!("account-{}", replica.account.as_str());
    let keys = [key("address-192.0.2.1/32", NOW), key(&account, NOW)];
    assert_eq!(replica.memcached.numbers(&keys).await, Ok(vec![1, 0]));
    probation.end();
    let moved = async { while replica.memcached.numbers(&keys).await != Ok(vec![0, 1]) {} };
    tokio::time::timeout(Duration::from_secs(10), moved).await.unwrap();
}
