use futures_util::{FutureExt, stream};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    conversation::{Artifact, CallInput, Usage, Warning},
    dialect::anthropic::answer::Answer,
};

#[path = "../../../../../../tests/src/grammar_anthropic.rs"]
#[expect(unreachable_pub, reason = "the behaviours read streams by the same grammar")]
mod grammar;

use grammar::Streamed;

fn head() -> Head {
    Head { id: "msg_1".into(), model: "claude-x".into(), stops: vec!["END".into()] }
}

fn chunks() -> Chunks {
    Chunks::new(head(), 12, "req_1".into())
}

/// The stream of these events, with a keep-alive before some.
fn written(events: &[Event], keeps_alive: impl Fn(usize) -> bool) -> String {
    let (mut chunks, mut out) = (chunks(), BytesMut::new());
    for (at, event) in events.iter().enumerate() {
        if keeps_alive(at) {
            chunks.keep_alive(&mut out);
        }
        chunks.encode(event.clone(), &mut out);
    }
    chunks.finish(&mut out);
    String::from_utf8(out.to_vec()).unwrap()
}

fn streamed(events: &[Event]) -> Streamed {
    grammar::read(&written(events, |_| false))
}

/// The whole answer of the same events.
fn whole(events: &[Event]) -> (Value, http::HeaderMap) {
    use axum::response::IntoResponse;
    let events = stream::iter(events.iter().cloned().map(Ok).collect::<Vec<_>>());
    let response = Answer::fold(head(), events).now_or_never().unwrap().unwrap().into_response();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).now_or_never().unwrap().unwrap();
    (serde_json::from_slice(&body).unwrap(), parts.headers)
}

fn accepted() -> Event {
    Event::Accepted { successor: None }
}

fn text(text: &str) -> Event {
    Event::Text(text.into())
}

fn call(id: &str, input: CallInput) -> Event {
    Event::ToolCall(ToolCall { id: id.into(), name: "f".into(), input })
}

fn usage() -> Event {
    Event::Usage(Usage { prompt_tokens: 9, completion_tokens: 4, is_estimate: false, credits: Some(2.0) })
}

#[test]
fn a_plain_answer_has_the_published_form() {
    let events = [accepted(), text("Hel"), text(""), text("lo\n"), usage(), Event::Done(Finish::Stop)];
    let expected = r#"event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo\n"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":9,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":4,"credits":2.0}}

event: message_stop
data: {"type":"message_stop"}

"#;
    assert_eq!(written(&events, |_| false), expected);
    let (object, headers) = whole(&events);
    assert_eq!(
        object,
        json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x",
            "content": [{"type": "text", "text": "Hello\n"}], "stop_reason": "end_turn", "stop_sequence": null,
            "usage": {"input_tokens": 9, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
                "output_tokens": 4, "credits": 2.0}})
    );
    assert_eq!(headers["x-relay-credits"], "2");
}

