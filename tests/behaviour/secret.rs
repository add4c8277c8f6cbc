//! The 1min.ai key goes to 1min.ai in its own header, and nowhere else, not even when 1min.ai repeats it.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use mock_onemin::{Mock, Reply, Turn, wire};
use relay_tests::{Answered, CANARY, NOW, Pair, ask, ask_streaming, program};
use serde_json::json;

/// Replies that repeat the key wherever one could.
fn echoes() -> Vec<Reply> {
    let message = format!("the key {CANARY} is bad");
    let shape_a = json!({"success": false, "error": {"code": CANARY, "message": message, "details": [{"field": CANARY, "message": message}]}});
    let details = json!({"response": {"status": 500, "data": {"message": message}}}).to_string();
    let shape_b = json!({"errorCode": CANARY, "message": message, "details": details});
    let mut replies: Vec<Reply> = [400, 401, 402, 403, 404, 422, 429, 500, 502, 503, 522]
        .map(|status| Reply::json(status, shape_a.to_string()))
        .into();
    replies.extend([
        Reply::json(400, shape_b.to_string()),
        Reply::json(500, message.clone()),
        Reply::json(502, format!("<html><title>{message}</title>")),
        Reply::json(
            200,
            json!({"aiRecord": {"status": CANARY, "aiRecordDetail": {"resultObject": [message]}}}).to_string(),
        ),
        Reply::json(
            200,
            json!({"aiRecord": {"aiRecordDetail": {"resultObject": {"code": CANARY, "message": message}}}}).to_string(),
        ),
        Reply::json(200, json!({ CANARY: CANARY }).to_string()),
        Reply::stream([wire::error_frame(&message)]),
        Reply::stream([wire::content_frame("x"), wire::error_frame(&message)]),
        Reply::stream([format!("event: {CANARY}\ndata: {CANARY}\n\n"), format!("event: content\ndata: {CANARY}\n\n")]),
    ]);
    for reply in &mut replies {
        reply.headers = vec![("x-echo".into(), CANARY.into()), ("retry-after".into(), "0".into())];
    }
    replies
}

fn assert_no_canary(seen: &str) {
    if let Some(at) = seen.find("canary") {
        let around: String = seen[..at].chars().rev().take(200).collect::<Vec<_>>().into_iter().rev().collect();
        panic!("{around}<here>");
    }
}

#[tokio::test]
async fn an_echoed_key_reaches_no_client_and_no_record() {
    for reply in echoes() {
        let pair = Pair::start().await;
        pair.reply(reply);
        let mut seen = String::new();
        for body in [ask("x"), ask_streaming("x")] {
            let answered = pair.chat(&body).await;
            write!(seen, "{:?}\n{}\n", answered.headers, answered.body).unwrap();
        }
        write!(seen, "{:?}\n{:?}\n{:?}", pair.relay, pair.relay.status(), pair.records(2).await).unwrap();
        assert_no_canary(&seen);
        assert!(pair.script().received().iter().all(|call| call.header("api-key") == Some(CANARY)));
    }
}

#[tokio::test]
async fn a_key_that_an_upload_echoes_reaches_no_client_and_no_record() {
    let picture = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg=="}});
    let mut body = ask("x");
    body["messages"][0]["content"] = json!([picture]);
    for reply in echoes() {
        let pair = Pair::start().await;
        // Once more, should the first be taken as not carried out.
        pair.script().push_upload(reply.clone());
        pair.script().push_upload(reply);
        let answered = pair.chat(&body).await;
        assert_ne!(answered.status, 200, "{}", answered.body);
        let record = pair.record().await;
        assert_no_canary(&format!("{:?}\n{}\n{record:?}\n{:?}", answered.headers, answered.body, pair.relay));
        assert!(pair.script().uploads().iter().all(|upload| upload.api_key == CANARY));
    }
}

#[tokio::test]
async fn a_key_that_a_feature_echoes_is_in_no_answer_and_in_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let pair = Pair::start_in(Some(folder.path()), NOW, Mock::start(0).await.unwrap(), |_| {}, Some(CANARY)).await;
    let mut seen = String::new();
    // What a success holds is what was made: only failures have words of 1min.ai.
    for reply in echoes().into_iter().filter(|reply| reply.status != 200) {
        pair.script().push_feature(Turn::Reply(reply.clone()));
        pair.script().push_feature(Turn::Reply(reply));
        let picture = json!({"model": "dall-e-3", "prompt": "a fox"});
        let sound = json!({"model": "tts-1", "input": "Hello."});
        for (path, body) in [("/v1/images/generations", picture), ("/v1/audio/speech", sound)] {
            let answered = Answered::read(pair.post_to(path, &body).await).await;
            assert!(answered.status.is_client_error() || answered.status.is_server_error(), "{}", answered.body);
            write!(seen, "{:?}\n{}\n", answered.headers, answered.body).unwrap();
        }
    }
    write!(seen, "{:?}{:?}", pair.relay.runs().await.unwrap(), pair.relay.journal().recent()).unwrap();
    for file in files(folder.path()) {
        seen += &String::from_utf8_lossy(&std::fs::read(file).unwrap());
    }
    assert!(seen.contains("run_"), "the rows were looked at");
    assert_no_canary(&seen);
    assert!(pair.script().downloads().iter().all(|download| !download.has_api_key));
}

#[tokio::test]
async fn a_key_of_a_client_is_as_secret_as_a_stored_one() {
    let pair = Pair::start_with(|_| {}, None).await;
    pair.script().respond_with(|call| {
        let key = call.header("api-key").unwrap_or_default();
        Turn::Reply(Reply::json(401, json!({"message": format!("bad key {key}")}).to_string()))
    });
    let request = pair.http.post(pair.url("/v1/chat/completions")).bearer_auth(CANARY);
    let answered = relay_tests::Answered::read(request.body(ask("x").to_string()).send().await.unwrap()).await;
    assert_eq!(
        answered.error("message"),
        "bad key [key removed]. 1min.ai refused the key: check it in your 1min.ai account."
    );
    assert_eq!(pair.script().received()[0].header("api-key"), Some(CANARY));
    assert!(!format!("{:?}", pair.record().await).contains("canary"));
}

#[tokio::test]
async fn the_program_writes_the_key_nowhere_even_when_it_logs_everything() {
    let mock = mock_onemin::Mock::start(0).await.unwrap();
    for reply in echoes() {
        mock.script().push(Turn::Reply(reply));
    }
    let folder = tempfile::tempdir().unwrap();
    let url = mock.url();
    let variables = [
        ("ONE_MIN_API_URL", url.as_str()),
        ("ONE_MIN_API_KEY", CANARY),
        ("RELAY_LOG", "trace"),
        ("HOME", folder.path().to_str().unwrap()),
    ];
    let program = program::Program::serve(folder.path(), &[], &variables);
    let url = format!("{}/chat/completions", program.base_url());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut seen = String::new();
    for _ in 0..echoes().len() {
        let answered = http.post(&url).body(ask_streaming("x").to_string()).send().await.unwrap();
        write!(seen, "{:?}", answered.headers()).unwrap();
        seen.push_str(&answered.text().await.unwrap());
    }
    program.signal("TERM");
    let ended = program.end();
    assert!(ended.stderr.contains("POST /v1/chat/completions"), "the log was on");
    seen.push_str(&ended.stdout);
    seen.push_str(&ended.stderr);
    assert_no_canary(&seen);
    files(folder.path())
        .iter()
        .for_each(|path| assert_no_canary(&String::from_utf8_lossy(&std::fs::read(path).unwrap())));
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
