//! Pictures that are asked for as a chat: each route answers with them as Markdown, and commands draw more like one of them.

use relay_tests::{Answered, Pair};
use serde_json::{Value, json};

use super::{asked, get, made};

/// A model that always draws four pictures, and varies them.
const FOUR: &str = "magic-art_7_0";

/// The routes, how each is asked for a text of a model, and where its whole answer holds text.
type Route = (&'static str, fn(&str, &str) -> Value, &'static str);

const ROUTES: [Route; 4] = [
    (
        "/v1/chat/completions",
        |model, text| json!({"model": model, "messages": [{"role": "user", "content": text}]}),
        "/choices/0/message/content",
    ),
    ("/v1/responses", |model, text| json!({"model": model, "input": text}), "/output/0/content/0/text"),
    (
        "/v1/messages",
        |model, text| json!({"model": model, "max_tokens": 10, "messages": [{"role": "user", "content": text}]}),
        "/content/0/text",
    ),
    ("/v1/completions", |model, text| json!({"model": model, "prompt": text}), "/choices/0/text"),
];

async fn post(pair: &Pair, path: &str, body: &Value) -> Answered {
    Answered::read(pair.post_to(path, body).await).await
}

/// The addresses of the pictures in a text.
fn shown(text: &str) -> Vec<String> {
    text.split("![image](").skip(1).map(|rest| rest.split_once(')').unwrap().0.to_owned()).collect()
}

/// All that a stream says, as one text.
fn said(answered: &Answered) -> String {
    let data = answered.body.lines().filter_map(|line| line.strip_prefix("data: "));
    let deltas = ["/choices/0/delta/content", "/choices/0/text", "/delta", "/delta/text"];
    let text = |data: &str| {
        let data: Value = serde_json::from_str(data).ok()?;
        deltas.iter().find_map(|place| data.pointer(place)?.as_str().map(str::to_owned))
    };
    data.filter_map(text).collect()
}

#[tokio::test]
async fn every_route_shows_the_picture_whole_and_streamed() {
    let pair = Pair::start().await;
    for (path, ask, place) in ROUTES {
        let whole = post(&pair, path, &ask("gpt-image-1-mini", "a fox")).await;
        assert_eq!(whole.status, 200, "{path}: {}", whole.body);
        let text = whole.json().pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut body = ask("gpt-image-1-mini", "a fox");
        body["stream"] = json!(true);
        let streamed = post(&pair, path, &body).await;
        for text in [text, said(&streamed)] {
            let [url] = shown(&text).try_into().unwrap_or_else(|urls| panic!("{path}: {text} {urls:?}"));
            assert_eq!(text, format!("![image]({url})"), "{path}");
            let (content_type, bytes) = get(&pair, &url).await;
            assert_eq!(content_type, "image/png");
            assert!(made(&pair).await.contains(&bytes), "{path}");
        }
    }
    let calls = asked(&pair);
    assert!(calls.len() == 8 && calls.iter().all(|(feature, _)| feature == "IMAGE_GENERATOR"), "{calls:?}");
    assert!(pair.script().received().is_empty(), "no chat was asked for");
}

#[tokio::test]
async fn the_last_turn_is_drawn_and_ends_with_usage() {
    let pair = Pair::start().await;
    let body = json!({"model": "dall-e-3", "stream": true, "stream_options": {"include_usage": true}, "messages": [
        {"role": "system", "content": "You are helpful."}, {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "Hi."}, {"role": "user", "content": "a red fox"}]});
    let answered = pair.chat(&body).await;
    let events = answered.events();
    assert_eq!((events.finishes(0), events.is_done), (vec!["stop"], true), "{}", answered.body);
    let usage = &events.chunks.last().unwrap()["usage"];
    assert!(usage["prompt_tokens"].as_u64() > Some(0) && usage["completion_tokens"].as_u64() > Some(0), "{usage}");
    let [call] = pair.script().features().try_into().unwrap();
    assert_eq!(call.body.unwrap()["promptObject"]["prompt"], "a red fox");
}

#[tokio::test]
async fn a_picture_in_the_last_turn_is_changed() {
    let pair = Pair::start().await;
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg=="}});
    let body = json!({"model": "gpt-image-1", "messages": [
        {"role": "user", "content": [{"type": "text", "text": "in blue"}, image]}]});
    let answered = pair.chat(&body).await;
    assert_eq!(shown(&answered.text()).len(), 1, "{}", answered.body);
    assert_eq!(asked(&pair), [("IMAGE_EDITOR".into(), "gpt-image-1".into())]);
    let [call] = pair.script().features().try_into().unwrap();
    assert_eq!(call.body.unwrap()["promptObject"]["imageUrl"], pair.script().uploads()[0].path);
}

