//! The hosted tool `image_generation` of Responses: a model calls it and the relay draws, or it is forced and nobody is asked.

use base64::{Engine, prelude::BASE64_STANDARD};
use mock_onemin::{Answer, Turn};
use relay_tests::{Answered, Pair, grammar_responses as grammar};
use serde_json::{Value, json};

use super::{asked, get, made};

const CALL: &str = "Here it comes.\n<tool_call>{\"name\": \"image_generation\", \"arguments\": {\"prompt\": \"a red fox\"}}</tool_call>";

async fn respond(pair: &Pair, body: &Value) -> Answered {
    Answered::read(pair.post_to("/v1/responses", body).await).await
}

/// The response, whole or at the end of its stream, which must be one and the same form.
async fn both(pair: &Pair, body: &Value) -> [Value; 2] {
    let whole = respond(pair, body).await;
    assert_eq!(whole.status, 200, "{}", whole.body);
    grammar::check_response(&whole.json());
    let mut streaming = body.clone();
    streaming["stream"] = json!(true);
    let streamed = respond(pair, &streaming).await;
    assert_eq!(streamed.status, 200, "{}", streamed.body);
    [whole.json(), grammar::check(&streamed.body).response]
}

/// The only picture among the items of an answer, which must be what the stand-in made.
async fn picture(pair: &Pair, response: &Value) -> Value {
    let items = response["output"].as_array().unwrap();
    let pictures: Vec<&Value> = items.iter().filter(|item| item["type"] == "image_generation_call").collect();
    let [picture] = pictures[..] else { panic!("{response:.500}") };
    let bytes = BASE64_STANDARD.decode(picture["result"].as_str().unwrap()).unwrap();
    assert!(made(pair).await.contains(&bytes));
    assert_eq!(get(pair, picture["url"].as_str().unwrap()).await.1, bytes);
    picture.clone()
}

#[tokio::test]
async fn a_model_that_calls_it_has_its_picture_drawn() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::text(CALL)));
    let body = json!({"model": "gpt-4o-mini", "input": "draw me a fox",
        "tools": [{"type": "image_generation", "model": "gpt-image-1", "size": "1024x1536", "quality": "low"}]});
    for response in both(&pair, &body).await {
        let item = picture(&pair, &response).await;
        assert_eq!((&item["revised_prompt"], &item["output_format"]), (&json!("a red fox"), &json!("png")));
        assert_eq!(response["output"][0]["content"][0]["text"].as_str().map(str::trim), Some("Here it comes."));
        assert_eq!((&response["status"], response["output"].as_array().unwrap().len()), (&json!("completed"), 2));
    }
    assert!(pair.script().received()[0].prompt().unwrap().contains("image_generation"));
    let call = pair.script().features().remove(0).body.unwrap();
    let fields = &call["promptObject"];
    assert_eq!(
        (&fields["prompt"], &fields["size"], &fields["quality"]),
        (&json!("a red fox"), &json!("1024x1536"), &json!("low"))
    );
}

#[tokio::test]
async fn where_it_is_forced_or_the_model_draws_nobody_else_is_asked() {
    let pair = Pair::start().await;
    let tool = json!([{"type": "image_generation"}]);
    for (body, model) in [
        (json!({"model": "gpt-4o-mini", "tool_choice": {"type": "image_generation"}}), "gpt-image-1-mini"),
        (json!({"model": "dall-e-3"}), "dall-e-3"),
    ] {
        let mut body = body;
        body["tools"] = tool.clone();
        body["input"] = json!([{"role": "user", "content": "hello"}, {"role": "assistant", "content": "Hi."},
            {"role": "user", "content": [{"type": "input_text", "text": "a fox"}]}]);
        for response in both(&pair, &body).await {
            picture(&pair, &response).await;
            assert_eq!(response["output"].as_array().unwrap().len(), 1, "{response:.500}");
        }
        assert_eq!(asked(&pair).pop().unwrap(), ("IMAGE_GENERATOR".into(), model.into()));
    }
    assert!(pair.script().received().is_empty());
}

#[tokio::test]
async fn a_call_that_is_not_made_draws_nothing() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::text("No picture today.")));
    let tools = json!([{"type": "image_generation"}]);
    for choice in [json!("auto"), json!("none")] {
        let body = json!({"model": "gpt-4o-mini", "input": "hello", "tools": tools, "tool_choice": choice});
        let [whole, _] = both(&pair, &body).await;
        assert_eq!(whole["output"][0]["content"][0]["text"], "No picture today.");
        let is_told = pair.script().received().pop().unwrap().prompt().unwrap().contains("image_generation");
        assert_eq!(is_told, choice == "auto");
    }
    assert!(pair.script().features().is_empty());
}

#[tokio::test]
async fn a_drawn_picture_is_known_in_the_next_turn() {
    let pair = Pair::start().await;
    pair.script().push(Turn::Answer(Answer::text(CALL)));
    pair.script().always(Turn::Answer(Answer::text("A fox.")));
    let tools = json!([{"type": "image_generation"}]);
    let first = respond(&pair, &json!({"model": "gpt-4o-mini", "input": "draw me a fox", "tools": tools})).await.json();
    let body =
        json!({"model": "gpt-4o-mini", "input": "what is it?", "previous_response_id": first["id"], "tools": tools});
    assert_eq!(respond(&pair, &body).await.status, 200);
    let prompt = pair.script().received().pop().unwrap().prompt().unwrap().to_owned();
    let url = first["output"][1]["url"].as_str().unwrap();
    assert!(prompt.contains(&format!("![image]({url})")) && prompt.contains("(a red fox)"), "{prompt}");
}

#[tokio::test]
async fn a_picture_of_the_last_message_is_changed_and_not_drawn_anew() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::text(CALL)));
    let png = format!("data:image/png;base64,{}", BASE64_STANDARD.encode(super::PNG));
    let content = json!([{"type": "input_text", "text": "make it red"}, {"type": "input_image", "image_url": png}]);
    let ask = |tool: Value, choice: &str| {
        let choice = if choice.is_empty() { json!("auto") } else { json!({"type": choice}) };
        json!({"model": "gpt-4o-mini", "input": [{"role": "user", "content": content}], "tools": [tool],
            "tool_choice": choice})
    };
    let tool = json!({"type": "image_generation", "model": "gpt-image-1"});
    let answered = respond(&pair, &ask(tool.clone(), "")).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    assert_eq!(pair.script().features()[0].body.as_ref().unwrap()["type"], "IMAGE_EDITOR");
    // A mask is never passed over.
    let mut masked = tool;
    masked["input_image_mask"] = json!({"image_url": "data:image/png;base64,bm8gcGljdHVyZQ=="});
    let refused = respond(&pair, &ask(masked, "image_generation")).await;
    assert_eq!((refused.status.as_u16(), pair.script().features().len()), (400, 1), "{}", refused.body);
    assert!(refused.error("param").contains("input_image_mask"), "{}", refused.body);
}

#[tokio::test]
async fn a_picture_that_fails_behind_a_models_words_is_not_to_be_asked_again() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::text(CALL)));
    let limited = r#"{"success":false,"error":{"code":"RATE_LIMITED","message":"slow down"}}"#;
    pair.script().push_feature(Turn::Reply(mock_onemin::Reply::json(429, limited)));
    let body = json!({"model": "gpt-4o-mini", "input": "draw me a fox", "tools": [{"type": "image_generation"}]});
    let failed = respond(&pair, &body).await;
    assert_eq!((failed.status.as_u16(), failed.header("x-should-retry")), (502, "false"), "{}", failed.body);
}
