//! A call is made again only if it was certainly not carried out, only once, and never after the client has its status.

use std::{net::TcpListener, time::Duration};

use mock_onemin::{Answer, Reply, Step, Turn, wire};
use relay_tests::{Pair, ask, ask_streaming};
use tokio::time::Instant;

fn limited(retry_after: &str) -> Turn {
    let headers = vec![("retry-after".to_owned(), retry_after.to_owned())];
    Turn::Reply(Reply {
        headers,
        ..Reply::json(429, r#"{"success":false,"error":{"code":"RATE_LIMITED","message":"slow"}}"#)
    })
}

#[tokio::test]
async fn a_call_that_was_not_carried_out_is_made_once_more_unseen() {
    for body in [ask("x"), ask_streaming("x")] {
        let pair = Pair::start().await;
        pair.script().push(limited("0"));
        pair.script().always(Turn::Answer(Answer::text("hello")));
        let answered = pair.chat(&body).await;
        assert_eq!(answered.status, 200, "{}", answered.body);
        assert!(answered.body.contains("hello"));
        assert_eq!(pair.record().await.upstream_calls, 2);
    }
}

#[tokio::test]
async fn a_wait_that_1min_asks_for_is_kept() {
    let pair = Pair::start().await;
    pair.script().push(limited("1"));
    pair.script().always(Turn::Answer(Answer::default()));
    let start = Instant::now();
    assert_eq!(pair.chat(&ask("x")).await.status, 200);
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_passed_on() {
    let pair = Pair::start().await;
    pair.script().always(limited("31"));
    let answered = pair.chat(&ask("x")).await;
    assert_eq!((answered.status.as_u16(), answered.header("retry-after")), (429, "31"));
    assert_eq!(pair.record().await.upstream_calls, 1);
}

#[tokio::test]
async fn an_unreachable_1min_is_tried_twice_and_then_named() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let pair = Pair::start_with(
        |settings| settings.api_url = format!("http://{closed}").parse().unwrap(),
        Some(relay_tests::CANARY),
    )
    .await;
    let answered = pair.chat(&ask("x")).await;
    assert_eq!((answered.status.as_u16(), answered.error("code").as_str()), (502, "upstream_error"));
    assert!(answered.error("message").contains("can't be reached"), "{}", answered.body);
    assert_eq!(answered.header("x-should-retry"), "");
    assert_eq!(pair.record().await.upstream_calls, 2);
}

#[tokio::test]
async fn nothing_is_made_again_after_a_byte_came() {
    let refused_later = Reply::stream([wire::content_frame("so far"), wire::error_frame("Too many requests")]);
    let mut cut = Reply::stream([wire::content_frame("so far")]);
    cut.body.push(Step::Cut);
    for reply in [refused_later, cut] {
        let pair = Pair::start().await;
        pair.script().push(Turn::Reply(reply));
        pair.script().always(Turn::Answer(Answer::text("a second answer")));
        let events = pair.chat(&ask_streaming("x")).await.events();
        assert_eq!(events.text(0), "so far");
        assert!(events.error().is_some());
        assert_eq!(pair.script().counts().total(), 1);
    }
}

#[tokio::test]
async fn a_refused_stream_for_too_many_requests_is_made_again() {
    let pair = Pair::start().await;
    pair.script().push(Turn::Reply(Reply::stream([wire::error_frame("Too many requests")])));
    pair.script().always(Turn::Answer(Answer::text("hello")));
    assert_eq!(pair.chat(&ask_streaming("x")).await.events().text(0), "hello");
    assert_eq!(pair.record().await.upstream_calls, 2);
}