#[tokio::test]
async fn commands_draw_more_like_a_picture_of_the_last_answer() {
    let pair = Pair::start().await;
    let first = pair.chat(&json!({"model": FOUR, "messages": [{"role": "user", "content": "foxes"}]})).await;
    let urls = shown(&first.text());
    assert!(urls.len() == 4 && first.text().contains("/v1"), "{}", first.body);
    for (command, which) in [("/v2".to_owned(), 1), ("[_V4_]".to_owned(), 3), (format!("/v1 {}", urls[2]), 2)] {
        let uploads = pair.script().uploads().len();
        let body = json!({"model": FOUR, "messages": [{"role": "user", "content": "foxes"},
            {"role": "assistant", "content": first.text()}, {"role": "user", "content": command}]});
        let answered = pair.chat(&body).await;
        assert_eq!(shown(&answered.text()).len(), 4, "{command}: {}", answered.body);
        assert_eq!(asked(&pair).pop().unwrap(), ("IMAGE_VARIATOR".into(), FOUR.into()), "{command}");
        let upload = pair.script().uploads().split_off(uploads).remove(0);
        assert_eq!(upload.size_bytes, get(&pair, &urls[which]).await.1.len());
        let call = pair.script().features().pop().unwrap().body.unwrap();
        assert_eq!(call["promptObject"]["imageUrl"], upload.path, "{command}");
    }
}

#[tokio::test]
async fn what_can_not_be_drawn_is_refused_with_nothing_sent() {
    let pair = Pair::start().await;
    let user = |content: Value| json!([{"role": "user", "content": content}]);
    let file = json!({"type": "file", "file": {"filename": "a.txt", "file_data": "aGk="}});
    for (model, messages) in [
        (FOUR, user(json!("/v1"))),
        (FOUR, user(json!("  "))),
        (FOUR, user(json!([{"type": "text", "text": "draw"}, file]))),
        ("gpt-image-1", user(json!("/v1 https://example.com/a.png"))),
    ] {
        let body = json!({"model": model, "messages": messages});
        let answered = pair.chat(&body).await;
        assert_eq!((answered.status.as_u16(), answered.header("x-should-retry")), (400, "false"), "{}", answered.body);
        assert_eq!((pair.script().uploads().len(), pair.script().features().len()), (0, 0), "{}", answered.body);
    }
}

#[tokio::test]
async fn several_choices_are_several_pictures() {
    let pair = Pair::start().await;
    let body = json!({"model": "dall-e-3", "n": 2, "messages": [{"role": "user", "content": "a fox"}]});
    // One that is tried again is given the run of its own first try, not that of the other choice.
    let request = pair.http.post(pair.url("/v1/chat/completions")).header("x-stainless-retry-count", "1");
    let answered = Answered::read(request.body(body.to_string()).send().await.unwrap()).await;
    let choices = answered.json()["choices"].as_array().unwrap().clone();
    let urls: Vec<String> =
        choices.iter().flat_map(|choice| shown(choice["message"]["content"].as_str().unwrap())).collect();
    assert!(urls.len() == 2 && urls[0] != urls[1], "{}", answered.body);
    assert_eq!(pair.script().features().len(), 2);
}

#[tokio::test]
async fn a_chat_model_sees_the_relays_own_pictures_under_every_name_of_the_relay() {
    let pair = Pair::start().await;
    let body = json!({"model": "gpt-image-1-mini", "prompt": "a fox", "response_format": "url"});
    let drawn = post(&pair, "/v1/images/generations", &body).await;
    let url = drawn.json()["data"][0]["url"].as_str().unwrap().to_owned();
    pair.script().always(mock_onemin::Turn::Answer(mock_onemin::Answer::default()));
    for url in [url.clone(), url.replace("127.0.0.1", "localhost"), url.replace("127.0.0.1", "host.docker.internal")] {
        let content =
            json!([{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": url}}]);
        let body = json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": content}]});
        let answered = post(&pair, "/v1/chat/completions", &body).await;
        assert_eq!(answered.status, 200, "{}", answered.body);
    }
    assert_eq!(pair.script().uploads().len(), 1, "it is one picture");
    assert!(pair.script().received().iter().all(|call| call.attached("images").len() == 1));
    let elsewhere = url.replace(&url[url.rfind('/').unwrap() + 1..url.rfind('.').unwrap()], &"x".repeat(24));
    let gone = json!([{"type": "text", "text": "And this?"}, {"type": "image_url", "image_url": {"url": elsewhere}}]);
    let body = json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": gone}]});
    assert_eq!(post(&pair, "/v1/chat/completions", &body).await.error("code"), "result_not_found");
}

#[tokio::test]
async fn an_errand_of_an_app_is_no_picture_and_no_sound() {
    let pair = Pair::start().await;
    for (path, ask, _) in ROUTES {
        for model in ["dall-e-3", "tts-1"] {
            let refused = post(&pair, path, &ask(model, "### Task:\nGenerate a concise, 3-5 word title")).await;
            assert_eq!(refused.status, 400, "{path} {model}: {}", refused.body);
            assert!(refused.error("message").contains("errand of your app"), "{}", refused.body);
        }
    }
    assert_eq!(pair.script().features().len(), 0);
}
