//! How many requests are answered at the same time, and what becomes of those that have to wait.

use std::time::Duration;

use futures_util::{
    FutureExt, StreamExt,
    future::{LocalBoxFuture, join_all},
    stream::FuturesUnordered,
};
use mock_onemin::{Act, Answer, Reply, Step, Turn, wire};
use relay::{
    journal::Outcome,
    settings::{Limits, MetricsFor, Settings},
};
use relay_tests::{Answered, CANARY, Pair, ask, within};
use serde_json::json;

/// A pair whose stand-in answers when its gate is opened.
async fn gated(limits: Limits) -> Pair {
    let change = |settings: &mut Settings| {
        settings.limits = limits;
        settings.metrics = MetricsFor::Loopback;
    };
    let pair = Pair::start_with(change, Some(CANARY)).await;
    let record = wire::record("gpt-4o-mini", "x", "Hello.", &wire::metadata(98, 3, 45));
    pair.reply(Reply { before_headers: vec![Step::Gate], ..Reply::json(200, record.to_string()) });
    pair
}

fn limits(concurrent_requests: u64, queue_length: u64) -> Limits {
    Limits { concurrent_requests, queue_length, ..Limits::default() }
}

type Asks<'a> = FuturesUnordered<LocalBoxFuture<'a, Answered>>;

/// Two chats of which one finds no place: that one's answer, and the other, which waits in the only one.
async fn one_waits(pair: &Pair) -> (Answered, Asks<'_>) {
    let chat = async { pair.chat(&ask("x")).await };
    let other = async { pair.chat(&ask("x")).await };
    let mut both: Asks<'_> = [chat.boxed_local(), other.boxed_local()].into_iter().collect();
    let refused = within(both.next()).await.unwrap();
    assert_eq!(
        (refused.status.as_u16(), refused.error("code").as_str()),
        (429, "rate_limit_exceeded"),
        "{}",
        refused.body
    );
    (refused, both)
}

/// Asks until 1min.ai has the request.
async fn one_runs(pair: &Pair) -> Asks<'_> {
    let mut asks: Asks<'_> = [async { pair.chat(&ask("x")).await }.boxed_local()].into_iter().collect();
    tokio::select! {
        answered = asks.next() => panic!("no answer was due: {answered:?}"),
        _ = within(pair.script().wait_for(|counts| counts.open == 1)) => {}
    }
    asks
}

/// The next answer, with the gate open.
async fn answered(pair: &Pair, asks: &mut Asks<'_>) -> Answered {
    let answered = async {
        loop {
            tokio::select! {
                answered = asks.next() => return answered.unwrap(),
                () = tokio::task::yield_now() => pair.script().open_gate(),
            }
        }
    };
    within(answered).await
}

#[tokio::test]
async fn no_more_are_answered_at_a_time_than_allowed_and_all_of_the_rest_in_their_turn() {
    let pair = Pair::start_with(|settings| settings.limits = limits(3, 100), Some(CANARY)).await;
    pair.script().always(Turn::Answer(Answer::default()));
    let mut most = 0;
    let body = ask("x");
    let asks = join_all((0..20).map(|_| pair.chat(&body)));
    let watch = pair.script().wait_for(|counts| {
        most = most.max(counts.open);
        false
    });
    let answers = tokio::select! {
        answers = asks => answers,
        _ = watch => unreachable!(),
    };
    assert!(answers.iter().all(|answered| answered.status == 200));
    assert!(most <= 3, "{most}");
    let waited = pair.records(20).await.iter().filter(|record| record.queued_ms.is_some()).count();
    assert!(waited > 0, "with twenty at once somebody waits");
}

