//! The list of models: fetched in the background, kept, never waited for, and never believed more than it deserves.

use std::collections::BTreeMap;

use mock_onemin::{Answer, Mock, Reply, Step, Turn, wire};
use onemin::{Feature, Model};
use relay::{
    CatalogStatus, Relay, RelayOptions, Source,
    clock::Clock,
    settings::{ModelRules, UnknownModels},
};
use relay_tests::{Answered, CANARY, Pair, program, settings, within};
use serde_json::{Value, json};

fn model(id: &str) -> Model {
    Model { id: id.into(), name: id.into(), features: Feature::ALL.to_vec(), ..Model::default() }
}

/// Lets the stand-in list just these models, for everything.
fn list(mock: &Mock, ids: &[&str]) {
    mock.script().models("*", Reply::json(200, wire::models(ids.iter().map(|id| model(id)))));
}

async fn get(pair: &Pair, path: &str) -> Answered {
    Answered::read(pair.http.get(pair.url(path)).send().await.unwrap()).await
}

async fn listed(pair: &Pair) -> Vec<String> {
    let body = get(pair, "/v1/models").await.json();
    body["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap().to_owned()).collect()
}

/// Waits until the status says this of the list.
async fn catalog(relay: &Relay, is_so: impl Fn(&CatalogStatus) -> bool) -> CatalogStatus {
    let mut status = relay.watch_status();
    within(status.wait_for(|status| is_so(&status.catalog))).await.unwrap().catalog.clone()
}

async fn live(pair: &Pair) -> CatalogStatus {
    catalog(&pair.relay, |catalog| catalog.source == Source::Live).await
}

/// A relay in front of a stand-in whose lists answer `reply`.
async fn pair_with(reply: Reply) -> Pair {
    let mock = Mock::start(0).await.unwrap();
    mock.script().models("*", reply);
    Pair::start_at(mock, |_| {}, Some(CANARY)).await
}

#[tokio::test]
async fn the_list_is_fetched_for_every_feature_and_its_drift_is_told() {
    let mock = Mock::start(0).await.unwrap();
    list(&mock, &["gpt-4o-mini", "gpt-9"]);
    let pair = Pair::start_at(mock, |_| {}, Some(CANARY)).await;
    let status = live(&pair).await;
    assert_eq!((status.date.as_str(), status.models, status.problem), ("2027-01-15", 2, None));
    assert_eq!(status.drift.new, ["gpt-9"]);
    assert!(status.drift.retired.contains(&"gpt-4o".to_owned()));
    assert!(status.drift.dangling_aliases.contains(&"mistral-nemo".to_owned()));
    assert_eq!(listed(&pair).await, ["gpt-4o-mini", "gpt-9"]);
    let mut asked = pair.script().models_asked();
    asked.sort();
    let mut features = Feature::ALL.map(|feature| feature.as_str().to_owned());
    features.sort();
    assert_eq!(asked, features);
}

#[tokio::test]
async fn models_are_listed_at_once_while_1min_is_silent() {
    let pair = pair_with(Reply { before_headers: vec![Step::Hang], ..Reply::default() }).await;
    assert!(listed(&pair).await.contains(&"gpt-4o-mini".to_owned()));
    assert_eq!(pair.relay.status().catalog.source, Source::BuiltIn);
    // And a stop does not wait for the silent one either.
    within(pair.relay.stop()).await;
}

#[tokio::test]
async fn what_is_no_list_changes_nothing_and_is_told() {
    let cases = [
        (Reply::json(200, wire::models([])), "listed no models"),
        (
            Reply { content_type: "text/html".into(), ..Reply::json(200, "<html><title>Sorry</title></html>") },
            "something else",
        ),
        (Reply::json(200, "{"), "something else"),
        (
            Reply { content_type: "text/html".into(), ..Reply::json(502, "<html><title>Bad gateway</title></html>") },
            "Bad gateway",
        ),
        (Reply { before_headers: vec![Step::Cut], ..Reply::default() }, ""),
    ];
    for (reply, words) in cases {
        let pair = pair_with(reply).await;
        pair.script().always(Turn::Answer(Answer::default()));
        let status = catalog(&pair.relay, |catalog| catalog.problem.is_some()).await;
        assert!(status.problem.as_ref().unwrap().contains(words), "{status:?}");
        assert_eq!((status.source, status.date.as_str()), (Source::BuiltIn, "2026-03-30"));
        assert!(listed(&pair).await.contains(&"gpt-4o-mini".to_owned()));
        // Nobody knows which models there are: the one that nobody knows is asked for.
        let answered = pair.chat(&json!({"model": "gpt-9", "messages": [{"role": "user", "content": "x"}]})).await;
        assert_eq!(answered.json()["model"], "gpt-9");
    }
}

#[tokio::test]
async fn one_feature_without_a_list_keeps_its_models() {
    let mock = Mock::start(0).await.unwrap();
    mock.script().models("UNIFY_CHAT_WITH_AI", Reply::json(500, "{}"));
    let pair = Pair::start_at(mock, |_| {}, Some(CANARY)).await;
    let status = catalog(&pair.relay, |catalog| catalog.problem.is_some()).await;
    assert!(status.source == Source::BuiltIn && status.drift.retired.is_empty(), "{status:?}");
    assert!(listed(&pair).await.contains(&"gpt-4o-mini".to_owned()));
}

#[tokio::test]
async fn a_fetched_list_is_kept_for_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let mock = Mock::start(0).await.unwrap();
    list(&mock, &["gpt-9"]);
    let options = |api_url: &str| RelayOptions {
        settings: settings(api_url),
        key: None,
        is_demo: false,
        data_dir: Some(folder.path().to_owned()),
        clock: Clock::fixed(1_800_000_000),
    };
    let first = Relay::new(options(&mock.url())).unwrap();
    assert_eq!(first.refresh_catalog().await.source, Source::Live);
    // The next start finds 1min.ai down.
    let url = mock.url();
    mock.script().models("*", Reply::json(503, "{}"));
    let second = Relay::new(options(&url)).unwrap();
    let status = second.status().catalog;
    assert_eq!((status.source, status.date.as_str(), status.models), (Source::Disk, "2027-01-15", 1));
    let status = second.refresh_catalog().await;
    assert!(status.source == Source::Disk && status.problem.is_some(), "{status:?}");
    // Another service's list says nothing of this one.
    assert_eq!(Relay::new(options("http://127.0.0.1:1")).unwrap().status().catalog.source, Source::BuiltIn);
}

