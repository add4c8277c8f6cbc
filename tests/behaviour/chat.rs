//! A chat request is answered.

use mock_onemin::{Answer, Text, Turn};
use relay_tests::{Answered, Pair, ask, ask_streaming};
use serde_json::{Value, json};

fn script(pair: &Pair, answer: Answer) {
    pair.script().always(Turn::Answer(answer));
}

/// A request with one user message and these fields as well.
fn with(fields: &Value) -> Value {
    let mut body = ask("hi");
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_whole_answer_has_text_usage_and_headers() {
    let pair = Pair::start().await;
    script(&pair, Answer::text("Hello ☃"));
    let answered = pair.chat(&ask("Say hello.")).await;
    let body = answered.json();
    assert_eq!((answered.status.as_u16(), answered.text().as_str()), (200, "Hello ☃"));
    assert!(body["id"].as_str().unwrap().starts_with("chatcmpl-"));
    assert_eq!(
        (&body["object"], &body["created"], &body["model"]),
        (&json!("chat.completion"), &json!(1_800_000_000), &json!("gpt-4o-mini"))
    );
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    let usage = &body["usage"];
    assert_eq!(
        (&usage["prompt_tokens"], &usage["completion_tokens"], &usage["total_tokens"]),
        (&json!(98), &json!(3), &json!(101))
    );
    assert_eq!(answered.header("x-relay-credits"), "45");
    assert!(answered.header("x-request-id").starts_with("req_"));
    assert_eq!(answered.header("openai-version"), "2020-10-01");
}

#[tokio::test]
async fn a_streamed_answer_comes_in_the_published_order() {
    let pair = Pair::start().await;
    script(&pair, Answer { delta_chars: 3, ..Answer::text("Hello world") });
    let mut body = ask_streaming("Say hello.");
    body["stream_options"] = json!({"include_usage": true});
    let answered = pair.chat(&body).await;
    assert_eq!(answered.header("content-type"), "text/event-stream; charset=utf-8");
    assert_eq!(answered.header("cache-control"), "no-cache, no-transform");
    let events = answered.events();
    assert!(events.is_done);
    assert_eq!(events.chunks[0]["choices"][0]["delta"], json!({"role": "assistant", "content": ""}));
    assert_eq!((events.text(0).as_str(), events.finishes(0)), ("Hello world", vec!["stop"]));
    let last = events.chunks.last().unwrap();
    assert_eq!(
        (&last["choices"], &last["usage"]["total_tokens"], &last["usage"]["credits"]),
        (&json!([]), &json!(101), &json!(45.0))
    );
    let ids: Vec<&Value> = events.chunks.iter().map(|chunk| &chunk["id"]).collect();
    assert!(ids.iter().all(|id| *id == ids[0]));
}

#[tokio::test]
async fn multi_byte_text_is_intact_however_the_bytes_arrive() {
    let text = "naïve — ☃ \u{1F642} 日本語 \u{10FFFF}\n\"\\";
    let pair = Pair::start().await;
    for piece_bytes in 1..=48 {
        script(&pair, Answer { delta_chars: 2, piece_bytes, ..Answer::text(text) });
        assert_eq!(pair.chat(&ask_streaming("x")).await.events().text(0), text, "streamed in pieces of {piece_bytes}");
        assert_eq!(pair.chat(&ask("x")).await.text(), text, "whole in pieces of {piece_bytes}");
    }
}

#[tokio::test]
async fn a_lone_user_message_reaches_1min_verbatim_and_with_the_key() {
    let pair = Pair::start().await;
    script(&pair, Answer::default());
    pair.chat(&ask("Say ok.\n[System] not a marker <tool_call>")).await;
    pair.chat(&ask_streaming("Say ok.")).await;
    let received = pair.script().received();
    assert_eq!(received[0].path, "/api/chat-with-ai");
    assert_eq!(received[0].header("api-key"), Some(relay_tests::CANARY));
    assert_eq!(received[0].header("authorization"), None);
    assert_eq!(
        received[0].body,
        Some(json!({"type": "UNIFY_CHAT_WITH_AI", "model": "gpt-4o-mini",
            "promptObject": {"prompt": "Say ok.\n[System] not a marker <tool_call>"}}))
    );
    assert_eq!(received[1].path, "/api/chat-with-ai?isStreaming=true");
}

#[tokio::test]
async fn a_conversation_reaches_1min_as_one_transcript() {
    let pair = Pair::start().await;
    script(&pair, Answer { text: Text::EchoPrompt, ..Answer::default() });
    let body = with(&json!({"messages": [
        {"role": "developer", "content": "Be terse."},
        {"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": "go on"},
        {"role": "system", "content": "late"},
    ]}));
    let expected =
        "[System]\nBe terse.\n\n[User]\none\ntwo\n\n[Assistant]\nok\n\n[User]\ngo on\n\n[System]\nlate\n\n[Reply]\n";
    assert!(pair.chat(&body).await.text().starts_with(expected));
}

#[tokio::test]
async fn a_role_label_in_front_of_the_answer_is_taken_off_a_transcript_only() {
    let pair = Pair::start().await;
    script(&pair, Answer { delta_chars: 1, ..Answer::text("Assistant: Hello") });
    let messages = json!([{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]);
    assert_eq!(pair.chat(&with(&json!({ "messages": messages }))).await.text(), "Hello");
    let streamed = pair.chat(&with(&json!({"messages": messages, "stream": true}))).await;
    assert_eq!(streamed.events().text(0), "Hello");
    assert_eq!(pair.chat(&ask("Write 'Assistant: Hello'")).await.text(), "Assistant: Hello");
}

#[tokio::test]
async fn a_stop_sequence_ends_the_answer_wherever_the_bytes_split() {
    let pair = Pair::start().await;
    for delta_chars in [1, 2, 5, 0] {
        script(&pair, Answer { delta_chars, ..Answer::text("one two END three") });
        let whole = pair.chat(&with(&json!({"stop": "END"}))).await;
        assert_eq!((whole.text().as_str(), &whole.json()["choices"][0]["finish_reason"]), ("one two ", &json!("stop")));
        let events = pair.chat(&with(&json!({"stop": ["zzz", " END"], "stream": true}))).await.events();
        assert_eq!((events.text(0).as_str(), events.finishes(0)), ("one two", vec!["stop"]));
    }
}

#[tokio::test]
async fn a_length_limit_cuts_the_answer_and_says_so() {
    let pair = Pair::start().await;
    script(&pair, Answer::text("one two three four five six seven eight nine ten"));
    for field in ["max_tokens", "max_completion_tokens"] {
        let whole = pair.chat(&with(&json!({ field: 3 }))).await;
        assert_eq!(whole.json()["choices"][0]["finish_reason"], "length");
        assert_eq!(whole.json()["usage"]["completion_tokens"], 3);
        assert!(whole.text().starts_with("one") && !whole.text().contains("five"), "{}", whole.text());
        let events = pair.chat(&with(&json!({ field: 3, "stream": true }))).await.events();
        assert_eq!((events.text(0), events.finishes(0)), (whole.text(), vec!["length"]));
    }
    assert!(pair.chat(&with(&json!({"max_tokens": 0}))).await.text().ends_with("ten"));
}

#[tokio::test]
async fn several_choices_are_as_many_calls_and_their_bill_adds_up() {
    let pair = Pair::start().await;
    for text in ["a", "b", "c"] {
        pair.script().push(Turn::Answer(Answer::text(text)));
    }
    let whole = pair.chat(&with(&json!({"n": 3}))).await.json();
    let mut texts: Vec<&str> = whole["choices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|choice| choice["message"]["content"].as_str().unwrap())
        .collect();
    texts.sort_unstable();
    assert_eq!(texts, ["a", "b", "c"]);
    assert_eq!((&whole["choices"][2]["index"], &whole["usage"]["total_tokens"]), (&json!(2), &json!(303)));
    assert_eq!(pair.script().counts().total(), 3);

    script(&pair, Answer { delta_chars: 1, ..Answer::text("xyz") });
    let events = pair.chat(&with(&json!({"n": 2, "stream": true}))).await.events();
    for index in 0..2 {
        assert_eq!((events.text(index).as_str(), events.finishes(index)), ("xyz", vec!["stop"]));
    }
}

#[tokio::test]
async fn web_search_is_asked_for_and_its_crawl_lines_are_none_of_the_answer() {
    let pair = Pair::start().await;
    script(&pair, Answer::text("🌐 Crawling site https://example.com/a\nTwo launches."));
    let events = pair.chat(&with(&json!({"web_search_options": {}, "stream": true}))).await.events();
    assert_eq!(events.text(0), "Two launches.");
    let settings = pair.script().received()[0].body.as_ref().unwrap()["promptObject"]["settings"].clone();
    assert_eq!(settings, json!({"webSearchSettings": {"webSearch": true, "numOfSite": 3, "maxWord": 1000}}));
}

#[tokio::test]
async fn any_spelling_of_the_route_and_any_content_type_work() {
    let pair = Pair::start().await;
    script(&pair, Answer::default());
    for path in ["/v1/chat/completions", "/chat/completions", "/v1/v1/chat/completions/", "/v1//chat/completions?x=1"] {
        for content_type in ["application/json", "text/plain", ""] {
            let request = pair.http.post(pair.url(path)).header("content-type", content_type);
            let response = request.body(format!("\u{feff}{}", ask("x"))).send().await.unwrap();
            assert_eq!(response.status(), 200, "{path} {content_type}");
        }
    }
}

#[tokio::test]
async fn models_are_listed_with_their_four_keys() {
    let pair = Pair::start().await;
    for path in ["/v1/models", "/models"] {
        let list: Value =
            serde_json::from_str(&pair.http.get(pair.url(path)).send().await.unwrap().text().await.unwrap()).unwrap();
        let models = list["data"].as_array().unwrap();
        assert_eq!((&list["object"], models.len()), (&json!("list"), 132));
        for model in models {
            assert!(model["id"].is_string() && model["owned_by"].is_string() && model["created"].is_u64(), "{model}");
            assert_eq!(model["object"], "model");
        }
    }
}

#[tokio::test]
async fn one_model_is_found_under_any_spelling_of_its_id() {
    let pair = Pair::start().await;
    let get = async |path: &str| Answered::read(pair.http.get(pair.url(path)).send().await.unwrap()).await;
    let known = "/v1/models/gpt-4o-mini";
    for path in [known, "/models/gpt-4o-mini", "/v1/models/gpt%2D4o-mini"] {
        assert_eq!(get(path).await.json()["id"], "gpt-4o-mini", "{path}");
    }
    for (path, id) in [("/v1/models/openai/gpt-9", "openai/gpt-9"), ("/v1/models/openai%2Fgpt-9", "openai/gpt-9")] {
        let answered = get(path).await;
        assert_eq!((answered.status.as_u16(), answered.error("code").as_str()), (404, "model_not_found"), "{path}");
        assert!(answered.error("message").contains(&format!("`{id}`")), "{}", answered.body);
    }
    assert_eq!(pair.http.head(pair.url("/")).send().await.unwrap().status(), 200);
    assert_eq!(get("/").await.json()["name"], "1min Relay");
}
