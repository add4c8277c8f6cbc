//! Access tokens: made and revoked beside a running relay, with models, limits and an end of their own.

use std::time::Duration;

use mock_onemin::{Answer, Mock, Turn};
use relay_tests::{
    CANARY, ask,
    program::{Program, run},
};

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap()
}

/// The status of a chat request with this token.
async fn chat(program: &Program, token: &str) -> u16 {
    let request = http().post(format!("{}/chat/completions", program.base_url())).bearer_auth(token);
    request.body(ask("x").to_string()).send().await.unwrap().status().as_u16()
}

/// Asks until the answer has this status, and gives how long that took.
async fn until(program: &Program, token: &str, status: u16) -> Duration {
    let start = tokio::time::Instant::now();
    relay_tests::within(async {
        while chat(program, token).await != status {
            tokio::task::yield_now().await;
        }
    })
    .await;
    start.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_listed_and_revoked_and_a_running_relay_knows_within_a_second() {
    let mock = Mock::start(0).await.unwrap();
    mock.script().always(Turn::Answer(Answer::default()));
    let folder = tempfile::tempdir().unwrap();
    let url = mock.url();
    let variables = [("ONE_MIN_API_URL", url.as_str()), ("ONE_MIN_API_KEY", CANARY), ("RELAY_REQUIRE_TOKEN", "true")];
    let program = Program::serve(folder.path(), &[], &variables);
    assert_eq!(chat(&program, CANARY).await, 401);
    let token = |arguments: &[&str]| {
        let arguments: Vec<&str> = ["token"].iter().chain(arguments).copied().collect();
        run(folder.path(), &arguments, &variables)
    };
    assert!(token(&["list"]).stdout.starts_with("There is no token."));
    let added =
        token(&["add", "ann", "--models", "gpt-4o-mini,gpt-4o", "--requests-per-minute", "60", "--expires", "30d"]);
    let secret = added.stdout.trim();
    assert!(added.status.success() && secret.starts_with("1mr-") && secret.len() == 47, "{added:?}");
    assert!(added.stderr.contains("the token ann") && !added.stderr.contains("1mr-"), "{added:?}");
    let delay = until(&program, secret, 200).await;
    assert!(delay < Duration::from_secs(1), "{delay:?}");
    let listed = token(&["list"]).stdout;
    assert!(
        listed.contains("ann") && listed.contains("gpt-4o-mini, gpt-4o") && listed.contains("60 a minute"),
        "{listed}"
    );
    let json: serde_json::Value = serde_json::from_str(&token(&["list", "--json"]).stdout).unwrap();
    assert_eq!((&json[0]["name"], &json[0]["is_shared"]), (&"ann".into(), &false.into()));
    assert!(!listed.contains(secret) && !json.to_string().contains("1mr-"));
    let twice = token(&["add", "ann"]);
    assert!(!twice.status.success() && twice.stdout.is_empty() && twice.stderr.contains("already"), "{twice:?}");
    let by_id = token(&["add", "bob", "--json"]);
    let bob: serde_json::Value = serde_json::from_str(&by_id.stdout).unwrap();
    until(&program, bob["token"].as_str().unwrap(), 200).await;
    assert!(token(&["revoke", "ann"]).status.success());
    let delay = until(&program, secret, 401).await;
    assert!(delay < Duration::from_secs(1), "{delay:?}");
    assert!(token(&["revoke", bob["id"].as_str().unwrap()]).status.success());
    // The last one is gone: everybody is refused.
    until(&program, bob["token"].as_str().unwrap(), 401).await;
    assert_eq!(chat(&program, "anything").await, 401);
    let unknown = token(&["revoke", "ann"]);
    assert!(!unknown.status.success() && unknown.stderr.contains("no token of that name"), "{unknown:?}");
}
