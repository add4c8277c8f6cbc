//! Pictures: drawn, changed and varied by three routes, whole and streamed, as bytes and as addresses; what can't succeed is
//! refused before anything is sent.

mod chat;
mod tool;

use base64::{Engine, prelude::BASE64_STANDARD};
use mock_onemin::{Act, Reply, Step, Turn};
use relay::journal::Outcome;
use relay_tests::{Answered, CANARY, Pair, within};
use reqwest::StatusCode;
use serde_json::{Value, json};

const GENERATIONS: &str = "/v1/images/generations";
const EDITS: &str = "/v1/images/edits";
const VARIATIONS: &str = "/v1/images/variations";

/// A model that is told how many pictures to make.
const COUNTING: &str = "dall-e-2";

/// A model that makes one picture a call.
const SINGLE: &str = "black-forest-labs/flux-dev";

/// A PNG of two transparent pixels and two others.
const MASK: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAYAAABytg0kAAAAF0lEQVR4nGPg5ORkYGRi/s8AAqysrP8BDSoCL3XH/w4AAAAASUVORK5CYII=";

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR one picture";

/// One part of a form: its name, the name of its file if it is one, and what is in it.
type FormPart<'a> = (&'a str, Option<&'a str>, &'a [u8]);

async fn post(pair: &Pair, path: &str, body: &Value) -> Answered {
    Answered::read(pair.post_to(path, body).await).await
}

async fn post_form(pair: &Pair, path: &str, parts: &[FormPart<'_>]) -> Answered {
    let mut body = Vec::new();
    for (name, file_name, content) in parts {
        let file =
            file_name.map(|file| format!("; filename=\"{file}\"\r\nContent-Type: image/png")).unwrap_or_default();
        let head = format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend([head.as_bytes(), content, b"\r\n"].concat());
    }
    body.extend(b"--limit--\r\n");
    let request =
        pair.http.post(pair.url(path)).header("content-type", "multipart/form-data; boundary=limit").body(body);
    Answered::read(request.send().await.unwrap()).await
}

/// What the stand-in made, in the order it was fetched.
async fn made(pair: &Pair) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for fetched in pair.script().downloads() {
        assert!(!fetched.has_api_key, "{fetched:?}");
        files.push(get(pair, &format!("{}{}", pair.mock.url().trim_end_matches('/'), fetched.path)).await.1);
    }
    files
}

async fn get(pair: &Pair, url: &str) -> (String, Vec<u8>) {
    let response = pair.http.get(url).send().await.unwrap();
    assert_eq!(response.status(), 200, "{url}");
    let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    (content_type, within(response.bytes()).await.unwrap().to_vec())
}

/// The pictures of an answer, however they came.
async fn pictures(pair: &Pair, answered: &Answered) -> Vec<Vec<u8>> {
    assert_eq!(answered.status, 200, "{}", answered.body);
    let mut pictures = Vec::new();
    for entry in answered.json()["data"].as_array().unwrap() {
        match (entry["b64_json"].as_str(), entry["url"].as_str()) {
            (Some(base64), None) => pictures.push(BASE64_STANDARD.decode(base64).unwrap()),
            (None, Some(url)) => pictures.push(get(pair, url).await.1),
            other => panic!("{other:?}"),
        }
    }
    pictures
}

/// The events of a stream of pictures: the name of each, and its data.
fn events(answered: &Answered) -> Vec<(String, Value)> {
    assert!(answered.header("content-type").starts_with("text/event-stream"), "{}", answered.body);
    let event = |event: &str| {
        let (name, data) = event.split_once('\n').unwrap();
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        (name.strip_prefix("event: ").unwrap().to_owned(), data)
    };
    answered.body.split_terminator("\n\n").map(event).collect()
}

/// What the stand-in was asked for, call by call.
fn asked(pair: &Pair) -> Vec<(String, String)> {
    let calls = pair.script().features().into_iter().map(|call| call.body.unwrap());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    calls.map(|body| (text(&body["type"]), text(&body["model"]))).collect()
}

