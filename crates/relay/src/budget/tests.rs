use std::sync::Arc;

use onemin::ApiKey;

use super::*;
use crate::{
    guard::owner::Owner,
    shared::{Shared, Snapshot},
};

/// A caller, and the state of a relay with a stored key.
fn caller(change: impl FnOnce(&mut Policy, &mut Snapshot)) -> (Caller, Snapshot) {
    let shared = Shared::of_tests();
    let key = ApiKey::new("a-key-of-somebody").unwrap();
    let mut snapshot = Snapshot::clone(&shared.snapshot.load());
    snapshot.key = Some(key.clone());
    snapshot.settings.limits.time_zone = Some(TimeZone::UTC);
    let mut policy = Policy::of_callers(&snapshot.settings);
    change(&mut policy, &mut snapshot);
    let account = shared.salt.account(&key);
    (Caller { key, account, owner: Owner::local(), policy: Arc::new(policy) }, snapshot)
}

/// 10 000 calls of 64 threads, each of which costs what it should: exactly as many are let through as there are credits for.
#[tokio::test]
async fn the_limit_is_exact_however_many_ask_at_once() {
    let (caller, snapshot) = caller(|_, snapshot| snapshot.settings.limits.credits_per_day = 700);
    let budgets = Budgets::new(Clock::fixed(1_800_000_000));
    let spent: usize = std::thread::scope(|scope| {
        let ask = || {
            let calls = 0..10_000 / 64;
            calls
                .filter(|_| {
                    // Who is told that all is reserved asks again.
                    loop {
                        match budgets.reserve(&caller, &snapshot, 3.0, 1) {
                            Ok(reserved) => {
                                reserved.spend(3.0);
                                return true;
                            }
                            Err(Error::BudgetShort { is_held: true, .. }) => std::thread::yield_now(),
                            Err(_) => return false,
                        }
                    }
                })
                .count()
        };
        let threads: Vec<_> = (0..64).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(spent, 233);
    let [status] = budgets.statuses(&snapshot).try_into().unwrap();
    assert_eq!((status.spent, status.reserved, status.limit, status.period), (699.0, 0.0, 700, "day"));
    assert_eq!((status.whose, status.is_warning, status.until.as_str()), (Whose::All, true, "2027-01-16 00:00 UTC"));
}

#[tokio::test]
async fn each_refusal_says_whose_budget_and_until_when() {
    let (caller, snapshot) = caller(|policy, snapshot| {
        (policy.token, policy.credits_per_month) = (Some("laptop".into()), 10);
        snapshot.settings.limits.credits_per_day = 1_000;
    });
    let budgets = Budgets::new(Clock::fixed(1_800_000_000));
    budgets.check(&caller, &snapshot).unwrap();
    let first = budgets.reserve(&caller, &snapshot, 6.0, 1).unwrap();
    assert_eq!(first.warning(), None);
    let held = budgets.reserve(&caller, &snapshot, 5.0, 1).unwrap_err().to_string();
    assert!(held.contains("10 of 10 a month are left") && held.contains("requests that are running"), "{held}");
    first.spend(8.5);
    drop(first);
    let short = budgets.reserve(&caller, &snapshot, 2.0, 1).unwrap_err().to_string();
    assert!(
        short.contains("cost about 2 credits, and 1 of 10 a month are left of the budget of your access token"),
        "{short}"
    );
    let second = budgets.reserve(&caller, &snapshot, 1.5, 1).unwrap();
    let warning = second.warning().unwrap();
    assert!(warning.starts_with("9 of 10 credits a month are spent of the budget of your access token;"), "{warning}");
    assert!(warning.ends_with("it begins anew at 2027-02-01 00:00 UTC."), "{warning}");
    second.spend(4.0);
    drop(second);
    let spent = Error::BudgetSpent {
        whose: "your access token",
        limit: 10,
        period: "month",
        until: "2027-02-01 00:00 UTC".into(),
    };
    assert_eq!(budgets.check(&caller, &snapshot), Err(spent.clone()));
    assert_eq!(budgets.reserve(&caller, &snapshot, 0.0, 1).unwrap_err(), spent);
    let whose: Vec<Whose> = budgets.statuses(&snapshot).into_iter().map(|status| status.whose).collect();
    assert_eq!(whose, [Whose::All, Whose::Token { id: "local".into(), name: "laptop".into() }]);
}

#[tokio::test]
async fn who_brings_a_key_spends_nothing_of_the_stored_one() {
    let (caller, mut snapshot) = caller(|_, snapshot| snapshot.settings.limits.credits_per_day = 1);
    let budgets = Budgets::new(Clock::fixed(1_800_000_000));
    snapshot.key = None;
    assert!(budgets.reserve(&caller, &snapshot, 1_000.0, 1).is_ok());
}

#[tokio::test]
async fn bills_make_estimates_better() {
    let (_, snapshot) = caller(|_, _| {});
    let budgets = Budgets::new(Clock::fixed(1_800_000_000));
    let listed = snapshot.catalog.find("gpt-4o-mini");
    let usage = Usage { prompt_tokens: 98, completion_tokens: 3, is_estimate: false, credits: Some(45.0) };
    let before = budgets.chat(listed, "gpt-4o-mini", usage, 0);
    for _ in 0..30 {
        budgets.learn_chat(listed, "gpt-4o-mini", usage, 0);
    }
    let after = budgets.chat(listed, "gpt-4o-mini", usage, 0);
    assert!((after - 45.0).abs() < 1.0 && (before - 45.0).abs() > 1.0, "{before} {after}");
    let request = FeatureRequest::new(Feature::ImageGenerator, "dall-e-3", onemin::Fields::default());
    let listed = snapshot.catalog.find("dall-e-3");
    // Ten pictures of one run, reserved at once: their bills do not add up to a price of all of them.
    let price = budgets.feature(listed, &request, None);
    for _ in 0..10 {
        budgets.learn_feature(&request, price.listed, price.listed * 1.3);
    }
    let after = budgets.feature(listed, &request, None);
    assert!((after.credits / price.listed - 1.3).abs() < 0.01 && after.listed == price.listed, "{price:?} {after:?}");
}
