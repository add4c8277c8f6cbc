//! What a client demands of an answer: a call, JSON that fits, the web, a model that is there. What is lacking is asked for
//! once more, at a second price, or left out and said.

use mock_onemin::{Answer, Reply, Turn, wire};
use relay_tests::{Pair, ask};
use serde_json::{Value, json};

const CALL: &str = r#"<tool_call>{"name":"ping","arguments":{}}</tool_call>"#;

fn answers(pair: &Pair, texts: &[&str]) {
    for text in texts {
        pair.script().push(Turn::Answer(Answer { delta_chars: 4, ..Answer::text(*text) }));
    }
}

fn with(fields: &Value) -> Value {
    let mut body = ask("x");
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn must_call() -> Value {
    with(&json!({"tools": [{"type": "function", "function": {"name": "ping"}}], "tool_choice": "required"}))
}

fn person(is_strict: bool) -> Value {
    let schema = json!({"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"]});
    let format =
        json!({"type": "json_schema", "json_schema": {"name": "person", "strict": is_strict, "schema": schema}});
    with(&json!({ "response_format": format }))
}

fn streaming(mut body: Value) -> Value {
    body["stream"] = json!(true);
    body["stream_options"] = json!({"include_usage": true});
    body
}

#[tokio::test]
async fn a_call_that_is_missing_is_asked_for_once_more_and_both_are_billed() {
    for body in [must_call(), streaming(must_call())] {
        let pair = Pair::start().await;
        answers(&pair, &["I would rather not.", CALL]);
        let answered = pair.chat(&body).await;
        assert!(answered.body.contains("\"tool_calls\"") && !answered.body.contains("rather"), "{}", answered.body);
        let received = pair.script().received();
        let again = received[1].prompt().unwrap();
        assert!(again.contains("[Assistant]\nI would rather not.\n\n[System]\nYou did not call a tool."), "{again}");
        let record = pair.record().await;
        assert_eq!(record.upstream_calls, 2);
        assert_eq!(record.usage.unwrap().credits, Some(2.0 * 45.0));
    }
}

#[tokio::test]
async fn what_stays_wrong_is_given_and_said() {
    let pair = Pair::start().await;
    answers(&pair, &["No.", "Still no."]);
    let answered = pair.chat(&must_call()).await;
    assert_eq!((answered.text().as_str(), answered.header("x-relay-warning")), ("Still no.", "tool_call_missing"));
    assert_eq!(answered.json()["choices"][0]["finish_reason"], "stop");
    answers(&pair, &["No.", "Still no."]);
    let events = pair.chat(&streaming(must_call())).await.events();
    assert_eq!(events.text(0), "Still no.");
    assert_eq!(events.chunks.last().unwrap()["usage"]["relay_warnings"], json!(["tool_call_missing"]));
}

#[tokio::test]
async fn nobody_is_asked_twice_where_the_setting_is_off() {
    let pair = Pair::start_with(|settings| settings.answer_retry = false, Some(relay_tests::CANARY)).await;
    answers(&pair, &["No.", CALL]);
    let answered = pair.chat(&must_call()).await;
    assert_eq!((answered.text().as_str(), answered.header("x-relay-warning")), ("No.", "tool_call_missing"));
    assert_eq!(pair.record().await.upstream_calls, 1);
}

