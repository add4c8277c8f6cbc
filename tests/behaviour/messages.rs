//! Anthropic's Messages API is answered: whole, streamed and counted, and whatever goes wrong has Anthropic's form.

use std::time::Duration;

use mock_onemin::{Answer, Counts, Reply, Step, Text, Turn, wire};
use relay::journal::Outcome;
use relay_tests::{
    Answered, CANARY, Pair,
    grammar_anthropic::{self, Streamed},
    reply::read_until,
    within,
};
use reqwest::Method;
use serde_json::{Value, json};

/// A request with one user message, and these fields as well.
fn with(fields: &Value) -> Value {
    let mut body = json!({
        "model": "claude-sonnet-4-5", "max_tokens": 1000, "messages": [{"role": "user", "content": "Say hello."}],
    });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn sent(pair: &Pair, path: &str, body: &Value) -> reqwest::Response {
    let request =
        pair.http.post(pair.url(path)).header("x-api-key", "sk-local").header("anthropic-version", "2023-06-01");
    request.body(body.to_string()).send().await.unwrap()
}

async fn post(pair: &Pair, path: &str, body: &Value) -> Answered {
    Answered::read(sent(pair, path, body).await).await
}

async fn whole(pair: &Pair, fields: &Value) -> Answered {
    post(pair, "/v1/messages", &with(fields)).await
}

async fn streamed(pair: &Pair, fields: &Value) -> (Answered, Streamed) {
    let mut body = with(fields);
    body["stream"] = json!(true);
    let answered = post(pair, "/v1/messages", &body).await;
    let streamed = grammar_anthropic::read(&answered.body);
    (answered, streamed)
}

/// An answer that is an error in Anthropic's form, with the id it bears.
fn assert_envelope(answered: &Answered, status: u16, kind: &str) {
    assert_eq!(answered.status.as_u16(), status, "{}", answered.body);
    let envelope = answered.json();
    let keys = |object: &Value| object.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&envelope), ["type", "error", "request_id"]);
    assert_eq!(keys(&envelope["error"]), ["type", "message"]);
    assert_eq!((&envelope["type"], &envelope["error"]["type"]), (&json!("error"), &json!(kind)), "{envelope}");
    assert!(!answered.error("message").is_empty());
    assert_eq!(envelope["request_id"], answered.header("x-request-id"));
    assert_eq!(answered.header("request-id"), answered.header("x-request-id"));
    assert_eq!(answered.header("content-type"), "application/json");
}

fn script(pair: &Pair, answer: Answer) {
    pair.script().always(Turn::Answer(answer));
}

#[tokio::test]
async fn a_whole_answer_has_its_blocks_usage_and_headers() {
    let pair = Pair::start().await;
    script(&pair, Answer::text("Hello ☃"));
    let answered = whole(&pair, &json!({})).await;
    let mut body = answered.json();
    assert!(body["id"].take().as_str().unwrap().starts_with("msg_"));
    assert_eq!(
        body,
        json!({"id": null, "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
            "content": [{"type": "text", "text": "Hello ☃"}], "stop_reason": "end_turn", "stop_sequence": null,
            "usage": {"input_tokens": 98, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
                "output_tokens": 3, "credits": 45.0}})
    );
    assert_eq!(answered.header("x-relay-credits"), "45");
    assert_eq!(answered.header("request-id"), answered.header("x-request-id"));
    assert_eq!(pair.script().received()[0].body.as_ref().unwrap()["model"], "claude-sonnet-4-5-20250929");
    let record = pair.record().await;
    assert_eq!((record.route.as_str(), record.outcome), ("POST /v1/messages", Outcome::Done));
    assert_eq!(record.model.as_deref(), Some("claude-sonnet-4-5"));
}

#[tokio::test]
async fn a_streamed_answer_keeps_the_grammar_wherever_the_bytes_split() {
    let pair = Pair::start().await;
    let text = "naïve — ☃ \u{1F642} 日本語\n\"\\";
    for delta_chars in [1, 3, 0] {
        script(&pair, Answer { delta_chars, piece_bytes: 5, ..Answer::text(text) });
        let (answered, streamed) = streamed(&pair, &json!({})).await;
        assert_eq!(answered.header("content-type"), "text/event-stream; charset=utf-8");
        assert_eq!(answered.header("request-id"), answered.header("x-request-id"));
        assert_eq!((streamed.text().as_str(), streamed.stop_reason.as_str()), (text, "end_turn"));
        assert_eq!(streamed.start["model"], "claude-sonnet-4-5");
        assert!(streamed.start["usage"]["input_tokens"].as_u64().unwrap() > 0);
        let counts = |name: &str| streamed.usage[name].clone();
        assert_eq!(
            (counts("input_tokens"), counts("output_tokens"), counts("credits")),
            (98.into(), 3.into(), 45.0.into())
        );
    }
}

