use mock_onemin::{Answer, Turn};

use super::*;
use crate::{
    contract::{KeyPlace, RelayState},
    shell::tests::{CANARY, House, ask_with},
};

const MODEL: &str = "gpt-4o-mini";

fn wish(name: &str) -> TokenWish {
    TokenWish { name: name.into(), models: None, limits: TokenLimits::default(), days: None }
}

/// A house with a key, whose relay is on.
async fn house_with_key(variables: &[(&str, &str)]) -> House {
    let house = House::with(House::new().await.keyring, variables).await;
    house.mock.script().always(Turn::Answer(Answer::default()));
    house.shell.set_relay(true).await.unwrap();
    house.shell.set_key(CANARY, KeyPlace::Session).await.unwrap();
    house
}

#[tokio::test]
async fn a_token_opens_the_relay_until_it_is_revoked() {
    let house = house_with_key(&[]).await;
    let shell = &house.shell;
    shell.set_setting("require_token", Some("true")).await.unwrap();
    assert_eq!(shell.tokens().await, Ok(Vec::new()));
    let added = shell.add_token(wish("Cline")).await.unwrap();
    assert_eq!(shell.tokens().await.as_deref(), Ok([added.token.clone()].as_slice()));
    let ask = |secret: Option<String>| {
        let url = house.url();
        async move { ask_with(&url, MODEL, secret.as_deref()).await }
    };
    assert_eq!((ask(None).await, ask(Some(added.secret.clone())).await), (401, 200));
    assert_eq!(house.mock.script().received()[0].header("api-key"), Some(CANARY));
    assert!(!serde_json::to_string(&*shell.state()).unwrap().contains(&added.secret));

    shell.revoke_token(&added.token.id).await.unwrap();
    assert_eq!((shell.tokens().await, ask(Some(added.secret)).await), (Ok(Vec::new()), 401));
    assert_eq!(shell.revoke_token(&added.token.id).await, Ok(()), "it is gone, as was wished");
}

