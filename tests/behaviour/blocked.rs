//! Who was refused by name is remembered, so that whoever runs the relay can let it in.

use mock_onemin::{Answer, Turn};
use relay::BlockedKind;
use relay_tests::{NOW, Pair, ask};

const PAGE: &str = "https://page.example";

/// The status of a chat with these headers.
async fn status(pair: &Pair, headers: &[(&str, &str)]) -> u16 {
    let request = pair.http.post(pair.url("/v1/chat/completions")).header("x-api-key", "x").body(ask("x").to_string());
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn who_was_refused_is_remembered_until_it_is_allowed() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::default()));
    for headers in [
        ("host", "other.lan:5001"),
        ("host", "Other.LAN"),
        ("origin", PAGE),
        // What no setting could let in.
        ("origin", "null"),
        ("origin", "chrome-extension://abc"),
    ] {
        assert_eq!(status(&pair, &[headers]).await, 403, "{headers:?}");
    }
    assert_eq!(status(&pair, &[("host", "localhost")]).await, 200);
    let mut told: Vec<_> =
        pair.relay.blocked().into_iter().map(|it| (it.kind, it.name, it.count, it.last_unix_ms)).collect();
    told.sort_by(|one, other| one.1.cmp(&other.1));
    let expected = [(BlockedKind::Origin, PAGE, 1), (BlockedKind::Host, "other.lan", 2)];
    assert_eq!(told, expected.map(|(kind, name, count)| (kind, name.to_owned(), count, NOW * 1_000)));
    let mut changed = pair.relay.settings();
    changed.allowed_origins.push(PAGE.into());
    changed.allowed_hosts.push("other.lan".into());
    pair.relay.apply(changed).await.unwrap();
    assert_eq!(pair.relay.blocked(), []);
    assert_eq!(status(&pair, &[("host", "other.lan"), ("origin", PAGE)]).await, 200);
}
