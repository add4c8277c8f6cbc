//! The relay starts, changes its settings while it runs, and stops without breaking anything off.

use std::time::Duration;

use mock_onemin::{Answer, Reply, Step, Turn, wire};
use relay::journal::Outcome;
use relay::{ApplyError, BindError, RunState, StartError, settings::Host};
use relay_tests::{Pair, ask, ask_streaming, settings, within};
use reqwest::Response;
use tokio::net::TcpStream;

/// A reply that says "so far", waits at the gate, and then says the rest.
fn gated() -> Reply {
    let mut reply = Reply::stream([wire::content_frame("so far")]);
    reply.body.extend([Step::Gate, Step::Send(wire::content_frame(", so good") + &wire::done_frame())]);
    reply
}

/// Starts a streamed answer, and gives it once its first text has come.
async fn begin(pair: &Pair) -> impl AsyncFnOnce() -> String {
    let mut response = pair.post(&ask_streaming("x")).await;
    let mut body = Vec::new();
    while !String::from_utf8_lossy(&body).contains("so far") {
        body.extend(within(response.chunk()).await.unwrap().unwrap());
    }
    async move || {
        body.extend(rest(response).await);
        String::from_utf8(body).unwrap()
    }
}

async fn rest(response: Response) -> Vec<u8> {
    within(response.bytes()).await.unwrap().to_vec()
}

fn port(pair: &Pair) -> u16 {
    let RunState::Running { addresses } = pair.relay.status().state else { panic!("running") };
    addresses[0].port()
}

async fn is_open(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).await.is_ok()
}