/// A refusal that names `param`, without an upload or a call.
fn assert_refused(pair: &Pair, answered: &Answered, param: &str) {
    assert!([400, 404].contains(&answered.status.as_u16()), "{}", answered.body);
    assert_eq!(answered.error("param"), param, "{}", answered.body);
    assert_eq!(answered.header("x-should-retry"), "false");
    assert_eq!((pair.script().uploads().len(), pair.script().features().len()), (0, 0), "{}", answered.body);
}

#[tokio::test]
async fn a_picture_comes_as_bytes_or_as_an_address() {
    let pair = Pair::start().await;
    for (model, format) in [("gpt-image-1-mini", "b64_json"), (COUNTING, "url")] {
        for asked in [Value::Null, json!("url"), json!("b64_json")] {
            let body = json!({"model": model, "prompt": "a fox", "size": "1024x1024", "response_format": asked});
            let answered = post(&pair, GENERATIONS, &body).await;
            let given = pictures(&pair, &answered).await;
            assert_eq!(given, [made(&pair).await.pop().unwrap()], "{body}");
            let json = answered.json();
            let expected = asked.as_str().unwrap_or(format);
            assert!(json["data"][0].get(expected).is_some(), "{body}: {:.200}", answered.body);
            assert_eq!((&json["output_format"], &json["size"]), (&json!("png"), &json!("1024x1024")));
            assert!(
                json["created"].is_u64() && json["usage"]["input_tokens"].as_u64() > Some(0),
                "{:.200}",
                answered.body
            );
            if let Some(url) = json["data"][0]["url"].as_str() {
                assert!(url.starts_with(&pair.url("/results/")) && url.ends_with(".png"), "{url}");
                assert_eq!(get(&pair, url).await.0, "image/png");
            }
        }
    }
}

#[tokio::test]
async fn a_request_without_a_model_is_drawn_by_the_default() {
    let pair = Pair::start_with(|settings| settings.image_model = COUNTING.into(), Some(CANARY)).await;
    let answered = post(&pair, GENERATIONS, &json!({"prompt": "a fox"})).await;
    assert_eq!(pictures(&pair, &answered).await.len(), 1);
    assert_eq!(asked(&pair), [("IMAGE_GENERATOR".into(), COUNTING.into())]);
    let records = pair.records(2).await;
    assert_eq!((records[0].model.as_deref(), records[0].upstream_calls), (Some(COUNTING), 1));
    assert!(records.iter().all(|record| record.outcome == Outcome::Done), "fetching it is a request too: {records:?}");
}

#[tokio::test]
async fn several_pictures_are_one_call_or_several() {
    let pair = Pair::start().await;
    for (model, calls) in [(COUNTING, 1), (SINGLE, 3)] {
        let before = (pair.script().features().len(), pair.script().downloads().len());
        let body = json!({"model": model, "prompt": "three foxes", "n": 3, "response_format": "b64_json"});
        let mut given = pictures(&pair, &post(&pair, GENERATIONS, &body).await).await;
        assert_eq!(pair.script().features().len() - before.0, calls, "{model}");
        let mut files = made(&pair).await.split_off(before.1);
        // Calls side by side end in any order.
        given.sort();
        files.sort();
        assert_eq!(given, files, "{model}");
        assert_eq!(given.len(), 3);
    }
}