#[tokio::test]
async fn where_the_queue_is_full_more_are_refused_and_who_waits_comes_next() {
    let pair = gated(limits(1, 1)).await;
    let mut running = one_runs(&pair).await;
    let (refused, mut waiting) = one_waits(&pair).await;
    let figures = pair.http.get(pair.url("/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(figures.contains("\nonemin_relay_requests_waiting 1\n"), "{figures}");
    assert!(refused.error("message").contains("this relay may make 1, and the queue is full"), "{}", refused.body);
    assert_eq!((refused.header("retry-after"), refused.header("x-should-retry")), ("1", ""));
    assert_eq!(answered(&pair, &mut running).await.status, 200);
    let last = answered(&pair, &mut waiting).await;
    assert_eq!(last.status, 200);
    let records = pair.records(4).await;
    assert_eq!((records[0].error, records[0].upstream_calls), (Some("too_many_at_once"), 0));
    assert_eq!([&records[2], &records[3]].map(|record| record.queued_ms.is_some()), [false, true]);
}

#[tokio::test]
async fn who_leaves_the_queue_frees_its_place() {
    let pair = gated(limits(1, 1)).await;
    let mut running = one_runs(&pair).await;
    let (_, left) = one_waits(&pair).await;
    drop(left);
    let record = &pair.records(2).await[1];
    assert_eq!((record.outcome, record.upstream_calls), (Outcome::ClientLeft, 0));
    // Again one of two finds the place, and the other none.
    let (_, waiting) = one_waits(&pair).await;
    drop(waiting);
    pair.records(4).await;
    let first = answered(&pair, &mut running).await;
    assert_eq!(first.header("x-ratelimit-remaining-requests"), "179");
    let last = answered(&pair, &mut [async { pair.chat(&ask("x")).await }.boxed_local()].into_iter().collect()).await;
    assert_eq!(
        (last.status.as_u16(), last.header("x-ratelimit-remaining-requests")),
        (200, "178"),
        "they did not count"
    );
}

#[tokio::test]
async fn who_has_waited_long_enough_is_told_so() {
    let pair = gated(Limits { queue_wait: Duration::from_millis(1), ..limits(1, 9) }).await;
    let mut running = one_runs(&pair).await;
    let refused = pair.chat(&ask("x")).await;
    assert_eq!((refused.status.as_u16(), refused.error("code").as_str()), (429, "rate_limit_exceeded"));
    assert!(pair.record().await.queued_ms.is_some());
    assert_eq!(answered(&pair, &mut running).await.status, 200);
}

#[tokio::test]
async fn a_raised_limit_lets_in_who_waits() {
    let pair = gated(limits(1, 1)).await;
    let mut running = one_runs(&pair).await;
    let (_, mut waiting) = one_waits(&pair).await;
    let mut settings = pair.relay.settings();
    settings.limits.concurrent_requests = 2;
    pair.relay.apply(settings).await.unwrap();
    tokio::select! {
        answered = waiting.next() => panic!("no answer was due: {answered:?}"),
        _ = within(pair.script().wait_for(|counts| counts.open == 2)) => {}
    }
    assert_eq!(answered(&pair, &mut running).await.status, 200);
    assert_eq!(answered(&pair, &mut waiting).await.status, 200);
}

#[tokio::test]
async fn a_picture_that_is_finished_without_its_client_keeps_its_place_until_then() {
    let pair = Pair::start_with(|settings| settings.limits = limits(1, 0), Some(CANARY)).await;
    pair.script().always(Turn::Answer(Answer::default()));
    pair.script().push_feature(Turn::Act(Act { before_headers: vec![Step::Gate], ..Act::default() }));
    let picture = json!({"model": "dall-e-3", "prompt": "a fox"});
    tokio::select! {
        _ = pair.post_to("/v1/images/generations", &picture) => panic!("it is being drawn"),
        _ = within(pair.script().wait_for_features(|counts| counts.open == 1)) => {}
    }
    assert_eq!(pair.chat(&ask("x")).await.status, 429);
    pair.script().open_gate();
    pair.records(2).await;
    assert_eq!(pair.chat(&ask("x")).await.status, 200);
}