#[tokio::test]
async fn it_listens_on_both_loopbacks_and_stops_for_good() {
    let pair = Pair::start().await;
    let RunState::Running { addresses } = pair.relay.status().state else { panic!("running") };
    for address in &addresses {
        assert!(address.ip().is_loopback() && address.port() == addresses[0].port());
        TcpStream::connect(address).await.unwrap();
    }
    assert!(matches!(pair.relay.start().await, Err(StartError::Running)));
    pair.relay.stop().await;
    assert_eq!(pair.relay.status().state, RunState::Stopped);
    assert!(!is_open(addresses[0].port()).await);
    pair.relay.start().await.unwrap();
    assert_eq!(pair.http.get(pair.url("/health")).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn stopping_lets_an_answer_finish_and_takes_no_more() {
    let pair = Pair::start().await;
    pair.reply(gated());
    let answer = begin(&pair).await;
    let port = port(&pair);
    let mut status = pair.relay.watch_status();
    let finish = async {
        within(status.wait_for(|status| status.state == RunState::Stopping)).await.unwrap();
        pair.script().open_gate();
        answer().await
    };
    let ((), body) = tokio::join!(within(pair.relay.stop()), finish);
    assert!(body.contains(", so good") && body.ends_with("data: [DONE]\n\n"), "{body}");
    assert!(!is_open(port).await);
}

#[tokio::test]
async fn what_can_not_finish_in_time_is_told_so_and_not_cut_off() {
    let short = |settings: &mut relay::settings::Settings| settings.drain = Duration::from_millis(100);
    for body in [ask("x"), ask_streaming("x")] {
        let pair = Pair::start_with(short, Some(relay_tests::CANARY)).await;
        pair.reply(Reply { before_headers: vec![Step::Hang], ..Reply::default() });
        let stop = async {
            within(pair.script().wait_for(|counts| counts.open == 1)).await;
            pair.relay.stop().await;
        };
        let (answered, ()) = tokio::join!(pair.chat(&body), within(stop));
        assert_eq!((answered.status.as_u16(), answered.header("x-should-retry")), (503, "false"));
        let record = pair.record().await;
        assert_eq!((record.outcome, record.error), (Outcome::Failed, Some("stopped")));
        within(pair.script().wait_for(|counts| counts.cancelled == 1)).await;
    }
    let pair = Pair::start_with(short, Some(relay_tests::CANARY)).await;
    pair.reply(gated());
    let answer = begin(&pair).await;
    let ((), body) = tokio::join!(within(pair.relay.stop()), answer());
    assert!(
        body.contains("The relay was stopped before the answer was complete") && !body.contains("[DONE]"),
        "{body}"
    );
    assert_eq!(pair.record().await.error, Some("stopped"));
}

#[tokio::test]
async fn stopping_can_be_cut_short() {
    let pair = Pair::start().await;
    pair.reply(gated());
    let answer = begin(&pair).await;
    let mut status = pair.relay.watch_status();
    let second = async {
        within(status.wait_for(|status| status.state == RunState::Stopping)).await.unwrap();
        pair.relay.abandon();
        answer().await
    };
    let ((), body) = tokio::join!(within(pair.relay.stop()), second);
    assert!(body.contains("The relay was stopped"), "{body}");
    assert_eq!(pair.relay.status().state, RunState::Stopped);
}

#[tokio::test]
async fn another_port_is_taken_while_an_answer_goes_on() {
    let pair = Pair::start().await;
    pair.reply(gated());
    let answer = begin(&pair).await;
    let old = port(&pair);
    let mut free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    if free == old {
        free += 1;
    }
    let mut changed = settings(&pair.mock.url());
    changed.port = free;
    pair.relay.apply(changed).await.unwrap();
    assert_eq!(port(&pair), free);
    assert!(is_open(free).await);
    pair.script().open_gate();
    assert!(answer().await.ends_with("data: [DONE]\n\n"));
    assert!(!is_open(old).await);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_and_changes_nothing() {
    let pair = Pair::start().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut changed = settings(&pair.mock.url());
    changed.port = taken.local_addr().unwrap().port();
    let error = pair.relay.apply(changed.clone()).await.unwrap_err();
    assert!(matches!(error, ApplyError::Start(StartError::Bind(BindError::Taken { .. }))), "{error}");
    assert!(error.to_string().starts_with(&format!("port {} of 127.0.0.1 is taken", changed.port)));
    assert_eq!(pair.http.get(pair.url("/health")).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn another_address_on_the_same_port_is_tried_and_the_old_one_comes_back() {
    let pair = Pair::start_with(|_| {}, None).await;
    let port = port(&pair);
    let mut fixed = settings(&pair.mock.url());
    fixed.port = port;
    pair.relay.apply(fixed.clone()).await.unwrap();
    // An address for documentation: no machine has it.
    let elsewhere = relay::settings::Settings { host: "192.0.2.1".parse().unwrap(), ..fixed.clone() };
    assert!(pair.relay.apply(elsewhere).await.is_err());
    assert_eq!(pair.http.get(pair.url("/health")).send().await.unwrap().status(), 200);
    let all = relay::settings::Settings { host: "0.0.0.0".parse().unwrap(), ..fixed };
    pair.relay.apply(all).await.unwrap();
    assert!(is_open(port).await);
    assert!(matches!(pair.relay.status().state, RunState::Running { addresses } if addresses[0].ip().is_unspecified()));
    assert!(pair.relay.status().base_url().unwrap().starts_with("http://127.0.0.1:"), "an address to connect to");
}

#[tokio::test]
async fn the_addresses_for_other_machines_are_told_while_they_lead_here() {
    let pair = Pair::start_with(|_| {}, None).await;
    assert_eq!(pair.relay.status().reachable, [""; 0], "nobody else can connect");
    let mut open = settings(&pair.mock.url());
    open.host = "0.0.0.0".parse().unwrap();
    pair.relay.apply(open).await.unwrap();
    let told = pair.relay.status().reachable;
    assert_eq!(told, relay_tests::reachable(port(&pair)));
    for base_url in &told {
        let health = format!("{}/health", base_url.trim_end_matches("/v1"));
        assert_eq!(pair.http.get(health).send().await.unwrap().status(), 200, "{base_url}");
    }
    pair.relay.stop().await;
    assert_eq!(pair.relay.status().reachable, [""; 0]);
}

#[tokio::test]
async fn new_settings_hold_for_new_requests_and_not_for_those_in_flight() {
    let pair = Pair::start().await;
    pair.reply(gated());
    let answer = begin(&pair).await;
    let second = mock_onemin::Mock::start(0).await.unwrap();
    second.script().always(Turn::Answer(Answer::text("from the second")));
    let mut changed = settings(&second.url());
    changed.port = 0;
    pair.relay.apply(changed).await.unwrap();
    assert_eq!(pair.chat(&ask("x")).await.text(), "from the second");
    pair.script().open_gate();
    assert!(answer().await.contains(", so good"));
}

#[tokio::test]
async fn a_stored_key_is_never_opened_to_the_network() {
    let pair = Pair::start().await;
    let mut open = settings(&pair.mock.url());
    open.host = "0.0.0.0".parse().unwrap();
    assert!(matches!(pair.relay.apply(open.clone()).await, Err(ApplyError::Start(StartError::NoToken { .. }))));
    assert!(pair.relay.status().base_url().unwrap().contains("127.0.0.1"));

    let keyless = Pair::start_with(|settings| settings.host = Host::Address("0.0.0.0".parse().unwrap()), None).await;
    let key = onemin::ApiKey::new(relay_tests::CANARY).unwrap();
    assert!(matches!(keyless.relay.set_key(Some(key)).await, Err(StartError::NoToken { .. })));
    assert!(!keyless.relay.status().has_key);
}

#[tokio::test]
async fn a_key_that_is_stored_or_removed_counts_from_the_next_request() {
    let pair = Pair::start_with(|_| {}, None).await;
    pair.script().always(Turn::Answer(Answer::default()));
    assert_eq!(pair.chat(&ask("x")).await.status, 401);
    pair.relay.set_key(Some(onemin::ApiKey::new(relay_tests::CANARY).unwrap())).await.unwrap();
    assert_eq!(pair.chat(&ask("x")).await.status, 200);
    pair.relay.set_key(None).await.unwrap();
    assert_eq!(pair.chat(&ask("x")).await.status, 401);
}

#[tokio::test]
async fn http2_without_tls_is_spoken_too() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::text("over two")));
    let http = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    let answered =
        http.post(pair.url("/v1/chat/completions")).body(ask_streaming("x").to_string()).send().await.unwrap();
    assert_eq!(answered.version(), reqwest::Version::HTTP_2);
    assert!(answered.text().await.unwrap().contains("over two"));
}
