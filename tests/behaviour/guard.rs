//! Who may come in, and who pays.

use std::path::Path;

use mock_onemin::{Answer, Mock, Turn};
use relay::{
    Relay, RelayOptions,
    clock::Clock,
    settings::Settings,
    token::{NewToken, TokenInfo},
};
use relay_tests::{Answered, CANARY, NOW, Pair, ask, within};
use tempfile::TempDir;

/// The relay that is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// On this machine, with a stored key.
    Stored,
    /// On this machine, without one.
    Keyless,
    /// On this machine, with a stored key and `require_token`.
    Strict,
    /// On all addresses, with a stored key.
    Network,
    /// On all addresses, without one.
    NetworkKeyless,
}

use Asked::{Keyless, Network, NetworkKeyless, Stored, Strict};

/// Whose key reached 1min.ai, and whose the request was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Paid {
    /// Nobody's: 1min.ai was not asked.
    Nobody,
    /// The stored one's, for everybody of this machine.
    Local,
    /// The stored one's, for the token.
    Token,
    /// Their own, for themselves.
    Theirs,
}

use Paid::{Local, Nobody, Theirs, Token};

/// Who asks, and what must come of it: the status, the error's code, who paid, and who owns what is stored for it.
struct Case {
    /// What is tried, and by whom.
    attack: &'static str,
    asked: Asked,
    /// In these `<good>`, `<expired>`, `<revoked>` and `<unknown>` are secrets of tokens.
    headers: &'static [(&'static str, &'static str)],
    status: u16,
    code: &'static str,
    paid: Paid,
}