#[tokio::test]
async fn a_failed_call_fails_the_request_and_says_what_else_was_made() {
    let pair = Pair::start().await;
    pair.script().push_feature(Turn::Reply(Reply::json(500, r#"{"message":"their trouble"}"#)));
    let body = json!({"model": SINGLE, "prompt": "three foxes", "n": 3});
    let answered = post(&pair, GENERATIONS, &body).await;
    assert_eq!((answered.status, answered.header("x-should-retry")), (StatusCode::BAD_GATEWAY, "false"));
    let message = answered.error("message");
    assert!(
        message.contains("their trouble") && message.contains("request (2) were made, billed and kept"),
        "{message}"
    );
    // What has not begun when one fails is not begun any more.
    let before = pair.script().features().len();
    pair.script().always_feature(Turn::Reply(Reply::json(500, r#"{"message":"their trouble"}"#)));
    let answered = post(&pair, GENERATIONS, &json!({"model": SINGLE, "prompt": "foxes", "n": 10})).await;
    assert!(!answered.error("message").contains("billed and kept"), "{}", answered.body);
    assert_eq!(pair.script().features().len() - before, 4);
}

#[tokio::test]
async fn what_1min_refuses_is_told_in_its_words() {
    let pair = Pair::start().await;
    for streams in [false, true] {
        let words = r#"{"errorCode":"EXTERNAL_API_RESPONSE_WITH_ERROR","message":"No foxes today."}"#;
        pair.script().push_feature(Turn::Reply(Reply::json(400, words)));
        let answered = post(&pair, GENERATIONS, &json!({"prompt": "a fox", "stream": streams})).await;
        assert_eq!(answered.status, 400, "{}", answered.body);
        assert!(answered.error("message").contains("No foxes today"), "{}", answered.body);
    }
}

#[tokio::test]
async fn a_size_that_a_model_refuses_by_its_name_is_left_out_once() {
    let gemini = "gemini-3-pro-image-preview";
    let refusal = |words: &str| Turn::Reply(Reply::json(400, json!({"message": words}).to_string()));
    for (words, calls) in [("property imageSize should not exist", 2), ("prompt should not be empty", 1)] {
        let pair = Pair::start().await;
        pair.script().push_feature(refusal(words));
        let answered =
            post(&pair, GENERATIONS, &json!({"model": gemini, "prompt": "a fox", "size": "1024x1536"})).await;
        // The stand-in's own words, for it wants the field.
        let told = if calls == 2 { "'imageSize' is required" } else { words };
        assert!(answered.error("message").contains(told), "{}", answered.body);
        let sent = pair.script().features();
        assert_eq!(sent.len(), calls, "{words}");
        let fields = sent.into_iter().map(|call| call.body.unwrap()["promptObject"].clone());
        let has_size: Vec<bool> = fields.map(|fields| fields.get("imageSize").is_some()).collect();
        assert_eq!(has_size, [true, false][..calls]);
    }
    let pair = Pair::start().await;
    pair.script().always_feature(refusal("property imageSize should not exist"));
    assert_eq!(post(&pair, GENERATIONS, &json!({"model": gemini, "prompt": "a fox"})).await.status, 400);
    assert_eq!(pair.script().features().len(), 2, "once more, and no more");
}

#[tokio::test]
async fn a_stream_is_one_event_a_picture() {
    let pair = Pair::start().await;
    pair.script().always_feature(Turn::Act(Act { metadata: json!({"credit": 12}), ..Act::default() }));
    let body = json!({"model": "gpt-image-1", "prompt": "a fox", "n": 2, "stream": true, "partial_images": 2,
        "output_format": "webp", "quality": "low"});
    let answered = post(&pair, GENERATIONS, &body).await;
    let events = events(&answered);
    let files = made(&pair).await;
    assert_eq!((events.len(), files.len()), (2, 2), "{:.300}", answered.body);
    for ((name, data), file) in events.iter().zip(&files) {
        assert_eq!((name.as_str(), &data["type"]), ("image_generation.completed", &json!(name)));
        assert_eq!(BASE64_STANDARD.decode(data["b64_json"].as_str().unwrap()).unwrap(), *file);
        assert_eq!((&data["output_format"], &data["quality"]), (&json!("webp"), &json!("low")));
        assert_eq!((&data["size"], &data["background"]), (&json!("auto"), &json!("auto")));
    }
    assert_eq!((&events[0].1["usage"]["credits"], &events[1].1["usage"]["credits"]), (&json!(12.0), &Value::Null));
}

#[tokio::test]
async fn the_price_is_told_where_1min_told_it() {
    let pair = Pair::start().await;
    pair.script().always_feature(Turn::Act(Act { metadata: json!({"credit": 12}), ..Act::default() }));
    let body = json!({"model": SINGLE, "prompt": "two foxes", "n": 2});
    assert_eq!(post(&pair, GENERATIONS, &body).await.header("x-relay-credits"), "24");
}

#[tokio::test]
async fn an_edit_uploads_its_picture_and_the_opposite_of_its_mask() {
    let pair = Pair::start().await;
    let mask = BASE64_STANDARD.decode(MASK).unwrap();
    let parts: [FormPart<'_>; 5] = [
        ("model", None, b"gpt-image-1"),
        ("image", Some("fox.png"), PNG),
        ("mask", Some("mask.png"), &mask),
        ("prompt", None, b"in blue"),
        ("n", None, b"1"),
    ];
    let answered = post_form(&pair, EDITS, &parts).await;
    assert_eq!(pictures(&pair, &answered).await, made(&pair).await);
    let [picture, inverted] = pair.script().uploads().try_into().unwrap();
    assert_eq!((picture.file_name.as_str(), picture.size_bytes), ("fox.png", PNG.len()));
    assert_eq!((inverted.file_name.as_str(), inverted.content_type.as_str()), ("mask.png", "image/png"));
    assert_ne!(inverted.size_bytes, mask.len(), "white stands for what was transparent");
    let [call] = pair.script().features().try_into().unwrap();
    let body = call.body.unwrap();
    assert_eq!((&body["type"], &body["promptObject"]["prompt"]), (&json!("IMAGE_INPAINTER"), &json!("in blue")));
    assert_eq!(body["promptObject"]["imageUrl"], picture.path);
    assert_eq!(body["promptObject"]["maskUrl"], inverted.path);
}

#[tokio::test]
async fn an_edit_may_come_as_json_and_start_from_what_the_relay_made() {
    let pair = Pair::start().await;
    let drawn = post(&pair, GENERATIONS, &json!({"prompt": "a fox", "response_format": "url"})).await;
    let url = drawn.json()["data"][0]["url"].clone();
    let body = json!({"model": "gpt-image-1", "prompt": "in blue", "images": [{"image_url": url}], "stream": true});
    let answered = post(&pair, EDITS, &body).await;
    let [(name, data)] = events(&answered).try_into().unwrap();
    assert_eq!(name, "image_edit.completed");
    let files = made(&pair).await;
    assert_eq!(BASE64_STANDARD.decode(data["b64_json"].as_str().unwrap()).unwrap(), files[1]);
    let [upload] = pair.script().uploads().try_into().unwrap();
    assert_eq!(upload.size_bytes, files[0].len());
    let asked = asked(&pair);
    assert_eq!(asked[1], ("IMAGE_EDITOR".into(), "gpt-image-1".into()));
    // One that is not kept is not there, whatever its address looks like.
    let gone = json!({"prompt": "p", "images": [{"image_url": pair.url("/results/gone.png")}]});
    let answered = post(&pair, EDITS, &gone).await;
    assert_eq!((answered.status, answered.error("code").as_str()), (StatusCode::NOT_FOUND, "result_not_found"));
}

#[tokio::test]
async fn a_picture_is_varied() {
    let pair = Pair::start().await;
    let parts: [FormPart<'_>; 4] = [
        ("image", Some("a.png"), PNG),
        ("model", None, COUNTING.as_bytes()),
        ("n", None, b"2"),
        ("size", None, b"512x512"),
    ];
    let answered = post_form(&pair, VARIATIONS, &parts).await;
    assert_eq!(pictures(&pair, &answered).await, made(&pair).await);
    assert_eq!(asked(&pair), [("IMAGE_VARIATOR".into(), COUNTING.into())]);
    let call = pair.script().features().remove(0).body.unwrap();
    assert_eq!((&call["promptObject"]["n"], &call["promptObject"]["size"]), (&json!(2), &json!("512x512")));
}

#[tokio::test]
async fn a_variation_without_a_model_is_made_by_one_that_varies() {
    for (default, expected) in [("gpt-image-1-mini", "dall-e-2"), ("recraft", "recraft")] {
        let pair = Pair::start_with(|settings| settings.image_model = default.into(), Some(CANARY)).await;
        let answered = post_form(&pair, VARIATIONS, &[("image", Some("a.png"), PNG)]).await;
        assert_eq!(pictures(&pair, &answered).await.len(), 1);
        assert_eq!(asked(&pair), [("IMAGE_VARIATOR".into(), expected.into())]);
    }
}

#[tokio::test]
async fn what_can_not_succeed_is_refused_by_name_with_nothing_sent() {
    let pair = Pair::start().await;
    let image = json!({"image_url": format!("data:image/png;base64,{}", BASE64_STANDARD.encode(PNG))});
    for (path, body, param) in [
        (GENERATIONS, json!({}), "prompt"),
        (GENERATIONS, json!({"prompt": "a", "n": 0}), "n"),
        (GENERATIONS, json!({"prompt": "a", "size": "large"}), "size"),
        (GENERATIONS, json!({"prompt": "a", "model": "gpt-4o-mini"}), "model"),
        (GENERATIONS, json!({"prompt": "a", "model": "no-such-model"}), "model"),
        (GENERATIONS, json!({"prompt": "a", "model": "tts-1"}), "model"),
        (EDITS, json!({"prompt": "a"}), "image"),
        (EDITS, json!({"prompt": "a", "images": [image], "model": COUNTING}), "model"),
        (VARIATIONS, json!({"image": image, "model": "gpt-image-1"}), "model"),
    ] {
        let answered = post(&pair, path, &body).await;
        assert_refused(&pair, &answered, param);
    }
    let answered = post_form(&pair, EDITS, &[("prompt", None, b"a"), ("image", Some("a.txt"), b"no picture")]).await;
    assert_refused(&pair, &answered, "image");
    let records = pair.records(10).await;
    assert!(records.iter().all(|record| record.upstream_calls == 0), "{records:?}");
}

#[tokio::test]
async fn a_flag_chooses_only_among_the_models_that_may_be_asked() {
    let body = json!({"model": "magic-art", "prompt": "a fox --v 7"});
    let pair = Pair::start().await;
    assert_eq!(pictures(&pair, &post(&pair, GENERATIONS, &body).await).await.len(), 4);
    assert_eq!(asked(&pair), [("IMAGE_GENERATOR".into(), "magic-art_7_0".into())]);
    let record = pair.records(1).await.remove(0);
    let answered_by = record.answered_by.as_deref();
    assert_eq!((record.model.as_deref(), answered_by), (Some("magic-art"), Some("magic-art_7_0")));
    let only = |settings: &mut relay::settings::Settings| {
        settings.models.only_chosen = true;
        settings.models.chosen = vec!["magic-art".into()];
    };
    let pair = Pair::start_with(only, Some(CANARY)).await;
    assert_refused(&pair, &post(&pair, GENERATIONS, &body).await, "prompt");
}

#[tokio::test]
async fn a_second_try_gets_what_the_first_one_makes() {
    let pair = Pair::start().await;
    pair.script().push_feature(Turn::Act(Act { before_headers: vec![Step::Gate], ..Act::default() }));
    let body = json!({"prompt": "a fox", "response_format": "url"});
    let ask = |tries: &'static str| {
        let request =
            pair.http.post(pair.url(GENERATIONS)).header("x-stainless-retry-count", tries).body(body.to_string());
        async { Answered::read(request.send().await.unwrap()).await }
    };
    let first = ask("0");
    let second = async {
        pair.script().wait_for_features(|counts| counts.open == 1).await;
        let second = ask("1");
        let open = async { pair.script().open_gate() };
        tokio::join!(second, open).0
    };
    let (first, second) = within(Box::pin(async { tokio::join!(first, second) })).await;
    assert_eq!((first.status, first.json()["data"].clone()), (second.status, second.json()["data"].clone()));
    assert_eq!(pair.script().features().len(), 1);
    // Once more, when it is over; and another picture for whoever asks anew.
    assert_eq!(ask("2").await.json()["data"], first.json()["data"]);
    assert_ne!(ask("0").await.json()["data"], first.json()["data"]);
    assert_eq!(pair.script().features().len(), 2);
}
