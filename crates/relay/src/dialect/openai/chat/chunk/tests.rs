use futures_util::stream;
use serde_json::{Value, json};

use super::*;
use crate::{
    conversation::{Artifact, CallInput, ToolCall, Usage, Warning},
    dialect::openai::chat::completion::Completion,
};

fn head() -> Head {
    Head { id: "chatcmpl-1".into(), created: 7, model: "gpt-4o-mini".into() }
}

fn called(id: &str, input: CallInput) -> ToolCall {
    ToolCall { id: id.into(), name: "f".into(), input }
}

const fn shape(choices: u32) -> Shape {
    Shape { choices, includes_usage: false, is_legacy: false }
}

/// The data lines of a stream of these events; the JSON ones reduced to what differs between them.
fn stream_of(choices: u32, includes_usage: bool, events: &[(u32, Event)]) -> Vec<String> {
    stream_in(Shape { choices, includes_usage, is_legacy: false }, events)
}

fn stream_in(shape: Shape, events: &[(u32, Event)]) -> Vec<String> {
    let mut chunks = Chunks::new(head(), shape);
    let mut out = BytesMut::new();
    events.iter().cloned().for_each(|event| chunks.encode(event, &mut out));
    chunks.finish(&mut out);
    lines(&out)
}

fn lines(out: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(out).unwrap();
    assert!(text.ends_with("\n\n"));
    let datas = text.trim_end().split("\n\n").map(|event| event.strip_prefix("data: ").unwrap());
    datas.map(|data| serde_json::from_str::<Value>(data).map_or(data.to_owned(), |chunk| line(&chunk))).collect()
}

fn line(chunk: &Value) -> String {
    if chunk.get("error").is_some() {
        return chunk.to_string();
    }
    assert_eq!(
        (&chunk["id"], &chunk["created"], &chunk["model"]),
        (&json!("chatcmpl-1"), &json!(7), &json!("gpt-4o-mini"))
    );
    assert_eq!(chunk["object"], "chat.completion.chunk");
    let usage = chunk.get("usage").map_or(String::new(), |usage| format!(" usage={}", usage["total_tokens"]));
    let Some(choice) = chunk["choices"].get(0) else { return format!("no choice{usage}") };
    assert!(choice.get("finish_reason").is_some() && choice["logprobs"].is_null());
    format!("{} {} {}{usage}", choice["index"], choice["delta"], choice["finish_reason"])
}

fn accepted() -> Event {
    Event::Accepted { successor: None }
}

fn usage(tokens: u64) -> Event {
    Event::Usage(Usage { prompt_tokens: tokens, completion_tokens: 1, is_estimate: false, credits: Some(2.0) })
}

