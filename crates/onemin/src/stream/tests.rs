use futures_util::stream;
use proptest::prelude::*;

use super::*;
use crate::{Class, Reason};

fn record(text: &str) -> String {
    let metadata = r#"{"credit":52,"inputToken":97,"outputToken":12,"promptToken":10,"finishReason":"stop"}"#;
    let text = serde_json::Value::from(text);
    format!(
        r#"{{"aiRecord":{{"metadata":{metadata},"status":"SUCCESS","aiRecordDetail":{{"resultObject":[{text}]}}}}}}"#
    )
}

fn content(text: &str) -> String {
    format!("event: content\ndata: {}\n\n", serde_json::json!({ "content": text }))
}

fn result(text: &str) -> String {
    format!("event: result\ndata: {}\n\n", record(text))
}

const DONE: &str = "event: done\ndata: {\"message\":\"Stream completed\"}\n\n";

/// Runs a body, in the given pieces, to its end: the deltas, and how it ended.
fn run_pieces(pieces: Vec<Vec<u8>>, is_events: bool, is_searching: bool) -> (Vec<String>, Result<Answer, Error>) {
    let body = stream::iter(pieces.into_iter().map(|piece| Ok(Bytes::from(piece))));
    let key = ApiKey::new("canary-0123456789abcdef").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let mut stream =
            ChatStream::new(Box::pin(body), is_events, is_searching, key, Timeouts::default(), Instant::now());
        let mut deltas = Vec::new();
        loop {
            match stream.next().await.expect("an end before None") {
                Ok(Delta::Text(text)) => deltas.push(text),
                Ok(Delta::End(answer)) => {
                    assert!(stream.next().await.is_none());
                    return (deltas, Ok(answer));
                }
                Err(error) => return (deltas, Err(error)),
            }
        }
    })
}

fn run(body: &str) -> (Vec<String>, Result<Answer, Error>) {
    run_pieces(vec![body.as_bytes().to_vec()], true, false)
}

fn text(body: &str) -> String {
    let (deltas, end) = run(body);
    let answer = end.unwrap();
    assert_eq!(answer.text, deltas.concat());
    answer.text
}

fn error(body: &str) -> Error {
    run(body).1.unwrap_err()
}

#[test]
fn deltas_come_as_they_are_and_the_end_has_the_figures() {
    let body = [content(""), content("The quick "), content("naïve ☃"), result("The quick naïve ☃"), DONE.into()];
    let (deltas, end) = run(&body.concat());
    assert_eq!(deltas, ["The quick ", "naïve ☃"]);
    let answer = end.unwrap();
    assert_eq!(answer.metadata.input_tokens, Some(97));
    assert_eq!(answer.metadata.credits, Some(52.0));
}

#[test]
fn a_split_at_every_byte_gives_the_same_answer() {
    let body =
        [content("a — naïve ☃ "), content("\u{1F642}\n"), result("a — naïve ☃ \u{1F642}\n"), DONE.into()].concat();
    let bytes = body.as_bytes();
    let expected = run(&body);
    for at in 0..=bytes.len() {
        let pieces = vec![bytes[..at].to_vec(), bytes[at..].to_vec()];
        assert_eq!(run_pieces(pieces, true, false), expected, "split at {at}");
    }
    assert_eq!(run_pieces(bytes.chunks(1).map(<[u8]>::to_vec).collect(), false, false), expected);
}

#[test]
fn crlf_comments_other_names_and_a_bare_done_are_taken() {
    assert_eq!(text(&[content("a"), content("b"), DONE.into()].concat().replace('\n', "\r\n")), "ab");
    assert_eq!(text(&format!(": ping\n\n{}: ping\n{}[DONE]\n\n", content("a"), content("b"))), "ab");
    let other = format!(
        "event: llm_chunk\ndata:{{\"content\":\"Hi\"}}\n\nevent: llm_result\ndata: {{}}\n\nevent: ai_record_result\ndata: {}",
        record("Hi")
    );
    assert_eq!(text(&other), "Hi");
}

