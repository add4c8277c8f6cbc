//! `/v1/files`: files are uploaded, listed, read and deleted, each its owner's alone; messages name them by their ids, and
//! 1min.ai gets each once, when it is first needed.

mod form;

use mock_onemin::{Answer, Mock, Reply, Turn};
use relay::journal::Outcome;
use relay_tests::{Answered, CANARY, NOW, Pair};
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

const ROUTE: &str = "/v1/files";

const MODEL: &str = "gpt-4o-mini";

/// A model whose input has no images.
const BLIND: &str = "deepseek-chat";

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR a picture";

async fn pair() -> Pair {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::text("I see.")));
    pair
}

fn form(name: &str, content: &[u8]) -> Form {
    let part = Part::bytes(content.to_vec()).file_name(name.to_owned());
    Form::new().text("purpose", "user_data").part("file", part)
}

async fn post(pair: &Pair, form: Form) -> Answered {
    let request = pair.http.post(pair.url(ROUTE)).multipart(form);
    Answered::read(request.send().await.unwrap()).await
}

/// Uploads a file, and gives its object.
async fn upload(pair: &Pair, name: &str, content: &[u8]) -> Value {
    let answered = post(pair, form(name, content)).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    answered.json()
}

fn id(file: &Value) -> String {
    file["id"].as_str().unwrap().to_owned()
}

/// Asks for something below the route, as whoever has this key.
async fn ask(pair: &Pair, method: Method, below: &str, key: &str) -> Answered {
    let request = pair.http.request(method, pair.url(&format!("{ROUTE}{below}"))).bearer_auth(key);
    Answered::read(request.send().await.unwrap()).await
}

async fn get(pair: &Pair, below: &str) -> Answered {
    ask(pair, Method::GET, below, CANARY).await
}

/// How files are named on each route that takes them, and the field that names it.
fn named(id: &str, is_image: bool) -> [(&'static str, Value, &'static str); 3] {
    let (chat, chat_param) = if is_image {
        (json!({"type": "input_image", "file_id": id}), "messages[0].content[0].file_id")
    } else {
        (json!({"type": "file", "file": {"file_id": id}}), "messages[0].content[0].file.file_id")
    };
    let kind = if is_image { "input_image" } else { "input_file" };
    let anthropic = json!({
        "type": if is_image { "image" } else { "document" }, "source": {"type": "file", "file_id": id},
    });
    let turns = |part: Value| json!([{"role": "user", "content": [part]}]);
    [
        ("/v1/chat/completions", json!({"model": MODEL, "messages": turns(chat)}), chat_param),
        (
            "/v1/responses",
            json!({"model": MODEL, "input": turns(json!({"type": kind, "file_id": id}))}),
            "input[0].content[0].file_id",
        ),
        (
            "/v1/messages",
            json!({"model": MODEL, "max_tokens": 9, "messages": turns(anthropic)}),
            "messages[0].content[0].source.file_id",
        ),
    ]
}

#[tokio::test]
async fn a_file_is_there_from_its_upload_to_its_end() {
    let pair = pair().await;
    let name = "мой \"кот\".txt";
    let file = upload(&pair, name, b"a cat").await;
    let id = id(&file);
    assert!(id.starts_with("file-") && id.len() == 29, "{id}");
    let expected = json!({
        "id": id, "object": "file", "bytes": 5, "created_at": NOW, "filename": name, "purpose": "user_data",
        "status": "processed",
    });
    assert_eq!(file, expected);
    assert_eq!(get(&pair, &format!("/{id}")).await.json(), expected);
    let list = json!({"object": "list", "data": [expected], "first_id": id, "last_id": id, "has_more": false});
    assert_eq!(get(&pair, "").await.json(), list);

    let content = get(&pair, &format!("/{id}/content")).await;
    assert_eq!((content.status.as_u16(), content.body.as_str()), (200, "a cat"));
    let disposition =
        "attachment; filename=\"___ _____.txt\"; filename*=UTF-8''%D0%BC%D0%BE%D0%B9%20%22%D0%BA%D0%BE%D1%82%22.txt";
    let head = ask(&pair, Method::HEAD, &format!("/{id}/content"), CANARY).await;
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    for answered in [&content, &head] {
        assert_eq!(answered.header("content-length"), "5");
        assert_eq!(answered.header("content-type"), "application/octet-stream");
        assert_eq!(answered.header("content-disposition"), disposition);
        assert_eq!(answered.header("x-content-type-options"), "nosniff");
    }

    let deleted = ask(&pair, Method::DELETE, &format!("/{id}"), CANARY).await;
    assert_eq!(deleted.json(), json!({"id": id, "object": "file", "deleted": true}));
    for (method, below) in [
        (Method::GET, format!("/{id}")),
        (Method::GET, format!("/{id}/content")),
        (Method::DELETE, format!("/{id}")),
        (Method::GET, "/..%2Fsalt".to_owned()),
    ] {
        let gone = ask(&pair, method, &below, CANARY).await;
        assert_eq!((gone.status.as_u16(), gone.error("code").as_str()), (404, "file_not_found"), "{below}");
        assert!(gone.error("message").starts_with("No such File object: ") && gone.error("param") == "id");
    }
    let empty = json!({"object": "list", "data": [], "first_id": "", "last_id": "", "has_more": false});
    assert_eq!(get(&pair, "").await.json(), empty);
    assert!(pair.script().uploads().is_empty(), "nobody named it");
}

