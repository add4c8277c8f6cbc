//! `POST /v1/responses` and the routes beside it.

mod failure;
mod kept;

use mock_onemin::{Answer, Counts, Reply, Step, Text, Turn, wire};
use relay::journal::Outcome;
use relay_tests::{
    Answered, Pair,
    grammar_responses::{Checked, check, check_response},
    reply::read_until,
    within,
};
use serde_json::{Value, json};

const ROUTE: &str = "/v1/responses";

/// A request with this input and these fields as well.
fn asking(input: &Value, fields: &Value) -> Value {
    let mut body = json!({"model": "gpt-4o-mini", "input": input});
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn ask(pair: &Pair, body: &Value) -> Answered {
    Answered::read(pair.post_to(ROUTE, body).await).await
}

/// The response of a whole answer.
async fn respond(pair: &Pair, body: &Value) -> Value {
    let answered = ask(pair, body).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    let response = answered.json();
    check_response(&response);
    response
}

/// A streamed answer, held to the grammar.
async fn stream(pair: &Pair, body: &Value) -> Checked {
    let mut body = body.clone();
    body["stream"] = json!(true);
    let answered = ask(pair, &body).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    assert_eq!(answered.header("content-type"), "text/event-stream; charset=utf-8");
    check(&answered.body)
}

async fn get(pair: &Pair, path: &str) -> Answered {
    Answered::read(pair.http.get(pair.url(path)).send().await.unwrap()).await
}

/// All text of a response.
fn text(response: &Value) -> String {
    let items = response["output"].as_array().unwrap().iter();
    let parts = items.filter_map(|item| item["content"].as_array()).flatten();
    parts.filter_map(|part| part["text"].as_str()).collect()
}

fn id(response: &Value) -> &str {
    response["id"].as_str().unwrap()
}

/// The prompt of the call that 1min.ai was sent last.
fn last_prompt(pair: &Pair) -> String {
    pair.script().received().last().unwrap().prompt().unwrap().to_owned()
}

#[tokio::test]
async fn a_whole_answer_has_text_usage_and_headers() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::text("Hello ☃")));
    let answered = ask(&pair, &asking(&json!("Say hello."), &json!({}))).await;
    let response = answered.json();
    check_response(&response);
    assert_eq!((&response["status"], text(&response).as_str()), (&json!("completed"), "Hello ☃"));
    let usage = &response["usage"];
    assert_eq!((&usage["input_tokens"], &usage["output_tokens"]), (&json!(98), &json!(3)));
    assert_eq!((&usage["credits"], answered.header("x-relay-credits")), (&json!(45.0), "45"));
    assert_eq!(last_prompt(&pair), "Say hello.", "a lone message goes through verbatim");
    assert_eq!(pair.record().await.route, "POST /v1/responses");
}

#[tokio::test]
async fn a_stream_keeps_the_grammar_however_the_bytes_arrive() {
    let text_of_it = "naïve — ☃ \u{1F642} 日本語\n\"\\ {\"a\": 1}";
    let pair = Pair::start().await;
    for piece_bytes in [0, 1, 3, 7, 48] {
        for delta_chars in [0, 1, 5] {
            pair.script().always(Turn::Answer(Answer { delta_chars, piece_bytes, ..Answer::text(text_of_it) }));
            let streamed = stream(&pair, &asking(&json!("x"), &json!({"temperature": 0.5}))).await;
            assert_eq!(text(&streamed.response), text_of_it);
            assert_eq!(
                (&streamed.response["usage"]["total_tokens"], &streamed.response["temperature"]),
                (&json!(101), &json!(0.5))
            );
        }
    }
    pair.script().always(Turn::Answer(Answer::text("")));
    assert_eq!(text(&stream(&pair, &asking(&json!("x"), &json!({}))).await.response), "");
}

