//! Pictures and documents in messages: each reaches 1min.ai once and is named in the call; what can't be attached is refused
//! by name, before anything is uploaded or asked.

use base64::{Engine, prelude::BASE64_STANDARD};
use mock_onemin::{Answer, Mock, Reply, Step, Turn};
use relay::{journal::Outcome, settings::Settings};
use relay_tests::{Answered, CANARY, Pair, within};
use serde_json::{Value, json};

const MODEL: &str = "gpt-4o-mini";

/// A model whose input has no images.
const BLIND: &str = "deepseek-chat";

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR one picture";
const OTHER_PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR another picture";

/// A request about the picture at an address.
type Ask = fn(&str) -> Value;

/// The routes that take pictures, and how a picture's address is asked about on each.
const ROUTES: [(&str, Ask); 3] =
    [("/v1/chat/completions", chat_about), ("/v1/messages", message_about), ("/v1/responses", response_about)];

fn chat_about(url: &str) -> Value {
    ask_about(vec![text("What is this?"), image(url)])
}

fn message_about(url: &str) -> Value {
    let image = json!({"type": "image", "source": {"type": "url", "url": url}});
    json!({"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": [image]}]})
}

fn response_about(url: &str) -> Value {
    let image = json!({"type": "input_image", "image_url": url});
    json!({"model": MODEL, "input": [{"role": "user", "content": [image]}]})
}