#[tokio::test]
async fn anthropics_clients_get_anthropics_objects_and_errors() {
    let pair = pair().await;
    let ask = async |method: Method, below: &str, form: Option<Form>, header: (&str, &str)| {
        let request = pair.http.request(method, pair.url(&format!("{ROUTE}{below}"))).header(header.0, header.1);
        let request = request.header("x-api-key", CANARY);
        let request = if let Some(form) = form { request.multipart(form) } else { request };
        Answered::read(request.send().await.unwrap()).await
    };
    let version = ("anthropic-version", "2023-06-01");
    let part = || Form::new().part("file", Part::bytes(b"a cat".to_vec()).file_name("cat.txt"));
    for header in [version, ("anthropic-beta", "other, files-api-2025-04-14")] {
        let file =
            ask(Method::POST, "?beta=true", Some(part().text("expires_in_seconds", "3600")), header).await.json();
        let id = id(&file);
        let shown = json!({
            "id": id, "type": "file", "filename": "cat.txt", "mime_type": "application/octet-stream", "size_bytes": 5,
            "created_at": "2027-01-15T08:00:00Z", "downloadable": true,
            "expires_at": "2027-01-15T09:00:00Z",
        });
        assert_eq!(file, shown);
        assert_eq!(ask(Method::GET, &format!("/{id}"), None, header).await.json(), shown);
        let list = json!({"data": [shown], "has_more": false, "first_id": id, "last_id": id, "next_page": null});
        assert_eq!(ask(Method::GET, "", None, header).await.json(), list);
        assert_eq!(ask(Method::GET, &format!("/{id}/content"), None, header).await.body, "a cat");
        // Who asks as OpenAI's clients do gets what those know.
        assert_eq!(get(&pair, &format!("/{id}")).await.json()["object"], "file");
        let deleted = ask(Method::DELETE, &format!("/{id}"), None, header).await.json();
        assert_eq!(deleted, json!({"id": id, "type": "file_deleted"}));
        let gone = ask(Method::GET, &format!("/{id}"), None, header).await;
        let error = gone.json();
        assert_eq!((gone.status.as_u16(), &error["error"]["type"]), (404, &json!("not_found_error")));
        assert_eq!((&error["type"], error["request_id"].as_str()), (&json!("error"), Some(gone.header("request-id"))));
    }
    for seconds in ["3599", "7776001"] {
        let refused = ask(Method::POST, "", Some(part().text("expires_in_seconds", seconds)), version).await;
        let error = &refused.json()["error"];
        assert_eq!((refused.status.as_u16(), &error["type"]), (400, &json!("invalid_request_error")));
        assert!(error["message"].as_str().unwrap().contains("'expires_in_seconds'"), "{error}");
    }
    assert_eq!(post(&pair, part()).await.error("param"), "purpose");
}

#[tokio::test]
async fn every_request_has_its_record_and_a_download_to_the_end_is_done() {
    let pair = pair().await;
    let content = "x".repeat(300 << 10);
    let file = upload(&pair, "large.txt", content.as_bytes()).await;
    assert_eq!(get(&pair, &format!("/{}/content", id(&file))).await.body, content);
    let records = pair.records(2).await;
    let told: Vec<_> = records.iter().map(|record| (record.route.as_str(), record.outcome, record.status)).collect();
    let done = |route| (route, Outcome::Done, Some(200));
    assert_eq!(told, [done("POST /v1/files"), done("GET /v1/files/{id}/content")]);
}