#[tokio::test]
async fn a_conversation_of_items_is_rendered_with_its_instructions() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::default()));
    let input = json!([
        {"role": "developer", "content": "You are Codex."},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "The weather?"}]},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "secret"},
        {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{\"city\":\"Paris\"}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "20 degrees"},
        {"type": "from_the_future", "content": "?"},
    ]);
    respond(&pair, &asking(&input, &json!({"instructions": "Be terse.", "include": ["reasoning.encrypted_content"]})))
        .await;
    let prompt = last_prompt(&pair);
    let places: Vec<usize> =
        ["[System]\nBe terse.", "[System]\nYou are Codex.", "[User]\nThe weather?", "get_weather", "20 degrees"]
            .iter()
            .map(|words| prompt.find(words).unwrap_or_else(|| panic!("{words}: {prompt}")))
            .collect();
    assert!(places.is_sorted(), "{prompt}");
    assert!(!prompt.contains("secret") && !prompt.contains("future"));
}

#[tokio::test]
async fn calls_of_every_kind_come_back_in_their_own_form() {
    let pair = Pair::start().await;
    let written = "Let me look.\n<tool_call>{\"name\":\"get_weather\",\"arguments\":{\"city\":\"Paris\"}}</tool_call>\n\
        <tool_call name=\"apply_patch\">\n*** Begin Patch\n*** End Patch\n</tool_call>\n\
        <tool_call>{\"name\":\"multi_agent_v1__spawn_agent\",\"arguments\":{\"task\":\"x\"}}</tool_call>";
    pair.script().always(Turn::Answer(Answer { delta_chars: 1, ..Answer::text(written) }));
    let object = json!({"type": "object", "properties": {"city": {"type": "string"}, "task": {"type": "string"}}});
    let tools = json!([
        {"type": "function", "name": "get_weather", "parameters": object, "strict": false},
        {"type": "custom", "name": "apply_patch", "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"}},
        {"type": "namespace", "name": "multi_agent_v1", "tools": [
            {"type": "function", "name": "spawn_agent", "parameters": object}]},
        {"type": "web_search", "external_web_access": false}, {"type": "local_shell"},
    ]);
    let body = asking(&json!("The weather?"), &json!({ "tools": tools }));
    for response in [respond(&pair, &body).await, stream(&pair, &body).await.response] {
        let output = response["output"].as_array().unwrap();
        let of = |index: usize, key: &str| output[index][key].as_str().unwrap_or_default().to_owned();
        assert_eq!((output.len(), text(&response).as_str()), (4, "Let me look."), "{response}");
        assert_eq!((of(1, "type"), of(1, "name")), ("function_call".into(), "get_weather".into()));
        assert_eq!(of(1, "arguments"), r#"{"city":"Paris"}"#);
        assert_eq!((of(2, "type"), of(2, "name")), ("custom_tool_call".into(), "apply_patch".into()));
        assert_eq!(of(2, "input").trim(), "*** Begin Patch\n*** End Patch");
        assert_eq!((of(3, "namespace"), of(3, "name")), ("multi_agent_v1".into(), "spawn_agent".into()));
        assert_eq!(response["status"], "completed");
        // What was called is understood when it comes back, and its result after it.
        let mut items = vec![json!({"role": "user", "content": "The weather?"})];
        items.extend(output.iter().cloned());
        items.push(json!({"type": "function_call_output", "call_id": output[3]["call_id"], "output": "spawned"}));
        respond(&pair, &asking(&json!(items), &json!({ "tools": tools }))).await;
        let prompt = last_prompt(&pair);
        assert!(prompt.contains("\"name\":\"multi_agent_v1__spawn_agent\",\"arguments\""), "{prompt}");
        assert!(prompt.contains("<tool_response name=\"multi_agent_v1__spawn_agent\""), "{prompt}");
    }
    assert!(pair.script().received().iter().all(|call| !call.body.as_ref().unwrap().to_string().contains("webSearch")));
}