#[tokio::test]
async fn nobody_succeeds_a_model_while_the_list_can_not_be_had() {
    let mock = Mock::start(0).await.unwrap();
    mock.script().models("UNIFY_CHAT_WITH_AI", Reply::json(500, "{}"));
    let successors = BTreeMap::from([("gpt-9".to_owned(), "gpt-4o".to_owned())]);
    let pair = Pair::start_at(mock, |settings| settings.models.successors = successors, Some(CANARY)).await;
    pair.script().always(Turn::Answer(Answer::default()));
    let answered = pair.chat(&json!({"model": "gpt-9", "messages": [{"role": "user", "content": "x"}]})).await;
    assert_eq!(
        (answered.json()["model"].as_str(), pair.script().received()[0].model()),
        (Some("gpt-9"), Some("gpt-9"))
    );
}

#[tokio::test]
async fn a_model_that_is_not_for_chat_is_refused_by_name_and_costs_nothing() {
    let pair = Pair::start().await;
    live(&pair).await;
    for model in ["whisper-1", "latest_long"] {
        let answered = pair.chat(&json!({"model": model, "messages": [{"role": "user", "content": "x"}]})).await;
        assert_eq!((answered.status.as_u16(), answered.error("param").as_str()), (400, "model"), "{}", answered.body);
    }
    assert_eq!(pair.script().counts().total(), 0);
}

