//! Odd things that clients send, each answered with the error envelope or as if it were not odd.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use http::Method;
use mock_onemin::{Answer, Reply, Step, Turn};
use relay_tests::{Answered, Pair, ask, within};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn pair() -> Pair {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::default()));
    pair
}

async fn send(pair: &Pair, headers: &[(&str, &str)], body: impl Into<reqwest::Body>) -> Answered {
    let request = pair.http.post(pair.url("/v1/chat/completions")).body(body);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    Answered::read(request.send().await.unwrap()).await
}

fn packed(text: &str) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap()
}

fn assert_envelope(answered: &Answered, status: u16, code: Option<&str>) {
    assert_eq!(answered.status.as_u16(), status, "{}", answered.body);
    let error = &answered.json()["error"];
    assert_eq!(error["code"].as_str(), code, "{}", answered.body);
    assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()));
    assert!(error["type"].is_string() && error.get("param").is_some());
    assert!(answered.header("x-request-id").starts_with("req_"));
    assert_eq!(answered.header("content-type"), "application/json");
}

/// Sends these bytes over a connection of their own and reads all that comes back.
async fn raw(pair: &Pair, request: &str) -> String {
    let address = pair.url("/").trim_start_matches("http://").trim_end_matches('/').to_owned();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    within(stream.read_to_string(&mut answer)).await.unwrap();
    answer
}

#[tokio::test]
async fn a_packed_body_is_unpacked_and_an_unknown_packing_is_named() {
    let pair = pair().await;
    let body = ask("packed").to_string();
    assert_eq!(send(&pair, &[("content-encoding", "gzip")], packed(&body)).await.status, 200);
    assert_eq!(pair.script().received()[0].prompt(), Some("packed"));
    assert_eq!(send(&pair, &[("content-encoding", "identity")], body.clone()).await.status, 200);
    let refused = send(&pair, &[("content-encoding", "br")], body.clone()).await;
    assert_envelope(&refused, 415, Some("unsupported_media_type"));
    assert_envelope(&send(&pair, &[("content-encoding", "gzip")], body).await, 400, None);
}

#[tokio::test]
async fn a_body_that_grows_beyond_the_limit_when_it_is_unpacked_is_too_large() {
    let pair = Pair::start_with(|settings| settings.body_max_mb = 1, Some(relay_tests::CANARY)).await;
    let bomb = packed(&ask(&" ".repeat(2 << 20)).to_string());
    assert!(bomb.len() < 1 << 16);
    let refused = send(&pair, &[("content-encoding", "gzip")], bomb).await;
    assert_envelope(&refused, 413, Some("request_too_large"));
}

#[tokio::test]
async fn a_packed_body_counts_as_what_it_is_unpacked() {
    let limits = |settings: &mut relay::settings::Settings| {
        settings.body_max_mb = 1;
        settings.bodies_max_mb = 1;
    };
    let pair = Pair::start_with(limits, Some(relay_tests::CANARY)).await;
    pair.script().always(Turn::Answer(Answer::default()));
    // Letters that can hardly be packed: packed and unpacked together are more than all bodies may be.
    let noise: String = (0..700_u32 << 10)
        .map(|index| char::from(b'a' + u8::try_from(index.wrapping_mul(2_654_435_761) >> 27).unwrap() % 26))
        .collect();
    assert_eq!(send(&pair, &[("content-encoding", "gzip")], packed(&ask(&noise).to_string())).await.status, 200);
}

#[tokio::test]
async fn the_content_type_counts_only_where_the_body_is_no_json() {
    let pair = pair().await;
    for content_type in
        ["text/plain", "application/octet-stream", "multipart/form-data; boundary=x", "application/json; charset=x", ""]
    {
        assert_eq!(
            send(&pair, &[("content-type", content_type)], ask("x").to_string()).await.status,
            200,
            "{content_type}"
        );
    }
    for content_type in ["multipart/form-data; boundary=x", "image/png", "application/x-www-form-urlencoded"] {
        let refused = send(&pair, &[("content-type", content_type)], "--x\r\n").await;
        assert_envelope(&refused, 415, Some("unsupported_media_type"));
    }
    for content_type in ["text/plain", "application/json"] {
        assert_envelope(&send(&pair, &[("content-type", content_type)], "{").await, 400, None);
    }
}

#[tokio::test]
async fn all_bodies_together_stay_below_their_limit() {
    let pair = Pair::start_with(
        |settings| {
            settings.body_max_mb = 1;
            settings.bodies_max_mb = 1;
        },
        Some(relay_tests::CANARY),
    )
    .await;
    pair.reply(Reply { before_headers: vec![Step::Gate], ..Reply::json(200, "{}") });
    let large = ask(&"x".repeat(700 << 10)).to_string();
    let first = send(&pair, &[], large.clone());
    let second = async {
        pair.script().wait_for(|counts| counts.open == 1).await;
        let refused = send(&pair, &[], large.clone()).await;
        pair.script().open_gate();
        refused
    };
    let (_, refused) = tokio::join!(first, second);
    assert_envelope(&refused, 503, Some("service_unavailable"));
    // Nothing was sent, so an SDK may try again; and by then there is room.
    assert_eq!((refused.header("retry-after"), refused.header("x-should-retry")), ("1", ""));
    pair.script().always(Turn::Answer(Answer::default()));
    assert_eq!(send(&pair, &[], large).await.status, 200);
    assert_eq!(pair.script().counts().total(), 2);
}

