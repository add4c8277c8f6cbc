//! What the tests of behaviours share: a relay and a stand-in for 1min.ai side by side, and a plain HTTP client.
//!
//! Everything runs in the test's own process on ports of its own, so that tests need no order and no sleep: a test waits
//! for what the stand-in's ledger or the relay's journal tells.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "this is support of tests: what goes wrong here fails the test"
)]

pub mod grammar_anthropic;
pub mod grammar_chat;
pub mod grammar_responses;
#[cfg(unix)]
pub mod memcached;
pub mod program;
pub mod reply;

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use mock_onemin::{Mock, Reply, Script, Turn};
use onemin::ApiKey;
use relay::{
    Relay, RelayOptions,
    clock::Clock,
    journal::Record,
    settings::{Host, Settings},
};
use serde_json::{Value, json};

pub use reply::{Answered, Events};

/// The stored key of every pair. It must turn up nowhere but in the `API-KEY` header.
pub const CANARY: &str = "canary-key-0123456789-abcdefghij";

/// The time of every pair, in seconds since 1970.
pub const NOW: u64 = 1_800_000_000;

/// How long a test waits for something that should happen at once.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A relay in front of a stand-in for 1min.ai.
#[derive(Debug)]
pub struct Pair {
    /// The stand-in.
    pub mock: Mock,
    /// The relay.
    pub relay: Relay,
    /// A client without keep-alive, so that no test sees another request's connection.
    pub http: reqwest::Client,
}

impl Pair {
    /// A running pair with a stored key and default settings.
    pub async fn start() -> Self {
        Self::start_with(|_| {}, Some(CANARY)).await
    }

    /// A running pair with changed settings, and this stored key or none.
    pub async fn start_with(change: impl FnOnce(&mut Settings), key: Option<&str>) -> Self {
        Self::start_at(Mock::start(0).await.expect("a port for the stand-in"), change, key).await
    }

    /// The same in front of a stand-in that has its script already.
    pub async fn start_at(mock: Mock, change: impl FnOnce(&mut Settings), key: Option<&str>) -> Self {
        Self::start_in(None, NOW, mock, change, key).await
    }

    /// The same with a data folder, at this time in seconds since 1970.
    pub async fn start_in(
        data_dir: Option<&Path>,
        now: u64,
        mock: Mock,
        change: impl FnOnce(&mut Settings),
        key: Option<&str>,
    ) -> Self {
        let mut settings = settings(&mock.url());
        change(&mut settings);
        let key = key.map(|key| ApiKey::new(key).expect("a key"));
        let (data_dir, clock) = (data_dir.map(Path::to_path_buf), Clock::fixed(now));
        let relay = Relay::new(RelayOptions { settings, key, is_demo: false, data_dir, clock }).expect("a relay");
        relay.start().await.expect("a port for the relay");
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).no_proxy().build().expect("a client");
        Self { mock, relay, http }
    }

    /// What the stand-in answers.
    #[must_use]
    pub fn script(&self) -> &Script {
        self.mock.script()
    }

    /// Lets the stand-in answer every call with this reply.
    pub fn reply(&self, reply: Reply) {
        self.script().always(Turn::Reply(reply));
    }

    /// The address of a path of the relay.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        let base = self.relay.status().base_url().expect("a running relay");
        format!("{}{path}", base.trim_end_matches("/v1"))
    }

    /// Posts a chat request and reads the whole answer.
    pub async fn chat(&self, body: &Value) -> Answered {
        Answered::read(self.post(body).await).await
    }

    /// Posts a chat request and gives the answer as it begins.
    pub async fn post(&self, body: &Value) -> reqwest::Response {
        self.post_to("/v1/chat/completions", body).await
    }

    /// Posts to a path of the relay and gives the answer as it begins.
    pub async fn post_to(&self, path: &str, body: &Value) -> reqwest::Response {
        self.http.post(self.url(path)).body(body.to_string()).send().await.expect("an answer")
    }

    /// The record of the only request so far, once it is over.
    pub async fn record(&self) -> Arc<Record> {
        let records = self.records(1).await;
        assert_eq!(records.len(), 1, "one record a request: {records:?}");
        Arc::clone(&records[0])
    }

    /// All records, once there are so many.
    pub async fn records(&self, count: usize) -> Vec<Arc<Record>> {
        let mut watcher = self.relay.journal().watch();
        let enough = async {
            while self.relay.journal().recent().len() < count {
                watcher.recv().await.expect("a record");
            }
        };
        within(enough).await;
        self.relay.journal().recent()
    }
}

/// Settings for a relay on a port of its own in front of `api_url`. A test may ask as often as it likes.
#[must_use]
pub fn settings(api_url: &str) -> Settings {
    let api_url = api_url.parse().expect("an address");
    let mut settings = Settings { host: Host::Loopback, port: 0, api_url, ..Settings::default() };
    settings.limits.requests_per_minute = 0;
    settings
}

/// Where other machines reach a relay that listens on this port of all addresses of IPv4, in order.
#[must_use]
pub fn reachable(port: u16) -> Vec<String> {
    let interfaces = if_addrs::get_if_addrs().expect("the addresses of this machine");
    let ips = interfaces.iter().filter_map(|interface| match interface.ip() {
        IpAddr::V4(ip) => Some(ip).filter(|ip| !ip.is_loopback() && !ip.is_link_local()),
        IpAddr::V6(_) => None,
    });
    let ips: BTreeSet<Ipv4Addr> = ips.collect();
    ips.into_iter().map(|ip| format!("http://{ip}:{port}/v1")).collect()
}

/// Waits for `future`, but not for ever.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("this happens soon")
}

/// A chat request with one user message.
#[must_use]
pub fn ask(text: &str) -> Value {
    json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]})
}

/// The same, streamed.
#[must_use]
pub fn ask_streaming(text: &str) -> Value {
    let mut body = ask(text);
    body["stream"] = json!(true);
    body
}
