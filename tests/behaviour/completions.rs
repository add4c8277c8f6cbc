//! The older text route is answered.

use mock_onemin::{Answer, Text, Turn};
use relay_tests::{Answered, Pair};
use serde_json::{Value, json};

async fn complete(pair: &Pair, body: &Value) -> Answered {
    let request = pair.http.post(pair.url("/v1/completions")).body(body.to_string());
    Answered::read(request.send().await.unwrap()).await
}

async fn echoing() -> Pair {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer { text: Text::EchoPrompt, delta_chars: 2, ..Answer::default() }));
    pair
}

/// The text of a choice in a stream.
fn text(answered: &Answered, index: u64) -> String {
    let chunks = answered.events().chunks;
    let choices = chunks.iter().filter_map(|chunk| chunk["choices"].as_array()).flatten();
    choices.filter(|choice| choice["index"] == index).filter_map(|choice| choice["text"].as_str()).collect()
}

#[tokio::test]
async fn a_prompt_is_completed_whole_and_streamed() {
    let pair = echoing().await;
    let whole = complete(&pair, &json!({"model": "gpt-4o-mini", "prompt": "naïve ☃"})).await;
    let body = whole.json();
    assert!(body["id"].as_str().unwrap().starts_with("cmpl-"));
    assert_eq!((&body["object"], &body["model"]), (&json!("text_completion"), &json!("gpt-4o-mini")));
    let choice = json!({"text": "naïve ☃", "index": 0, "logprobs": null, "finish_reason": "stop"});
    assert_eq!((&body["choices"], &body["usage"]["total_tokens"]), (&json!([choice]), &json!(101)));
    assert_eq!(whole.header("x-relay-credits"), "45");

    let options = json!({"include_usage": true});
    let streaming = json!({"model": "gpt-4o-mini", "prompt": "naïve ☃", "stream": true, "stream_options": options});
    let streamed = complete(&pair, &streaming).await;
    let events = streamed.events();
    assert!(events.is_done);
    assert_eq!(text(&streamed, 0), "naïve ☃");
    let [.., last_choice, usage] = events.chunks.as_slice() else { panic!("chunks") };
    assert_eq!(last_choice["choices"][0]["finish_reason"], "stop");
    assert_eq!((&usage["choices"], &usage["usage"]["total_tokens"]), (&json!([]), &json!(101)));
}

#[tokio::test]
async fn several_prompts_and_choices_have_their_places() {
    let pair = echoing().await;
    let mut body = json!({"model": "gpt-4o-mini", "prompt": ["a", "b"], "n": 2, "echo": true});
    let whole = complete(&pair, &body).await.json();
    let texts: Vec<&str> =
        whole["choices"].as_array().unwrap().iter().map(|choice| choice["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["aa", "aa", "bb", "bb"]);
    assert_eq!(whole["choices"][3]["index"], 3);
    body["stream"] = json!(true);
    let streamed = complete(&pair, &body).await;
    assert_eq!((text(&streamed, 0), text(&streamed, 3)), ("aa".into(), "bb".into()));
    assert_eq!(pair.script().counts().total(), 8);
}

#[tokio::test]
async fn limits_hold_and_errors_are_those_of_chat() {
    let pair = echoing().await;
    let stopped =
        complete(&pair, &json!({"model": "gpt-4o-mini", "prompt": "one END two", "stop": ["END"]})).await.json();
    assert_eq!(
        (&stopped["choices"][0]["text"], &stopped["choices"][0]["finish_reason"]),
        (&json!("one "), &json!("stop"))
    );
    let cut =
        complete(&pair, &json!({"model": "gpt-4o-mini", "prompt": "one two three four five six", "max_tokens": 2}))
            .await
            .json();
    assert_eq!(cut["choices"][0]["finish_reason"], "length");
    let refused = complete(&pair, &json!({"model": "gpt-4o-mini", "prompt": [1, 2, 3]})).await;
    assert_eq!((refused.status.as_u16(), refused.error("param").as_str()), (400, "prompt"));
}
