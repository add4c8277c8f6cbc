//! What the relay refuses by itself: every error of its own that a request can cause, by way of HTTP, and without a call.
//! The two that none can cause are shown elsewhere: being stopped in `lifecycle`, a bug in the guard's own tests.

use relay::journal::Outcome;
use relay_tests::{Answered, CANARY, Pair, ask, within};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::rule::{INVALID, Told, told};

const IMAGE_URL: &str = "messages[0].content[0].image_url";

fn picture(url: &str) -> Value {
    json!([{"role": "user", "content": [{"type": "image_url", "image_url": url}]}])
}

const CHAT: &str = "/v1/chat/completions";

/// A request, and what it is told.
type Row = (RequestBuilder, Told);

fn rows(pair: &Pair) -> Vec<Row> {
    let of = |method: Method, path: &str| pair.http.request(method, pair.url(path));
    let chat = |body: String| of(Method::POST, CHAT).body(body);
    let with = |name: &str, value: Value| {
        let mut body = ask("x");
        body[name] = value;
        chat(body.to_string())
    };
    let get = || of(Method::GET, "/v1/models");
    let plain = |status, name| told(status, INVALID, name);
    let malformed = Told { code: None, ..plain(400, "malformed_json") };
    let field = |param, code| Told { param: Some(param), ..plain(400, code) };
    vec![
        (chat("{".into()), malformed),
        (chat(String::new()), malformed),
        (with("model", Value::Null), field("model", "missing_required_parameter")),
        (with("n", json!(0)), field("n", "invalid_value")),
        (with("n", json!(5)), field("n", "unsupported_value")),
        (with("tools", json!([{"type": "function"}])), field("tools[0].function.name", "missing_required_parameter")),
        (with("messages", picture("http://127.0.0.1:1/")), field(IMAGE_URL, "invalid_image_url")),
        (with("messages", picture("data:image/png;base64,aGk=")), field(IMAGE_URL, "unsupported_value")),
        (with("x", json!("x".repeat(1 << 20))), plain(413, "request_too_large")),
        (get().header("host", "evil.example"), plain(403, "host_not_allowed")),
        (get().header("origin", "https://evil.example"), plain(403, "origin_not_allowed")),
        (of(Method::POST, "/v1/nope"), plain(404, "unknown_url")),
        (of(Method::DELETE, CHAT), plain(405, "method_not_allowed")),
        (of(Method::GET, "/v1/models/nope"), Told { param: Some("model"), ..plain(404, "model_not_found") }),
    ]
}

fn check(answered: &Answered, told: &Told) {
    let shown = format!("{:?}\n{}", answered.headers, answered.body);
    assert_eq!(answered.status.as_u16(), told.status, "{shown}");
    check_body(&answered.body, told);
    assert_eq!(answered.header("x-should-retry"), "false", "{shown}");
    assert!(!shown.contains(CANARY), "{shown}");
}

fn check_body(body: &str, told: &Told) {
    let json: Value = serde_json::from_str(body).unwrap();
    let error = json["error"].as_object().unwrap();
    let keys: Vec<&str> = error.keys().map(String::as_str).collect();
    assert_eq!(keys, ["message", "type", "param", "code"], "{body}");
    assert_eq!(
        (&error["type"], &error["code"], &error["param"]),
        (&told.kind.into(), &told.code.into(), &told.param.into()),
        "{body}"
    );
    assert!(!error["message"].as_str().unwrap().trim().is_empty(), "{body}");
}

#[tokio::test]
async fn every_error_of_the_relays_own_is_told_and_calls_nobody() {
    let pair = Pair::start_with(|settings| settings.body_max_mb = 1, Some(CANARY)).await;
    for (place, (request, told)) in rows(&pair).into_iter().enumerate() {
        check(&Answered::read(within(request.send()).await.unwrap()).await, &told);
        let records = pair.records(place + 1).await;
        assert_eq!(records.len(), place + 1, "one record a request");
        let record = records.last().unwrap();
        assert_eq!((record.outcome, record.error), (Outcome::Failed, Some(told.name)));
        assert_eq!((record.status, record.upstream_calls), (Some(told.status), 0));
    }
    assert_eq!(pair.script().counts().total(), 0);
}

#[tokio::test]
async fn a_key_that_is_missing_or_can_be_none_is_told() {
    let pair = Pair::start_with(|_| {}, None).await;
    let missing = Told { name: "missing_key", ..told(401, INVALID, "invalid_api_key") };
    let invalid = told(401, INVALID, "invalid_api_key");
    check(&pair.chat(&ask("x")).await, &missing);
    let request = pair.http.post(pair.url(CHAT)).bearer_auth("two words").body(ask("x").to_string());
    check(&Answered::read(request.send().await.unwrap()).await, &invalid);
    let errors: Vec<_> = pair.records(2).await.iter().map(|record| record.error).collect();
    assert_eq!(errors, [Some(missing.name), Some(invalid.name)]);
    assert_eq!(pair.script().counts().total(), 0);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_told() {
    let pair = Pair::start().await;
    let mut stream = TcpStream::connect(pair.url("").replace("http://", "")).await.unwrap();
    let head = format!("POST {CHAT} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    let request = format!("{head}transfer-encoding: chunked\r\n\r\n8\r\n{{\"model\"\r\nzz\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    within(stream.read_to_string(&mut answer)).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 400 ") && head.contains("x-should-retry: false"), "{answer}");
    check_body(body, &Told { code: None, ..told(400, INVALID, "body_cut") });
    assert_eq!(pair.record().await.error, Some("body_cut"));
    assert_eq!(pair.script().counts().total(), 0);
}
