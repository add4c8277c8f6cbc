//! Who may come in, and who pays.

mod matrix;

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

const OK: (u16, &str) = (200, "");
const NO_KEY: (u16, &str) = (401, "invalid_api_key");
const NO_HOST: (u16, &str) = (403, "host_not_allowed");
const NO_ORIGIN: (u16, &str) = (403, "origin_not_allowed");

/// Settings of the relays in these cases: one further name, and one page that may ask.
fn settings(settings: &mut Settings) {
    settings.allowed_hosts = vec!["relay.lan".into()];
    settings.allowed_origins = vec!["https://chat.example.com".into()];
}

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
        for case in matrix::MATRIX.iter().filter(|case| case.asked == asked) {
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