#[tokio::test]
async fn the_first_answer_is_given_if_the_second_fails() {
    let pair = Pair::start().await;
    answers(&pair, &["No."]);
    pair.script().push(Turn::Reply(Reply::json(500, r#"{"errorCode":"X","message":"broken"}"#)));
    let answered = pair.chat(&must_call()).await;
    assert_eq!((answered.status.as_u16(), answered.text().as_str()), (200, "No."), "{}", answered.body);
    assert_eq!(answered.header("x-relay-warning"), "tool_call_missing");
    assert_eq!(pair.record().await.upstream_calls, 2);
}

#[tokio::test]
async fn an_unreadable_call_is_asked_for_once_more_only_before_anything_was_said() {
    let mut body = must_call();
    body["tool_choice"] = json!("auto");
    let pair = Pair::start().await;
    answers(&pair, &["<tool_call>{\"name\":\"rm_rf\"}</tool_call>", CALL]);
    assert_eq!(pair.chat(&body).await.json()["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(pair.script().counts().total(), 2);
    pair.script().reset();
    answers(&pair, &["Well. <tool_call>{\"name\":\"rm_rf\"}</tool_call>", CALL]);
    let events = pair.chat(&streaming(body)).await.events();
    assert_eq!(events.text(0), "Well. <tool_call>{\"name\":\"rm_rf\"}</tool_call>");
    assert_eq!(pair.script().counts().total(), 1);
}

#[tokio::test]
async fn json_comes_without_prose_and_fits_its_schema() {
    let good = "Sure!\n```json\n{\"name\":\"x\",\"age\":3}\n```";
    let bad = r#"{"name":"x","age":"three"}"#;
    for body in [person(false), person(true)] {
        let pair = Pair::start().await;
        answers(&pair, &[bad, good]);
        assert_eq!(pair.chat(&body).await.text(), r#"{"name":"x","age":3}"#);
        assert!(pair.script().received()[1].prompt().unwrap().contains("three"), "the model is told what is wrong");
    }
    let pair = Pair::start().await;
    answers(&pair, &[good, bad, bad, bad, good]);
    assert_eq!(pair.chat(&streaming(person(false))).await.events().text(0), r#"{"name":"x","age":3}"#);
    // A stream that nobody held back can't be asked for once more.
    let events = pair.chat(&streaming(person(false))).await.events();
    assert_eq!(events.text(0), bad);
    assert_eq!(events.chunks.last().unwrap()["usage"]["relay_warnings"], json!(["schema_validation_failed"]));
    let answered = pair.chat(&person(true)).await;
    assert_eq!((answered.text().as_str(), answered.header("x-relay-warning")), (bad, "schema_validation_failed"));
    assert_eq!(pair.chat(&streaming(person(true))).await.events().text(0), r#"{"name":"x","age":3}"#);
}

#[tokio::test]
async fn an_object_is_taken_out_of_prose() {
    let pair = Pair::start().await;
    answers(&pair, &[r#"{"a":"}"} trailing"#]);
    let body = with(&json!({"response_format": {"type": "json_object"}}));
    assert_eq!(pair.chat(&body).await.text(), r#"{"a":"}"}"#);
    assert!(pair.script().received()[0].prompt().unwrap().contains("one JSON object"));
}

#[tokio::test]
async fn every_spelling_searches_the_web() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::text("found")));
    for fields in [
        json!({"web_search_options": {"search_context_size": "low"}}),
        json!({"tools": [{"type": "web_search"}]}),
        json!({"web_search": true}),
        json!({"model": "gpt-4o-mini:online"}),
        json!({"model": "gpt-4o-mini-search-preview"}),
    ] {
        let answered = pair.chat(&with(&fields)).await;
        assert_eq!(answered.text(), "found");
        let asked = fields["model"].as_str().unwrap_or("gpt-4o-mini").to_owned();
        assert_eq!(answered.json()["model"], json!(asked));
        let received = pair.script().received().pop().unwrap();
        let body = received.body.clone().unwrap();
        assert_eq!(body["promptObject"]["settings"]["webSearchSettings"]["webSearch"], true, "{fields}");
        assert_eq!(received.model(), Some("gpt-4o-mini"));
    }
    let seed = json!({"web_search": true, "num_of_site": 5, "max_word": 200});
    pair.chat(&with(&seed)).await;
    let body = pair.script().received().pop().unwrap().body.clone().unwrap();
    let expected = json!({"webSearch": true, "numOfSite": 5, "maxWord": 200});
    assert_eq!(body["promptObject"]["settings"]["webSearchSettings"], expected);
}

#[tokio::test]
async fn a_search_that_is_refused_is_left_out_and_said() {
    let refused = || Turn::Reply(Reply::json(400, r#"{"errorCode":"X","message":"web search is not possible"}"#));
    let refused_stream = || Turn::Reply(Reply::stream([wire::error_frame("web search is not possible")]));
    for (body, refusal) in [
        (with(&json!({"web_search": true})), refused()),
        (streaming(with(&json!({"web_search": true}))), refused_stream()),
    ] {
        let pair = Pair::start().await;
        pair.script().push(refusal);
        answers(&pair, &["old"]);
        let answered = pair.chat(&body).await;
        assert!(answered.body.contains("old") && answered.status == 200, "{}", answered.body);
        let is_said = answered.header("x-relay-warning") == "web_search_left_out"
            || answered.body.contains(r#""relay_warnings":["web_search_left_out"]"#);
        assert!(is_said, "{}", answered.body);
        assert!(pair.script().received()[1].body.as_ref().unwrap()["promptObject"].get("settings").is_none());
    }
    // A request that is refused for another reason is refused again, and told.
    let pair = Pair::start().await;
    pair.script().push(refused());
    pair.script().push(refused());
    assert_eq!(pair.chat(&with(&json!({"web_search": true}))).await.status, 400);
    assert_eq!(pair.record().await.upstream_calls, 2);
}

#[tokio::test]
async fn a_named_successor_stands_in_for_a_model_that_is_not_available() {
    let down = || Turn::Reply(Reply::json(503, r#"{"message":"down"}"#));
    let gone =
        || Turn::Reply(Reply::json(400, r#"{"errorCode":"UNSUPPORTED_MODEL","message":"Model x is not supported"}"#));
    for (refusals, calls) in [(vec![down(), down()], 3), (vec![gone()], 2)] {
        for body in [ask("x"), streaming(ask("x"))] {
            let stand_in = |settings: &mut relay::settings::Settings| {
                settings.models.successors.insert("gpt-4o-mini".into(), "gpt-4o".into());
            };
            let pair = Pair::start_with(stand_in, Some(relay_tests::CANARY)).await;
            refusals.iter().for_each(|refusal| pair.script().push(refusal.clone()));
            answers(&pair, &["here"]);
            let answered = pair.chat(&body).await;
            assert!(answered.body.contains("here"), "{}", answered.body);
            assert!(answered.body.contains(r#""model":"gpt-4o""#) && !answered.body.contains("gpt-4o-mini"));
            assert_eq!(answered.header("x-relay-model"), "gpt-4o");
            assert_eq!(pair.record().await.upstream_calls, calls);
        }
    }
}

#[tokio::test]
async fn nothing_stands_in_where_the_call_may_have_been_carried_out_or_nobody_was_named() {
    let broken = || Turn::Reply(Reply::json(500, r#"{"message":"broken"}"#));
    let stand_in = |settings: &mut relay::settings::Settings| {
        settings.models.successors.insert("gpt-4o-mini".into(), "gpt-4o".into());
    };
    let pair = Pair::start_with(stand_in, Some(relay_tests::CANARY)).await;
    pair.script().push(broken());
    assert_eq!(pair.chat(&ask("x")).await.status, 502);
    assert_eq!(pair.record().await.upstream_calls, 1);
    let pair = Pair::start().await;
    let down = || Turn::Reply(Reply::json(503, r#"{"message":"down"}"#));
    pair.script().push(down());
    pair.script().push(down());
    assert_eq!(pair.chat(&ask("x")).await.status, 503);
    assert!(pair.script().received().iter().all(|call| call.model() == Some("gpt-4o-mini")));
}

#[tokio::test]
async fn a_second_answer_that_breaks_off_in_the_clients_sight_is_an_error() {
    let mut body = must_call();
    body["tool_choice"] = json!("auto");
    let pair = Pair::start().await;
    answers(&pair, &["<tool_call>{\"name\":\"rm_rf\"}</tool_call>"]);
    let sorry = [wire::content_frame("Sorry, let me "), wire::error_frame("the vendor broke")];
    pair.script().push(Turn::Reply(Reply::stream(sorry)));
    let events = pair.chat(&streaming(body)).await.events();
    assert_eq!(events.text(0), "Sorry, let me");
    assert!(events.error().is_some() && !events.is_done);
}
