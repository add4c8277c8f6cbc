//! Several relays that serve as one: what they share, and what is refused where they can't.

#[cfg(unix)]
mod team;

use std::path::Path;

use mock_onemin::{Answer, Mock, Turn};
use relay::settings::{KeepResponses, Settings, StoreUrl};
use relay_tests::{Answered, CANARY, NOW, Pair, ask};
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

/// Uploads a file as whoever has this key.
async fn upload(pair: &Pair, key: &str) -> Answered {
    let form =
        Form::new().text("purpose", "user_data").part("file", Part::bytes(b"a,b\n1,2\n".as_slice()).file_name("a.csv"));
    let request = pair.http.post(pair.url("/v1/files")).bearer_auth(key).multipart(form);
    Answered::read(request.send().await.unwrap()).await
}

async fn call(pair: &Pair, method: Method, path: &str, key: &str) -> Answered {
    Answered::read(pair.http.request(method, pair.url(path)).bearer_auth(key).send().await.unwrap()).await
}

/// A relay of those that share this folder, with a data folder of its own and no stored key.
async fn sharing(folder: &Path, name: &str) -> Pair {
    let share = |settings: &mut Settings| settings.store_url = StoreUrl::Folder(folder.join("shared"));
    Pair::start_in(Some(&folder.join(name)), NOW, Mock::start(0).await.unwrap(), share, None).await
}

#[tokio::test]
async fn a_key_has_the_same_things_at_all_relays_that_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (sharing(folder.path(), "one").await, sharing(folder.path(), "other").await);
    let file = upload(&one, "a-key-of-somebody").await.json();
    let path = format!("/v1/files/{}", file["id"].as_str().unwrap());
    for pair in [&one, &other] {
        let found = call(pair, Method::GET, &path, "a-key-of-somebody").await;
        assert_eq!((found.status.as_u16(), found.json()), (200, file.clone()));
        let foreign = call(pair, Method::GET, &path, "another-key-of-somebody").await;
        assert_eq!(
            (foreign.status.as_u16(), foreign.error("code")),
            (404, "file_not_found".into()),
            "{}",
            foreign.body
        );
    }
    // Who comes later, and who starts anew without its folder, agrees with them.
    let late = sharing(folder.path(), "late").await;
    assert_eq!(call(&late, Method::GET, &path, "a-key-of-somebody").await.status, 200);
}

#[tokio::test]
async fn nobody_owns_anything_before_the_relays_have_agreed_who_it_is() {
    let folder = tempfile::tempdir().unwrap();
    // Where the folder should be is a file: nothing can be read or kept there.
    std::fs::write(folder.path().join("shared"), "no folder").unwrap();
    let pair = sharing(folder.path(), "one").await;
    pair.script().always(Turn::Answer(Answer::default()));
    let asked = async || {
        let request = pair.http.post(pair.url("/v1/chat/completions")).bearer_auth("a-key-of-somebody");
        Answered::read(request.body(ask("x").to_string()).send().await.unwrap()).await
    };
    let refused = asked().await;
    assert_eq!(refused.status, 500, "{}", refused.body);
    assert!(refused.error("message").contains("What tells owners apart"), "{}", refused.body);
    assert_eq!(pair.script().counts().total(), 0, "nothing was sent");
    std::fs::remove_file(folder.path().join("shared")).unwrap();
    assert_eq!(asked().await.status, 200, "as soon as the folder is there");
}

/// A relay that shares memcached, which is away, and keeps its things in a folder of its own.
async fn alone(folder: &Path, change: impl FnOnce(&mut Settings)) -> Pair {
    let change = |settings: &mut Settings| {
        settings.memcached_servers = vec!["127.0.0.1:1".into()];
        change(settings);
    };
    Pair::start_in(Some(folder), NOW, Mock::start(0).await.unwrap(), change, Some(CANARY)).await
}

/// Asserts that this is refused because the others would not find it, in words that say what to do.
fn assert_not_shared(answered: &Answered, what: &str, words: &str) {
    assert_eq!((answered.status.as_u16(), answered.error("code")), (400, "not_shared".into()), "{}", answered.body);
    let message = answered.error("message");
    assert!(message.starts_with(what) && message.contains(words), "{message}");
}

