//! What it costs that a request is let in, counted and written down: an access token, limits of requests a minute and at a
//! time, budgets, and usage on disk, beside a relay that has none of them.
//!
//! Both relays and the stand-in for 1min.ai run in this process, over loopback. One connection shows what a lone request
//! waits for; 32 keep all cores busy, so that what is done beside the requests counts too.
//! `cargo bench -p relay-bench --bench guard` runs it.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "what goes wrong here ends the measurement, and its tasks end with it"
)]

use std::{
    path::Path,
    time::{Duration, Instant},
};

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use mock_onemin::Mock;
use onemin::ApiKey;
use relay::{
    Relay, RelayOptions,
    clock::Clock,
    settings::{Host, Settings},
    token::NewToken,
};
use tokio::{runtime::Runtime, task::JoinSet};

const QUESTION: &str = r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Say something."}]}"#;

/// More than is ever asked or spent here.
const PLENTY: u64 = 1_000_000_000;

type Http = Client<hyper_util::client::legacy::connect::HttpConnector, Full<Bytes>>;

/// A relay, and what is sent to it.
struct Guarded {
    /// Dropping it stops the relay.
    _relay: Relay,
    url: String,
    credential: String,
}

impl Guarded {
    /// Lets in whoever comes, counts nothing against a limit, and keeps its usage in memory.
    async fn without(mock: &Mock) -> Self {
        let mut settings = settings(mock);
        settings.limits.requests_per_minute = 0;
        Self::start(settings, None, None).await
    }

    /// Asks for a token, counts by all limits, and writes its usage to the disk.
    async fn with_all(mock: &Mock, data_dir: &Path) -> Self {
        let mut settings = settings(mock);
        settings.require_token = true;
        let limits = &mut settings.limits;
        for limit in [
            &mut limits.requests_per_minute,
            &mut limits.caller_requests_per_minute,
            &mut limits.concurrent_requests,
            &mut limits.caller_concurrent_requests,
            &mut limits.credits_per_day,
            &mut limits.credits_per_month,
            &mut limits.caller_credits_per_day,
            &mut limits.caller_credits_per_month,
        ] {
            *limit = PLENTY;
        }
        let token = NewToken { name: "bench".into(), ..NewToken::default() };
        Self::start(settings, Some(data_dir), Some(token)).await
    }

    async fn start(settings: Settings, data_dir: Option<&Path>, token: Option<NewToken>) -> Self {
        let key = Some(ApiKey::new("benchmark-0123456789-abcdefghijklmnopqrstuvwxyz").unwrap());
        let (data_dir, clock) = (data_dir.map(Path::to_owned), Clock::system());
        let relay = Relay::new(RelayOptions { settings, key, is_demo: false, data_dir, clock }).unwrap();
        let credential = match token {
            Some(token) => relay.add_token(token).await.unwrap().1.reveal().to_owned(),
            None => "any".to_owned(),
        };
        relay.start().await.unwrap();
        let url = format!("{}/chat/completions", relay.status().base_url().unwrap());
        Self { _relay: relay, url, credential }
    }

    fn request(&self) -> Request<Full<Bytes>> {
        let request = Request::post(&self.url).header(header::AUTHORIZATION, format!("Bearer {}", self.credential));
        request.body(Full::from(QUESTION)).unwrap()
    }
}

fn settings(mock: &Mock) -> Settings {
    Settings { api_url: mock.url().parse().unwrap(), host: Host::Loopback, port: 0, ..Settings::default() }
}

async fn ask(http: &Http, request: Request<Full<Bytes>>) {
    let answer = http.request(request).await.unwrap();
    let status = answer.status();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(status, StatusCode::OK, "{body:?}");
}

/// How long `count` requests take on so many connections.
async fn load(guarded: &Guarded, connections: u64, count: u64) -> Duration {
    let http: Http = Client::builder(TokioExecutor::new()).build_http();
    let mut asking = JoinSet::new();
    let began = Instant::now();
    for index in 0..connections {
        let (http, share) = (http.clone(), count / connections + u64::from(index < count % connections));
        let requests: Vec<_> = (0..share).map(|_| guarded.request()).collect();
        asking.spawn(async move {
            for request in requests {
                ask(&http, request).await;
            }
        });
    }
    while let Some(asked) = asking.join_next().await {
        asked.unwrap();
    }
    began.elapsed()
}

fn guarding(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (_mock, relays) = runtime.block_on(async {
        let mock = Mock::start(0).await.unwrap();
        let relays =
            [("without", Guarded::without(&mock).await), ("with all", Guarded::with_all(&mock, folder.path()).await)];
        (mock, relays)
    });
    let mut group = criterion.benchmark_group("a whole answer");
    group.throughput(Throughput::Elements(1));
    for connections in [1, 32] {
        for (name, relay) in &relays {
            let id = BenchmarkId::new(*name, format!("{connections} connections"));
            group.bench_function(id, |bencher| {
                bencher.iter_custom(|count| runtime.block_on(load(relay, connections, count)));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, guarding);
criterion_main!(benches);