#[tokio::test]
async fn lists_are_given_in_pages_that_end() {
    let pair = pair().await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(id(&upload(&pair, name, name.as_bytes()).await));
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = get(&pair, &format!("?limit=2&purpose=user_data&after={after}")).await.json();
        seen.extend(page["data"].as_array().unwrap().iter().map(id));
        after = page["last_id"].as_str().unwrap().to_owned();
        if page["has_more"] == false {
            break;
        }
    }
    seen.sort();
    ids.sort();
    assert_eq!(seen, ids);
    assert_eq!(get(&pair, "?after=file-unknown").await.json()["data"], json!([]));
    assert_eq!(get(&pair, "?purpose=vision").await.json()["data"], json!([]));
    assert_eq!(get(&pair, "?limit=0").await.error("param"), "limit");
}

#[tokio::test]
async fn a_file_is_its_owners_alone() {
    let pair = Pair::start_with(|_| {}, None).await;
    let (one, other) = ("the-key-of-somebody-0123456789", "the-key-of-another-0123456789");
    let request = pair.http.post(pair.url(ROUTE)).bearer_auth(one).multipart(form("a.txt", b"mine"));
    let file: Value = Answered::read(request.send().await.unwrap()).await.json();
    let id = id(&file);
    for (method, below) in
        [(Method::GET, ""), (Method::GET, "/content"), (Method::DELETE, "")].map(|(m, end)| (m, format!("/{id}{end}")))
    {
        let refused = ask(&pair, method, &below, other).await;
        assert_eq!((refused.status.as_u16(), refused.error("code").as_str()), (404, "file_not_found"), "{below}");
    }
    assert_eq!(ask(&pair, Method::GET, "", other).await.json()["data"], json!([]));
    for (route, body, _) in named(&id, false) {
        let request = pair.http.post(pair.url(route)).bearer_auth(other).body(body.to_string());
        assert_eq!(request.send().await.unwrap().status(), 404, "{route}");
    }
    assert!(pair.script().uploads().is_empty() && pair.script().received().is_empty());
    assert_eq!(ask(&pair, Method::GET, &format!("/{id}/content"), one).await.body, "mine");
}

#[tokio::test]
async fn invented_keys_do_not_fill_the_disk() {
    let pair = Pair::start_with(|settings| settings.limits.requests_per_minute = 3, None).await;
    let upload = async |key: &str| {
        let request = pair.http.post(pair.url(ROUTE)).bearer_auth(key).multipart(form("a.txt", &[b'x'; 100_000]));
        Answered::read(request.send().await.unwrap()).await
    };
    pair.script().refuse_keys(true);
    for key in ["invented-1", "invented-2"] {
        let refused = upload(key).await;
        assert_eq!((refused.status.as_u16(), refused.error("code").as_str()), (401, "invalid_api_key"));
    }
    pair.script().refuse_keys(false);
    pair.script().push_result(Reply::json(502, "down"));
    let unclear = upload("the-key-of-somebody-0123456789").await;
    assert_eq!((unclear.status.as_u16(), unclear.error("code").as_str()), (403, "key_not_checked"), "{}", unclear.body);
    let often = upload("invented-3").await;
    assert_eq!((often.status.as_u16(), often.error("code").as_str()), (429, "rate_limit_exceeded"));
    assert_eq!(pair.script().counts().total(), 0);
    assert!(pair.records(4).await.iter().all(|record| record.upstream_calls == 0 && record.usage.is_none()));
}

#[tokio::test]
async fn a_key_that_1min_accepts_may_keep_files_and_is_asked_about_once() {
    let pair = Pair::start_with(|settings| settings.limits.requests_per_minute = 3, None).await;
    for number in 0..6 {
        let request = pair.http.post(pair.url(ROUTE)).bearer_auth("the-key-of-somebody-0123456789");
        let answered = Answered::read(request.multipart(form("a.txt", b"mine")).send().await.unwrap()).await;
        assert_eq!(answered.status, 200, "{number}: {}", answered.body);
        // Whoever asks again is not heard.
        pair.script().refuse_keys(true);
    }
}