#[test]
fn every_event_has_its_block() {
    let artifact = Artifact { url: "http://h/results/a1.png".into(), media_type: "image/png".into(), size_bytes: 5 };
    let events = [
        accepted(),
        Event::Reasoning("hm".into()),
        Event::Reasoning(", so".into()),
        text("I look."),
        call("c1", CallInput::Json(r#"{"a": {"b": [1, "ü"]}}"#.into())),
        call("c2", CallInput::Json("{}".into())),
        call("c3", CallInput::Text("*** Begin".into())),
        Event::Artifact(artifact),
        Event::Transcript(" said".into()),
        Event::Done(Finish::ToolCalls),
    ];
    let tool = |id: &str, input: Value| json!({"type": "tool_use", "id": id, "name": "f", "input": input});
    let expected = [
        json!({"type": "thinking", "thinking": "hm, so", "signature": SIGNATURE}),
        json!({"type": "text", "text": "I look."}),
        tool("toolu_c1", json!({"a": {"b": [1, "ü"]}})),
        tool("toolu_c2", json!({})),
        tool("toolu_c3", json!({"input": "*** Begin"})),
        json!({"type": "text", "text": "![image](http://h/results/a1.png) said"}),
    ];
    assert_eq!(streamed(&events).content, expected);
    assert_eq!(whole(&events).0["content"], json!(expected));
}

#[test]
fn every_end_has_its_reason() {
    for (finish, reason) in [
        (Finish::Stop, "end_turn"),
        (Finish::Length, "max_tokens"),
        (Finish::ToolCalls, "tool_use"),
        (Finish::ContentFilter, "refusal"),
    ] {
        let events = [accepted(), Event::Done(finish)];
        assert_eq!(streamed(&events).stop_reason, reason);
        let (object, _) = whole(&events);
        assert_eq!((&object["stop_reason"], &object["content"]), (&json!(reason), &json!([])));
    }
}

#[test]
fn arguments_that_are_no_object_are_not_lost() {
    for arguments in ["[1]", "nonsense", "1e999", ""] {
        let events = [accepted(), call("c", CallInput::Json(arguments.into())), Event::Done(Finish::ToolCalls)];
        assert_eq!(streamed(&events).content[0]["input"], json!({ "input": arguments }));
    }
}

#[test]
fn a_late_status_comes_with_the_beginning_and_a_ping() {
    let (mut chunks, mut out) = (chunks(), BytesMut::new());
    chunks.keep_alive(&mut out);
    chunks.encode(accepted(), &mut out);
    chunks.encode(text("a"), &mut out);
    chunks.keep_alive(&mut out);
    chunks.error(&Error::Stopped, &mut out);
    let streamed = grammar::read(std::str::from_utf8(&out).unwrap());
    assert_eq!((streamed.pings, streamed.text().as_str()), (2, "a"));
    let error = json!({"type": "error", "request_id": "req_1",
        "error": {"type": "api_error", "message": Error::Stopped.to_string()}});
    assert_eq!(streamed.error, Some(error));
}

#[test]
fn warnings_and_a_successor_are_told() {
    let events = [
        Event::Accepted { successor: Some("claude-y".into()) },
        Event::Warning(Warning::WebSearchLeftOut),
        usage(),
        Event::Done(Finish::Stop),
    ];
    let streamed = streamed(&events);
    assert_eq!(streamed.start["model"], "claude-y");
    assert_eq!(streamed.usage["relay_warnings"], json!(["web_search_left_out"]));
    let (object, headers) = whole(&events);
    assert_eq!(
        (&object["model"], &headers["x-relay-warning"]),
        (&json!("claude-y"), &"web_search_left_out".parse().unwrap())
    );
}

fn some_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => "[a-zü\"\n]{0,3}".prop_map(Event::Text),
        2 => "[a-z]{0,3}".prop_map(Event::Reasoning),
        2 => "[a-z]{1,3}".prop_map(|name| Event::ToolCall(ToolCall {
            id: name.clone(),
            input: CallInput::Json(format!("{{\"{name}\": null}}")),
            name,
        })),
        1 => Just(call("t", CallInput::Text("x".into()))),
        1 => Just(Event::Warning(Warning::ToolCallMissing)),
    ]
}

proptest! {
    #[test]
    fn any_events_keep_the_grammar_and_add_up_to_the_whole_answer(
        some in prop::collection::vec(some_event(), 0..12),
        silence in prop::collection::vec(any::<bool>(), 16),
    ) {
        let events: Vec<Event> =
            [accepted()].into_iter().chain(some).chain([usage(), Event::Done(Finish::Stop)]).collect();
        let streamed = grammar::read(&written(&events, |at| silence[at]));
        prop_assert_eq!(streamed.pings, silence[..events.len()].iter().filter(|silent| **silent).count());
        prop_assert_eq!(json!(streamed.content), whole(&events).0["content"].clone());
    }
}

/// The grammar is worth something: a stream that lacks any event, or has two in each other's place, breaks it.
#[test]
fn the_grammar_lets_no_broken_stream_pass() {
    let events = [
        accepted(),
        Event::Reasoning("hm".into()),
        text("a"),
        call("c", CallInput::Json("{}".into())),
        Event::Done(Finish::ToolCalls),
    ];
    let stream = written(&events, |_| false);
    let chunks: Vec<&str> = stream.split_inclusive("\n\n").collect();
    let is_broken = |chunks: Vec<&str>| std::panic::catch_unwind(|| grammar::read(&chunks.concat())).is_err();
    assert!(!is_broken(chunks.clone()));
    for at in 0..chunks.len() {
        let mut lacking = chunks.clone();
        lacking.remove(at);
        assert!(is_broken(lacking), "without {}", chunks[at]);
        let mut twice = chunks.clone();
        twice.insert(at, chunks[at]);
        assert!(is_broken(twice) || chunks[at].contains("text_delta") || chunks[at].contains("thinking_delta"));
        if at > 0 {
            let mut swapped = chunks.clone();
            swapped.swap(at - 1, at);
            assert!(is_broken(swapped), "{} before {}", chunks[at], chunks[at - 1]);
        }
    }
}

#[test]
fn the_stop_sequence_that_ended_the_answer_is_named() {
    let events = [accepted(), Event::Text("one".into()), Event::Done(Finish::StopSequence(0))];
    let (whole, _) = whole(&events);
    assert_eq!((&whole["stop_reason"], &whole["stop_sequence"]), (&json!("stop_sequence"), &json!("END")));
    assert!(written(&events, |_| false).contains(r#""stop_reason":"stop_sequence","stop_sequence":"END""#));
}
