//! Who may come in, and who pays.

use mock_onemin::{Answer, Turn};
use relay_tests::{Answered, CANARY, Pair, ask};

/// Status and error code of a chat request with these headers, and the key that reached 1min.ai.
async fn outcome(stored: Option<&str>, headers: &[(&str, &str)]) -> (u16, String, Option<String>) {
    let pair = Pair::start_with(|_| {}, stored).await;
    pair.script().always(Turn::Answer(Answer::default()));
    let mut request = pair.http.post(pair.url("/v1/chat/completions")).body(ask("x").to_string());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answered = Answered::read(request.send().await.unwrap()).await;
    let code = if answered.status == 200 { String::new() } else { answered.error("code") };
    let paid = pair.script().received().first().and_then(|call| call.header("api-key").map(str::to_owned));
    (answered.status.as_u16(), code, paid)
}

#[tokio::test]
async fn the_stored_key_pays_whatever_the_client_sends() {
    for headers in
        [&[][..], &[("authorization", "Bearer none")], &[("x-api-key", "sk-local")], &[("authorization", "Basic x")]]
    {
        assert_eq!(outcome(Some(CANARY), headers).await, (200, String::new(), Some(CANARY.into())));
    }
}

#[tokio::test]
async fn without_a_stored_key_the_clients_own_pays() {
    for headers in [[("authorization", "Bearer their-key")], [("x-api-key", "their-key")], [("api-key", "their-key")]] {
        assert_eq!(outcome(None, &headers).await, (200, String::new(), Some("their-key".into())));
    }
    for headers in [&[][..], &[("authorization", "Bearer ")], &[("authorization", "Basic abc")]] {
        assert_eq!(outcome(None, headers).await, (401, "invalid_api_key".into(), None));
    }
    assert_eq!(outcome(None, &[("authorization", "Bearer two words")]).await.0, 401);
}

#[tokio::test]
async fn a_web_page_can_not_spend_and_a_rebound_name_can_not_enter() {
    for origin in ["https://evil.example", "http://localhost:3000", "null", "http://127.0.0.1"] {
        assert_eq!(
            outcome(Some(CANARY), &[("origin", origin)]).await,
            (403, "origin_not_allowed".into(), None),
            "{origin}"
        );
    }
    for origin in ["tauri://localhost", "app://obsidian.md", "vscode-webview://abc"] {
        assert_eq!(outcome(Some(CANARY), &[("origin", origin)]).await.0, 200, "{origin}");
    }
    for host in ["evil.example", "localhost.evil.example:5001", "127.0.0.1.nip.io"] {
        assert_eq!(outcome(Some(CANARY), &[("host", host)]).await, (403, "host_not_allowed".into(), None), "{host}");
    }
    for host in ["localhost", "127.0.0.1:5001", "[::1]:5001", "192.168.1.2", "host.docker.internal:5001"] {
        assert_eq!(outcome(Some(CANARY), &[("host", host)]).await.0, 200, "{host}");
    }
}

#[tokio::test]
async fn health_needs_no_key() {
    let pair = Pair::start_with(|_| {}, None).await;
    let answered = Answered::read(pair.http.get(pair.url("/health")).send().await.unwrap()).await;
    assert_eq!((answered.status.as_u16(), answered.json()["status"].as_str()), (200, Some("ok")));
    assert_eq!(pair.http.get(pair.url("/v1/models")).send().await.unwrap().status(), 401);
}
