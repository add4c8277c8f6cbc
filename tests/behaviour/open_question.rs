//! What nobody knows of 1min.ai's chat, answered both ways: whichever turns out true, the client is served right.

use mock_onemin::{Answer, Reply, Text, Turn, wire};
use relay_tests::{Answered, Pair, ask, ask_streaming};
use serde_json::{Value, json};

const LONG: &str = "The quick brown fox jumps over the lazy dog.";

async fn asked(body: &Value, turn: Turn) -> Answered {
    let pair = Pair::start().await;
    pair.script().always(turn);
    pair.chat(body).await
}

async fn streamed(frames: Vec<String>) -> String {
    asked(&ask_streaming("x"), Turn::Reply(Reply::stream(frames))).await.events().text(0)
}

fn result(text: &str, metadata: &Value) -> String {
    wire::result_frame(&wire::record("m", "x", text, metadata))
}

fn whole_record(change: impl FnOnce(&mut Value)) -> Turn {
    let mut record = wire::record("m", "x", "hello", &Value::Null);
    change(&mut record["aiRecord"]);
    Turn::Reply(Reply::json(200, record.to_string()))
}

#[tokio::test]
async fn how_it_looks_when_the_credits_are_gone() {
    let nothing = Value::Null;
    for (status, body) in [
        (402, json!({"errorCode": "INSUFFICIENT_CREDIT", "message": "Not enough credits"})),
        (402, nothing.clone()),
        (403, json!({"success": false, "error": {"code": "FORBIDDEN", "message": "Your credit balance is too low"}})),
        (400, json!({"errorCode": "QUOTA_EXCEEDED", "message": "no"})),
        (429, json!({"message": "Credits used up"})),
        (200, json!({"errorCode": "NO_CREDIT", "message": "no"})),
    ] {
        let answered = asked(&ask("x"), Turn::Reply(Reply::json(status, body.to_string()))).await;
        assert_eq!(
            (answered.status.as_u16(), answered.error("code").as_str()),
            (429, "insufficient_quota"),
            "{status} {body}"
        );
        assert_eq!(answered.header("x-should-retry"), "false");
    }
}

#[tokio::test]
async fn whether_bearer_works_too() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::default()));
    pair.chat(&ask("x")).await;
    let received = pair.script().received();
    assert!(received[0].header("api-key").is_some() && received[0].header("authorization").is_none());
}

#[tokio::test]
async fn whether_the_record_carries_counts() {
    let counted = Answer { metadata: wire::metadata(98, 3, 45), ..Answer::text("hello") };
    let uncounted = Answer { metadata: Value::Null, ..Answer::text("hello") };
    let zeros = Answer { metadata: wire::metadata(0, 0, 0), ..Answer::text("hello") };
    let without_record = Answer { has_result: false, ..Answer::text("hello") };
    let mut streaming = ask_streaming("Say hello to everybody.");
    streaming["stream_options"] = json!({"include_usage": true});
    for (answer, is_known) in [(counted, true), (uncounted, false), (zeros, false), (without_record, false)] {
        let answered = asked(&streaming, Turn::Answer(answer)).await.events();
        let usage = &answered.chunks.last().unwrap()["usage"];
        let prompt_tokens = usage["prompt_tokens"].as_u64().unwrap();
        assert_eq!(prompt_tokens == 98, is_known, "{usage}");
        assert!(prompt_tokens > 0 && usage["completion_tokens"].as_u64().unwrap() > 0, "{usage}");
        assert_eq!(usage.get("credits").is_some(), is_known, "{usage}");
    }
    for (metadata, is_known) in
        [(wire::metadata(98, 3, 45), true), (Value::Null, false), (wire::metadata(0, 0, 0), false)]
    {
        let whole = asked(&ask("Say hello."), Turn::Answer(Answer { metadata, ..Answer::text("hello") })).await;
        assert_eq!(whole.json()["usage"]["prompt_tokens"] == 98, is_known);
        assert_eq!(whole.header("x-relay-credits") == "45", is_known);
    }
}

#[tokio::test]
async fn how_a_model_counts_is_learnt_from_what_it_reported() {
    let text = "Tokens are counted in many ways, and each maker has one of its own.";
    let pair = Pair::start().await;
    let usage = async |metadata: Value| {
        pair.script().always(Turn::Answer(Answer { metadata, ..Answer::text(text) }));
        let usage = pair.chat(&ask(text)).await.json()["usage"].clone();
        (usage["prompt_tokens"].as_u64().unwrap(), usage["completion_tokens"].as_u64().unwrap())
    };
    let (prompt, completion) = usage(Value::Null).await;
    assert!((12..20).contains(&prompt), "{prompt}");
    usage(wire::metadata(2 * prompt, 3 * completion, 1)).await;
    assert_eq!(usage(Value::Null).await, (2 * prompt, 3 * completion));
    // A limit is meant in the model's tokens as well.
    let mut limited = ask(text);
    limited["max_tokens"] = json!(9);
    let cut = pair.chat(&limited).await.json();
    assert_eq!(
        (&cut["choices"][0]["finish_reason"], &cut["usage"]["completion_tokens"]),
        (&json!("length"), &json!(9))
    );
}

#[tokio::test]
async fn whether_a_stream_repeats_the_whole_text_at_its_end() {
    let parts = || vec![wire::content_frame(&LONG[..20]), wire::content_frame(&LONG[20..])];
    let repeating = [parts(), vec![wire::content_frame(LONG), result(LONG, &Value::Null), wire::done_frame()]].concat();
    assert_eq!(streamed(repeating).await, LONG);
    let plain = [parts(), vec![result(LONG, &Value::Null), wire::done_frame()]].concat();
    assert_eq!(streamed(plain).await, LONG);
    let meant =
        [parts(), vec![wire::content_frame(LONG), result(&LONG.repeat(2), &Value::Null), wire::done_frame()]].concat();
    assert_eq!(streamed(meant).await, LONG.repeat(2));
    let short = ["ok", "ok"].map(wire::content_frame).to_vec();
    assert_eq!(streamed([short, vec![wire::done_frame()]].concat()).await, "okok");
}