const fn case(
    attack: &'static str,
    asked: Asked,
    headers: &'static [(&'static str, &'static str)],
    (status, code): (u16, &'static str),
    paid: Paid,
) -> Case {
    Case { attack, asked, headers, status, code, paid }
}

const OK: (u16, &str) = (200, "");
const NO_KEY: (u16, &str) = (401, "invalid_api_key");
const NO_HOST: (u16, &str) = (403, "host_not_allowed");
const NO_ORIGIN: (u16, &str) = (403, "origin_not_allowed");

/// Settings of the relays in these cases: one further name, and one page that may ask.
fn settings(settings: &mut Settings) {
    settings.allowed_hosts = vec!["relay.lan".into()];
    settings.allowed_origins = vec!["https://chat.example.com".into()];
}

const MATRIX: &[Case] = &[
    // Credentials
    case("an app without a key, one is stored", Stored, &[], OK, Local),
    case("an app with a made-up key", Stored, &[("authorization", "Bearer none")], OK, Local),
    case("the same as Anthropic's SDK sends it", Stored, &[("x-api-key", "sk-local")], OK, Local),
    case("another scheme", Stored, &[("authorization", "Basic x")], OK, Local),
    case("pass-through by Bearer", Keyless, &[("authorization", "Bearer their-key")], OK, Theirs),
    case("pass-through by Bearer, oddly spelled", Keyless, &[("authorization", "bEARER  their-key ")], OK, Theirs),
    case("pass-through by x-api-key", Keyless, &[("x-api-key", "their-key")], OK, Theirs),
    case("pass-through by api-key", Keyless, &[("api-key", "their-key")], OK, Theirs),
    case("no key anywhere", Keyless, &[], NO_KEY, Nobody),
    case("an empty key", Keyless, &[("authorization", "Bearer ")], NO_KEY, Nobody),
    case("another scheme and no key", Keyless, &[("authorization", "Basic abc")], NO_KEY, Nobody),
    case("two words as a key", Keyless, &[("authorization", "Bearer two words")], NO_KEY, Nobody),
    case("a token nobody made, a key is stored", Stored, &[("authorization", "Bearer 1mr-abc")], NO_KEY, Nobody),
    case("a token in pass-through must not leave", Keyless, &[("x-api-key", "1mr-abc")], NO_KEY, Nobody),
    // Host: DNS rebinding needs a name
    case("localhost", Stored, &[("host", "localhost:5001")], OK, Local),
    case("an address", Stored, &[("host", "127.0.0.1:5001")], OK, Local),
    case("an IPv6 address", Stored, &[("host", "[::1]:5001")], OK, Local),
    case("the LAN's address", Stored, &[("host", "192.168.1.2")], OK, Local),
    case("from a container", Stored, &[("host", "host.docker.internal:5001")], OK, Local),
    case("a name the user allows", Stored, &[("host", "Relay.LAN:5001")], OK, Local),
    case("DNS rebinding", Stored, &[("host", "evil.example")], NO_HOST, Nobody),
    case("a name that begins as ours", Stored, &[("host", "localhost.evil.example:5001")], NO_HOST, Nobody),
    case("a name that ends as ours", Stored, &[("host", "evil-localhost")], NO_HOST, Nobody),
    case("a name that holds an address", Stored, &[("host", "127.0.0.1.nip.io")], NO_HOST, Nobody),
    case("an address no parser of addresses takes", Stored, &[("host", "0x7f.1")], NO_HOST, Nobody),
    case(
        "rebinding, with a key of its own",
        Keyless,
        &[("host", "evil.example"), ("x-api-key", "their-key")],
        NO_HOST,
        Nobody,
    ),
    // Origin: a page on any site can send requests to localhost
    case("an installed app of web pages", Stored, &[("origin", "tauri://localhost")], OK, Local),
    case("Obsidian", Stored, &[("origin", "app://obsidian.md")], OK, Local),
    case("an editor's panel", Stored, &[("origin", "vscode-webview://abc")], OK, Local),
    case("any page", Stored, &[("origin", "https://evil.example")], NO_ORIGIN, Nobody),
    case(
        "any page that guessed a key",
        Stored,
        &[("origin", "https://evil.example"), ("x-api-key", "x")],
        NO_ORIGIN,
        Nobody,
    ),
    case("a page of this machine", Stored, &[("origin", "http://localhost:3000")], NO_ORIGIN, Nobody),
    case("the same by address", Stored, &[("origin", "http://127.0.0.1")], NO_ORIGIN, Nobody),
    case("a sandboxed frame", Stored, &[("origin", "null")], NO_ORIGIN, Nobody),
    case("an empty origin", Stored, &[("origin", "")], NO_ORIGIN, Nobody),
    case("an extension", Stored, &[("origin", "chrome-extension://abc")], NO_ORIGIN, Nobody),
    case(
        "two origins",
        Stored,
        &[("origin", "tauri://localhost"), ("origin", "https://evil.example")],
        NO_ORIGIN,
        Nobody,
    ),
    case(
        "the allowed page by another scheme",
        Stored,
        &[("origin", "http://chat.example.com"), ("x-api-key", "x")],
        NO_ORIGIN,
        Nobody,
    ),
    case(
        "the allowed page's other port",
        Stored,
        &[("origin", "https://chat.example.com:1"), ("x-api-key", "x")],
        NO_ORIGIN,
        Nobody,
    ),
    case("the allowed page", Stored, &[("origin", "https://chat.example.com"), ("x-api-key", "x")], OK, Local),
    case("the allowed page without a credential", Stored, &[("origin", "https://chat.example.com")], NO_KEY, Nobody),
    case(
        "the allowed page in pass-through",
        Keyless,
        &[("origin", "https://chat.example.com"), ("x-api-key", "their-key")],
        OK,
        Theirs,
    ),
    case(
        "the allowed page, rebound",
        Stored,
        &[("origin", "https://chat.example.com"), ("x-api-key", "x"), ("host", "evil.example")],
        NO_HOST,
        Nobody,
    ),
    // Tokens
    case("a token", Stored, &[("authorization", "Bearer <good>")], OK, Token),
    case("a token as Anthropic's SDK sends it", Strict, &[("x-api-key", "<good>")], OK, Token),
    case("a token as Azure's SDK sends it", Network, &[("api-key", "<good>")], OK, Token),
    case(
        "a token beside what the app still has in its settings",
        Strict,
        &[("authorization", "Bearer their-key"), ("x-api-key", "<good>")],
        OK,
        Token,
    ),
    case("an expired token", Stored, &[("x-api-key", "<expired>")], NO_KEY, Nobody),
    case("a revoked token", Stored, &[("x-api-key", "<revoked>")], NO_KEY, Nobody),
    case("a token that was guessed", Stored, &[("x-api-key", "<unknown>")], NO_KEY, Nobody),
    case("the prefix alone", Stored, &[("x-api-key", "1mr-")], NO_KEY, Nobody),
    case("a token and a letter more", Stored, &[("x-api-key", "<good>A")], NO_KEY, Nobody),
    case("a token in capitals must not leave", Keyless, &[("x-api-key", "1MR-ABC")], NO_KEY, Nobody),
    case("a token, but no stored key", Keyless, &[("x-api-key", "<good>")], NO_KEY, Nobody),
    case(
        "a key of their own beside a token, no stored key",
        Keyless,
        &[("authorization", "Bearer their-key"), ("x-api-key", "<good>")],
        NO_KEY,
        Nobody,
    ),
    case("two tokens in one", Strict, &[("x-api-key", "<good>,<good>")], NO_KEY, Nobody),
    case("a token as a password", Strict, &[("authorization", "Basic <good>")], NO_KEY, Nobody),
    // A token is required
    case("nothing, where a token is required", Strict, &[], NO_KEY, Nobody),
    case("a key of their own, where a token is required", Strict, &[("x-api-key", "their-key")], NO_KEY, Nobody),
    case("the stored key itself, where a token is required", Strict, &[("x-api-key", CANARY)], NO_KEY, Nobody),
    case("an app, where a token is required", Strict, &[("origin", "tauri://localhost")], NO_KEY, Nobody),
    // Beyond this machine
    case("nothing, from the network", Network, &[], NO_KEY, Nobody),
    case("a key of their own, from the network", Network, &[("x-api-key", "their-key")], NO_KEY, Nobody),
    case(
        "who says to be of this machine",
        Network,
        &[("x-forwarded-for", "127.0.0.1"), ("host", "localhost")],
        NO_KEY,
        Nobody,
    ),
    case("an expired token, from the network", Network, &[("x-api-key", "<expired>")], NO_KEY, Nobody),
    case("a key of their own, no stored one", NetworkKeyless, &[("x-api-key", "their-key")], OK, Theirs),
    case("nothing, no stored key, from the network", NetworkKeyless, &[], NO_KEY, Nobody),
    case("rebinding with a token", Network, &[("host", "evil.example"), ("x-api-key", "<good>")], NO_HOST, Nobody),
    case(
        "a page with a token",
        Network,
        &[("origin", "https://evil.example"), ("x-api-key", "<good>")],
        NO_ORIGIN,
        Nobody,
    ),
    case(
        "the allowed page with a token",
        Network,
        &[("origin", "https://chat.example.com"), ("x-api-key", "<good>")],
        OK,
        Token,
    ),
    case(
        "the allowed page without one",
        Network,
        &[("origin", "https://chat.example.com"), ("x-api-key", "their-key")],
        NO_KEY,
        Nobody,
    ),
];

/// A relay with tokens, and their secrets.
struct Guarded {
    pair: Pair,
    secrets: Vec<(&'static str, String)>,
    good: TokenInfo,
    _folder: TempDir,
}

impl Guarded {
    async fn start(asked: Asked) -> Self {
        let key = matches!(asked, Stored | Strict | Network).then_some(CANARY);
        let change = |changed: &mut Settings| {
            settings(changed);
            changed.require_token = asked == Strict;
            if matches!(asked, Network | NetworkKeyless) {
                changed.host = "0.0.0.0".parse().unwrap();
            }
        };
        Self::start_with(change, key).await
    }

    async fn start_with(change: impl FnOnce(&mut Settings), key: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = async |name: &str, expires_unix_ms| {
            let new = NewToken { name: name.into(), expires_unix_ms, ..NewToken::default() };
            before(folder.path()).add_token(new).await.unwrap()
        };
        let (good, good_secret) = made("good", None).await;
        let (_, expired) = made("expired", Some(NOW * 1_000)).await;
        let (_, revoked) = made("revoked", None).await;
        let unknown = made("unknown", None).await.1.reveal().replace("1mr-", "1mr-x");
        assert!(before(folder.path()).revoke_token("revoked").await.unwrap());
        let secrets = [
            ("<good>", good_secret.reveal()),
            ("<expired>", expired.reveal()),
            ("<revoked>", revoked.reveal()),
            ("<unknown>", &unknown),
        ];
        let secrets = secrets.map(|(name, secret)| (name, secret.to_owned())).into();
        let pair = Pair::start_in(Some(folder.path()), NOW, Mock::start(0).await.unwrap(), change, key).await;
        Self { pair, secrets, good, _folder: folder }
    }

    /// What comes of a chat request with these headers: status, code, and who paid.
    async fn ask(&self, headers: &[(&str, &str)]) -> (u16, String, Paid) {
        let pair = &self.pair;
        pair.script().reset();
        pair.script().always(Turn::Answer(Answer::default()));
        let mut request = pair.http.post(pair.url("/v1/chat/completions")).body(ask("x").to_string());
        for (name, value) in headers {
            let value =
                self.secrets.iter().fold((*value).to_owned(), |value, (name, secret)| value.replace(name, secret));
            request = request.header(*name, value);
        }
        let mut watcher = pair.relay.journal().watch();
        let answered = Answered::read(request.send().await.unwrap()).await;
        let record = within(watcher.recv()).await.unwrap();
        for (_, secret) in &self.secrets {
            assert!(!answered.body.contains(secret) && !format!("{record:?}").contains(secret), "{}", answered.body);
        }
        let code = if answered.status == 200 { String::new() } else { answered.error("code") };
        let received = pair.script().received();
        let key = received.first().and_then(|call| call.header("api-key"));
        let paid = match (key, record.owner.as_deref(), record.token.as_deref()) {
            (None, None, None) => Nobody,
            (Some(CANARY), Some("local"), None) => Local,
            (Some(CANARY), Some(id), Some("good")) if id == self.good.id => Token,
            (Some("their-key"), Some(owner), None) if owner.len() == 32 => Theirs,
            other => panic!("{headers:?}: {other:?}"),
        };
        (answered.status.as_u16(), code, paid)
    }
}

/// A relay on this folder that does not run, a while before the others.
fn before(folder: &Path) -> Relay {
    let (data_dir, clock) = (Some(folder.to_owned()), Clock::fixed(NOW - 100));
    let settings = relay_tests::settings("http://127.0.0.1:1");
    Relay::new(RelayOptions { settings, key: None, is_demo: false, data_dir, clock }).unwrap()
}

#[tokio::test]
async fn the_matrix_of_relays_hosts_origins_and_credentials_holds() {
    let mut wrong = Vec::new();
    for asked in [Stored, Keyless, Strict, Network, NetworkKeyless] {
        let guarded = Guarded::start(asked).await;
        for case in MATRIX.iter().filter(|case| case.asked == asked) {
            let (status, code, paid) = guarded.ask(case.headers).await;
            if (status, code.as_str(), paid) != (case.status, case.code, case.paid) {
                wrong.push(format!("{}: {status} {code} {paid:?}", case.attack));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const HOSTS: [Option<&str>; 3] = [None, Some("relay.lan"), Some("evil.example")];
const ORIGINS: [Option<&str>; 4] =
    [None, Some("app://obsidian.md"), Some("https://chat.example.com"), Some("https://evil.example")];
const CREDENTIALS: [&str; 6] = ["", "their-key", "<good>", "<expired>", "<revoked>", "<unknown>"];

/// What must come of it, as the rules are written down for people.
fn verdict(
    (is_network, has_key, requires): (bool, bool, bool),
    (host, origin, credential): (Option<&str>, Option<&str>, &str),
) -> (u16, &'static str, Paid) {
    let refused = |(status, code): (u16, &'static str)| (status, code, Nobody);
    if origin == Some("https://evil.example") {
        return refused(NO_ORIGIN);
    }
    if origin == Some("https://chat.example.com") && credential.is_empty() {
        return refused(NO_KEY);
    }
    if host == Some("evil.example") {
        return refused(NO_HOST);
    }
    match credential {
        "<good>" if has_key => (200, "", Token),
        "" | "their-key" if has_key && !requires && !is_network => (200, "", Local),
        "their-key" if !has_key => (200, "", Theirs),
        _ => refused(NO_KEY),
    }
}

#[tokio::test]
async fn every_combination_of_them_is_judged_as_the_rules_say() {
    let mut wrong = Vec::new();
    for number in 0..8 {
        let relay @ (is_network, has_key, requires) = (number & 1 != 0, number & 2 != 0, number & 4 != 0);
        let change = |changed: &mut Settings| {
            settings(changed);
            changed.require_token = requires;
            if is_network {
                changed.host = "0.0.0.0".parse().unwrap();
            }
        };
        let guarded = Guarded::start_with(change, has_key.then_some(CANARY)).await;
        for (host, origin, credential) in HOSTS
            .iter()
            .flat_map(|host| ORIGINS.iter().flat_map(move |origin| CREDENTIALS.map(|sent| (*host, *origin, sent))))
        {
            let named = [("host", host), ("origin", origin), ("x-api-key", Some(credential))];
            let headers: Vec<_> = named.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
            let (status, code, paid) = guarded.ask(&headers).await;
            let right = verdict(relay, (host, origin, credential));
            if (status, code.as_str(), paid) != right {
                wrong.push(format!("{relay:?} {headers:?}: {status} {code} {paid:?}, and not {right:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn what_is_wrong_with_a_credential_is_said() {
    let (strict, keyless) = (Guarded::start(Strict).await, Guarded::start(Keyless).await);
    for (guarded, credential, words) in [
        (&strict, "", "wants an access token (1mr-...) from every caller"),
        (&strict, CANARY, "1min-relay token add NAME"),
        (&strict, "<expired>", "This access token has expired."),
        (&strict, "<revoked>", "This access token is unknown or was revoked."),
        (&keyless, "<good>", "the relay has no 1min.ai key stored that it could use"),
    ] {
        let secret =
            guarded.secrets.iter().find(|(name, _)| *name == credential).map_or(credential, |(_, secret)| secret);
        let request = guarded.pair.http.post(guarded.pair.url("/v1/chat/completions")).bearer_auth(secret);
        let answered = Answered::read(request.body(ask("x").to_string()).send().await.unwrap()).await;
        assert_eq!(answered.status, 401, "{credential}");
        assert!(answered.error("message").contains(words), "{}", answered.body);
        assert_eq!(guarded.pair.script().counts().total(), 0);
    }
}

#[tokio::test]
async fn health_needs_no_key() {
    let pair = Pair::start_with(|_| {}, None).await;
    let answered = Answered::read(pair.http.get(pair.url("/health")).send().await.unwrap()).await;
    assert_eq!((answered.status.as_u16(), answered.json()["status"].as_str()), (200, Some("ok")));
    assert_eq!(pair.http.get(pair.url("/v1/models")).send().await.unwrap().status(), 401);
}