#[tokio::test]
async fn a_format_is_played_and_thinking_is_an_item_of_its_own() {
    let pair = Pair::start().await;
    let written = "<think>Hm.</think>Sure! ```json\n{\"name\":\"x\",\"age\":3}\n```";
    pair.script().always(Turn::Answer(Answer { delta_chars: 3, ..Answer::text(written) }));
    let schema = json!({"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]});
    let format = json!({"format": {"type": "json_schema", "name": "person", "schema": schema, "strict": true}});
    let body = asking(&json!("Who?"), &json!({ "text": format }));
    for response in [respond(&pair, &body).await, stream(&pair, &body).await.response] {
        assert_eq!(text(&response), r#"{"name":"x","age":3}"#, "{response}");
        assert_eq!(response["output"][0]["summary"], json!([{"type": "summary_text", "text": "Hm."}]), "{response}");
        assert_eq!(response["text"], format);
    }
}

#[tokio::test]
async fn a_length_limit_makes_the_response_incomplete() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer { text: Text::EchoPrompt, delta_chars: 2, ..Answer::default() }));
    let body = asking(&json!("one two three four five six seven eight"), &json!({"max_output_tokens": 2}));
    for response in [respond(&pair, &body).await, stream(&pair, &body).await.response] {
        assert_eq!(
            (&response["status"], &response["incomplete_details"]["reason"]),
            (&json!("incomplete"), &json!("max_output_tokens"))
        );
        assert!(text(&response).len() < 20, "{response}");
    }
}

#[tokio::test]
async fn tokens_of_an_input_are_counted_for_nothing() {
    let pair = Pair::start().await;
    let count = async |input: Value| {
        let path = "/v1/responses/input_tokens";
        let counted = Answered::read(pair.post_to(path, &asking(&input, &json!({}))).await).await.json();
        assert_eq!(counted["object"], "response.input_tokens");
        counted["input_tokens"].as_u64().unwrap()
    };
    let (short, long) = (count(json!("hi")).await, count(json!("hi ".repeat(1_000))).await);
    assert!((1..5).contains(&short) && (900..1_200).contains(&long), "{short} {long}");
    assert_eq!(pair.script().counts().total(), 0);
}

#[tokio::test]
async fn what_cannot_be_honoured_is_refused_by_name_before_it_costs_anything() {
    let pair = Pair::start().await;
    let hi = json!("hi");
    for (body, param) in [
        (asking(&hi, &json!({"background": true})), "background"),
        (asking(&hi, &json!({"prompt": {"id": "pmpt_1"}})), "prompt"),
        (asking(&json!([]), &json!({})), "input"),
        (asking(&json!(" "), &json!({})), "input"),
        (asking(&json!(5), &json!({})), "input"),
        (asking(&hi, &json!({"max_output_tokens": "many"})), "max_output_tokens"),
        (asking(&hi, &json!({"previous_response_id": "resp_nope"})), "previous_response_id"),
    ] {
        for streams in [false, true] {
            let mut body = body.clone();
            body["stream"] = json!(streams);
            let answered = ask(&pair, &body).await;
            assert_eq!((answered.status.as_u16(), answered.error("param").as_str()), (400, param), "{}", answered.body);
        }
    }
    assert_eq!(pair.script().counts().total(), 0);
}

#[tokio::test]
async fn a_stream_that_is_left_is_cancelled_and_not_kept() {
    let pair = Pair::start().await;
    let mut reply = Reply::stream([wire::content_frame("so far")]);
    reply.body.push(Step::Hang);
    pair.reply(reply);
    let mut response = pair.post_to(ROUTE, &asking(&json!("x"), &json!({"stream": true}))).await;
    let mut seen = String::new();
    while !seen.contains("so far") {
        seen.push_str(std::str::from_utf8(&within(response.chunk()).await.unwrap().unwrap()).unwrap());
    }
    let id = seen.split("\"id\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(id.starts_with("resp_"), "{seen}");
    drop(response);
    let counts = within(pair.script().wait_for(|counts| counts.open == 0)).await;
    assert_eq!(counts, Counts { cancelled: 1, ..Counts::default() });
    assert_eq!(pair.record().await.outcome, Outcome::ClientLeft);
    assert_eq!(get(&pair, &format!("{ROUTE}/{id}")).await.status, 404);
}

#[tokio::test]
async fn a_stream_over_any_spelling_of_the_path_ends_with_its_last_event() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::text("ok")));
    for path in ["/responses", "/v1/v1/responses/"] {
        let body = asking(&json!("x"), &json!({"stream": true}));
        drop(read_until(pair.post_to(path, &body).await, "event: response.completed").await);
    }
}