#[tokio::test]
async fn a_model_that_is_not_listed_is_refused_with_the_nearest_names_and_costs_nothing() {
    let pair = Pair::start().await;
    let answered = pair.chat(&json!({"model": "gpt-4o-mni", "messages": [{"role": "user", "content": "x"}]})).await;
    assert_eq!((answered.status.as_u16(), answered.error("code").as_str()), (404, "model_not_found"));
    assert_eq!(answered.error("param"), "model");
    assert!(answered.error("message").contains("Did you mean `gpt-4o-mini`"), "{}", answered.body);
    let retrieved = get(&pair, "/v1/models/gpt-4o-mni").await;
    assert!(retrieved.status == 404 && retrieved.error("message").contains("`gpt-4o-mini`"), "{}", retrieved.body);
    assert_eq!(pair.script().counts().total(), 0);
}

#[tokio::test]
async fn a_model_that_came_since_the_last_list_is_found_and_one_that_went_is_succeeded() {
    let successors = BTreeMap::from([("gpt-9".to_owned(), "gpt-10".to_owned())]);
    let mock = Mock::start(0).await.unwrap();
    list(&mock, &["gpt-10", "gpt-4o-mini"]);
    let pair = Pair::start_at(mock, |settings| settings.models.successors = successors, Some(CANARY)).await;
    pair.script().always(Turn::Answer(Answer::default()));
    let chat = async |model: &str, is_streaming: bool| {
        pair.chat(&json!({"model": model, "stream": is_streaming, "messages": [{"role": "user", "content": "x"}]}))
            .await
    };
    // At once, before the background has fetched anything: the request itself waits for the list.
    let answered = chat("gpt-10", false).await;
    assert_eq!((answered.json()["model"].as_str(), answered.header("x-relay-model")), (Some("gpt-10"), ""));
    let succeeded = chat("gpt-9", false).await;
    assert_eq!((succeeded.json()["model"].as_str(), succeeded.header("x-relay-model")), (Some("gpt-10"), "gpt-10"));
    let streamed = chat("gpt-9", true).await;
    assert_eq!(
        (streamed.events().chunks[0]["model"].as_str(), streamed.header("x-relay-model")),
        (Some("gpt-10"), "gpt-10")
    );
    assert!(pair.script().received().iter().all(|call| call.model() == Some("gpt-10")));
    let records = pair.records(3).await;
    assert_eq!((records[1].model.as_deref(), records[1].answered_by.as_deref()), (Some("gpt-9"), Some("gpt-10")));
}

#[tokio::test]
async fn an_alias_is_answered_under_the_name_that_was_asked() {
    let pair = Pair::start().await;
    pair.script().always(Turn::Answer(Answer::default()));
    for (name, id) in [("claude-3-5-haiku-latest", "claude-haiku-4-5-20251001"), ("openai/gpt-4o", "gpt-4o")] {
        let answered = pair.chat(&json!({"model": name, "messages": [{"role": "user", "content": "x"}]})).await;
        assert_eq!((answered.json()["model"].as_str(), answered.header("x-relay-model")), (Some(name), id));
        assert_eq!(pair.script().received().last().unwrap().model(), Some(id));
        let shown = get(&pair, &format!("/v1/models/{name}")).await.json();
        assert_eq!((shown["id"].as_str(), shown["one_min"]["model"].as_str()), (Some(name), Some(id)));
    }
}

