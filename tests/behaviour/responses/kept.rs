//! Responses are kept for a while, for those who made them.

use std::path::{Path, PathBuf};

use futures_util::{StreamExt, stream as streams};
use mock_onemin::Mock;
use relay::settings::KeepResponses;
use relay_tests::{CANARY, NOW};

use super::*;

async fn echoing() -> Pair {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::text("It is 42.")));
    pair
}

/// A pair that keeps on disk, at this time.
async fn on_disk(folder: &Path, now: u64, mock: Mock) -> Pair {
    let change = |settings: &mut relay::settings::Settings| settings.keep_responses = KeepResponses::Disk;
    let pair = Pair::start_in(Some(folder), now, mock, change, Some(CANARY)).await;
    pair.script().always(Turn::Answer(Answer::text("It is 42.")));
    pair
}

/// The same after its relay was stopped and another started.
async fn restarted(pair: Pair, folder: &Path, now: u64) -> Pair {
    let Pair { mock, relay, .. } = pair;
    relay.stop().await;
    on_disk(folder, now, mock).await
}

fn path_of(response: &Value) -> String {
    format!("{ROUTE}/{}", id(response))
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Goes on from `former` and looks at what 1min.ai is then sent.
async fn go_on(pair: &Pair, former: &Value) -> Value {
    let fields = json!({"previous_response_id": former["id"], "instructions": "Second."});
    let next = respond(pair, &asking(&json!("And twice that?"), &fields)).await;
    let prompt = last_prompt(pair);
    let expected =
        "[System]\nSecond.\n\n[User]\nWhat is 6 times 7?\n\n[Assistant]\nIt is 42.\n\n[User]\nAnd twice that?";
    assert!(prompt.starts_with(expected), "{prompt}");
    assert_eq!(next["previous_response_id"], former["id"]);
    next
}

#[tokio::test]
async fn a_request_goes_on_from_a_former_response_but_not_from_its_instructions() {
    let pair = echoing().await;
    let body = asking(&json!("What is 6 times 7?"), &json!({"instructions": "First."}));
    let whole = respond(&pair, &body).await;
    let streamed = stream(&pair, &body).await.response;
    for former in [whole, streamed] {
        let next = go_on(&pair, &former).await;
        let third = asking(&json!("Thanks."), &json!({"previous_response_id": next["id"]}));
        respond(&pair, &third).await;
        assert_eq!(last_prompt(&pair).matches("It is 42.").count(), 2, "the whole conversation");
    }
}

#[tokio::test]
async fn a_kept_response_is_given_listed_and_deleted() {
    let pair = echoing().await;
    let first = respond(&pair, &asking(&json!("What is 6 times 7?"), &json!({}))).await;
    let next = go_on(&pair, &first).await;
    assert_eq!(get(&pair, &path_of(&next)).await.json(), next);

    let list = get(&pair, &format!("{}/input_items?order=asc", path_of(&next))).await.json();
    let items = list["data"].as_array().unwrap();
    let texts: Vec<&Value> = items.iter().map(|item| &item["content"][0]["text"]).collect();
    assert_eq!(texts, ["What is 6 times 7?", "It is 42.", "And twice that?"]);
    assert!(items.iter().all(|item| item["id"].is_string() && item["type"] == "message"));
    assert_eq!(
        (&list["object"], &list["has_more"], &list["first_id"]),
        (&json!("list"), &json!(false), &items[0]["id"])
    );

    let cancelled = Answered::read(pair.post_to(&format!("{}/cancel", path_of(&next)), &json!({})).await).await;
    assert_eq!(cancelled.status, 400);
    let delete = async || Answered::read(pair.http.delete(pair.url(&path_of(&next))).send().await.unwrap()).await;
    assert_eq!(delete().await.json(), json!({"id": next["id"], "object": "response", "deleted": true}));
    let gone = delete().await;
    assert_eq!((gone.status.as_u16(), gone.error("code").as_str()), (404, "response_not_found"));
    assert_eq!(get(&pair, &path_of(&next)).await.status, 404);
    assert_eq!(get(&pair, &path_of(&first)).await.status, 200, "the other one stays");
    let compact = Answered::read(pair.post_to("/v1/responses/compact", &json!({})).await).await;
    assert_eq!((compact.status.as_u16(), compact.error("code").as_str()), (404, "unknown_url"));
}

#[tokio::test]
async fn a_reference_to_an_item_means_that_item() {
    let pair = echoing().await;
    let first = respond(&pair, &asking(&json!("What is 6 times 7?"), &json!({}))).await;
    let reference = |id: &Value| json!({"type": "item_reference", "id": id});
    let input = json!([{"role": "user", "content": "One."}, reference(&first["output"][0]["id"]),
        {"id": first["output"][0]["id"]}, reference(&json!("msg_0123456789abcdefghijklmno0")), reference(&Value::Null),
        {"role": "user", "content": "Two."}]);
    respond(&pair, &asking(&input, &json!({}))).await;
    assert!(last_prompt(&pair).starts_with("[User]\nOne.\n\n[Assistant]\nIt is 42.\n\n[User]\nTwo.\n"));
}

/// Neither on disk nor in an answer: what opens the server of a hosted tool is nobody's here.
#[tokio::test]
async fn credentials_of_tools_are_not_told_again() {
    let folder = tempfile::tempdir().unwrap();
    let pair = on_disk(folder.path(), NOW, Mock::start(0).await.unwrap()).await;
    let tools = json!([{"type": "mcp", "server_label": "s", "authorization": "Bearer tool-secret", "headers": {"x": "tool-secret"}}]);
    let made = respond(&pair, &asking(&json!("x"), &json!({ "tools": tools }))).await;
    assert_eq!(made["tools"], json!([{"type": "mcp", "server_label": "s"}]));
    let kept = files(folder.path());
    assert!(!kept.is_empty());
    for path in kept {
        let bytes = std::fs::read(&path).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("tool-secret"), "{}", path.display());
    }
}

