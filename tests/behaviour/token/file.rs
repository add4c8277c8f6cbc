//! Access tokens of a file that several relays share.

use std::{fs, path::Path, time::Duration};

use mock_onemin::{Answer, Mock, Turn};
use relay::token::TokenError;
use relay_tests::{
    CANARY, Pair,
    program::{Program, run},
};

use super::{chat, chat_status, until};

/// Replaces a file as a whole.
fn replace(path: &Path, content: &str) {
    fs::write(path.with_extension("new"), content).unwrap();
    fs::rename(path.with_extension("new"), path).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn relays_share_a_file_of_tokens_and_a_broken_one_changes_nothing() {
    let mock = Mock::start(0).await.unwrap();
    mock.script().always(Turn::Answer(Answer::default()));
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (url, path) = (mock.url(), one.path().join("tokens.json"));
    let file = path.to_str().unwrap();
    let variables = [
        ("ONE_MIN_API_URL", url.as_str()),
        ("ONE_MIN_API_KEY", CANARY),
        ("RELAY_REQUIRE_TOKEN", "true"),
        ("RELAY_TOKENS_FILE", file),
    ];
    let relays = [&one, &other].map(|folder| Program::serve(folder.path(), &[], &variables));
    let token = |arguments: &[&str]| {
        let arguments: Vec<&str> = ["token"].iter().chain(arguments).copied().collect();
        run(other.path(), &arguments, &variables)
    };
    let added = token(&["add", "ann", "--file", file, "--requests-per-minute", "7"]);
    let secret = added.stdout.trim().to_owned();
    assert!(added.status.success() && secret.starts_with("1mr-"), "{added:?}");
    for relay in &relays {
        let delay = until(relay, &secret, 200).await;
        assert!(delay < Duration::from_secs(1), "{delay:?}");
    }
    let listed = token(&["list"]).stdout;
    assert!(listed.contains("ann") && listed.contains("7 a minute") && listed.contains("shared file"), "{listed}");
    let good = fs::read_to_string(&path).unwrap();
    assert!(!good.contains("1mr-"), "{good}");
    let not_here = token(&["revoke", "ann"]);
    assert!(!not_here.status.success() && not_here.stderr.contains("--file"), "{not_here:?}");
    // Neither rubbish nor a slip of the pen takes anybody's token away, or its limits.
    replace(&path, "{\"tokens\": [");
    relays[0].wait_for_log("the file of tokens can't be used").await;
    replace(&path, &good.replace("requests_per_minute", "request_per_minute"));
    relays[1].wait_for_log("the file of tokens can't be used").await;
    for relay in &relays {
        assert_eq!(chat(relay, &secret).await, 200);
    }
    replace(&path, &good);
    let bob = token(&["add", "bob", "--file", file]).stdout;
    for relay in &relays {
        until(relay, bob.trim(), 200).await;
    }
    assert!(token(&["revoke", "ann", "--file", file]).status.success());
    for relay in &relays {
        let delay = until(relay, &secret, 401).await;
        assert!(delay < Duration::from_secs(1), "{delay:?}");
        assert_eq!(chat(relay, bob.trim()).await, 200);
    }
}

#[tokio::test]
async fn a_token_of_the_shared_file_is_not_revoked_by_one_of_the_relays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.json");
    let added = run(folder.path(), &["token", "add", "ann", "--file", path.to_str().unwrap()], &[]);
    assert!(added.status.success(), "{added:?}");
    let pair = Pair::start_with(|settings| settings.tokens_file = Some(path.clone()), Some(CANARY)).await;
    let [ann] = pair.relay.tokens().await.unwrap().try_into().unwrap();
    assert!(ann.is_shared && ann.name == "ann");
    assert_eq!(pair.relay.revoke_token("ann").await, Err(TokenError::Shared { path }));
    assert!(!pair.relay.revoke_token("bob").await.unwrap());
    // Without the file its tokens are gone at once.
    let settings = relay::settings::Settings { tokens_file: None, ..pair.relay.settings() };
    pair.relay.apply(settings).await.unwrap();
    assert!(pair.relay.tokens().await.unwrap().is_empty());
    assert_eq!(chat_status(&pair, added.stdout.trim()).await, 401);
}
