//! Texts longer than a call takes are spoken in pieces.

use mock_onemin::{Act, Reply, Step, Turn};
use relay::RunOutcome;
use relay_tests::{Answered, Pair, within};
use serde_json::json;

use super::{asked, made, speak};

#[tokio::test]
async fn a_long_text_is_spoken_in_pieces_and_joined_in_order() {
    let pair = Pair::start().await;
    let text = "This is a sentence of some length. ".repeat(300);
    let (media_type, bytes) = speak(&pair, &json!({"model": "tts-1", "input": text, "response_format": "wav"})).await;
    assert_eq!(media_type, "audio/wav");
    let spoken: Vec<String> = asked(&pair).iter().map(|fields| fields["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(spoken.len(), 3);
    assert!(spoken.iter().all(|piece| piece.chars().count() <= 4_096 && piece.ends_with('.')));
    // The samples of all, behind one header; calls may end in any order, and their sounds do not.
    let mut samples = 0;
    for index in 0..3 {
        samples += made(&pair, index).await.len() - 44;
    }
    assert_eq!(bytes.len(), 44 + samples);
    assert_eq!(bytes[40..44], u32::try_from(samples).unwrap().to_le_bytes());

    let long = json!({"model": "tts-1", "input": text, "response_format": "opus"});
    let refused = Answered::read(pair.post_to("/v1/audio/speech", &long).await).await;
    assert_eq!((refused.status.as_u16(), refused.error("param").as_str()), (400, "response_format"));
    assert_eq!(
        (refused.error("code").as_str(), asked(&pair).len()),
        ("unsupported_value", 3),
        "nothing more is billed"
    );
}

#[tokio::test]
async fn the_pieces_of_a_text_keep_their_order_whichever_is_ready_first() {
    let pair = Pair::start().await;
    pair.script().respond_to_features_with(|call| {
        let text = call.body.as_ref().unwrap()["promptObject"]["text"].as_str().unwrap();
        let before_headers = if text.starts_with("First") { vec![Step::Gate] } else { Vec::new() };
        Turn::Act(Act { before_headers, ..Act::default() })
    });
    let text = format!("First. {}And last.", "This is a sentence of some length. ".repeat(120));
    let body = json!({"input": text, "response_format": "pcm"});
    let later = async {
        pair.script().wait_for_downloads(|counts| counts.open == 0 && counts.total() > 0).await;
        pair.script().open_gate();
    };
    let ((_, bytes), ()) = Box::pin(within(async { tokio::join!(speak(&pair, &body), later) })).await;
    let mut parts = [made(&pair, 0).await, made(&pair, 1).await];
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    assert!(parts[0].len() > parts[1].len() && bytes == parts.concat(), "the long one is said first");
}

#[tokio::test]
async fn a_piece_that_fails_ends_the_request_and_nothing_more_is_begun() {
    let pair = Pair::start().await;
    pair.script().push_feature(Turn::Reply(Reply::json(500, "{}")));
    let text = "This is a sentence of some length. ".repeat(600);
    let answered = Answered::read(pair.post_to("/v1/audio/speech", &json!({"input": text})).await).await;
    assert_eq!((answered.status.as_u16(), answered.header("x-should-retry")), (502, "false"));
    assert!(pair.script().feature_counts().total() <= 3, "of six pieces");
    assert_eq!(pair.script().feature_counts().cancelled, 0, "what is begun is billed, and waited for");
}

#[tokio::test]
async fn the_pieces_that_were_spoken_are_kept_and_never_billed_again() {
    let pair = Pair::start().await;
    pair.script().respond_to_features_with(|call| {
        let text = call.body.as_ref().unwrap()["promptObject"]["text"].as_str().unwrap();
        if text.ends_with("Last.") { Turn::Reply(Reply::json(429, "{}")) } else { Turn::Act(Act::default()) }
    });
    let text = format!("{}Last.", "This is a sentence of some length. ".repeat(300));
    let ask = async |tries_before: u32| {
        let request = pair.http.post(pair.url("/v1/audio/speech"));
        let request = request.header("x-stainless-retry-count", tries_before.to_string());
        Answered::read(request.body(json!({"input": text}).to_string()).send().await.unwrap()).await
    };
    let answered = ask(0).await;
    assert_eq!((answered.status.as_u16(), answered.header("x-should-retry")), (502, "false"), "{}", answered.body);
    let message = answered.error("message");
    assert!(message.contains("(2)") && message.contains("`1min-relay results`"), "{message}");
    let [run] = pair.relay.runs().await.unwrap().try_into().unwrap();
    assert_eq!((run.files.len(), run.unfetched, run.is_fetchable), (2, 0, false));
    let RunOutcome::Failed { is_perhaps_billed, .. } = run.outcome else { panic!("{run:?}") };
    assert!(is_perhaps_billed && run.files.iter().all(|name| name.ends_with(".mp3")), "{:?}", run.files);
    assert_eq!((ask(1).await.body, pair.script().feature_counts().total()), (answered.body, 3));
}
