use super::*;

/// Compares an answer that comes in pieces of so many bytes; gives the number of its chunks.
fn compare(expected: &Expected, answer: &str, piece_bytes: usize) -> Result<usize, Mismatch> {
    let mut comparison = expected.compare();
    let mut chunks = 0;
    for piece in answer.as_bytes().chunks(piece_bytes) {
        chunks += comparison.push(piece)?;
    }
    comparison.finish().map(|()| chunks)
}

fn event(delta: &str, finish_reason: &str) -> String {
    format!(
        r#"data: {{"id":"chatcmpl-x","object":"chat.completion.chunk","choices":[{{"index":0,"delta":{delta},"finish_reason":{finish_reason}}}]}}"#
    ) + "\n\n"
}

/// The events of a right answer of the relay.
fn events(ask: Ask) -> Vec<String> {
    let mut events = vec![event(r#"{"role":"assistant","content":""}"#, "null")];
    events.extend(ask.pieces().map(|piece| event(&serde_json::json!({ "content": piece }).to_string(), "null")));
    events.extend([event("{}", "\"stop\""), "data: [DONE]\n\n".into()]);
    events
}

fn completion(text: &str, finish_reason: &str) -> String {
    let message = serde_json::json!({"role": "assistant", "content": text, "refusal": null});
    format!(r#"{{"id":"x","choices":[{{"index":0,"message":{message},"finish_reason":{finish_reason}}}]}}"#)
}

#[test]
fn right_answers_pass_in_pieces_of_any_size() {
    for piece_bytes in [1, 7, 1000, usize::MAX] {
        for ask in [Ask::Short, Ask::Long] {
            let canned: Vec<u8> = ask.canned().frames.concat();
            let canned = String::from_utf8(canned).unwrap();
            assert_eq!(compare(&Expected::of_upstream(ask), &canned, piece_bytes), Ok(ask.chunks()));
            assert_eq!(compare(&Expected::of_relay(ask), &events(ask).concat(), piece_bytes), Ok(ask.chunks()));
        }
        let answer = completion(&Ask::Whole.text(), "\"stop\"");
        assert_eq!(compare(&Expected::of_relay(Ask::Whole), &answer, piece_bytes), Ok(0));
    }
}

#[test]
fn wrong_bytes_of_the_upstream_are_caught() {
    let expected = Expected::of_upstream(Ask::Short);
    let right = String::from_utf8(Ask::Short.canned().frames.concat()).unwrap();
    for wrong in [right.replacen("word 3", "word 4", 1), right[..right.len() - 1].into(), right.clone() + "x"] {
        assert!(compare(&expected, &wrong, 50).is_err());
    }
}

#[test]
fn wrong_streams_of_the_relay_are_caught() {
    let expected = Expected::of_relay(Ask::Short);
    type Break = fn(&mut Vec<String>);
    let breaks: [(Break, &str); 9] = [
        (|events| drop(events.remove(5)), "other text than sent"),
        (|events| events.insert(5, events[5].clone()), "other text than sent"),
        (|events| events.swap(5, 6), "other text than sent"),
        (|events| events[5] = events[5].replace("word", "work"), "other text than sent"),
        (|events| drop(events.pop()), "it ended too early"),
        (|events| drop(events.remove(events.len() - 2)), "it ended too early"),
        (|events| events[21] = event("{}", "\"length\""), "another end than sent"),
        (|events| events[5] = "data: {\"error\":{\"message\":\"no\"}}\n\n".into(), "not the JSON it must be"),
        (|events| events.push(event("{}", "null")), "more after [DONE]"),
    ];
    for (break_it, why) in breaks {
        let mut events = events(Ask::Short);
        break_it(&mut events);
        let mismatch = compare(&expected, &events.concat(), 100).unwrap_err();
        assert!(mismatch.why.starts_with(why), "{mismatch:?} instead of {why}");
    }
}

#[test]
fn wrong_whole_answers_of_the_relay_are_caught() {
    let (expected, text) = (Expected::of_relay(Ask::Whole), Ask::Whole.text());
    let wrong = text.replacen("word 3", "word 4", 1);
    assert_eq!(compare(&expected, &completion(&wrong, "\"stop\""), 100).unwrap_err().why, "other text than sent");
    assert_eq!(compare(&expected, &completion(&text, "null"), 100).unwrap_err().why, "it ended too early");
    assert!(compare(&expected, "{\"error\":{}}", 100).is_err());
}

#[test]
fn a_long_wrong_answer_is_shown_in_part() {
    assert_eq!(Mismatch::new("x", &[b'a'; 5000]).answer.len(), SHOWN);
}
