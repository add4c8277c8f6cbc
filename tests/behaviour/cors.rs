//! What a browser is told: a page that is allowed may ask and read, errors and streams too; any other may not even ask.

use http::Method;
use mock_onemin::{Answer, Reply, Turn};
use relay_tests::{Answered, CANARY, Pair, ask, ask_streaming};
use serde_json::Value;

const PAGE: &str = "https://chat.example.com";

async fn pair() -> Pair {
    let pair = Pair::start_with(|settings| settings.allowed_origins = vec![PAGE.into()], Some(CANARY)).await;
    pair.script().always(Turn::Answer(Answer::default()));
    pair
}

async fn preflight(pair: &Pair, path: &str, origin: &str) -> Answered {
    let request = pair
        .http
        .request(Method::OPTIONS, pair.url(path))
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type,x-stainless-lang")
        .header("access-control-request-private-network", "true");
    Answered::read(request.send().await.unwrap()).await
}

async fn post(pair: &Pair, path: &str, body: &Value) -> Answered {
    let request = pair.http.post(pair.url(path)).header("origin", PAGE).bearer_auth("x").body(body.to_string());
    Answered::read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn a_preflight_of_an_allowed_page_says_yes_to_whatever_it_means_to_send() {
    let pair = pair().await;
    for path in ["/v1/chat/completions", "/v1/models", "/chat/completions", "/nowhere"] {
        let answered = preflight(&pair, path, PAGE).await;
        assert_eq!((answered.status.as_u16(), answered.body.as_str()), (204, ""), "{path}");
        for (name, value) in [
            ("access-control-allow-origin", PAGE),
            ("access-control-allow-methods", "GET, HEAD, POST, DELETE, OPTIONS"),
            ("access-control-allow-headers", "authorization,content-type,x-stainless-lang"),
            ("access-control-allow-private-network", "true"),
            ("access-control-max-age", "600"),
        ] {
            assert_eq!(answered.header(name), value, "{path} {name}");
        }
        assert!(answered.headers.get_all("vary").iter().any(|value| value == "origin"));
        assert!(!answered.headers.contains_key("access-control-allow-credentials"));
    }
}

#[tokio::test]
async fn any_other_page_is_refused_before_and_instead_of_its_request() {
    let pair = pair().await;
    for origin in ["https://evil.example", "null", "http://localhost:3000"] {
        let answered = preflight(&pair, "/v1/chat/completions", origin).await;
        assert_eq!(answered.status, 403);
        assert!(!answered.headers.keys().any(|name| name.as_str().starts_with("access-control-")), "{origin}");
    }
}

#[tokio::test]
async fn an_allowed_page_can_read_answers_streams_and_every_error() {
    let pair = pair().await;
    let mut answers = vec![
        post(&pair, "/v1/chat/completions", &ask("x")).await,
        post(&pair, "/v1/chat/completions", &ask_streaming("x")).await,
        post(&pair, "/v1/chat/completions", &Value::Null).await,
        post(&pair, "/nowhere", &Value::Null).await,
        post(&pair, "/v1/models", &Value::Null).await,
    ];
    pair.reply(Reply::json(500, "{}"));
    answers.push(post(&pair, "/v1/chat/completions", &ask("x")).await);
    let statuses: Vec<u16> = answers.iter().map(|answered| answered.status.as_u16()).collect();
    assert_eq!(statuses, [200, 200, 400, 404, 405, 502]);
    for answered in answers {
        assert_eq!(answered.header("access-control-allow-origin"), PAGE, "{}", answered.status);
        assert!(answered.header("access-control-expose-headers").contains("x-request-id"));
    }
}

#[tokio::test]
async fn an_app_of_web_pages_can_read_without_a_credential() {
    let pair = pair().await;
    let request = pair.http.post(pair.url("/v1/chat/completions")).header("origin", "tauri://localhost");
    let answered = Answered::read(request.body(ask("x").to_string()).send().await.unwrap()).await;
    assert_eq!((answered.status.as_u16(), answered.header("access-control-allow-origin")), (200, "tauri://localhost"));
}

#[tokio::test]
async fn options_of_no_browser_is_answered_anywhere() {
    let pair = pair().await;
    for path in ["/", "/v1/chat/completions", "/nowhere"] {
        let answered = Answered::read(pair.http.request(Method::OPTIONS, pair.url(path)).send().await.unwrap()).await;
        assert_eq!(
            (answered.status.as_u16(), answered.header("allow")),
            (204, "GET, HEAD, POST, DELETE, OPTIONS"),
            "{path}"
        );
    }
}