#[tokio::test]
async fn every_path_and_method_has_its_envelope() {
    let pair = pair().await;
    let ask = async |method: Method, path: &str| {
        Answered::read(pair.http.request(method, pair.url(path)).send().await.unwrap()).await
    };
    for path in ["/v1/vector_stores", "/v1/assistants", "/nowhere", "/v1/models/a/../b/c%2", "/%00", "/api/tags"] {
        assert_envelope(
            &ask(Method::POST, path).await,
            if path.contains("models") { 405 } else { 404 },
            if path.contains("models") { Some("method_not_allowed") } else { Some("unknown_url") },
        );
    }
    for (method, path, allow) in [
        (Method::GET, "/v1/chat/completions", "POST"),
        (Method::DELETE, "/v1/models/gpt-4o", "GET,HEAD"),
        (Method::PUT, "/v1/completions", "POST"),
        (Method::POST, "/v1/models", "GET,HEAD"),
        (Method::POST, "/health", "GET,HEAD"),
        (Method::TRACE, "/", "GET,HEAD"),
    ] {
        let refused = ask(method, path).await;
        assert_envelope(&refused, 405, Some("method_not_allowed"));
        assert_eq!(refused.header("allow"), allow, "{path}");
    }
}

#[tokio::test]
async fn an_id_that_is_no_text_is_no_model() {
    let pair = pair().await;
    let answered = Answered::read(pair.http.get(pair.url("/v1/models/%FF")).send().await.unwrap()).await;
    assert_envelope(&answered, 404, Some("model_not_found"));
}

#[tokio::test]
async fn half_a_character_spoils_no_request() {
    let pair = pair().await;
    let body = r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"cut \ud83d here"}]}"#;
    assert_eq!(send(&pair, &[], body).await.status, 200);
    assert_eq!(pair.script().received()[0].prompt(), Some("cut \u{FFFD} here"));
}

#[tokio::test]
async fn a_client_that_asks_before_it_sends_too_much_is_not_told_to_go_on() {
    let pair = pair().await;
    let head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 999999999999\r\n\r\n";
    let answer = raw(&pair, head).await;
    assert!(answer.starts_with("HTTP/1.1 413 Payload Too Large\r\n"), "{answer}");
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let pair = pair().await;
    for path in ["/", "/health", "/v1/models", "/models/", "/v1/models/gpt-4o"] {
        let head = Answered::read(pair.http.head(pair.url(path)).send().await.unwrap()).await;
        assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""), "{path}");
        assert_eq!(head.header("content-type"), "application/json");
    }
}

#[tokio::test]
async fn odd_values_of_fields_are_unset_or_refused_by_name() {
    let pair = pair().await;
    for (field, value) in [
        ("stop", json!(null)),
        ("stop", json!("")),
        ("stop", json!([])),
        ("max_tokens", json!(0)),
        ("max_tokens", json!(-1)),
        ("stream", json!(null)),
        ("tools", json!([])),
        ("tools", json!(null)),
        ("an_unknown_field", json!({"a": [1]})),
    ] {
        let mut body = ask("x");
        body[field] = value.clone();
        assert_eq!(send(&pair, &[], body.to_string()).await.status, 200, "{field}: {value}");
    }
    for (field, value, param) in [("stream", json!("true"), "stream"), ("messages", json!([]), "messages")] {
        let mut body = ask("x");
        body[field] = value;
        let refused = send(&pair, &[], body.to_string()).await;
        assert_eq!((refused.status.as_u16(), refused.error("param").as_str()), (400, param), "{}", refused.body);
    }
    for content in [Value::Null, json!([])] {
        let turns = json!([{"role": "assistant", "content": content}, {"role": "user", "content": "x"}]);
        let body = json!({"model": "gpt-4o-mini", "messages": turns});
        assert_eq!(send(&pair, &[], body.to_string()).await.status, 200);
    }
}

#[tokio::test]
async fn old_and_bare_http_is_answered() {
    let pair = pair().await;
    let answer = raw(&pair, "GET /health HTTP/1.0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n") && answer.contains("\"status\":\"ok\""), "{answer}");
    let body = ask("x").to_string();
    let chunked = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    assert!(raw(&pair, &chunked).await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn a_client_that_expects_to_be_told_to_go_on_is_told() {
    let pair = pair().await;
    let address = pair.url("/").trim_start_matches("http://").trim_end_matches('/').to_owned();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let body = ask("x").to_string();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = vec![0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    within(stream.read_exact(&mut go_on)).await.unwrap();
    assert_eq!(String::from_utf8(go_on).unwrap(), "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    within(stream.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[tokio::test]
async fn what_1min_has_no_models_for_is_told_as_such_and_never_invented() {
    let pair = Pair::start().await;
    for (path, purpose) in [("/v1/embeddings", "embeddings"), ("/v1/moderations", "moderation")] {
        let answered = Answered::read(pair.post_to(path, &json!({"model": "x", "input": "y"})).await).await;
        assert_eq!((answered.status.as_u16(), answered.error("code").as_str()), (404, "model_not_found"), "{path}");
        assert_eq!((answered.error("param").as_str(), answered.header("x-should-retry")), ("model", "false"), "{path}");
        assert!(answered.error("message").contains(purpose), "{}", answered.body);
    }
}