#[tokio::test]
async fn files_outlive_the_relay_and_go_when_they_are_to() {
    let folder = tempfile::tempdir().unwrap();
    let start =
        async |now| Pair::start_in(Some(folder.path()), now, Mock::start(0).await.unwrap(), |_| {}, Some(CANARY)).await;
    let pair = start(NOW).await;
    let stays = id(&upload(&pair, "stays.txt", b"stays").await);
    let expiring =
        form("goes.txt", b"goes").text("expires_after[anchor]", "created_at").text("expires_after[seconds]", "3600");
    let goes = post(&pair, expiring).await.json();
    assert_eq!(goes["expires_at"], NOW + 3_600);
    pair.relay.stop().await;

    let pair = start(NOW + 3_599).await;
    assert_eq!(get(&pair, "").await.json()["data"].as_array().unwrap().len(), 2);
    pair.relay.stop().await;
    let pair = start(NOW + 3_600).await;
    assert_eq!(get(&pair, &format!("/{stays}/content")).await.body, "stays");
    assert_eq!(get(&pair, &format!("/{}", id(&goes))).await.status, 404);
    assert_eq!(get(&pair, "").await.json()["last_id"], json!(stays));
}

#[tokio::test]
async fn a_message_names_a_file_and_1min_gets_it_once() {
    let pair = pair().await;
    let document = id(&upload(&pair, "my notes.md", b"# Notes").await);
    let picture = id(&upload(&pair, "cat", PNG).await);
    for (route, body, _) in named(&document, false).into_iter().chain(named(&picture, true)) {
        let answered = Answered::read(pair.post_to(route, &body).await).await;
        assert_eq!(answered.status, 200, "{route}: {}", answered.body);
    }
    let [notes, cat] = pair.script().uploads().try_into().unwrap();
    assert_eq!(
        (notes.file_name.as_str(), notes.content_type.as_str(), notes.size_bytes),
        ("my_notes.md", "text/markdown", 7)
    );
    assert_eq!(
        (cat.file_name.as_str(), cat.content_type.as_str(), cat.size_bytes),
        ("cat.png", "image/png", PNG.len())
    );
    let calls = pair.script().received();
    let attached: Vec<_> = calls.iter().map(|call| (call.attached("files"), call.attached("images"))).collect();
    let (by_id, by_path) = ((vec![notes.uuid.as_str()], vec![]), (vec![], vec![cat.path.as_str()]));
    assert_eq!(attached, [vec![by_id; 3], vec![by_path; 3]].concat());

    // The same bytes in the message itself are the same upload, and a picture may come as a file.
    let as_file = json!({"model": MODEL, "messages": [{"role": "user", "content": [
        {"type": "file", "file": {"file_id": picture}},
        {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{}", base64(PNG))}},
    ]}]});
    assert_eq!(pair.chat(&as_file).await.status, 200);
    assert_eq!(pair.script().uploads().len(), 2);
    assert_eq!(pair.script().received()[6].attached("images"), [cat.path.as_str(); 2]);
}

fn base64(bytes: &[u8]) -> String {
    use ::base64::{Engine, prelude::BASE64_STANDARD};
    BASE64_STANDARD.encode(bytes)
}

#[tokio::test]
async fn what_a_message_can_not_name_is_refused_before_anything_is_sent() {
    let pair = pair().await;
    for (route, body, param) in named("file-unknown", false).into_iter().chain(named("file-unknown", true)) {
        let answered = Answered::read(pair.post_to(route, &body).await).await;
        assert_eq!(answered.status, 404, "{route}: {}", answered.body);
        assert!(answered.error("message").starts_with("No such File object: file-unknown"), "{}", answered.body);
        if route != "/v1/messages" {
            assert_eq!((answered.error("code").as_str(), answered.error("param").as_str()), ("file_not_found", param));
        }
    }
    let refused = async |file: &Value, is_image: bool, model: &str, words: &str| {
        let [(_, mut body, param), ..] = named(&id(file), is_image);
        body["model"] = json!(model);
        let answered = pair.chat(&body).await;
        assert_eq!((answered.status.as_u16(), answered.error("param").as_str()), (400, param), "{}", answered.body);
        assert!(answered.error("message").contains(words), "{}", answered.body);
    };
    let picture = upload(&pair, "notes.txt", PNG).await;
    refused(&picture, true, BLIND, "can't see").await;
    refused(&picture, false, BLIND, "can't see").await;
    refused(&upload(&pair, "cat.png", b"no picture").await, true, MODEL, "text/plain").await;
    refused(&upload(&pair, "a.zip", b"PK\x03\x04\x14\0\0\0\0\0").await, false, MODEL, "application/zip").await;
    assert!(pair.script().uploads().is_empty() && pair.script().received().is_empty());
}
