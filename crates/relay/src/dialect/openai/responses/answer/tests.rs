use bytes::BytesMut;
use serde_json::{Value, json};

use super::*;
use crate::{
    conversation::{Artifact, Usage, Warning},
    dialect::{
        openai::responses::{chunk::Nobody, stream::Stream, tool::offered, wire::ResponseRequest},
        sse::Encoder,
    },
};

/// The checker of the tests from outside; a stream of these events is held to it here as well.
#[path = "../../../../../../../tests/src/grammar_responses.rs"]
#[expect(unreachable_pub, reason = "the file is public where it is at home")]
mod grammar;

const ID: &str = "resp_0123456789abcdefghijklmn";

fn answer_to(body: &Value) -> Answer {
    let body: ResponseRequest = serde_json::from_value(body.clone()).unwrap();
    let namespaces = offered(body.tools.as_deref().unwrap_or_default(), None, false).unwrap().namespaces;
    let head = Head { id: ID.into(), created: 7, model: "gpt-4o-mini".into() };
    Answer::new(head, Echo::of(&body, true), namespaces, Clock::fixed(9))
}

/// The whole stream of these events, and the whole answer of the same.
fn both(body: &Value, events: &[Event]) -> (grammar::Checked, Value) {
    let mut stream = Stream::new(answer_to(body), None);
    let mut out = BytesMut::new();
    events.iter().cloned().for_each(|event| stream.encode(Step::Event(event), &mut out));
    stream.finish(&mut out);
    let mut whole = answer_to(body);
    events.iter().cloned().for_each(|event| whole.add(event, &mut Nobody));
    whole.finish(&mut Nobody);
    let whole = serde_json::to_value(whole.to_object()).unwrap();
    grammar::check_response(&whole);
    (grammar::check(std::str::from_utf8(&out).unwrap()), whole)
}

/// The response of a stream, which must be the whole answer.
fn response(events: &[Event]) -> Value {
    let (stream, whole) = both(&json!({}), events);
    assert_eq!(stream.response, whole, "streamed and whole are one");
    whole
}

fn accepted() -> Event {
    Event::Accepted { successor: None }
}

fn text(text: &str) -> Event {
    Event::Text(text.into())
}

fn thought(text: &str) -> Event {
    Event::Reasoning(text.into())
}

fn usage() -> Event {
    Event::Usage(Usage { prompt_tokens: 9, completion_tokens: 1, is_estimate: false, credits: Some(2.0) })
}

fn call(id: &str, name: &str, input: CallInput) -> Event {
    Event::ToolCall(ToolCall { id: id.into(), name: name.into(), input })
}

