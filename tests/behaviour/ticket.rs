//! Every request leaves exactly one record, however it ends.

use mock_onemin::{Answer, Reply, Step, Turn, wire};
use relay::journal::Outcome;
use relay_tests::{Pair, ask, ask_streaming, reply::read_until, within};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Sends raw bytes and reads what comes until the relay closes.
async fn raw(pair: &Pair, request: &str) -> String {
    let address = pair.url("").replace("http://", "");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    within(stream.read_to_string(&mut answer)).await.unwrap();
    answer
}

#[tokio::test]
async fn an_answered_request() {
    for body in [ask("x"), ask_streaming("x")] {
        let pair = Pair::start().await;
        pair.script().always(Turn::Answer(Answer::default()));
        let answered = pair.chat(&body).await;
        let record = pair.record().await;
        assert_eq!((record.outcome, record.status, record.error), (Outcome::Done, Some(200), None));
        assert_eq!(record.id, answered.header("x-request-id"));
        assert_eq!(
            (record.route.as_str(), record.model.as_deref()),
            ("POST /v1/chat/completions", Some("gpt-4o-mini"))
        );
        assert_eq!((record.is_streaming, record.upstream_calls), (body["stream"] == true, 1));
        assert!(record.accepted_ms.is_some());
        let usage = record.usage.unwrap();
        assert_eq!((usage.prompt_tokens, usage.completion_tokens, usage.credits), (98, 3, Some(45.0)));
        assert_eq!(record.arrived_unix_ms, 1_800_000_000_000);
    }
}

#[tokio::test]
async fn several_choices_of_one_request() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::default()));
    let mut body = ask("x");
    body["n"] = serde_json::json!(3);
    pair.chat(&body).await;
    let record = pair.record().await;
    assert_eq!((record.upstream_calls, record.usage.unwrap().credits), (3, Some(135.0)));
}