#[tokio::test]
async fn whether_lines_end_with_crlf_and_comments_come_between() {
    let frames = [wire::content_frame("a"), wire::content_frame("b"), wire::done_frame()];
    let crlf = frames.iter().map(|frame| frame.replace('\n', "\r\n")).collect();
    let commented = frames.iter().map(|frame| format!(": keep-alive\n\n{frame}: x\n")).collect();
    let unclosed = vec![frames.concat().trim_end().to_owned()];
    for frames in [frames.to_vec(), crlf, commented, unclosed] {
        assert_eq!(streamed(frames).await, "ab");
    }
}

#[tokio::test]
async fn how_a_failed_record_is_spelled_and_where_its_reason_is() {
    for status in ["FAILURE", "FAILED", "ERROR"] {
        for place in ["result", "metadata", "nowhere"] {
            let turn = whole_record(|record| {
                record["status"] = json!(status);
                record["aiRecordDetail"]["resultObject"] =
                    if place == "result" { json!(["the reason"]) } else { Value::Null };
                record["metadata"] = if place == "metadata" { json!({"message": "the reason"}) } else { Value::Null };
            });
            let answered = asked(&ask("x"), turn).await;
            assert_eq!(answered.status, 502, "{status} {place}");
            let words = if place == "nowhere" { status } else { "the reason" };
            assert!(answered.error("message").contains(words), "{}", answered.body);
        }
    }
}

#[tokio::test]
async fn whether_a_result_has_one_text_or_several_or_none() {
    for (result, text) in [
        (json!(["hello"]), "hello"),
        (json!(["hello", "again"]), "hello\nagain"),
        (json!("hello"), "hello"),
        (json!([]), ""),
        (Value::Null, ""),
    ] {
        let turn = whole_record(|record| record["aiRecordDetail"]["resultObject"] = result.clone());
        assert_eq!(asked(&ask("x"), turn).await.text(), text, "{result}");
    }
}

#[tokio::test]
async fn whether_a_stream_ends_with_done_or_with_its_record() {
    for (has_result, has_done) in [(true, true), (true, false), (false, true)] {
        let answer = Answer { has_result, has_done, ..Answer::text("hello") };
        let events = asked(&ask_streaming("x"), Turn::Answer(answer)).await.events();
        assert_eq!((events.text(0).as_str(), events.is_done), ("hello", true));
    }
    let neither = Answer { has_result: false, has_done: false, ..Answer::text("hello") };
    assert!(asked(&ask_streaming("x"), Turn::Answer(neither)).await.events().error().is_some());
}

#[tokio::test]
async fn whether_a_stream_is_a_stream_at_all() {
    let record = wire::record("m", "x", "hello", &Value::Null).to_string();
    for content_type in ["application/json", "text/event-stream"] {
        let reply = Reply { content_type: content_type.into(), ..Reply::json(200, record.clone()) };
        assert_eq!(asked(&ask_streaming("x"), Turn::Reply(reply)).await.events().text(0), "hello");
    }
    let frames = Reply {
        content_type: "application/json".into(),
        ..Reply::stream([wire::content_frame("hello"), wire::done_frame()])
    };
    assert_eq!(asked(&ask_streaming("x"), Turn::Reply(frames)).await.events().text(0), "hello");
}

#[tokio::test]
async fn which_names_the_frames_have() {
    let record = wire::record("m", "x", "hello", &Value::Null);
    let frames = vec![
        "event: llm_chunk\ndata: {\"content\":\"hel\"}\n\n".to_owned(),
        "event: reasoning\ndata: {\"content\":\"hm\"}\n\n".to_owned(),
        "data: {\"content\":\"lo\"}\n\n".to_owned(),
        "event: llm_result\ndata: {\"content\":\"hello\"}\n\n".to_owned(),
        format!("event: ai_record_result\ndata: {record}\n\n"),
    ];
    assert_eq!(streamed(frames).await, "hello");
}

#[tokio::test]
async fn how_long_a_prompt_may_be() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer { text: Text::EchoPrompt, delta_chars: 0, ..Answer::default() }));
    let long = "ü".repeat(1 << 20);
    assert_eq!(pair.chat(&ask(&long)).await.text(), long);
    assert_eq!(pair.chat(&ask_streaming(&long)).await.events().text(0), long);
    let details =
        json!({"response": {"status": 400, "data": {"message": "This model's maximum context length is 8192 tokens"}}});
    let body =
        json!({"errorCode": "EXTERNAL_API_RESPONSE_WITH_ERROR", "message": "busy", "details": details.to_string()});
    pair.reply(Reply::json(400, body.to_string()));
    let answered = pair.chat(&ask("x")).await;
    assert_eq!((answered.status.as_u16(), answered.error("code").as_str()), (400, "context_length_exceeded"));
}

#[tokio::test]
async fn whether_sampling_parameters_are_ignored_or_refused() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::default()));
    let mut body = ask("x");
    body["temperature"] = json!(0.2);
    body["seed"] = json!(7);
    body["reasoning_effort"] = json!("high");
    pair.chat(&body).await;
    let sent = pair.script().received()[0].body.clone().unwrap();
    assert_eq!(sent, json!({"type": "UNIFY_CHAT_WITH_AI", "model": "gpt-4o-mini", "promptObject": {"prompt": "x"}}));
}