#[test]
fn either_done_or_result_completes_an_answer() {
    assert_eq!(text(&[content("ab"), DONE.into()].concat()), "ab");
    assert_eq!(text(&[content("ab"), result("ab")].concat()), "ab");
    assert_eq!(text(&[content("ab"), DONE.trim_end().into()].concat()), "ab");
    assert_eq!(text(DONE), "");
}

#[test]
fn a_stream_without_done_and_result_is_an_error() {
    for body in ["", ": ping\n\n", &content("half an ans"), "event: content\ndata: {\"content\":\"x"] {
        assert!(matches!(error(body), Error::Cut { .. }), "{body}");
        assert_eq!(error(body).class(), Class::PerhapsCarriedOut);
    }
    let half_record = format!("{}event: result\ndata: {}", content("ab"), &record("ab")[..40]);
    assert!(matches!(error(&half_record), Error::Cut { .. }));
}

#[test]
fn a_refusal_before_text_is_one_and_after_text_a_failure() {
    let refused = "event: error\ndata: {\"error\":\"Model nope is not supported\"}\n\n";
    let Error::Refused(refusal) = error(refused) else { panic!("refused") };
    assert_eq!(refusal.reason, Reason::Model);
    let (deltas, end) = run(&[content("The quick "), refused.into()].concat());
    assert_eq!(deltas, ["The quick "]);
    assert_eq!(end.unwrap_err().class(), Class::PerhapsCarriedOut);
    assert_eq!(text(&[content("ab"), result("ab"), refused.into()].concat()), "ab");
}

#[test]
fn a_repeated_answer_is_dropped_by_the_narrow_rule_only() {
    let long = "The quick brown fox jumps over the lazy dog.";
    let halves = [content(&long[..20]), content(&long[20..])].concat();
    for end in [DONE.to_owned(), result(long), [result(long), DONE.into()].concat()] {
        assert_eq!(text(&[halves.clone(), content(long), end].concat()), long);
    }
    // Not the last delta, too short, or confirmed by the record: real repeats.
    let going_on = [halves.clone(), content(long), content("!"), DONE.into()].concat();
    assert_eq!(text(&going_on), format!("{long}{long}!"));
    assert_eq!(text(&[content("ok"), content("ok"), DONE.into()].concat()), "okok");
    let doubled = [halves, content(long), result(&long.repeat(2)), DONE.into()].concat();
    assert_eq!(text(&doubled), long.repeat(2));
}