#[tokio::test]
async fn only_chosen_models_are_listed_and_answer() {
    let rules = ModelRules {
        only_chosen: true,
        chosen: vec!["mistral-nemo".into(), "gpt-4o-mini".into()],
        unknown: UnknownModels::Ask,
        ..ModelRules::default()
    };
    let pair = Pair::start_with(|settings| settings.models = rules, Some(CANARY)).await;
    pair.script().always(Turn::Answer(Answer::default()));
    assert_eq!(listed(&pair).await, ["gpt-4o-mini", "open-mistral-nemo"]);
    for (model, status) in [("gpt-4o-mini", 200), ("mistral-nemo", 200), ("gpt-4o", 404), ("gpt-9", 404)] {
        let answered = pair.chat(&json!({"model": model, "messages": [{"role": "user", "content": "x"}]})).await;
        assert_eq!(answered.status.as_u16(), status, "{model}");
    }
    assert_eq!(pair.script().counts().total(), 2);
}

#[tokio::test]
async fn a_model_that_1min_refuses_is_named_with_those_that_are_like_it() {
    let pair = Pair::start_with(|settings| settings.models.unknown = UnknownModels::Ask, Some(CANARY)).await;
    pair.reply(Reply::json(400, r#"{"errorCode":"UNSUPPORTED_MODEL","message":"Model gpt-4o-mni is not supported"}"#));
    let answered = pair.chat(&json!({"model": "gpt-4o-mni", "messages": [{"role": "user", "content": "x"}]})).await;
    let message = answered.error("message");
    assert_eq!(answered.status, 404);
    assert!(message.contains("Model gpt-4o-mni is not supported") && message.contains("`gpt-4o-mini`"), "{message}");
}

#[tokio::test]
async fn an_entry_says_what_the_model_can_do_and_costs() {
    let pair = Pair::start().await;
    live(&pair).await;
    let body = get(&pair, "/v1/models").await.json();
    let entry = body["data"].as_array().unwrap().iter().find(|model| model["id"] == "gpt-4o").unwrap();
    for (pointer, value) in [
        ("/object", json!("model")),
        ("/type", json!("model")),
        ("/owned_by", json!("openai")),
        ("/name", json!("GPT-4o - OpenAI")),
        ("/context_length", json!(128_000)),
        ("/max_output_tokens", json!(16_384)),
        ("/architecture/input_modalities", json!(["text", "image"])),
        ("/capabilities/vision", json!(true)),
        ("/one_min/credits/INPUT", json!(2.5)),
        ("/one_min/features", json!(["UNIFY_CHAT_WITH_AI"])),
    ] {
        assert_eq!(entry.pointer(pointer), Some(&value), "{pointer}");
    }
    assert_eq!((&body["has_more"], &body["first_id"]), (&Value::Bool(false), &body["data"][0]["id"]));
    let ids = listed(&pair).await;
    assert_eq!(body["last_id"].as_str(), ids.last().map(String::as_str));
}

#[test]
fn the_program_lists_models_offline_as_a_table_and_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [("ONE_MIN_API_URL", "http://127.0.0.1:1"), ("RELAY_MODEL_ALIASES", "fast=gpt-4o-mini")];
    let table = program::run(folder.path(), &["models", "mini", "--offline"], &variables);
    assert!(table.status.success(), "{table:?}");
    let line =
        |start: &str| table.stdout.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{table:?}"));
    assert!(line("gpt-4o-mini").contains("chat, vision") && line("gpt-4o-mini").contains("128000"));
    assert!(line("fast").contains("= gpt-4o-mini"));
    assert!(!table.stdout.contains("claude"));
    assert!(table.stdout.contains("list of 2026-03-30, which came with the program."), "{table:?}");
    // Without --offline the failure to fetch is said, and the list is there all the same.
    let failed = program::run(folder.path(), &["models"], &variables);
    assert!(failed.stdout.contains("claude-") && failed.stdout.contains("could not be fetched"), "{failed:?}");
    let json: Value =
        serde_json::from_str(&program::run(folder.path(), &["models", "--offline", "--json"], &variables).stdout)
            .unwrap();
    assert_eq!(json["catalog"]["date"], "2026-03-30");
    assert!(
        json["models"]
            .as_array()
            .unwrap()
            .iter()
            .any(|entry| entry["name"] == "fast" && entry["model"]["id"] == "gpt-4o-mini")
    );
}