#[tokio::test]
async fn a_request_that_is_refused_before_its_body_is_read() {
    for (request, status, error, route) in [
        ("GET /nope HTTP/1.1\r\nhost: localhost\r\n", 404, "unknown_url", "GET (unknown route)"),
        ("PUT /v1/models HTTP/1.1\r\nhost: localhost\r\n", 405, "method_not_allowed", "PUT /v1/models"),
        ("GET /v1/models HTTP/1.1\r\nhost: evil.example\r\n", 403, "host_not_allowed", "GET /v1/models"),
        (
            "GET /v1/models HTTP/1.1\r\nhost: localhost\r\norigin: https://x.example\r\n",
            403,
            "origin_not_allowed",
            "GET /v1/models",
        ),
    ] {
        let pair = Pair::start().await;
        let answer = raw(&pair, &format!("{request}connection: close\r\n\r\n")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        let record = pair.record().await;
        assert_eq!((record.outcome, record.status, record.error), (Outcome::Failed, Some(status), Some(error)));
        assert_eq!((record.route.as_str(), record.upstream_calls), (route, 0));
    }
}

#[tokio::test]
async fn a_request_without_a_key() {
    let pair = Pair::start_with(|_| {}, None).await;
    assert_eq!(pair.chat(&ask("x")).await.status, 401);
    assert_eq!(pair.record().await.error, Some("missing_key"));
}

#[tokio::test]
async fn a_body_that_can_not_be_read() {
    let pair = Pair::start_with(|settings| settings.body_max_mb = 1, Some(relay_tests::CANARY)).await;
    assert_eq!(pair.post(&serde_json::json!("no object")).await.status(), 400);
    let large = pair.chat(&ask(&"x".repeat(1 << 20))).await;
    assert_eq!((large.status.as_u16(), large.error("code").as_str()), (413, "request_too_large"));
    let errors: Vec<_> = pair.records(2).await.iter().map(|record| record.error).collect();
    assert_eq!(errors, [Some("malformed_json"), Some("request_too_large")]);
}

#[tokio::test]
async fn a_body_whose_sender_leaves() {
    let pair = Pair::start().await;
    let address = pair.url("").replace("http://", "");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{\"model\"";
    stream.write_all(head.as_bytes()).await.unwrap();
    drop(stream);
    let record = pair.record().await;
    assert_ne!(record.outcome, Outcome::Done);
    assert_eq!(record.upstream_calls, 0);
}

#[tokio::test]
async fn a_request_that_fails_before_and_after_text() {
    let pair = Pair::start().await;
    pair.script().push(Turn::Reply(Reply::json(500, "{}")));
    pair.script().push(Turn::Reply(Reply::stream([wire::content_frame("a"), wire::error_frame("no")])));
    pair.chat(&ask("x")).await;
    pair.chat(&ask_streaming("x")).await;
    let records = pair.records(2).await;
    assert_eq!(records.len(), 2);
    assert!(records.iter().all(|record| record.outcome == Outcome::Failed && record.error == Some("upstream_error")));
    assert_eq!((records[0].status, records[1].status), (Some(502), Some(200)));
}

#[tokio::test]
async fn a_client_that_leaves_before_and_after_text() {
    let pair = Pair::start().await;
    let mut stuck = Reply::stream([wire::content_frame("so far")]);
    stuck.body.push(Step::Hang);
    pair.reply(stuck);
    drop(read_until(pair.post(&ask_streaming("x")).await, "so far").await);
    pair.records(1).await;
    pair.reply(Reply { before_headers: vec![Step::Hang], ..Reply::default() });
    let post = pair.http.post(pair.url("/v1/chat/completions")).body(ask("x").to_string()).send();
    tokio::select! {
        answered = post => panic!("no answer was due: {answered:?}"),
        _ = within(pair.script().wait_for(|counts| counts.total() == 2)) => {}
    }
    let records = pair.records(2).await;
    assert_eq!(records.len(), 2);
    assert!(records.iter().all(|record| record.outcome == Outcome::ClientLeft && record.error.is_none()));
    assert_eq!((records[0].status, records[1].status), (Some(200), None));
}

#[tokio::test]
async fn what_was_left_has_its_cost_in_the_record() {
    let pair = Pair::start().await;
    let mut stuck = Reply::stream([wire::content_frame("so far")]);
    stuck.body.push(Step::Hang);
    pair.reply(stuck);
    drop(read_until(pair.post(&ask_streaming("x")).await, "so far").await);
    let usage = pair.record().await.usage.expect("an estimate");
    assert!(usage.is_estimate && usage.completion_tokens > 0);

    // A whole answer that nobody waited for may be billed in full, one that was refused is not.
    let pair = Pair::start().await;
    pair.script().push(Turn::Reply(Reply::json(500, "{}")));
    pair.script().push(Turn::Reply(Reply::json(400, "{}")));
    pair.chat(&ask("x")).await;
    pair.chat(&ask("x")).await;
    let records = pair.records(2).await;
    assert!(records[0].usage.is_some() && records[1].usage.is_none());
}

#[tokio::test]
async fn a_body_that_is_far_too_large_is_told_and_not_cut_off() {
    let pair = Pair::start_with(|settings| settings.body_max_mb = 1, Some(relay_tests::CANARY)).await;
    // A client that reads only when it has sent everything, as many do.
    let body = ask(&"x".repeat(20 << 20)).to_string();
    let head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n";
    let declared = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    for request in [declared, chunked] {
        let answer = raw(&pair, &request).await;
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("request_too_large"), "{answer}");
    }
    assert_eq!(pair.script().counts().total(), 0);
}

#[tokio::test]
async fn plain_routes_and_answers_without_a_body() {
    let pair = Pair::start().await;
    pair.http.get(pair.url("/health")).send().await.unwrap();
    pair.http.head(pair.url("/v1/models")).send().await.unwrap();
    let records = pair.records(2).await;
    assert!(records.iter().all(|record| record.outcome == Outcome::Done && record.model.is_none()));
    assert_eq!((records[0].route.as_str(), records[1].route.as_str()), ("GET /health", "HEAD /v1/models"));
}