#[test]
fn a_plain_answer_has_the_published_order() {
    let events = [(0, accepted()), (0, Event::Text("Hel\n".into())), (0, usage(9)), (0, Event::Done(Finish::Stop))];
    let expected =
        [r#"0 {"role":"assistant","content":""} null"#, r#"0 {"content":"Hel\n"} null"#, r#"0 {} "stop""#, "[DONE]"];
    assert_eq!(stream_of(1, false, &events), expected);
    let with_usage: Vec<String> = expected[..3].iter().map(|line| format!("{line} usage=null")).collect();
    assert_eq!(stream_of(1, true, &events)[..3], with_usage);
    assert_eq!(stream_of(1, true, &events)[3..], ["no choice usage=10", "[DONE]"]);
}

#[test]
fn every_event_has_its_chunk() {
    let call = |id: &str| Event::ToolCall(called(id, CallInput::Json("{}".into())));
    let artifact = Artifact { url: "http://h/results/a1.png".into(), media_type: "image/png".into(), size_bytes: 5 };
    let events = [
        (0, accepted()),
        (0, Event::Reasoning("hm".into())),
        (0, Event::Transcript("said".into())),
        (0, Event::Artifact(artifact)),
        (0, call("c1")),
        (0, call("c2")),
        (0, Event::Done(Finish::ToolCalls)),
    ];
    assert_eq!(
        stream_of(1, false, &events)[1..],
        [
            r#"0 {"reasoning_content":"hm"} null"#,
            r#"0 {"content":"said"} null"#,
            r#"0 {"content":"![image](http://h/results/a1.png)"} null"#,
            r#"0 {"tool_calls":[{"index":0,"id":"call_c1","type":"function","function":{"name":"f","arguments":"{}"}}]} null"#,
            r#"0 {"tool_calls":[{"index":1,"id":"call_c2","type":"function","function":{"name":"f","arguments":"{}"}}]} null"#,
            r#"0 {} "tool_calls""#,
            "[DONE]",
        ]
    );
}

#[test]
fn choices_interleave_and_their_usage_adds_up() {
    let events = [
        (1, accepted()),
        (0, accepted()),
        (1, Event::Text("b".into())),
        (0, usage(9)),
        (0, Event::Done(Finish::Length)),
        (1, usage(9)),
        (1, Event::Done(Finish::ContentFilter)),
    ];
    let lines = stream_of(2, true, &events);
    assert!(lines[0].starts_with("1 ") && lines[1].starts_with("0 "));
    assert_eq!(lines[3..5], [r#"0 {} "length" usage=null"#, r#"1 {} "content_filter" usage=null"#]);
    assert_eq!(lines[5..], ["no choice usage=20", "[DONE]"]);
}

#[test]
fn a_keep_alive_is_a_chunk_that_adds_nothing_and_an_error_is_the_envelope() {
    let mut chunks = Chunks::new(head(), shape(1));
    let mut out = BytesMut::new();
    chunks.keep_alive(&mut out);
    chunks.keep_alive(&mut out);
    chunks.encode((0, accepted()), &mut out);
    chunks.error(&Error::Internal, &mut out);
    let lines = lines(&out);
    assert_eq!(lines[..3], [r#"0 {"role":"assistant","content":""} null"#, "0 {} null", "0 {} null"]);
    assert_eq!(lines[3..], [json!(Error::Internal.to_envelope()).to_string()]);
}

#[tokio::test]
async fn a_whole_answer_is_the_fold_of_the_same_events() {
    use axum::response::IntoResponse;
    let call = called("c1", CallInput::Json("{}".into()));
    let events = [
        (0, accepted()),
        (0, Event::Reasoning("hm".into())),
        (0, Event::Text("Hel".into())),
        (0, Event::Text("lo".into())),
        (0, usage(9)),
        (0, Event::Done(Finish::Stop)),
        (1, Event::ToolCall(call)),
        (1, usage(9)),
        (1, Event::Done(Finish::ToolCalls)),
    ];
    let completion = Completion::fold(head(), shape(2), stream::iter(events.map(Ok))).await.unwrap();
    let response = completion.into_response();
    assert_eq!(response.headers()["x-relay-credits"], "4");
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let object: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        object["choices"][0],
        json!({"index": 0, "logprobs": null, "finish_reason": "stop", "message":
            {"role": "assistant", "content": "Hello", "refusal": null, "reasoning_content": "hm"}})
    );
    assert_eq!(object["choices"][1]["message"]["content"], Value::Null);
    assert_eq!(object["choices"][1]["message"]["tool_calls"][0]["id"], "call_c1");
    assert_eq!((&object["usage"]["total_tokens"], &object["usage"]["credits"]), (&json!(20), &json!(4.0)));
    let failed = Completion::fold(head(), shape(1), stream::iter([Ok((0, accepted())), Err(Error::Internal)])).await;
    assert_eq!(failed.unwrap_err(), Error::Internal);
}

#[test]
fn calls_of_the_older_form_and_of_tools_that_take_text() {
    let events = [
        (0, accepted()),
        (0, Event::ToolCall(called("1", CallInput::Json("{}".into())))),
        (0, Event::ToolCall(called("2", CallInput::Json("{}".into())))),
        (0, Event::Done(Finish::ToolCalls)),
    ];
    let legacy = Shape { is_legacy: true, ..shape(1) };
    assert_eq!(
        stream_in(legacy, &events)[1..],
        [r#"0 {"function_call":{"name":"f","arguments":"{}"}} null"#, r#"0 {} "function_call""#, "[DONE]"]
    );
    let text = [(0, Event::ToolCall(called("1", CallInput::Text("*** Begin".into()))))];
    assert_eq!(
        stream_in(shape(1), &text)[0],
        r#"0 {"tool_calls":[{"index":0,"id":"call_1","type":"custom","custom":{"name":"f","input":"*** Begin"}}]} null"#
    );
}

#[test]
fn warnings_and_a_successor_are_told_at_the_end() {
    let mut chunks = Chunks::new(head(), Shape { includes_usage: true, ..shape(1) });
    let mut out = BytesMut::new();
    for event in [
        Event::Accepted { successor: Some("gpt-5".into()) },
        Event::Warning(Warning::WebSearchLeftOut),
        Event::Warning(Warning::WebSearchLeftOut),
        usage(9),
        Event::Done(Finish::Stop),
    ] {
        chunks.encode((0, event), &mut out);
    }
    chunks.finish(&mut out);
    let text = String::from_utf8(out.to_vec()).unwrap();
    assert!(text.contains(r#""relay_warnings":["web_search_left_out"]"#), "{text}");
    assert!(!text.contains("gpt-4o-mini") && text.contains(r#""model":"gpt-5""#), "{text}");
}