#[tokio::test]
async fn limits_hold() {
    let pair = Pair::start().await;
    script(&pair, Answer { delta_chars: 2, ..Answer::text("one two three END four five") });
    let stopped = whole(&pair, &json!({"stop_sequences": ["END"]})).await.json();
    assert_eq!(stopped["content"], json!([{"type": "text", "text": "one two three "}]));
    let cut = whole(&pair, &json!({"max_tokens": 2})).await.json();
    assert_eq!((&cut["stop_reason"], &cut["usage"]["output_tokens"]), (&json!("max_tokens"), &json!(2)));
    let (_, streamed) = streamed(&pair, &json!({"max_tokens": 2})).await;
    assert_eq!(
        (streamed.text(), streamed.stop_reason.as_str()),
        (cut["content"][0]["text"].as_str().unwrap().into(), "max_tokens")
    );
}

#[tokio::test]
async fn a_conversation_reaches_1min_as_one_transcript() {
    let pair = Pair::start().await;
    script(&pair, Answer { text: Text::EchoPrompt, ..Answer::default() });
    let body = json!({
        "system": [
            {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.197"},
            {"type": "text", "text": "You code.", "cache_control": {"type": "ephemeral"}},
        ],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Look."}]},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": "it"}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "a cat"}]},
                {"type": "text", "text": "Well?"},
            ]},
        ],
        "thinking": {"type": "enabled", "budget_tokens": 31999},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
    });
    let prompt = "[System]\nYou code.\n\n[User]\nLook.\n\n[Assistant]\n\
        <tool_call>{\"name\":\"look\",\"arguments\":{\"at\":\"it\"}}</tool_call>\n\n[Tool]\n\
        <tool_response name=\"look\" id=\"toolu_1\">\na cat\n</tool_response>\n\n[User]\nWell?\n\n[Reply]\n";
    let answered = whole(&pair, &body).await.json();
    let text = answered["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with(prompt), "{text}");
}