#[tokio::test]
async fn a_token_is_what_was_wished_for() {
    let house = House::new().await;
    let limits = TokenLimits { requests_per_minute: Some(0), credits_per_month: Some(500), ..TokenLimits::default() };
    let wished = TokenWish { models: Some(vec![MODEL.into()]), limits, days: Some(30), ..wish("Cline") };
    let TokenView { name, models, limits: own, created_unix_ms, expires_unix_ms, is_expired, is_shared, .. } =
        house.shell.add_token(wished).await.unwrap().token;
    assert_eq!((name.as_str(), models, own), ("Cline", Some(vec![MODEL.to_owned()]), limits));
    assert_eq!((is_expired, is_shared), (false, false));
    let lifetime = expires_unix_ms.unwrap() - created_unix_ms;
    assert!(lifetime.abs_diff(30 * 24 * 60 * 60 * 1_000) < 60_000, "{lifetime}");

    for refused in ["Cline", "", "1mr-me"] {
        let refusal = house.shell.add_token(wish(refused)).await.err().unwrap();
        assert_eq!(refusal.kind, CommandErrorKind::InvalidValue, "{refused}: {}", refusal.message);
    }
    assert_eq!(house.shell.tokens().await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_network_is_served_as_soon_as_there_is_a_token() {
    let house = House::new().await;
    house.shell.set_key(CANARY, KeyPlace::Keyring).await.unwrap();
    let next = House::with(house.keyring.clone(), &[("RELAY_HOST", "0.0.0.0")]).await;
    let House { shell, mock, .. } = &next;
    mock.script().always(Turn::Answer(Answer::default()));
    assert_eq!(shell.set_relay(true).await.unwrap_err().kind, CommandErrorKind::CannotListen);
    let missing = Problem::TokenMissing { host: "0.0.0.0".into() };
    assert_eq!((shell.state().relay.state, &shell.state().problems[0]), (RelayState::Stopped, &missing));

    let secret = shell.add_token(wish("laptop")).await.unwrap().secret;
    assert_eq!((shell.state().relay.state, shell.state().problems.as_slice()), (RelayState::Running, [].as_slice()));
    let url = next.url();
    assert_eq!((ask_with(&url, MODEL, None).await, ask_with(&url, MODEL, Some(&secret)).await), (401, 200));
}

#[tokio::test]
async fn a_key_that_comes_late_waits_for_a_token_too() {
    let house = House::new().await;
    let next = House::with(house.keyring.clone(), &[("RELAY_HOST", "0.0.0.0")]).await;
    let shell = &next.shell;
    shell.set_relay(true).await.unwrap();
    // It was in the keyring all the time, which was locked.
    house.shell.set_key(CANARY, KeyPlace::Keyring).await.unwrap();
    shell.load_key().await;
    assert!(matches!(&shell.state().problems[0], Problem::TokenMissing { .. }), "{:?}", shell.state().problems);
    assert_eq!((shell.state().relay.state, shell.state().key.place), (RelayState::Running, KeyPlace::None));
    shell.add_token(wish("laptop")).await.unwrap();
    assert_eq!((shell.state().key.place, shell.state().problems.as_slice()), (KeyPlace::Keyring, [].as_slice()));
}

#[tokio::test]
async fn budgets_are_told_with_what_is_spent_of_them() {
    let house =
        house_with_key(&[("RELAY_CREDITS_PER_DAY", "50000"), ("RELAY_CALLER_CREDITS_PER_MONTH", "70000")]).await;
    assert_eq!(ask_with(&house.url(), MODEL, None).await, 200);
    let AddedToken { token: cline, secret } = house.shell.add_token(wish("Cline")).await.unwrap();
    assert_eq!(ask_with(&house.url(), MODEL, Some(&secret)).await, 200);
    let budgets = house.shell.budgets();
    let of = |wanted: &BudgetOwner| budgets.iter().find(|budget| budget.owner == *wanted).unwrap();
    let (all, token) = (of(&BudgetOwner::All), of(&BudgetOwner::Token { id: cline.id, name: cline.name }));
    assert_eq!((all.period, all.limit, all.reserved), (BudgetPeriod::Day, 50_000, 0.0));
    assert_eq!((token.period, token.limit), (BudgetPeriod::Month, 70_000));
    let tokenless = of(&BudgetOwner::Tokenless).spent;
    assert!(token.spent > 0.0 && tokenless > 0.0, "{budgets:?}");
    assert!((all.spent - token.spent - tokenless).abs() < 0.001, "{budgets:?}");
    assert!(budgets.iter().all(|budget| !budget.is_warning && budget.until_unix_ms >= all.until_unix_ms));
}

#[tokio::test]
async fn who_brings_a_key_has_a_budget_and_the_key_is_not_in_it() {
    let house = House::with(House::new().await.keyring, &[("RELAY_CALLER_CREDITS_PER_DAY", "50000")]).await;
    house.mock.script().always(Turn::Answer(Answer::default()));
    house.shell.set_relay(true).await.unwrap();
    assert_eq!(ask_with(&house.url(), MODEL, Some(CANARY)).await, 200);
    let budgets = house.shell.budgets();
    let [BudgetView { owner: BudgetOwner::Key { id }, limit: 50_000, .. }] = budgets.as_slice() else {
        panic!("{budgets:?}")
    };
    assert!(!CANARY.contains(id.as_str()) && !id.contains("canary"), "{id}");
}

#[tokio::test]
async fn the_state_names_the_memcached_servers() {
    let House { shell, .. } = House::new().await;
    assert_eq!(shell.state().relay.memcached, []);
    shell.set_setting("memcached_servers", Some("127.0.0.1:1,cache.invalid")).await.unwrap();
    let names: Vec<String> = shell.state().relay.memcached.iter().map(|server| server.name.clone()).collect();
    assert_eq!(names, ["127.0.0.1:1", "cache.invalid:11211"]);
}

/// The status of a request for the list of models that has this header.
async fn models_with(url: &str, header: &str, value: &str) -> u16 {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let sent = http.get(format!("{url}/models")).header(header, value).bearer_auth(CANARY).send().await;
    sent.unwrap().status().as_u16()
}

#[tokio::test]
async fn what_was_turned_away_is_let_in_once_it_is_allowed() {
    let house = house_with_key(&[]).await;
    let (shell, url) = (&house.shell, house.url());
    let (page, name) = ("https://chat.example.com", "relay.lan");
    assert_eq!(models_with(&url, "host", name).await, 403);
    assert_eq!((models_with(&url, "origin", page).await, models_with(&url, "origin", page).await), (403, 403));
    let told = |blocked: Vec<BlockedView>| -> Vec<(BlockedKind, String, u64)> {
        blocked.into_iter().map(|BlockedView { kind, name, count, .. }| (kind, name, count)).collect()
    };
    let (origin, host) = ((BlockedKind::Origin, page.to_owned(), 2), (BlockedKind::Host, name.to_owned(), 1));
    let mut all = told(shell.blocked());
    all.sort_by_key(|(_, _, count)| *count);
    assert_eq!(all, [host.clone(), origin]);

    shell.allow_blocked(BlockedKind::Origin, page).await.unwrap();
    assert_eq!((models_with(&url, "origin", page).await, told(shell.blocked())), (200, vec![host]));
    shell.allow_blocked(BlockedKind::Host, name).await.unwrap();
    assert_eq!((models_with(&url, "host", name).await, told(shell.blocked())), (200, Vec::new()));
    // Twice is once, and others stay.
    shell.allow_blocked(BlockedKind::Host, "other.lan").await.unwrap();
    shell.allow_blocked(BlockedKind::Host, name).await.unwrap();
    assert_eq!(house.kept("allowed_origins"), Some(page.into()));
    assert_eq!(house.kept("allowed_hosts"), Some("relay.lan,other.lan".into()));
    let refusal = shell.allow_blocked(BlockedKind::Origin, "a, b").await.unwrap_err();
    assert_eq!(refusal.kind, CommandErrorKind::InvalidValue, "{}", refusal.message);
}

#[tokio::test]
async fn the_addresses_for_other_machines_are_told_while_the_network_is_served() {
    let House { shell, .. } = &House::with(House::new().await.keyring, &[("RELAY_HOST", "0.0.0.0")]).await;
    assert_eq!(shell.state().relay.reachable, [""; 0]);
    shell.set_relay(true).await.unwrap();
    let told = shell.state().relay.reachable.clone();
    assert_eq!(told, shell.relay().status().reachable, "none on a machine without a network");
    assert!(told.iter().all(|url| !url.contains("127.0.0.1")), "{told:?}");
    shell.set_relay(false).await.unwrap();
    assert_eq!(shell.state().relay.reachable, [""; 0]);
}