fn ask_about(parts: Vec<Value>) -> Value {
    json!({"model": MODEL, "messages": [{"role": "user", "content": parts}]})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn image(url: &str) -> Value {
    json!({"type": "image_url", "image_url": {"url": url}})
}

fn file(name: &str, bytes: &[u8]) -> Value {
    json!({"type": "file", "file": {"filename": name, "file_data": BASE64_STANDARD.encode(bytes)}})
}

fn data_url(bytes: &[u8]) -> String {
    format!("data:image/png;base64,{}", BASE64_STANDARD.encode(bytes))
}

async fn pair_with(change: impl FnOnce(&mut Settings)) -> Pair {
    let pair = Pair::start_with(change, Some(CANARY)).await;
    pair.script().always(Turn::Answer(Answer::text("I see.")));
    pair
}

async fn pair() -> Pair {
    pair_with(|_| {}).await
}

/// The names of uploads and the pictures that the only call names.
fn uploaded(pair: &Pair) -> Vec<String> {
    pair.script().uploads().into_iter().map(|upload| upload.file_name).collect()
}

/// A refusal that names `param`, without an upload or a call.
async fn assert_refused(pair: &Pair, body: &Value, code: &str, param: &str) -> Answered {
    let answered = pair.chat(body).await;
    assert_eq!(answered.status, 400, "{}", answered.body);
    assert_eq!((answered.error("code").as_str(), answered.error("param").as_str()), (code, param));
    assert_eq!(answered.header("x-should-retry"), "false");
    assert_eq!((pair.script().uploads().len(), pair.script().received().len()), (0, 0), "{}", answered.body);
    answered
}

#[tokio::test]
async fn a_picture_is_uploaded_and_named_in_the_call() {
    let pair = pair().await;
    let answered = pair.chat(&chat_about(&data_url(PNG))).await;
    assert_eq!((answered.status.as_u16(), answered.text().as_str()), (200, "I see."), "{}", answered.body);
    let [upload] = pair.script().uploads().try_into().unwrap();
    assert_eq!((upload.file_name.as_str(), upload.content_type.as_str()), ("image.png", "image/png"));
    assert_eq!((upload.size_bytes, upload.api_key.as_str()), (PNG.len(), CANARY));
    let [call] = pair.script().received().try_into().unwrap();
    assert_eq!((call.prompt(), call.attached("images")), (Some("What is this?"), vec![upload.path.as_str()]));
    assert_eq!(call.attached("files"), Vec::<&str>::new());
    // An upload is no call that may be billed.
    assert_eq!(pair.record().await.upstream_calls, 1);
}

#[tokio::test]
async fn pictures_of_all_turns_are_attached_in_order_and_each_once() {
    let pair = pair().await;
    let (one, other) = (image(&data_url(PNG)), image(&data_url(OTHER_PNG)));
    let body = json!({"model": MODEL, "stream": true, "n": 2, "messages": [
        {"role": "system", "content": [text("Look closely."), other.clone()]},
        {"role": "user", "content": [text("One:"), one.clone(), text("and once more:"), one]},
        {"role": "assistant", "content": "Twice the same."},
        {"role": "tool", "tool_call_id": "c", "content": [other]},
        {"role": "user", "content": "Sure?"},
    ]});
    let answered = pair.chat(&body).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    let uploads = pair.script().uploads();
    assert_eq!(uploads.len(), 2);
    let path = |size: usize| uploads.iter().find(|upload| upload.size_bytes == size).unwrap().path.as_str();
    let (one, other) = (path(PNG.len()), path(OTHER_PNG.len()));
    let calls = pair.script().received();
    assert_eq!(calls.len(), 2);
    for call in &calls {
        assert_eq!(call.attached("images"), [other, one, one, other]);
        let prompt = call.prompt().unwrap();
        assert!(prompt.contains("One:\n(image 2 is attached)\nand once more:\n(image 3 is attached)"), "{prompt}");
        assert!(prompt.contains("(image 4 is attached)"), "{prompt}");
    }
}

#[tokio::test]
async fn the_next_turn_of_a_conversation_uploads_nothing_again() {
    let pair = pair().await;
    for _ in 0..2 {
        assert_eq!(pair.chat(&chat_about(&data_url(PNG))).await.status, 200);
    }
    assert_eq!(uploaded(&pair).len(), 1);
    let calls = pair.script().received();
    assert_eq!(calls[0].attached("images"), calls[1].attached("images"));
}

#[tokio::test]
async fn requests_at_the_same_time_share_an_upload_and_one_that_is_left_costs_the_others_nothing() {
    let pair = pair().await;
    pair.script().push_upload(Reply { before_headers: vec![Step::Hang], ..Reply::default() });
    let body = chat_about(&data_url(PNG));
    let (url, http) = (pair.url("/v1/chat/completions"), &pair.http);
    let mut left = Box::pin(http.post(&url).body(body.to_string()).send());
    tokio::select! {
        answered = &mut left => panic!("no answer was due: {answered:?}"),
        _ = within(pair.script().wait_for_uploads(|counts| counts.open == 1)) => {}
    }
    let others = async { tokio::join!(pair.chat(&body), pair.chat(&body)) };
    let leave = async {
        // Whether the others wait for the first already makes no difference to what is promised.
        drop(left);
        within(pair.script().wait_for_uploads(|counts| counts.cancelled == 1)).await
    };
    let ((one, other), _) = tokio::join!(others, leave);
    assert_eq!((one.status.as_u16(), other.status.as_u16()), (200, 200), "{} {}", one.body, other.body);
    assert_eq!(uploaded(&pair).len(), 2, "the one that was left, and one for both");
}

#[tokio::test]
async fn what_one_account_uploaded_is_not_there_for_another() {
    let pair = Pair::start_with(|_| {}, None).await;
    for key in ["key-of-one-account", "key-of-another-account", "key-of-one-account"] {
        let request = pair.http.post(pair.url("/v1/chat/completions")).bearer_auth(key);
        assert_eq!(request.body(chat_about(&data_url(PNG)).to_string()).send().await.unwrap().status(), 200);
    }
    let keys: Vec<String> = pair.script().uploads().into_iter().map(|upload| upload.api_key).collect();
    assert_eq!(keys, ["key-of-one-account", "key-of-another-account"]);
    let calls = pair.script().received();
    let images: Vec<Vec<&str>> = calls.iter().map(|call| call.attached("images")).collect();
    assert!(images[0] == images[2] && images[0] != images[1], "{images:?}");
}

#[tokio::test]
async fn another_1min_has_nothing_of_what_the_first_one_got() {
    let (pair, other) = (pair().await, Mock::start(0).await.unwrap());
    assert_eq!(pair.chat(&chat_about(&data_url(PNG))).await.status, 200);
    let settings = Settings { api_url: other.url().parse().unwrap(), ..pair.relay.settings() };
    pair.relay.apply(settings).await.unwrap();
    assert_eq!(pair.chat(&chat_about(&data_url(PNG))).await.status, 200);
    assert_eq!((pair.script().uploads().len(), other.script().uploads().len()), (1, 1));
}

#[tokio::test]
async fn a_document_is_named_by_its_id() {
    let pair = pair().await;
    let parts = vec![text("Sum up."), file("notes.md", b"# Notes"), file("table.csv", b"a,b"), file("x.png", PNG)];
    assert_eq!(pair.chat(&ask_about(parts)).await.status, 200);
    let uploads = pair.script().uploads();
    let mut names = uploaded(&pair);
    names.sort();
    assert_eq!(names, ["notes.md", "table.csv", "x.png"]);
    let upload = |name: &str| uploads.iter().find(|upload| upload.file_name == name).unwrap();
    let [call] = pair.script().received().try_into().unwrap();
    assert_eq!(call.attached("files"), [&upload("notes.md").uuid, &upload("table.csv").uuid]);
    assert_eq!(call.attached("images"), [&upload("x.png").path]);
    assert_eq!(upload("table.csv").content_type, "text/csv");
}

#[tokio::test]
async fn a_picture_needs_no_words() {
    let pair = pair().await;
    for parts in [vec![image(&data_url(PNG))], vec![text(" "), image(&data_url(PNG))]] {
        assert_eq!(pair.chat(&ask_about(parts)).await.status, 200);
    }
    assert!(pair.script().received().iter().all(|call| call.prompt() == Some("(see attachment)")));
}

#[tokio::test]
async fn what_can_not_be_attached_is_refused_by_name() {
    let pair = pair_with(|settings| settings.file_max_mb = 1).await;
    let (at_image, at_file) = ("messages[0].content[1].image_url", "messages[0].content[1].file.file_data");
    let large = [PNG, &vec![0; 20 << 20]].concat();
    let refused = async |part: Value, code: &str, param: &str, words: &str| {
        // A good picture before it is not uploaded either.
        let parts = vec![image(&data_url(PNG)), part];
        let answered = assert_refused(&pair, &ask_about(parts), code, param).await;
        assert!(answered.error("message").contains(words), "{}", answered.body);
    };
    refused(image(&data_url(b"%PDF-1.7")), "unsupported_value", at_image, "application/pdf").await;
    refused(image(&data_url(b"<svg/>")), "unsupported_value", at_image, "text/plain").await;
    refused(image(&data_url(b"")), "invalid_value", at_image, "empty").await;
    refused(image(&data_url(&large)), "invalid_value", at_image, "larger than 20 MiB").await;
    refused(image("data:image/png;base64,?"), "invalid_value", at_image, "base64").await;
    refused(file("a.exe", b"MZ\x90\0\x03\0"), "unsupported_value", at_file, "does not take").await;
    refused(file("a.txt", &vec![b'x'; (1 << 20) + 1]), "invalid_value", at_file, "RELAY_FILE_MAX_MB").await;
}

#[tokio::test]
async fn a_model_that_can_not_see_is_refused_before_anything_is_uploaded() {
    let pair = pair().await;
    let param = "messages[0].content[1].image_url";
    for part in [image(&data_url(PNG)), image("http://127.0.0.1:1/never-opened.png")] {
        let mut body = ask_about(vec![text("x"), part]);
        body["model"] = json!(BLIND);
        let answered = assert_refused(&pair, &body, "unsupported_value", param).await;
        assert!(answered.error("message").contains(&format!("`{BLIND}` can't see")), "{}", answered.body);
    }
    let mut body = ask_about(vec![text("x"), file("a.png", PNG)]);
    body["model"] = json!(BLIND);
    assert_refused(&pair, &body, "unsupported_value", "messages[0].content[1].file.file_data").await;
    let mut body = ask_about(vec![text("x"), file("a.txt", b"text is fine")]);
    body["model"] = json!(BLIND);
    assert_eq!(pair.chat(&body).await.status, 200);
}

/// A server with one picture, and its address.
async fn gallery(status: u16) -> (Mock, String) {
    let mock = Mock::start(0).await.unwrap();
    let picture = Reply {
        status,
        content_type: "image/png".into(),
        body: vec![Step::SendBytes(PNG.to_vec())],
        ..Reply::default()
    };
    mock.script().models("*", picture);
    let url = format!("{}/models?/cat.png", mock.url());
    (mock, url)
}

#[tokio::test]
async fn a_pictures_address_is_opened_where_it_may_be() {
    let (gallery, url) = gallery(200).await;
    for (route, body) in ROUTES {
        let pair = pair_with(|settings| settings.fetch_private = vec!["127.0.0.0/8".parse().unwrap()]).await;
        for body in [body(&url), body(&url)] {
            let response = pair.http.post(pair.url(route)).body(body.to_string()).send().await.unwrap();
            assert_eq!(response.status(), 200, "{route}");
        }
        assert_eq!(pair.script().uploads().len(), 1, "{route}: the same picture");
        assert_eq!(pair.script().received()[1].attached("images"), [&pair.script().uploads()[0].path], "{route}");
    }
    assert_eq!(gallery.script().models_asked().len(), 2 * ROUTES.len());
}

#[tokio::test]
async fn an_address_of_this_machine_is_not_opened_by_anybodys_word() {
    let (gallery, url) = gallery(200).await;
    let by_name = url.replace("127.0.0.1", "localhost");
    let addresses = [url.as_str(), &by_name, "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd"];
    for (route, body) in ROUTES {
        let pair = pair().await;
        for address in addresses {
            let request = pair.http.post(pair.url(route)).body(body(address).to_string());
            let answered = Answered::read(request.send().await.unwrap()).await;
            assert_eq!(answered.status, 400, "{route} {address}: {}", answered.body);
            if route.ends_with("/completions") {
                assert_eq!(answered.error("code"), "invalid_image_url", "{}", answered.body);
                assert_eq!(answered.error("param"), "messages[0].content[1].image_url");
            }
        }
        assert_eq!((pair.script().uploads().len(), pair.script().received().len()), (0, 0), "{route}");
    }
    assert_eq!(gallery.script().models_asked(), Vec::<String>::new(), "nobody came");
}

#[tokio::test]
async fn a_picture_that_is_not_there_is_an_error_of_the_request() {
    let (_gallery, url) = gallery(404).await;
    let pair = pair_with(|settings| settings.fetch_private = vec!["127.0.0.1/32".parse().unwrap()]).await;
    let answered =
        assert_refused(&pair, &chat_about(&url), "invalid_image_url", "messages[0].content[1].image_url").await;
    assert!(answered.error("message").contains("HTTP 404"), "{}", answered.body);
}

#[tokio::test]
async fn a_failing_upload_is_told_and_nothing_is_asked() {
    let error = |status: u16, message: &str| Reply::json(status, json!({"message": message}).to_string());
    for (reply, status, code, may_retry) in [
        (error(500, "disk full"), 502, "upstream_error", true),
        (error(413, "too big"), 400, "", false),
        (error(400, "type not supported"), 400, "", false),
        (error(401, &format!("bad key {CANARY}")), 401, "invalid_api_key", false),
        (Reply::json(200, "{}"), 502, "upstream_error", true),
        (Reply { before_headers: vec![Step::Cut], ..Reply::default() }, 502, "upstream_error", true),
    ] {
        let pair = pair().await;
        pair.script().push_upload(reply.clone());
        let answered = pair.chat(&chat_about(&data_url(PNG))).await;
        assert_eq!((answered.status.as_u16(), answered.error("code").as_str()), (status, code), "{}", answered.body);
        assert_eq!(answered.header("x-should-retry") != "false", may_retry, "{}", answered.body);
        assert!(!format!("{:?} {}", answered.headers, answered.body).contains("canary"), "{}", answered.body);
        assert_eq!((pair.script().uploads().len(), pair.script().received().len()), (1, 0), "{}", answered.body);
        let record = pair.record().await;
        assert_eq!((record.outcome, record.upstream_calls, record.usage), (Outcome::Failed, 0, None));
        // What failed is not remembered.
        assert_eq!(pair.chat(&chat_about(&data_url(PNG))).await.status, 200);
    }
}

/// What is known of the answer to an upload has two objects; whether both are always there is not.
#[tokio::test]
async fn a_picture_is_named_by_the_key_of_its_asset_if_that_is_all_there_is() {
    let key_alone = || Reply::json(201, json!({"asset": {"key": "images/k.png"}}).to_string());
    let pair = pair().await;
    pair.script().push_upload(key_alone());
    assert_eq!(pair.chat(&chat_about(&data_url(PNG))).await.status, 200);
    assert_eq!(pair.script().received()[0].attached("images"), ["images/k.png"]);
    pair.script().push_upload(key_alone());
    let answered = pair.chat(&ask_about(vec![text("x"), file("a.txt", b"text")])).await;
    assert_eq!((answered.status.as_u16(), answered.error("code").as_str()), (502, "upstream_error"));
    assert_eq!(pair.script().received().len(), 1, "a document without an id would be ignored without a word");
}

#[tokio::test]
async fn an_upload_that_was_not_carried_out_is_made_once_more() {
    let pair = pair().await;
    pair.script().push_upload(Reply { headers: vec![("retry-after".into(), "0".into())], ..Reply::json(429, "{}") });
    assert_eq!(pair.chat(&chat_about(&data_url(PNG))).await.status, 200);
    assert_eq!((pair.script().uploads().len(), pair.script().received().len()), (2, 1));
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_upload_with_it() {
    let pair = pair().await;
    pair.script().push_upload(Reply { before_headers: vec![Step::Hang], ..Reply::default() });
    let post = pair.http.post(pair.url("/v1/chat/completions")).body(chat_about(&data_url(PNG)).to_string()).send();
    tokio::select! {
        answered = post => panic!("no answer was due: {answered:?}"),
        _ = within(pair.script().wait_for_uploads(|counts| counts.open == 1)) => {}
    }
    within(pair.script().wait_for_uploads(|counts| counts.cancelled == 1)).await;
    assert_eq!(pair.script().received().len(), 0);
    let record = pair.record().await;
    assert_eq!((record.outcome, record.upstream_calls, record.usage), (Outcome::ClientLeft, 0, None));
}
