//! The exact bytes of 1min.ai: records, frames and errors, with invented ids, names and dates.

use onemin::{Feature, Model, ModelList};
use serde_json::{Value, json};

/// A record of a chat call in full (docs, live), around `text` and `metadata`.
#[must_use]
pub fn record(model: &str, prompt: &str, text: &str, metadata: &Value) -> Value {
    let prompt_object = json!({"prompt": prompt, "linkContentList": [], "searchContentList": []});
    let request = json!({"type": "UNIFY_CHAT_WITH_AI", "model": model, "promptObject": prompt_object});
    feature_record(&request, "11111111-1111-4111-8111-111111111111", "SUCCESS", &[text.to_owned()], metadata)
}

/// A record of any call in full (docs, live): an echo of `request`, how far it is, what was made.
#[must_use]
pub fn feature_record(request: &Value, uuid: &str, status: &str, results: &[String], metadata: &Value) -> Value {
    json!({"aiRecord": {
        "uuid": uuid,
        "userId": "33333333-3333-4333-8333-333333333333",
        "teamId": "22222222-2222-4222-8222-222222222222",
        "teamUser": {
            "teamId": "22222222-2222-4222-8222-222222222222",
            "userId": "33333333-3333-4333-8333-333333333333",
            "userName": "Example User",
            "userAvatar": "https://example.invalid/avatar.png",
            "status": "ACTIVE",
            "role": "ADMIN",
            "creditLimit": 214_748_364,
            "usedCredit": 3_086_973,
            "createdAt": "2025-06-01T10:00:00.000Z",
            "createdBy": "SYSTEM",
            "updatedAt": "2026-09-01T10:00:00.000Z",
            "updatedBy": "SYSTEM",
        },
        "model": request["model"],
        "type": request["type"],
        "metadata": metadata,
        "rating": null,
        "feedback": null,
        "conversationId": request["conversationId"],
        "status": status,
        "createdAt": "2026-09-03T08:53:47.947Z",
        "aiRecordDetail": {"promptObject": request["promptObject"], "resultObject": results},
        "modelDetail": {"name": request["model"], "provider": "MOCK"},
    }})
}

/// `metadata` with the seven counts that were recorded live.
#[must_use]
pub fn metadata(input_tokens: u64, output_tokens: u64, credits: u64) -> Value {
    json!({
        "credit": credits,
        "inputToken": input_tokens,
        "totalToken": input_tokens + output_tokens,
        "inputCredit": credits,
        "outputToken": output_tokens,
        "promptToken": input_tokens,
        "finishReason": "stop",
        "outputCredit": 0,
        "executionTime": 0.365,
    })
}

/// One `content` frame of a stream.
#[must_use]
pub fn content_frame(text: &str) -> String {
    frame("content", &json!({ "content": text }))
}

/// The `result` frame of a stream.
#[must_use]
pub fn result_frame(record: &Value) -> String {
    frame("result", record)
}

/// The `done` frame that ends a stream.
#[must_use]
pub fn done_frame() -> String {
    frame("done", &json!({"message": "Stream completed"}))
}

/// The `error` frame: how a refused stream looks, at HTTP 200.
#[must_use]
pub fn error_frame(message: &str) -> String {
    frame("error", &json!({ "error": message }))
}

fn frame(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

/// What `GET /models?feature=X` answers: the models of the recorded list, in their wire form (live). An unknown feature,
/// or none, has no models.
#[must_use]
pub fn model_list(feature: &str) -> String {
    let Some(feature) = Feature::ALL.into_iter().find(|known| known.as_str() == feature) else {
        return models([]);
    };
    models(ModelList::recorded().models.into_iter().filter(|model| model.can(feature)))
}

/// The answer of `GET /models` with just these models.
#[must_use]
pub fn models(models: impl IntoIterator<Item = Model>) -> String {
    let models: Vec<Value> = models.into_iter().map(|model| model_object(&model)).collect();
    json!({"total": models.len(), "models": models}).to_string()
}

/// A model with the keys that were seen (live), invented where nobody recorded them.
fn model_object(model: &Model) -> Value {
    let mut credits = model.credits.clone();
    let counts = [("CONTEXT", model.context_tokens), ("MAX_OUTPUT_TOKEN", model.output_tokens)];
    credits.extend(counts.into_iter().filter_map(|(name, count)| Some((name.to_owned(), json!(count?)))));
    let has_modality = !(model.input.is_empty() && model.output.is_empty());
    json!({
        "uuid": "44444444-4444-4444-8444-444444444444",
        "modelId": model.id,
        "name": model.name,
        "provider": model.provider,
        "group": model.group,
        "logoUrl": null,
        "information": null,
        "status": if model.is_disabled { "DISABLED" } else { "ACTIVE" },
        "cutoffDate": null,
        "numberOfStars": 0,
        "features": model.features,
        "modality": has_modality.then(|| json!({"INPUT": model.input, "OUTPUT": model.output})),
        "creditMetadata": credits,
        "creditEstimation": null,
        "createdAt": "2025-06-01T10:00:00.000Z",
        "createdBy": "SYSTEM",
        "updatedAt": "2026-03-30T10:00:00.000Z",
        "updatedBy": "SYSTEM",
    })
}

/// An error of the documented shape (A).
pub(crate) fn error_a(code: &str, message: &str) -> String {
    json!({"success": false, "error": {"code": code, "message": message}}).to_string()
}

/// An error of the shape seen live (B).
pub(crate) fn error_b(code: &str, message: &str) -> String {
    json!({"errorCode": code, "message": message}).to_string()
}

/// The same with `details`, which are JSON in a string (live).
pub(crate) fn error_b_with(code: &str, message: &str, details: &Value) -> String {
    json!({"errorCode": code, "message": message, "details": details.to_string()}).to_string()
}