#[test]
fn a_plain_answer_is_streamed_in_the_published_order() {
    let (stream, whole) =
        both(&json!({}), &[accepted(), text("Hel"), text(""), text("lo"), usage(), Event::Done(Finish::Stop)]);
    let kinds: Vec<&str> = stream.events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    let part = json!({"type": "output_text", "text": "Hello", "annotations": [], "logprobs": []});
    let message = json!({"id": "msg_0123456789abcdefghijklmno0", "status": "completed", "type": "message",
        "role": "assistant", "content": [part]});
    assert_eq!(whole["output"], json!([message]));
    assert_eq!((&whole["created_at"], &whole["completed_at"]), (&json!(7), &json!(9)));
    assert_eq!(
        whole["usage"],
        json!({"input_tokens": 9, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": 1, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 10, "credits": 2.0})
    );
}

#[test]
fn thoughts_text_and_calls_are_items_one_after_the_other() {
    let body = json!({"tools": [{"type": "namespace", "name": "multi_agent_v1", "tools": [
        {"type": "function", "name": "spawn_agent"}]}]});
    let events = [
        accepted(),
        thought("Hm"),
        thought("m."),
        text("Let me look."),
        call("a1", "get_weather", CallInput::Json(r#"{"city":"Paris"}"#.into())),
        call("a2", "apply_patch", CallInput::Text("*** Begin Patch\n".into())),
        call("a3", "multi_agent_v1__spawn_agent", CallInput::Json("{}".into())),
        usage(),
        Event::Done(Finish::ToolCalls),
    ];
    let (stream, whole) = both(&body, &events);
    assert_eq!(stream.response, whole);
    let output = whole["output"].as_array().unwrap();
    let of =
        |index: usize, keys: &[&str]| -> Vec<Value> { keys.iter().map(|key| output[index][key].clone()).collect() };
    assert_eq!(output[0]["summary"], json!([{"type": "summary_text", "text": "Hmm."}]));
    assert_eq!(output[1]["content"][0]["text"], "Let me look.");
    assert_eq!(
        output[2],
        json!({"id": "fc_0123456789abcdefghijklmno2", "status": "completed", "type": "function_call",
            "call_id": "call_a1", "name": "get_weather", "arguments": "{\"city\":\"Paris\"}"})
    );
    assert_eq!(
        of(3, &["type", "call_id", "name", "input"]),
        [json!("custom_tool_call"), json!("call_a2"), json!("apply_patch"), json!("*** Begin Patch\n")]
    );
    assert_eq!(
        of(4, &["type", "call_id", "name", "namespace"]),
        [json!("function_call"), json!("call_a3"), json!("spawn_agent"), json!("multi_agent_v1")]
    );
    let done = stream.events.iter().find(|event| event["type"] == "response.function_call_arguments.done").unwrap();
    assert_eq!(done["name"], "get_weather");
}

#[test]
fn every_mixture_of_events_keeps_the_grammar() {
    let kinds: [&dyn Fn() -> Event; 5] = [
        &|| text("t"),
        &|| thought("r"),
        &|| call("c", "f", CallInput::Json("{}".into())),
        &|| call("d", "g", CallInput::Text(String::new())),
        &|| Event::Artifact(Artifact { url: "u".into(), media_type: "image/png".into(), size_bytes: 1 }),
    ];
    for number in 0..kinds.len().pow(4) {
        let mut events = vec![accepted()];
        events.extend((0..4).map(|place| kinds[number / kinds.len().pow(place) % kinds.len()]()));
        events.push(Event::Done(Finish::Stop));
        response(&events);
    }
}

#[test]
fn an_empty_answer_is_an_empty_message_but_calls_need_none() {
    let empty = response(&[accepted(), usage(), Event::Done(Finish::Stop)]);
    assert_eq!(empty["output"][0]["content"][0]["text"], "");
    let only_thoughts = response(&[accepted(), thought("Hm."), Event::Done(Finish::Stop)]);
    assert_eq!(only_thoughts["output"][1]["content"][0]["text"], "");
    let called = response(&[accepted(), call("a", "f", CallInput::Json("{}".into())), Event::Done(Finish::ToolCalls)]);
    assert_eq!(called["output"].as_array().unwrap().len(), 1);
}

#[test]
fn what_ends_early_says_why_and_its_message_is_incomplete() {
    for (finish, reason) in [(Finish::Length, "max_output_tokens"), (Finish::ContentFilter, "content_filter")] {
        let cut = response(&[accepted(), text("Hel"), usage(), Event::Done(finish)]);
        assert_eq!((&cut["status"], &cut["incomplete_details"]), (&json!("incomplete"), &json!({ "reason": reason })));
        assert_eq!(cut["output"][0]["status"], "incomplete");
        assert_eq!(cut["usage"]["total_tokens"], 10);
    }
}

#[test]
fn warnings_and_a_successor_are_told() {
    let events = [
        Event::Accepted { successor: Some("gpt-4.1".into()) },
        text("x"),
        Event::Warning(Warning::ToolsShortened),
        Event::Warning(Warning::ToolsShortened),
        usage(),
        Event::Done(Finish::Stop),
    ];
    let answered = response(&events);
    assert_eq!(
        (&answered["model"], &answered["usage"]["relay_warnings"]),
        (&json!("gpt-4.1"), &json!(["tools_shortened"]))
    );
}

#[test]
fn an_error_fails_the_response_and_closes_what_is_open() {
    let mut stream = Stream::new(answer_to(&json!({})), None);
    let mut out = BytesMut::new();
    stream.encode(Step::Event(accepted()), &mut out);
    stream.encode(Step::Event(text("so far")), &mut out);
    stream.error(&Error::Stopped, &mut out);
    let failed = grammar::check(std::str::from_utf8(&out).unwrap()).response;
    assert_eq!((&failed["status"], &failed["usage"]), (&json!("failed"), &Value::Null));
    assert_eq!(failed["error"], json!({"code": "invalid_prompt", "message": Error::Stopped.to_string()}));
    assert_eq!(
        (&failed["output"][0]["status"], &failed["output"][0]["content"][0]["text"]),
        (&json!("incomplete"), &json!("so far"))
    );

    let mut at_once = BytesMut::new();
    Stream::new(answer_to(&json!({})), None).error(&Error::Busy, &mut at_once);
    let failed = grammar::check(std::str::from_utf8(&at_once).unwrap());
    assert_eq!((failed.events.len(), &failed.response["error"]["code"]), (3, &json!("rate_limit_exceeded")));
    assert!(failed.response["error"]["message"].as_str().unwrap().ends_with("Please try again in 1s."));
}

#[test]
fn a_sign_of_life_is_the_beginning_and_then_a_comment() {
    let mut stream = Stream::new(answer_to(&json!({})), None);
    let mut out = BytesMut::new();
    for _ in 0..3 {
        stream.keep_alive(&mut out);
    }
    [accepted(), text("x")].into_iter().for_each(|event| stream.encode(Step::Event(event), &mut out));
    stream.keep_alive(&mut out);
    stream.encode(Step::Event(Event::Done(Finish::Stop)), &mut out);
    stream.finish(&mut out);
    assert_eq!(grammar::check(std::str::from_utf8(&out).unwrap()).comments, 3);
}

#[test]
fn fields_of_the_request_are_told_again() {
    let body = json!({"instructions": "Be terse.", "max_output_tokens": 50.0, "parallel_tool_calls": false, "top_p": 0.5,
        "text": {"verbosity": "low"}, "metadata": {"a": "b"}, "tools": [{"type": "function", "name": "f"}],
        "tool_choice": "required", "reasoning": {"effort": "low"}, "previous_response_id": "resp_0", "user": "me"});
    let (_, whole) = both(&body, &[accepted(), Event::Done(Finish::Stop)]);
    for key in ["instructions", "parallel_tool_calls", "top_p", "metadata", "tools", "tool_choice", "reasoning", "user"]
    {
        assert_eq!(whole[key], body[key], "{key}");
    }
    assert_eq!(whole["max_output_tokens"], 50);
    assert_eq!(whole["text"], json!({"verbosity": "low", "format": {"type": "text"}}));
    assert_eq!(
        (&whole["temperature"], &whole["store"], &whole["truncation"]),
        (&json!(1.0), &json!(true), &json!("disabled"))
    );
}