#[tokio::test]
async fn a_kept_response_that_can_not_be_read_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let pair = on_disk(folder.path(), NOW, Mock::start(0).await.unwrap()).await;
    let made = respond(&pair, &asking(&json!("x"), &json!({}))).await;
    let path = files(folder.path()).into_iter().find(|path| path.to_string_lossy().contains("resp_")).unwrap();
    std::fs::write(path, "{").unwrap();
    assert_eq!(get(&pair, &path_of(&made)).await.status, 404);
    let next = asking(&json!("x"), &json!({"previous_response_id": made["id"]}));
    assert_eq!(ask(&pair, &next).await.error("code"), "previous_response_not_found");
}

#[tokio::test]
async fn another_relay_on_the_same_folder_throws_nothing_away() {
    let folder = tempfile::tempdir().unwrap();
    let pair = on_disk(folder.path(), NOW, Mock::start(0).await.unwrap()).await;
    let made = respond(&pair, &asking(&json!("x"), &json!({}))).await;
    let other = Pair::start_in(Some(folder.path()), NOW, Mock::start(0).await.unwrap(), |_| {}, Some(CANARY)).await;
    other.script().always(Turn::Answer(Answer::text("x")));
    // Its first look around the folder is over once it has stopped.
    respond(&other, &asking(&json!("x"), &json!({}))).await;
    other.relay.stop().await;
    assert_eq!(get(&pair, &path_of(&made)).await.status, 200);
}

#[tokio::test]
async fn what_must_not_be_kept_is_not() {
    let pair = echoing().await;
    let not_kept = async |fields: Value| {
        let response = respond(&pair, &asking(&json!("x"), &fields)).await;
        let streamed = stream(&pair, &asking(&json!("x"), &fields)).await.response;
        let calls = pair.script().counts().total();
        for response in [response, streamed] {
            assert_eq!(response["store"], false, "{response}");
            assert_eq!(get(&pair, &path_of(&response)).await.status, 404);
            let next = asking(&json!("x"), &json!({"previous_response_id": response["id"]}));
            let refused = ask(&pair, &next).await;
            assert_eq!(
                (refused.status.as_u16(), refused.error("code").as_str(), refused.error("param").as_str()),
                (400, "previous_response_not_found", "previous_response_id")
            );
        }
        assert_eq!(pair.script().counts().total(), calls, "a refusal costs nothing");
    };
    not_kept(json!({"store": false})).await;
    let kept = respond(&pair, &asking(&json!("x"), &json!({}))).await;
    assert_eq!(kept["store"], true);
    let settings = relay::settings::Settings { keep_responses: KeepResponses::Off, ..pair.relay.settings() };
    pair.relay.apply(settings).await.unwrap();
    not_kept(json!({"store": true})).await;
    assert_eq!(get(&pair, &path_of(&kept)).await.status, 404, "nor is what was kept before");
}