#[test]
fn a_result_that_is_no_record_completes_nothing() {
    let other = |data: &str| format!("event: result\ndata: {data}\n\n");
    for first in [String::new(), content("so far")] {
        let hello = first.clone() + &other(r#"{"hello":1}"#);
        assert!(matches!(error(&hello), Error::Cut { .. }), "{hello}");
        assert_eq!(text(&format!("{hello}{DONE}")), if first.is_empty() { "" } else { "so far" });
        let refused = first + &other(r#"{"errorCode":"X","message":"The model is busy"}"#) + &result("so far") + DONE;
        assert_eq!(error(&refused), Error::Failed { status: 200, message: "The model is busy".into() });
    }
}

#[test]
fn after_text_no_record_makes_a_call_free() {
    let failed = "event: result\ndata: {\"aiRecord\":{\"status\":\"FAILED\",\"aiRecordDetail\":\
        {\"resultObject\":[\"Too many requests\"]}}}\n\n";
    assert_eq!(error(failed).class(), Class::NotCarriedOut);
    assert_eq!(error(&(content("so far") + failed)).class(), Class::PerhapsCarriedOut);
    assert_eq!(text(&[&content("so "), &result("so far"), failed, DONE].concat()), "so far");
}

#[test]
fn a_record_gives_what_the_deltas_did_not() {
    assert_eq!(text(&[result("only here"), DONE.into()].concat()), "only here");
    assert_eq!(text(&[content("The quick"), result("The quick brown fox")].concat()), "The quick brown fox");
    assert_eq!(text(&[content("deltas "), result("another text")].concat()), "deltas ");
    let broken_after = [content("ab"), result("ab"), "event: content\ndata: oops\n\n".into()].concat();
    assert_eq!(text(&broken_after), "ab");
    let failed = result("x").replace("SUCCESS", "FAILED");
    assert!(matches!(error(&[content("ab"), failed].concat()), Error::Failed { .. }));
}

#[test]
fn crawl_lines_are_taken_off_only_when_the_web_was_searched() {
    let crawl = "🌐 Crawling site https://example.com/a\n";
    let body = [content(crawl), content("Two launches."), result("Two launches."), DONE.into()].concat();
    assert_eq!(run_pieces(vec![body.clone().into()], true, true).1.unwrap().text, "Two launches.");
    assert_eq!(text(&body), format!("{crawl}Two launches."));
    // The record may hold them as well, alone or where it goes on.
    let recorded = result(&format!("{crawl}Two launches."));
    for deltas in ["", "Two "] {
        let body = [content(crawl), content(deltas), recorded.clone()].concat();
        assert_eq!(run_pieces(vec![body.into()], true, true).1.unwrap().text, "Two launches.");
    }
}

#[test]
fn a_body_that_is_no_event_stream_is_judged_by_its_first_bytes() {
    for is_events in [true, false] {
        let run = |body: &str| run_pieces(vec![body.as_bytes().to_vec()], is_events, false).1;
        assert_eq!(run(&format!(" {}", record("whole"))).unwrap().text, "whole");
        assert_eq!(run(r#"{"errorCode":"X","message":"no"}"#).unwrap_err().class(), Class::Deterministic);
        assert!(matches!(run("<html>busy</html>"), Err(Error::Unreadable { .. })));
        assert!(matches!(run(r#"{"aiRecord":{"status"#), Err(Error::Unreadable { .. })));
        assert_eq!(run(&[content("ab"), DONE.into()].concat()).unwrap().text, "ab");
    }
    assert!(matches!(run_pieces(vec![b"plain words".to_vec()], false, false).1, Err(Error::Unreadable { .. })));
}

#[test]
fn a_character_cut_in_halves_arrives_whole() {
    let delta = |json: &str| format!("event: content\ndata: {{\"content\":\"{json}\"}}\n\n");
    let halves = [delta(r"hi \ud83d"), delta(r"\ude42 there \ud83d"), delta("!")].concat();
    assert_eq!(text(&[halves.clone(), DONE.into()].concat()), "hi \u{1F642} there \u{FFFD}!");
    let record = result("x").replace("[\"x\"]", r#"["half \ud83d"]"#);
    assert_eq!(text(&[record, DONE.into()].concat()), "half \u{FFFD}");
}

#[tokio::test(start_paused = true)]
async fn done_is_not_waited_for_long_once_the_record_is_there() {
    let pings = stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        Some((Ok(Bytes::from_static(b": ping\n\n")), ()))
    });
    let body = stream::iter([Ok(Bytes::from(result("whole")))]).chain(pings);
    let key = ApiKey::new("canary-0123456789abcdef").unwrap();
    let start = Instant::now();
    let mut stream = ChatStream::new(Box::pin(body), true, false, key, Timeouts::default(), start);
    assert_eq!(stream.next().await, Some(Ok(Delta::Text("whole".into()))));
    assert!(matches!(stream.next().await, Some(Ok(Delta::End(_)))));
    assert_eq!(start.elapsed(), FAREWELL);
}

#[test]
fn a_frame_that_can_not_be_read_is_an_error_and_not_a_gap() {
    let body = [content("a"), "event: content\ndata: oops\n\n".into(), content("b"), DONE.into()].concat();
    assert!(matches!(error(&body), Error::Unreadable { .. }));
}

proptest! {
    #[test]
    fn any_text_in_any_deltas_and_pieces_arrives_whole(
        parts in proptest::collection::vec("[ -~\\n\\r\"\\\\üß☃\u{1F642}]{0,12}", 0..12),
        piece in 1usize..40,
    ) {
        let whole = parts.concat();
        let body: String = parts.iter().map(|part| content(part)).chain([result(&whole), DONE.into()]).collect();
        let pieces = body.as_bytes().chunks(piece).map(<[u8]>::to_vec).collect();
        let (deltas, end) = run_pieces(pieces, true, false);
        prop_assert_eq!(deltas.concat(), whole.clone());
        prop_assert_eq!(end.unwrap().text, whole);
    }
}
