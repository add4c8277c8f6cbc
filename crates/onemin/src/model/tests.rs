use serde_json::json;

use super::*;

fn read(list: &Value) -> Vec<Model> {
    read_list(list.to_string().as_bytes(), Feature::Chat).unwrap()
}

#[test]
fn the_recorded_list_reads_and_has_the_counts_of_its_day() {
    let ModelList { date, models } = ModelList::recorded();
    assert_eq!(date, "2026-03-30");
    let count = |feature| models.iter().filter(|model| model.can(feature)).count();
    assert_eq!(count(Feature::Chat), 68);
    assert_eq!((count(Feature::TextToSpeech), count(Feature::SpeechToText)), (5, 12));
    assert_eq!(count(Feature::ImageGenerator), 33, "34 on that day, one of them disabled since");
    let mut ids: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), models.len(), "no id stands twice");
}

#[test]
fn an_object_with_all_its_keys_gives_all_its_facts() {
    let [model] = read(&json!({"models": [{
        "uuid": "44444444-4444-4444-8444-444444444444", "modelId": "gpt-4o", "name": "GPT-4o - OpenAI",
        "provider": "openai", "group": "openai/gpt", "logoUrl": "x", "information": {}, "status": "ACTIVE",
        "features": ["CHAT_WITH_AI", "UNIFY_CHAT_WITH_AI"], "modality": {"INPUT": ["text", "image"], "OUTPUT": ["text"]},
        "creditMetadata": {"INPUT": 2.5, "OUTPUT": 10, "CONTEXT": 128_000, "MAX_OUTPUT_TOKEN": 16_384},
        "creditEstimation": null, "deprecationDate": "2026-12-01",
    }], "total": 1}))
    .try_into()
    .unwrap();
    let recorded = ModelList::recorded().models.into_iter().find(|model| model.id == "gpt-4o").unwrap();
    let mut credits = recorded.credits.clone();
    credits.remove("LOW_IMAGE");
    assert_eq!(model, Model { credits, ..recorded });
}

#[test]
fn an_object_with_hardly_any_key_is_a_model_all_the_same() {
    let models = read(&json!({"models": [
        {"modelId": " bare "},
        {"modelId": "odd", "name": 7, "provider": null, "group": "google/tts", "modality": null, "creditMetadata": [],
         "features": "all", "status": "disabled"},
        {"name": "without an id"}, null, "text",
    ]}));
    let bare = Model {
        id: "bare".into(),
        name: "bare".into(),
        provider: "1min.ai".into(),
        features: vec![Feature::Chat],
        ..Model::default()
    };
    assert_eq!(models[0], bare);
    assert_eq!((models[1].provider.as_str(), models[1].is_disabled), ("google", true));
    assert_eq!(models.len(), 2);
}

#[test]
fn what_is_no_list_is_not_read_as_an_empty_one() {
    for body in ["", "<html></html>", "null", "{}", r#"{"models":null}"#, r#"{"error":"x"}"#] {
        assert_eq!(read_list(body.as_bytes(), Feature::Chat), None, "{body}");
    }
    assert_eq!(read_list(br#"{"models":[],"total":0}"#, Feature::Chat), Some(Vec::new()));
    assert_eq!(read_list(br#"[{"modelId":"x"}]"#, Feature::Chat).unwrap().len(), 1);
}

#[test]
fn a_list_written_down_reads_back_the_same() {
    let list = ModelList::recorded();
    let text = serde_json::to_string(&list).unwrap();
    assert_eq!(serde_json::from_str::<ModelList>(&text).unwrap(), list);
}