#[tokio::test]
async fn another_owners_response_is_not_there() {
    let pair = Pair::start_with(|_| {}, None).await;
    pair.script().always(Turn::Answer(Answer::text("It is 42.")));
    let (one, other) = ("a-key-of-somebody", "a-key-of-another");
    let post = async |key: &str, body: Value| {
        let request = pair.http.post(pair.url(ROUTE)).bearer_auth(key).body(body.to_string());
        Answered::read(request.send().await.unwrap()).await
    };
    let get = async |key: &str, path: &str| {
        Answered::read(pair.http.get(pair.url(path)).bearer_auth(key).send().await.unwrap()).await.status.as_u16()
    };
    let made = post(one, asking(&json!("x"), &json!({}))).await.json();
    assert_eq!((get(one, &path_of(&made)).await, get(other, &path_of(&made)).await), (200, 404));
    let theft = asking(&json!("x"), &json!({"previous_response_id": made["id"]}));
    assert_eq!(post(other, theft).await.error("code"), "previous_response_not_found");
    let reference =
        json!([{"role": "user", "content": "x"}, {"type": "item_reference", "id": made["output"][0]["id"]}]);
    post(other, asking(&reference, &json!({}))).await;
    assert_eq!(last_prompt(&pair), "x");
    let delete = pair.http.delete(pair.url(&path_of(&made))).bearer_auth(other).send().await.unwrap();
    assert_eq!((delete.status().as_u16(), get(one, &path_of(&made)).await), (404, 200));
}

#[tokio::test]
async fn what_is_kept_on_disk_outlives_the_relay_but_not_its_day() {
    let folder = tempfile::tempdir().unwrap();
    let pair = on_disk(folder.path(), NOW, Mock::start(0).await.unwrap()).await;
    let first = respond(&pair, &asking(&json!("What is 6 times 7?"), &json!({}))).await;
    let streamed = stream(&pair, &asking(&json!("What is 6 times 7?"), &json!({}))).await.response;

    let pair = restarted(pair, folder.path(), NOW + 24 * 3_600 - 1).await;
    assert_eq!(get(&pair, &path_of(&streamed)).await.json(), streamed);
    let next = go_on(&pair, &first).await;

    let pair = restarted(pair, folder.path(), NOW + 24 * 3_600).await;
    assert_eq!(get(&pair, &path_of(&first)).await.status, 404);
    assert_eq!(get(&pair, &path_of(&next)).await.status, 200);
    let kept = folder.path().join("responses");
    let tidied = async {
        while files(&kept).len() > 1 {
            tokio::task::yield_now().await;
        }
    };
    within(tidied).await;

    let pair = restarted(pair, folder.path(), NOW + 24 * 3_600).await;
    assert_eq!(get(&pair, &path_of(&next)).await.status, 200);
    let Pair { mock, relay, .. } = pair;
    relay.stop().await;
    let off = |settings: &mut relay::settings::Settings| settings.keep_responses = KeepResponses::Off;
    let _pair = Pair::start_in(Some(folder.path()), NOW, mock, off, Some(CANARY)).await;
    let cleared = async {
        while !files(&kept).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    within(cleared).await;
}

#[tokio::test]
async fn in_memory_nothing_is_written_and_the_newest_thousand_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let mock = Mock::start(0).await.unwrap();
    let pair = Pair::start_in(Some(folder.path()), NOW, mock, |_| {}, Some(CANARY)).await;
    pair.script().always(Turn::Answer(Answer::text("It is 42.")));
    let body = asking(&json!("x"), &json!({}));
    let oldest = respond(&pair, &body).await;
    let second = respond(&pair, &body).await;
    let others = streams::iter(0..999).map(|_| respond(&pair, &body)).buffer_unordered(16);
    assert_eq!(others.count().await, 999);
    assert_eq!(get(&pair, &path_of(&oldest)).await.status, 404);
    assert_eq!(get(&pair, &path_of(&second)).await.status, 200);
    assert!(!folder.path().join("responses").exists());
}

#[tokio::test]
async fn the_key_is_in_no_answer_and_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let pair = on_disk(folder.path(), NOW, Mock::start(0).await.unwrap()).await;
    let message = format!("the key {CANARY} is bad");
    for reply in [
        Reply::json(401, json!({"message": message}).to_string()),
        Reply::json(500, message.clone()),
        Reply::stream([wire::content_frame("x"), wire::error_frame(&message)]),
    ] {
        pair.script().push(Turn::Reply(reply));
    }
    let body = asking(&json!("x"), &json!({"stream": true}));
    let mut seen = Vec::new();
    for _ in 0..4 {
        let answered = ask(&pair, &body).await;
        seen.extend(format!("{:?}{}", answered.headers, answered.body).into_bytes());
    }
    let kept = files(folder.path());
    assert!(kept.iter().any(|path| path.to_string_lossy().contains("/responses/local/")), "{kept:?}");
    for path in kept {
        seen.extend(path.to_string_lossy().as_bytes());
        seen.extend(std::fs::read(path).unwrap());
    }
    assert!(!seen.windows(6).any(|window| window == b"canary"));
}
