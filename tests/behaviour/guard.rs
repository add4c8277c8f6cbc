//! Who may come in, and who pays.

use mock_onemin::{Answer, Turn};
use relay::settings::Settings;
use relay_tests::{Answered, CANARY, Pair, ask};

/// Who asks, and what must come of it: the status, the error's code, and the key that reached 1min.ai.
struct Case {
    /// What is tried, and by whom.
    attack: &'static str,
    stored: Option<&'static str>,
    headers: &'static [(&'static str, &'static str)],
    status: u16,
    code: &'static str,
    paid: Option<&'static str>,
}

const fn case(
    attack: &'static str,
    stored: Option<&'static str>,
    headers: &'static [(&'static str, &'static str)],
    (status, code): (u16, &'static str),
    paid: Option<&'static str>,
) -> Case {
    Case { attack, stored, headers, status, code, paid }
}

const OK: (u16, &str) = (200, "");
const NO_KEY: (u16, &str) = (401, "invalid_api_key");
const NO_HOST: (u16, &str) = (403, "host_not_allowed");
const NO_ORIGIN: (u16, &str) = (403, "origin_not_allowed");
const STORED: Option<&str> = Some(CANARY);
const THEIRS: Option<&str> = Some("their-key");

/// Settings of the relay in these cases: one further name, and one page that may ask.
fn settings(settings: &mut Settings) {
    settings.allowed_hosts = vec!["relay.lan".into()];
    settings.allowed_origins = vec!["https://chat.example.com".into()];
}

const MATRIX: &[Case] = &[
    // Credentials
    case("an app without a key, one is stored", STORED, &[], OK, STORED),
    case("an app with a made-up key", STORED, &[("authorization", "Bearer none")], OK, STORED),
    case("the same as Anthropic's SDK sends it", STORED, &[("x-api-key", "sk-local")], OK, STORED),
    case("another scheme", STORED, &[("authorization", "Basic x")], OK, STORED),
    case("pass-through by Bearer", None, &[("authorization", "Bearer their-key")], OK, THEIRS),
    case("pass-through by Bearer, oddly spelled", None, &[("authorization", "bEARER  their-key ")], OK, THEIRS),
    case("pass-through by x-api-key", None, &[("x-api-key", "their-key")], OK, THEIRS),
    case("pass-through by api-key", None, &[("api-key", "their-key")], OK, THEIRS),
    case("no key anywhere", None, &[], NO_KEY, None),
    case("an empty key", None, &[("authorization", "Bearer ")], NO_KEY, None),
    case("another scheme and no key", None, &[("authorization", "Basic abc")], NO_KEY, None),
    case("two words as a key", None, &[("authorization", "Bearer two words")], NO_KEY, None),
    case("a token nobody made, a key is stored", STORED, &[("authorization", "Bearer 1mr-abc")], NO_KEY, None),
    case("a token in pass-through must not leave", None, &[("x-api-key", "1mr-abc")], NO_KEY, None),
    // Host: DNS rebinding needs a name
    case("localhost", STORED, &[("host", "localhost:5001")], OK, STORED),
    case("an address", STORED, &[("host", "127.0.0.1:5001")], OK, STORED),
    case("an IPv6 address", STORED, &[("host", "[::1]:5001")], OK, STORED),
    case("the LAN's address", STORED, &[("host", "192.168.1.2")], OK, STORED),
    case("from a container", STORED, &[("host", "host.docker.internal:5001")], OK, STORED),
    case("a name the user allows", STORED, &[("host", "Relay.LAN:5001")], OK, STORED),
    case("DNS rebinding", STORED, &[("host", "evil.example")], NO_HOST, None),
    case("a name that begins as ours", STORED, &[("host", "localhost.evil.example:5001")], NO_HOST, None),
    case("a name that ends as ours", STORED, &[("host", "evil-localhost")], NO_HOST, None),
    case("a name that holds an address", STORED, &[("host", "127.0.0.1.nip.io")], NO_HOST, None),
    case("an address no parser of addresses takes", STORED, &[("host", "0x7f.1")], NO_HOST, None),
    case(
        "rebinding, with a key of its own",
        None,
        &[("host", "evil.example"), ("x-api-key", "their-key")],
        NO_HOST,
        None,
    ),
    // Origin: a page on any site can send requests to localhost
    case("an installed app of web pages", STORED, &[("origin", "tauri://localhost")], OK, STORED),
    case("Obsidian", STORED, &[("origin", "app://obsidian.md")], OK, STORED),
    case("an editor's panel", STORED, &[("origin", "vscode-webview://abc")], OK, STORED),
    case("any page", STORED, &[("origin", "https://evil.example")], NO_ORIGIN, None),
    case(
        "any page that guessed a key",
        STORED,
        &[("origin", "https://evil.example"), ("x-api-key", "x")],
        NO_ORIGIN,
        None,
    ),
    case("a page of this machine", STORED, &[("origin", "http://localhost:3000")], NO_ORIGIN, None),
    case("the same by address", STORED, &[("origin", "http://127.0.0.1")], NO_ORIGIN, None),
    case("a sandboxed frame", STORED, &[("origin", "null")], NO_ORIGIN, None),
    case("an empty origin", STORED, &[("origin", "")], NO_ORIGIN, None),
    case("an extension", STORED, &[("origin", "chrome-extension://abc")], NO_ORIGIN, None),
    case(
        "two origins",
        STORED,
        &[("origin", "tauri://localhost"), ("origin", "https://evil.example")],
        NO_ORIGIN,
        None,
    ),
    case(
        "the allowed page by another scheme",
        STORED,
        &[("origin", "http://chat.example.com"), ("x-api-key", "x")],
        NO_ORIGIN,
        None,
    ),
    case(
        "the allowed page's other port",
        STORED,
        &[("origin", "https://chat.example.com:1"), ("x-api-key", "x")],
        NO_ORIGIN,
        None,
    ),
    case("the allowed page", STORED, &[("origin", "https://chat.example.com"), ("x-api-key", "x")], OK, STORED),
    case("the allowed page without a credential", STORED, &[("origin", "https://chat.example.com")], NO_KEY, None),
    case(
        "the allowed page in pass-through",
        None,
        &[("origin", "https://chat.example.com"), ("x-api-key", "their-key")],
        OK,
        THEIRS,
    ),
    case(
        "the allowed page, rebound",
        STORED,
        &[("origin", "https://chat.example.com"), ("x-api-key", "x"), ("host", "evil.example")],
        NO_HOST,
        None,
    ),
];

#[tokio::test]
async fn the_matrix_of_hosts_origins_and_credentials_holds() {
    let (with, without) = (Pair::start_with(settings, STORED).await, Pair::start_with(settings, None).await);
    let mut wrong = Vec::new();
    for case in MATRIX {
        let pair = if case.stored.is_some() { &with } else { &without };
        pair.script().reset();
        pair.script().always(Turn::Answer(Answer::default()));
        let request = pair.http.post(pair.url("/v1/chat/completions")).body(ask("x").to_string());
        let request = case.headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answered = Answered::read(request.send().await.unwrap()).await;
        let code = if answered.status == 200 { String::new() } else { answered.error("code") };
        let paid = pair.script().received().first().and_then(|call| call.header("api-key").map(str::to_owned));
        if (answered.status.as_u16(), code.as_str(), paid.as_deref()) != (case.status, case.code, case.paid) {
            wrong.push(format!("{}: {} {code} {paid:?}", case.attack, answered.status));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn where_a_token_is_required_nothing_else_opens_the_stored_key() {
    let pair = Pair::start_with(|settings| settings.require_token = true, STORED).await;
    pair.script().always(Turn::Answer(Answer::default()));
    for key in ["", "their-key", "1mr-abc", CANARY] {
        let request = pair.http.post(pair.url("/v1/chat/completions")).bearer_auth(key).body(ask("x").to_string());
        let answered = Answered::read(request.send().await.unwrap()).await;
        assert_eq!(answered.status, 401, "{key}");
        assert!(answered.error("message").contains("token"), "{}", answered.body);
    }
    assert_eq!(pair.script().counts().total(), 0);
}

#[tokio::test]
async fn health_needs_no_key() {
    let pair = Pair::start_with(|_| {}, None).await;
    let answered = Answered::read(pair.http.get(pair.url("/health")).send().await.unwrap()).await;
    assert_eq!((answered.status.as_u16(), answered.json()["status"].as_str()), (200, Some("ok")));
    assert_eq!(pair.http.get(pair.url("/v1/models")).send().await.unwrap().status(), 401);
}
