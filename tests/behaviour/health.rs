//! Whether the relay lives, and whether it is ready.

use std::path::Path;

use mock_onemin::{Mock, Reply};
use relay::settings::{Settings, StoreUrl};
use relay_tests::{Answered, CANARY, NOW, Pair, within};

async fn get(pair: &Pair, path: &str) -> Answered {
    Answered::read(pair.http.get(pair.url(path)).send().await.unwrap()).await
}

async fn pair_in(folder: &Path, change: impl FnOnce(&mut Settings)) -> Pair {
    Pair::start_in(Some(folder), NOW, Mock::start(0).await.unwrap(), change, Some(CANARY)).await
}

/// Asserts that the relay lives and is ready or not, and gives how this part is.
async fn part(pair: &Pair, is_ready: bool, part: &str) -> String {
    let (alive, ready) = (get(pair, "/health").await, get(pair, "/health/ready").await);
    assert_eq!((alive.status.as_u16(), alive.json()["status"].as_str()), (200, Some("ok")));
    assert_eq!(alive.json()["ready"], is_ready, "{}", alive.body);
    assert_eq!((ready.status == 200, ready.json()["ready"].as_bool()), (is_ready, Some(is_ready)), "{}", ready.body);
    assert_eq!(ready.json()["status"], if is_ready { "ready" } else { "not_ready" });
    for told in [&alive.body, &ready.body] {
        assert!(!told.contains(CANARY) && !told.contains("/tmp"), "{told}");
    }
    ready.json()["parts"][part]["state"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_healthy_relay_is_ready_and_needs_no_key_to_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let pair = pair_in(folder.path(), |settings| settings.require_token = true).await;
    for name in ["relay", "store", "database", "catalog"] {
        assert_eq!(part(&pair, true, name).await, "ok", "{name}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path().join("probe")).map(Iterator::collect).unwrap_or_default();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(pair.http.head(pair.url("/v1/health/ready/")).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_relay_that_can_keep_nothing_lives_and_is_not_ready() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "no folder can be made here").unwrap();
    let pair = pair_in(folder.path(), |settings| settings.store_url = StoreUrl::Folder(file)).await;
    assert_eq!(part(&pair, false, "store").await, "failed");
}

#[tokio::test]
async fn without_its_database_a_relay_is_ready_unless_it_needs_the_tokens_in_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("relay.sqlite"), "this is no database, and long enough to be seen as none")
        .unwrap();
    let pair = pair_in(folder.path(), |_| {}).await;
    assert_eq!(part(&pair, true, "database").await, "away");
    let mut settings = pair.relay.settings();
    settings.require_token = true;
    pair.relay.apply(settings).await.unwrap();
    assert_eq!(part(&pair, false, "database").await, "failed");
}

#[tokio::test]
async fn an_earlier_list_of_models_does_not_make_it_unready() {
    let mock = Mock::start(0).await.unwrap();
    mock.script().models("*", Reply::json(500, "{}"));
    let pair = Pair::start_at(mock, |_| {}, Some(CANARY)).await;
    let mut status = pair.relay.watch_status();
    within(status.wait_for(|status| status.catalog.problem.is_some())).await.unwrap();
    assert_eq!(part(&pair, true, "catalog").await, "away");
}
