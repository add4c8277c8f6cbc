//! Failures as Codex understands them: it heeds no `x-should-retry`, and repeats a call up to 30 times at a 5xx. Each of
//! those would be billed.

use super::*;

/// What Codex sees of a failure before the first event.
enum Seen {
    /// A status and a code.
    Status(u16, &'static str),
    /// 200, and a response that failed for good.
    Inside,
}

fn table() -> Vec<(&'static str, Reply, Seen, usize)> {
    let a = |status, message: &str| Reply::json(status, json!({"message": message}).to_string());
    let b = |code: &str, message: &str| {
        Reply::json(400, json!({"errorCode": code, "message": message, "details": "[]"}).to_string())
    };
    let at_once = |reply: Reply| Reply { headers: vec![("retry-after".into(), "0".into())], ..reply };
    vec![
        ("bad request", a(400, "the cause"), Seen::Status(400, ""), 1),
        (
            "too long",
            a(400, "the cause: maximum context length is 10 tokens"),
            Seen::Status(400, "context_length_exceeded"),
            1,
        ),
        ("bad prompt", a(422, "the cause"), Seen::Status(400, ""), 1),
        ("bad key", a(401, "the cause"), Seen::Status(401, "invalid_api_key"), 1),
        ("forbidden", a(403, "the cause"), Seen::Status(400, "upstream_forbidden"), 1),
        ("unknown model", b("UNSUPPORTED_MODEL", "the cause"), Seen::Status(404, "model_not_found"), 1),
        ("no credits", b("INSUFFICIENT_CREDIT", "the cause"), Seen::Status(429, "insufficient_quota"), 1),
        ("rate limit", at_once(a(429, "the cause")), Seen::Status(429, "rate_limit_exceeded"), 2),
        ("unavailable", at_once(a(503, "the cause")), Seen::Status(503, "service_unavailable"), 2),
        ("internal", a(500, "the cause"), Seen::Inside, 1),
        ("bad gateway", a(502, "the cause"), Seen::Inside, 1),
        ("cut by the cloud", a(524, "the cause"), Seen::Inside, 1),
        (
            "a refused stream",
            Reply::stream([wire::error_frame("the cause: it is a bit busy right now")]),
            Seen::Inside,
            1,
        ),
        (
            "an error after an empty frame",
            Reply::stream([wire::content_frame(""), wire::error_frame("the cause: a bit busy")]),
            Seen::Inside,
            1,
        ),
    ]
}

#[tokio::test]
async fn what_may_have_been_billed_is_told_inside_and_what_cannot_succeed_is_a_400() {
    for (name, reply, seen, calls) in table() {
        let pair = Pair::start().await;
        pair.reply(reply);
        let answered = ask(&pair, &asking(&json!("x"), &json!({"stream": true}))).await;
        match seen {
            Seen::Status(status, code) => {
                assert_eq!((answered.status.as_u16(), answered.error("code").as_str()), (status, code), "{name}");
                assert!(answered.error("message").contains("the cause"), "{name}: {}", answered.body);
            }
            Seen::Inside => {
                assert_eq!(answered.status, 200, "{name}: {}", answered.body);
                let checked = check(&answered.body);
                let error = &checked.response["error"];
                assert_eq!((checked.events.len(), &error["code"]), (3, &json!("invalid_prompt")), "{name}");
                assert!(error["message"].as_str().unwrap().contains("the cause"), "{name}: {error}");
            }
        }
        assert_eq!(pair.script().counts().total(), calls, "{name}");
        assert_eq!(pair.record().await.outcome, Outcome::Failed, "{name}");
    }
}

#[tokio::test]
async fn a_whole_answer_fails_with_a_status_that_sdks_heed() {
    let pair = Pair::start().await;
    pair.reply(Reply::json(500, json!({"message": "the cause"}).to_string()));
    let answered = ask(&pair, &asking(&json!("x"), &json!({}))).await;
    assert_eq!((answered.status.as_u16(), answered.header("x-should-retry")), (502, "false"));
    assert_eq!(answered.error("code"), "upstream_error");
}

#[tokio::test]
async fn an_error_after_text_fails_the_response_for_good_and_nothing_is_kept() {
    let text_first = || wire::content_frame("The quick ");
    let mut cut = Reply::stream([text_first()]);
    cut.body.push(Step::Cut);
    for (name, reply) in [
        ("error frame", Reply::stream([text_first(), wire::error_frame("It broke")])),
        ("cut", cut),
        ("no closing frame", Reply::stream([text_first()])),
    ] {
        let pair = Pair::start().await;
        pair.reply(reply);
        let failed = stream(&pair, &asking(&json!("x"), &json!({}))).await.response;
        assert_eq!(
            (&failed["status"], &failed["error"]["code"]),
            (&json!("failed"), &json!("invalid_prompt")),
            "{name}"
        );
        assert_eq!(
            (text(&failed).as_str(), &failed["output"][0]["status"]),
            ("The quick ", &json!("incomplete")),
            "{name}"
        );
        assert_eq!(get(&pair, &format!("{ROUTE}/{}", id(&failed))).await.status, 404, "{name}");
        assert_eq!(pair.records(1).await[0].error, Some("upstream_error"), "{name}");
        assert_eq!(pair.script().counts().total(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_a_400() {
    let pair = Pair::start_with(|settings| settings.body_max_mb = 1, Some(relay_tests::CANARY)).await;
    let post = async |body: String, media_type: &str| {
        let request = pair.http.post(pair.url(ROUTE)).header("content-type", media_type).body(body);
        Answered::read(request.send().await.unwrap()).await
    };
    for (body, media_type, code) in [
        ("{".to_owned(), "application/json", ""),
        ("\u{1}".to_owned(), "image/png", "unsupported_media_type"),
        (asking(&json!("x".repeat(2 << 20)), &json!({})).to_string(), "application/json", "request_too_large"),
    ] {
        let answered = post(body, media_type).await;
        assert_eq!((answered.status.as_u16(), answered.error("code").as_str()), (400, code), "{}", answered.body);
    }
}
