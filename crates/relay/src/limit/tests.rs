use std::net::Ipv4Addr;

use super::*;
use crate::settings::Settings;

fn limits(requests_per_minute: u64) -> Limits {
    Limits { requests_per_minute, ..Limits::default() }
}

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn account(text: &str) -> Account {
    use crate::guard::owner::Salt;
    thread_local! { static SALT: Salt = Salt::of_folder(None); }
    SALT.with(|salt| salt.account(&onemin::ApiKey::new(text).unwrap()))
}

fn policy(requests_per_minute: u64) -> Policy {
    Policy { requests_per_minute, ..Policy::of_callers(&Settings::default()) }
}

/// Asks with the stored key.
fn ask(limiter: &Limiter, all: u64, policy: &Policy) -> Result<Option<Quota>, Exceeded> {
    let (account, owner) = (account("stored-key-0123456789"), Owner::local());
    let asking = Asking { account: &account, owner: &owner, policy, limits: &limits(all), brings_key_from: None };
    let reserved = limiter.reserve(&asking)?;
    let quota = reserved.quota();
    assert!(reserved.keep().is_none());
    Ok(quota)
}

/// Asks with a key of its own, from this address.
fn bring(limiter: &Limiter, key: &str, address: IpAddr, policy: &Policy) -> Result<Option<Probation>, Exceeded> {
    let account = account(key);
    let owner = Owner::from(&account);
    let from = Some(address);
    let asking = Asking { account: &account, owner: &owner, policy, limits: &limits(3), brings_key_from: from };
    limiter.reserve(&asking).map(Reserved::keep)
}

#[tokio::test(start_paused = true)]
async fn the_nearest_limit_is_shown_and_the_one_that_is_full_refuses() {
    let limiter = Limiter::new(Clock::fixed(0));
    assert_eq!(ask(&limiter, 0, &policy(0)), Ok(None), "nothing is limited");
    let quota = ask(&limiter, 10, &policy(2)).unwrap().unwrap();
    assert_eq!((quota.limit, quota.remaining), (2, 1));
    ask(&limiter, 10, &policy(2)).unwrap();
    let exceeded = ask(&limiter, 10, &policy(2)).unwrap_err();
    assert_eq!((exceeded.whose, exceeded.quota.limit, exceeded.quota.remaining), ("each caller", 2, 0));
    assert_eq!(exceeded.wait, Duration::from_secs(61));
    let exceeded = ask(&limiter, 2, &policy(9)).unwrap_err();
    assert_eq!((exceeded.whose, exceeded.quota.limit), ("this relay", 2));
    // Refused ones counted nowhere: eight of ten are left, and of nine seven.
    let quota = ask(&limiter, 10, &policy(9)).unwrap().unwrap();
    assert_eq!((quota.limit, quota.remaining), (9, 6));
    tokio::time::advance(Duration::from_secs(61)).await;
    assert_eq!(ask(&limiter, 2, &policy(2)).unwrap().unwrap().remaining, 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_kept_does_not_count() {
    let limiter = Limiter::new(Clock::fixed(0));
    let (account, owner, policy) = (account("stored-key-0123456789"), Owner::local(), policy(1));
    let limits = limits(1);
    let asking = Asking { account: &account, owner: &owner, policy: &policy, limits: &limits, brings_key_from: None };
    for _ in 0..3 {
        drop(limiter.reserve(&asking).unwrap());
    }
    assert!(limiter.reserve(&asking).unwrap().keep().is_none());
    assert!(limiter.reserve(&asking).is_err());
}

#[tokio::test(start_paused = true)]
async fn new_keys_of_one_address_share_what_one_key_may() {
    let limiter = Limiter::new(Clock::fixed(0));
    let nobody = policy(0);
    let passed = (0..50).filter(|key| bring(&limiter, &format!("invented-key-{key:010}"), HERE, &nobody).is_ok());
    assert_eq!(passed.count(), 3);
    let exceeded = bring(&limiter, "another-key-0123456789", HERE, &nobody).unwrap_err();
    assert_eq!(exceeded.whose, "your address, until 1min.ai has accepted your key,");
    assert!(bring(&limiter, "another-key-0123456789", "192.0.2.1".parse().unwrap(), &nobody).is_ok());
    assert_eq!(limiter.0.known.count(), 0, "they have made no counters");
}

#[tokio::test(start_paused = true)]
async fn an_accepted_key_has_counters_of_its_own_in_which_its_first_request_counts() {
    let limiter = Limiter::new(Clock::fixed(0));
    let (good, caller) = ("accepted-key-0123456789", policy(2));
    bring(&limiter, good, HERE, &caller).unwrap().unwrap().end();
    for key in 0..3 {
        bring(&limiter, &format!("invented-key-{key:010}"), HERE, &caller).unwrap();
    }
    assert!(
        bring(&limiter, "invented-key-9876543210", HERE, &caller).is_err(),
        "its place was given back once, not more"
    );
    assert!(bring(&limiter, good, HERE, &caller).unwrap().is_none(), "it waits for nobody");
    let exceeded = bring(&limiter, good, HERE, &caller).unwrap_err();
    assert_eq!((exceeded.whose, exceeded.quota.limit), ("each caller", 2));
    let exceeded = bring(&limiter, good, HERE, &policy(9)).map(|_| ());
    assert_eq!(exceeded, Ok(()), "two of three counted for the key");
    assert_eq!(bring(&limiter, good, HERE, &policy(9)).unwrap_err().whose, "your 1min.ai key");
}

#[tokio::test(start_paused = true)]
async fn a_date_that_jumps_changes_nothing() {
    // Only the date of this clock is far off, and stays so.
    for date in [0, 4_000_000_000] {
        let limiter = Limiter::new(Clock::fixed(date));
        ask(&limiter, 1, &policy(0)).unwrap();
        assert!(ask(&limiter, 1, &policy(0)).is_err());
        tokio::time::advance(Duration::from_secs(61)).await;
        assert!(ask(&limiter, 1, &policy(0)).is_ok());
    }
}