#[tokio::test]
async fn a_hosted_search_of_the_web_is_1mins() {
    let pair = Pair::start().await;
    script(&pair, Answer::default());
    whole(&pair, &json!({"tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 8}]})).await;
    let settings = pair.script().received()[0].body.as_ref().unwrap()["promptObject"]["settings"].clone();
    assert_eq!(settings["webSearchSettings"]["webSearch"], true);
}

#[tokio::test]
async fn every_spelling_of_the_routes_works() {
    let pair = Pair::start().await;
    script(&pair, Answer::default());
    for path in
        ["/v1/messages?beta=true", "/anthropic/v1/messages", "/messages/", "/v1/v1/messages", "/anthropic/messages"]
    {
        assert_eq!(post(&pair, path, &with(&json!({}))).await.status, 200, "{path}");
        let path = path.replace("messages", "messages/count_tokens");
        assert_eq!(post(&pair, &path, &with(&json!({}))).await.status, 200, "{path}");
    }
    for path in ["/", "/anthropic"] {
        assert_eq!(pair.http.head(pair.url(path)).send().await.unwrap().status(), 200, "{path}");
    }
}

#[tokio::test]
async fn tokens_are_counted_without_asking_anybody() {
    let pair = Pair::start().await;
    let count = async |fields: &Value| {
        let mut body = with(fields);
        body.as_object_mut().unwrap().remove("max_tokens");
        let answered = post(&pair, "/v1/messages/count_tokens", &body).await;
        assert_eq!(answered.status, 200, "{}", answered.body);
        let counted = answered.json();
        assert_eq!(counted.as_object().unwrap().len(), 1);
        counted["input_tokens"].as_u64().unwrap()
    };
    let plain = count(&json!({})).await;
    assert_eq!(plain, 4);
    assert_eq!(count(&json!({"model": "nobody-has-this"})).await, plain);
    let with_system = count(&json!({"system": "You are a careful programmer."})).await;
    assert!(with_system > plain + 5, "{with_system}");
    let schema =
        json!({"type": "object", "properties": {"path": {"type": "string", "description": "an absolute path"}}});
    let tools = json!([{"name": "read_file", "description": "Reads a file.", "input_schema": schema}]);
    let with_tools = count(&json!({ "tools": tools })).await;
    assert!(with_tools > plain + 20, "{with_tools}");
    assert_eq!(pair.script().counts(), Counts::default());
    let records = pair.records(4).await;
    assert!(records.iter().all(|record| record.outcome == Outcome::Done && record.upstream_calls == 0));
}

#[tokio::test]
async fn every_refusal_has_anthropics_form() {
    let pair = Pair::start_with(|settings| settings.body_max_mb = 1, Some(CANARY)).await;
    let messages = "/v1/messages";
    let mut body = with(&json!({}));
    body.as_object_mut().unwrap().remove("max_tokens");
    let lacking = post(&pair, messages, &body).await;
    assert_envelope(&lacking, 400, "invalid_request_error");
    assert!(lacking.error("message").contains("'max_tokens'"));
    let large = "x".repeat(2 << 20);
    for (body, status, kind) in [
        (with(&json!({"messages": [{"role": "user", "content": [{"text": "x"}]}]})), 400, "invalid_request_error"),
        (json!("no object"), 400, "invalid_request_error"),
        (with(&json!({ "system": large })), 413, "request_too_large"),
        (with(&json!({"model": "text-embedding-3-small"})), 404, "not_found_error"),
    ] {
        for path in [messages, "/anthropic/v1/messages"] {
            assert_envelope(&post(&pair, path, &body).await, status, kind);
        }
    }
    let ask = |method: Method, path: &str| pair.http.request(method, pair.url(path)).body(with(&json!({})).to_string());
    for (request, status, kind) in [
        (ask(Method::POST, messages).header("host", "evil.example"), 403, "permission_error"),
        (ask(Method::POST, messages).header("origin", "https://evil.example"), 403, "permission_error"),
        (ask(Method::POST, messages).header("x-api-key", "1mr-unknown"), 401, "authentication_error"),
        (ask(Method::GET, messages), 405, "invalid_request_error"),
        (ask(Method::POST, "/v1/messages/batches"), 404, "not_found_error"),
        (ask(Method::POST, messages).header("content-encoding", "br"), 415, "invalid_request_error"),
    ] {
        let answered = Answered::read(request.send().await.unwrap()).await;
        assert_envelope(&answered, status, kind);
        assert_eq!(answered.header("x-should-retry"), "false");
    }
    assert_eq!(pair.script().counts(), Counts::default());
    let foreign = Answered::read(ask(Method::POST, "/v1/message").send().await.unwrap()).await;
    assert_eq!((foreign.error("code").as_str(), foreign.header("request-id")), ("unknown_url", ""));
}

#[tokio::test]
async fn failures_of_1min_have_anthropics_form_before_and_inside_a_stream() {
    let refused = |status, code: &str, message: &str| {
        Reply::json(status, json!({"success": false, "error": {"code": code, "message": message}}).to_string())
    };
    for (reply, status, kind) in [
        (refused(401, "UNAUTHORIZED", "Invalid or missing API key"), 401, "authentication_error"),
        (refused(400, "INSUFFICIENT_CREDIT", "Not enough credits"), 429, "billing_error"),
        (refused(500, "X", "oops"), 502, "api_error"),
    ] {
        let pair = Pair::start().await;
        pair.reply(reply);
        for stream in [false, true] {
            let answered = whole(&pair, &json!({ "stream": stream })).await;
            assert_envelope(&answered, status, kind);
            assert_eq!(answered.header("x-should-retry"), "false");
        }
    }
    let pair = Pair::start().await;
    let mut cut = Reply::stream([wire::content_frame("so far")]);
    cut.body.push(Step::Cut);
    pair.reply(cut);
    let (answered, streamed) = streamed(&pair, &json!({})).await;
    let error = streamed.error.as_ref().expect("the error is told");
    assert_eq!((streamed.text().as_str(), &error["error"]["type"]), ("so far", &json!("api_error")));
    assert_eq!(error["request_id"], answered.header("x-request-id"));
    let record = pair.record().await;
    assert_eq!((record.outcome, record.status), (Outcome::Failed, Some(200)));
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_call_with_it() {
    let pair = Pair::start().await;
    let mut silent = Reply::stream([wire::content_frame("so far")]);
    silent.body.push(Step::Hang);
    pair.reply(silent);
    let response = sent(&pair, "/v1/messages", &with(&json!({"stream": true}))).await;
    drop(read_until(response, "so far").await);
    let done = pair.script().wait_for(|counts| counts.open == 0);
    let counts = tokio::time::timeout(Duration::from_secs(1), done).await.expect("cancelled within a second");
    assert_eq!(counts, Counts { cancelled: 1, ..Counts::default() });
    assert_eq!(pair.record().await.outcome, Outcome::ClientLeft);

    let pair = Pair::start().await;
    pair.reply(Reply { before_headers: vec![Step::Hang], ..Reply::default() });
    let nothing_more = json!({});
    tokio::select! {
        answered = whole(&pair, &nothing_more) => panic!("no answer was due: {answered:?}"),
        _ = within(pair.script().wait_for(|counts| counts.open > 0)) => {}
    }
    assert_eq!(within(pair.script().wait_for(|counts| counts.open == 0)).await.cancelled, 1);
}

#[tokio::test]
async fn the_key_is_repeated_to_nobody() {
    for stored in [Some(CANARY), None] {
        let pair = Pair::start_with(|_| {}, stored).await;
        pair.script().respond_with(|_| {
            let message = format!("bad key {CANARY}");
            Turn::Reply(Reply::json(401, json!({ "message": message }).to_string()))
        });
        for path in ["/v1/messages", "/v1/messages/count_tokens"] {
            for stream in [false, true] {
                let request = pair.http.post(pair.url(path)).header("x-api-key", CANARY);
                let body = with(&json!({ "stream": stream })).to_string();
                let answered = Answered::read(request.body(body).send().await.unwrap()).await;
                let seen = format!("{:?}{}", answered.headers, answered.body);
                assert!(!seen.contains("canary"), "{seen}");
            }
        }
        assert!(pair.script().received().iter().all(|call| call.header("api-key") == Some(CANARY)));
        assert_eq!(pair.script().received().len(), 2);
        assert!(!format!("{:?}", pair.records(4).await).contains("canary"));
    }
}
