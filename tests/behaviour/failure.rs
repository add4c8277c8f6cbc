//! Whatever goes wrong at 1min.ai reaches the client as what it is: an error, with the true cause, at the right status,
//! and with the word on whether trying again is safe. Never a short success.

use std::time::Duration;

use mock_onemin::{Answer, Reply, Step, Turn, wire};
use relay::journal::Outcome;
use relay_tests::{Pair, ask, ask_streaming, within};
use serde_json::{Value, json};

/// What a client sees of a failure.
struct Expected {
    status: u16,
    code: &'static str,
    /// Whether the client is told not to try again.
    is_final: bool,
    words: &'static str,
    upstream_calls: u32,
}

const fn expected(
    status: u16,
    code: &'static str,
    is_final: bool,
    words: &'static str,
    upstream_calls: u32,
) -> Expected {
    Expected { status, code, is_final, words, upstream_calls }
}

/// Every failure that 1min.ai can answer with before any text: its reply to a whole and to a streamed call.
fn table() -> Vec<(&'static str, Reply, Expected)> {
    let a = |status, code: &str, message: &str| {
        Reply::json(status, json!({"success": false, "error": {"code": code, "message": message}}).to_string())
    };
    let b = |code: &str, message: &str, details: Value| {
        Reply::json(400, json!({"errorCode": code, "message": message, "details": details.to_string()}).to_string())
    };
    let html =
        |status| Reply { content_type: "text/html".into(), ..Reply::json(status, "<html><title>Oh dear</title>") };
    let at_once = |reply: Reply| Reply { headers: vec![("retry-after".into(), "0".into())], ..reply };
    let vendor = json!({"response": {"status": 400, "data": {"message": "The size does not match"}}, "request": {"url": "/internal"}});
    vec![
        ("bad request", a(400, "INVALID_REQUEST", "Invalid request"), expected(400, "", true, "Invalid request", 1)),
        ("bad key", a(401, "UNAUTHORIZED", "Invalid or missing API key"), expected(401, "invalid_api_key", true, "Invalid or missing API key", 1)),
        ("no credits", b("INSUFFICIENT_CREDIT", "Not enough credits", json!([])), expected(429, "insufficient_quota", true, "Not enough credits", 1)),
        ("unknown model", b("UNSUPPORTED_MODEL", "Model nope is not supported", json!([])), expected(404, "model_not_found", true, "Model nope is not supported", 1)),
        ("the vendor's true cause", b("EXTERNAL_API_RESPONSE_WITH_ERROR", "a bit busy, try again", vendor), expected(400, "", true, "The size does not match", 1)),
        ("bad prompt", a(422, "PROMPT_OBJECT_VALIDATION_FAILED", "prompt is required"), expected(400, "", true, "prompt is required", 1)),
        ("forbidden", a(403, "FORBIDDEN", "Not yours"), expected(403, "upstream_forbidden", true, "Not yours", 1)),
        ("too large", Reply::json(413, "Payload Too Large"), expected(400, "", true, "Payload Too Large", 1)),
        ("rate limit", at_once(a(429, "RATE_LIMITED", "Too many requests")), expected(429, "rate_limit_exceeded", false, "Too many requests", 2)),
        ("unavailable", at_once(html(503)), expected(503, "service_unavailable", false, "Oh dear", 2)),
        ("origin down", at_once(html(521)), expected(503, "service_unavailable", false, "Oh dear", 2)),
        ("origin unreachable", at_once(html(522)), expected(503, "service_unavailable", false, "Oh dear", 2)),
        ("internal", a(500, "X", "oops"), expected(502, "upstream_error", true, "oops", 1)),
        ("bad gateway", html(502), expected(502, "upstream_error", true, "Oh dear", 1)),
        ("unknown of the cloud", html(520), expected(502, "upstream_error", true, "Oh dear", 1)),
        ("cut by the cloud", html(524), expected(502, "upstream_error", true, "Oh dear", 1)),
        ("redirect", Reply { headers: vec![("location".into(), "https://evil.example/".into())], ..Reply::json(302, "") }, expected(502, "upstream_error", true, "redirect", 1)),
        ("an error at 200", Reply::json(200, json!({"errorCode": "UNSUPPORTED_MODEL", "message": "Model x is not supported"}).to_string()), expected(404, "model_not_found", true, "Model x", 1)),
        ("HTML at 200", html(200), expected(502, "upstream_error", true, "HTML", 1)),
        ("nothing at 200", Reply::json(200, ""), expected(502, "upstream_error", true, "billed", 1)),
        ("a failed record", Reply::json(200, json!({"aiRecord": {"status": "FAILED", "aiRecordDetail": {"resultObject": ["the reason"]}}}).to_string()), expected(502, "upstream_error", true, "the reason", 1)),
        ("moderation", Reply::json(200, json!({"aiRecord": {"status": "SUCCESS", "aiRecordDetail": {"resultObject": {"code": "C", "message": "was flagged"}}}}).to_string()), expected(400, "content_policy_violation", true, "was flagged", 1)),
        ("half a record", Reply::json(200, r#"{"aiRecord":{"sta"#), expected(502, "upstream_error", true, "billed", 1)),
        ("cut before the head", Reply { before_headers: vec![Step::Cut], ..Reply::default() }, expected(502, "upstream_error", true, "cut off", 1)),
        ("cut in the body", Reply { body: vec![Step::Send("{\"aiRec".into()), Step::Cut], ..Reply::default() }, expected(502, "upstream_error", true, "cut off", 1)),
    ]
}

async fn check(pair: &Pair, name: &str, body: &Value, expected: &Expected) {
    let answered = pair.chat(body).await;
    assert_eq!(answered.status.as_u16(), expected.status, "{name}: {}", answered.body);
    assert_eq!(answered.error("code"), expected.code, "{name}");
    assert!(answered.error("message").contains(expected.words), "{name}: {}", answered.error("message"));
    assert!(!answered.body.contains("/internal"), "{name}: {}", answered.body);
    assert_eq!(answered.header("x-should-retry") == "false", expected.is_final, "{name}");
    assert!(answered.header("x-request-id").starts_with("req_"), "{name}");
    let record = pair.record().await;
    assert_eq!((record.outcome, record.status), (Outcome::Failed, Some(expected.status)), "{name}");
    assert_eq!(record.upstream_calls, expected.upstream_calls, "{name}");
    assert_eq!(pair.script().counts().open, 0, "{name}");
}

#[tokio::test]
async fn every_failure_of_1min_is_told_as_what_it_is() {
    for (name, reply, expected) in table() {
        for body in [ask("x"), ask_streaming("x")] {
            let pair = Pair::start().await;
            pair.reply(reply.clone());
            check(&pair, name, &body, &expected).await;
        }
    }
}

#[tokio::test]
async fn a_refused_stream_at_200_is_a_real_http_error() {
    let refused = [
        ("Model nope is not supported", expected(404, "model_not_found", true, "Model nope", 1)),
        ("Invalid API key", expected(401, "invalid_api_key", true, "Invalid API key", 1)),
        ("You have no credits left", expected(429, "insufficient_quota", true, "no credits", 1)),
        ("something is wrong with it", expected(400, "", true, "something is wrong", 1)),
        ("The service is a bit busy right now", expected(502, "upstream_error", true, "a bit busy", 1)),
    ];
    for (message, expected) in refused {
        let empty_first = [wire::content_frame(""), wire::error_frame(message)];
        for frames in [vec![wire::error_frame(message)], empty_first.to_vec()] {
            let pair = Pair::start().await;
            pair.reply(Reply::stream(frames));
            check(&pair, message, &ask_streaming("x"), &expected).await;
        }
    }
}

#[tokio::test]
async fn an_error_after_text_is_told_inside_the_stream_and_nothing_pretends_an_end() {
    let text = || wire::content_frame("The quick ");
    let mut cut = Reply::stream([text()]);
    cut.body.push(Step::Cut);
    for (name, reply, words) in [
        ("error frame", Reply::stream([text(), wire::error_frame("It broke")]), "It broke"),
        ("cut", cut, "cut off"),
        ("no closing frame", Reply::stream([text()]), "cut off"),
        ("half a frame", Reply::stream([text(), "event: content\ndata: {\"cont".into()]), "cut off"),
        (
            "a frame that can't be read",
            Reply::stream([text(), "event: content\ndata: oops\n\n".into(), wire::done_frame()]),
            "can't be read",
        ),
    ] {
        let pair = Pair::start().await;
        pair.reply(reply);
        let answered = pair.chat(&ask_streaming("x")).await;
        let events = answered.events();
        assert_eq!((answered.status.as_u16(), events.text(0).as_str()), (200, "The quick "), "{name}");
        let error = events.error().unwrap_or_else(|| panic!("{name}: {}", answered.body));
        assert!(error["message"].as_str().unwrap().contains(words), "{name}: {error}");
        assert_eq!(error["code"], "upstream_error", "{name}");
        assert!(events.finishes(0).is_empty() && !events.is_done, "{name}");
        let record = pair.record().await;
        assert_eq!(
            (record.outcome, record.error, record.upstream_calls),
            (Outcome::Failed, Some("upstream_error"), 1),
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_same_is_a_502_for_a_whole_answer_that_is_streamed_upstream() {
    let pair = Pair::start().await;
    pair.reply(Reply::stream([wire::content_frame("The quick ")]));
    let mut body = ask("x");
    body["stop"] = json!("zzz");
    let answered = pair.chat(&body).await;
    assert_eq!((answered.status.as_u16(), answered.error("code").as_str()), (502, "upstream_error"));
}

#[tokio::test]
async fn each_time_limit_ends_a_call_with_504_and_cancels_it() {
    const SHORT: Duration = Duration::from_millis(150);
    let silent = Reply { before_headers: vec![Step::Hang], ..Reply::default() };
    let mut stuck = Reply::stream([wire::content_frame("so far")]);
    stuck.body.push(Step::Hang);
    let mut dripping = Reply::stream::<String>([]);
    dripping.body = (0..500).flat_map(|_| [Step::WaitMs(20), Step::Send(": ping\n\n".into())]).collect();

    let first_byte = Pair::start_with(|settings| settings.first_byte_timeout = SHORT, Some(relay_tests::CANARY)).await;
    first_byte.reply(silent.clone());
    let total = Pair::start_with(|settings| settings.total_timeout = SHORT, Some(relay_tests::CANARY)).await;
    total.reply(dripping);
    for (pair, words) in [(&first_byte, "no answer within 0.15 s"), (&total, "no complete answer within 0.15 s")] {
        let answered = pair.chat(&ask_streaming("x")).await;
        assert_eq!((answered.status.as_u16(), answered.error("code").as_str()), (504, "upstream_timeout"));
        assert!(answered.error("message").contains(words), "{}", answered.body);
        assert_eq!(answered.header("x-should-retry"), "false");
        within(pair.script().wait_for(|counts| counts.cancelled == 1)).await;
    }
    let idle = Pair::start_with(|settings| settings.idle_timeout = SHORT, Some(relay_tests::CANARY)).await;
    idle.reply(stuck);
    let events = idle.chat(&ask_streaming("x")).await.events();
    assert_eq!(events.text(0), "so far");
    assert!(events.error().unwrap()["message"].as_str().unwrap().contains("nothing more of its answer"));
    within(idle.script().wait_for(|counts| counts.cancelled == 1)).await;
}

#[tokio::test]
async fn an_empty_success_is_an_empty_answer() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::text("")));
    let whole = pair.chat(&ask("x")).await;
    assert_eq!((whole.status.as_u16(), whole.text().as_str()), (200, ""));
    let events = pair.chat(&ask_streaming("x")).await.events();
    assert_eq!((events.text(0).as_str(), events.finishes(0), events.is_done), ("", vec!["stop"], true));
}

#[tokio::test]
async fn a_conversation_without_text_is_refused_before_it_costs_anything() {
    let pair = Pair::start().await;
    for body in [ask(""), ask(" \n"), ask_streaming("")] {
        let answered = pair.chat(&body).await;
        assert_eq!((answered.status.as_u16(), answered.error("param").as_str()), (400, "messages"));
    }
    assert_eq!(pair.script().counts().total(), 0);
}

#[tokio::test]
async fn the_true_cause_is_found_in_a_failure_of_any_size() {
    let request = json!({"url": "/internal", "data": "x".repeat(3 << 20)});
    let details = json!({"request": request, "response": {"status": 400, "data": {"message": "maximum context length is 8192 tokens"}}});
    let body =
        json!({"errorCode": "EXTERNAL_API_RESPONSE_WITH_ERROR", "message": "busy", "details": details.to_string()});
    let pair = Pair::start().await;
    pair.reply(Reply::json(400, body.to_string()));
    let answered = pair.chat(&ask("x")).await;
    assert_eq!((answered.status.as_u16(), answered.error("code").as_str()), (400, "context_length_exceeded"));
}

#[tokio::test]
async fn a_character_cut_in_halves_arrives_whole() {
    let halves = ["{\"content\":\"hi \\ud83d\"}", "{\"content\":\"\\ude42 there\"}"];
    let frames = halves.map(|data| format!("event: content\ndata: {data}\n\n"));
    let pair = Pair::start().await;
    pair.reply(Reply::stream([frames.concat(), wire::done_frame()]));
    assert_eq!(pair.chat(&ask_streaming("x")).await.events().text(0), "hi \u{1F642} there");
}

#[tokio::test]
async fn a_first_byte_that_never_comes_ends_a_whole_call_as_well() {
    let pair = Pair::start_with(
        |settings| settings.first_byte_timeout = Duration::from_millis(150),
        Some(relay_tests::CANARY),
    )
    .await;
    pair.reply(Reply { body: vec![Step::Hang], ..Reply::default() });
    let answered = pair.chat(&ask("x")).await;
    assert_eq!((answered.status.as_u16(), answered.error("code").as_str()), (504, "upstream_timeout"));
    within(pair.script().wait_for(|counts| counts.cancelled == 1)).await;
}
