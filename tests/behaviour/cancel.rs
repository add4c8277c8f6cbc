//! A client that leaves takes its call at 1min.ai with it, at once: what nobody reads must not be generated, or billed.

use std::time::Duration;

use mock_onemin::{Answer, Counts, Reply, Step, Turn, wire};
use relay::journal::Outcome;
use relay_tests::{Pair, ask, ask_streaming, reply::read_until, within};
use serde_json::{Value, json};

/// The whole way from the client's end to 1min.ai's, at the most. It takes milliseconds; this is the promise.
const AT_ONCE: Duration = Duration::from_secs(1);

async fn cancelled(pair: &Pair) -> Counts {
    let done = pair.script().wait_for(|counts| counts.open == 0);
    tokio::time::timeout(AT_ONCE, done).await.expect("cancelled within a second")
}

/// Sends a request, waits until 1min.ai has it, and leaves without having read a byte.
async fn leave_before_the_answer(pair: &Pair, body: &Value) {
    let post = pair.http.post(pair.url("/v1/chat/completions")).body(body.to_string()).send();
    tokio::select! {
        answered = post => panic!("no answer was due: {answered:?}"),
        _ = within(pair.script().wait_for(|counts| counts.open > 0)) => {}
    }
}

fn silent() -> Reply {
    Reply { before_headers: vec![Step::Hang], ..Reply::default() }
}

fn silent_after_headers() -> Reply {
    Reply { body: vec![Step::Hang], ..Reply::stream::<String>([]) }
}

fn silent_after_text() -> Reply {
    let mut reply = Reply::stream([wire::content_frame("so far")]);
    reply.body.push(Step::Hang);
    reply
}

#[tokio::test]
async fn a_stream_that_is_left_in_its_middle_is_cancelled() {
    let pair = Pair::start().await;
    pair.reply(silent_after_text());
    drop(read_until(pair.post(&ask_streaming("x")).await, "so far").await);
    assert_eq!(cancelled(&pair).await, Counts { cancelled: 1, ..Counts::default() });
    assert_eq!(pair.record().await.outcome, Outcome::ClientLeft);
}

#[tokio::test]
async fn a_stream_over_http2_that_is_left_is_cancelled_while_the_connection_stays() {
    let pair = Pair::start().await;
    pair.reply(silent_after_text());
    let http = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    let body = ask_streaming("x").to_string();
    let response = http.post(pair.url("/v1/chat/completions")).body(body).send().await.unwrap();
    drop(read_until(response, "so far").await);
    assert_eq!(cancelled(&pair).await, Counts { cancelled: 1, ..Counts::default() });
    assert_eq!(http.get(pair.url("/health")).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_silent_1min_is_cancelled_before_its_first_byte() {
    for reply in [silent(), silent_after_headers()] {
        for body in [ask("x"), ask_streaming("x")] {
            let pair = Pair::start().await;
            pair.reply(reply.clone());
            leave_before_the_answer(&pair, &body).await;
            assert_eq!(cancelled(&pair).await, Counts { cancelled: 1, ..Counts::default() });
            let record = pair.record().await;
            assert_eq!((record.outcome, record.status, record.upstream_calls), (Outcome::ClientLeft, None, 1));
        }
    }
}

#[tokio::test]
async fn a_whole_answer_with_a_limit_is_streamed_upstream_and_cancelled_as_well() {
    let pair = Pair::start().await;
    pair.reply(silent_after_text());
    let mut body = ask("x");
    body["max_tokens"] = json!(100);
    leave_before_the_answer(&pair, &body).await;
    assert_eq!(cancelled(&pair).await.cancelled, 1);
}

#[tokio::test]
async fn every_choice_is_cancelled() {
    let pair = Pair::start().await;
    pair.reply(silent_after_text());
    let mut body = ask_streaming("x");
    body["n"] = json!(3);
    let stream = read_until(pair.post(&body).await, "so far").await;
    within(pair.script().wait_for(|counts| counts.open == 3)).await;
    drop(stream);
    assert_eq!(cancelled(&pair).await, Counts { cancelled: 3, ..Counts::default() });
}

#[tokio::test]
async fn one_failed_choice_cancels_the_others() {
    let pair = Pair::start().await;
    pair.script().push(Turn::Reply(silent_after_headers()));
    pair.script().push(Turn::Reply(Reply::stream([wire::error_frame("Model x is not supported")])));
    let mut body = ask_streaming("x");
    body["n"] = json!(2);
    assert_eq!(pair.chat(&body).await.status, 404);
    assert_eq!(cancelled(&pair).await, Counts { finished: 1, cancelled: 1, ..Counts::default() });
}

#[tokio::test]
async fn a_stop_sequence_and_a_length_limit_cancel_the_rest() {
    for limit in [json!({"stop": "far"}), json!({"max_tokens": 1})] {
        let pair = Pair::start().await;
        pair.reply(silent_after_text());
        let mut body = ask("x");
        body.as_object_mut().unwrap().extend(limit.as_object().unwrap().clone());
        assert_eq!(pair.chat(&body).await.status, 200, "{limit}");
        assert_eq!(cancelled(&pair).await.cancelled, 1);
        assert_eq!(pair.record().await.outcome, Outcome::Done);
    }
}

#[tokio::test]
async fn an_answer_that_was_read_to_its_end_is_not_cancelled() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::default()));
    pair.chat(&ask("x")).await;
    pair.chat(&ask_streaming("x")).await;
    assert_eq!(cancelled(&pair).await, Counts { finished: 2, ..Counts::default() });
}