#[tokio::test]
async fn what_other_relays_would_not_find_is_refused_and_nothing_is_billed() {
    let folder = tempfile::tempdir().unwrap();
    let pair = alone(folder.path(), |settings| settings.keep_responses = KeepResponses::Disk).await;
    let words = "Set RELAY_STORE_URL to a folder or a bucket that all of them share.";
    assert_not_shared(&upload(&pair, "x").await, "Files", words);
    for (method, path, what) in [
        (Method::GET, "/v1/files", "Files"),
        (Method::GET, "/v1/files/file-1", "Files"),
        (Method::GET, "/v1/files/file-1/content", "Files"),
        (Method::DELETE, "/v1/files/file-1", "Files"),
        (Method::GET, "/results/abc.png", "Addresses of pictures and sounds"),
        (Method::GET, "/v1/responses/resp_1", "Kept responses"),
        (Method::GET, "/v1/responses/resp_1/input_items", "Kept responses"),
        (Method::DELETE, "/v1/responses/resp_1", "Kept responses"),
    ] {
        assert_not_shared(&call(&pair, method, path, "x").await, what, words);
    }
    let file = json!([{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]);
    for (path, body, what) in [
        ("/v1/chat/completions", json!({"model": "gpt-4o-mini", "messages": file}), "Files"),
        ("/v1/responses", json!({"model": "gpt-4o-mini", "input": "x", "store": true}), "Kept responses"),
        (
            "/v1/responses",
            json!({"model": "gpt-4o-mini", "input": "x", "previous_response_id": "resp_1"}),
            "Kept responses",
        ),
        ("/v1/images/generations", json!({"prompt": "a fox", "response_format": "url"}), "Addresses"),
        ("/v1/chat/completions", with_model("dall-e-3"), "Addresses"),
        ("/v1/chat/completions", with_model("tts-1"), "Addresses"),
    ] {
        assert_not_shared(&Answered::read(pair.post_to(path, &body).await).await, what, words);
    }
    assert_eq!((pair.script().counts().total(), pair.script().feature_counts().total()), (0, 0), "nothing was sent");
}

fn with_model(model: &str) -> Value {
    let mut body = ask("a fox");
    body["model"] = json!(model);
    body
}

#[tokio::test]
async fn what_needs_no_other_relay_is_served_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let pair = alone(folder.path(), |_| {}).await;
    pair.script().always(Turn::Answer(Answer::text("hi")));
    // A response that nobody asked to keep is given and not kept.
    for body in
        [json!({"model": "gpt-4o-mini", "input": "x"}), json!({"model": "gpt-4o-mini", "input": "x", "store": false})]
    {
        let answered = Answered::read(pair.post_to("/v1/responses", &body).await).await;
        assert_eq!((answered.status.as_u16(), &answered.json()["store"]), (200, &json!(false)), "{}", answered.body);
    }
    let body = json!({"prompt": "a fox", "response_format": "b64_json"});
    let drawn = Answered::read(pair.post_to("/v1/images/generations", &body).await).await;
    assert!(drawn.status == 200 && drawn.json()["data"][0]["b64_json"].is_string(), "{}", drawn.body);
    assert_eq!(pair.chat(&ask("x")).await.status, 200);
}

#[tokio::test]
async fn responses_in_memory_are_not_shared_by_a_shared_folder() {
    let folder = tempfile::tempdir().unwrap();
    let pair =
        alone(folder.path(), |settings| settings.store_url = StoreUrl::Folder(folder.path().join("shared"))).await;
    pair.script().always(Turn::Answer(Answer::text("hi")));
    assert_eq!(upload(&pair, "x").await.status, 200);
    let body = json!({"model": "gpt-4o-mini", "input": "x", "store": true});
    let refused = Answered::read(pair.post_to("/v1/responses", &body).await).await;
    assert_not_shared(&refused, "Kept responses", "and RELAY_KEEP_RESPONSES to disk.");
    let mut changed = pair.relay.settings();
    changed.keep_responses = KeepResponses::Disk;
    pair.relay.apply(changed).await.unwrap();
    let kept = Answered::read(pair.post_to("/v1/responses", &body).await).await.json();
    let path = format!("/v1/responses/{}", kept["id"].as_str().unwrap());
    assert_eq!(call(&pair, Method::GET, &path, "x").await.json(), kept);
}
