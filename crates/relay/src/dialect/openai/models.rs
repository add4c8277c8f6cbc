//! `GET /v1/models` and `/v1/models/{id}`: the models that can be asked through this relay.

use axum::{
    Json,
    extract::{Path, rejection::PathRejection},
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    catalog::{Feature, Listed, Model},
    error::Error,
    guard::Call,
};

/// `created` of every model: 1min.ai does not tell it, and clients need an integer. 2025-01-01.
const CREATED: u64 = 1_735_689_600;

/// The same as Anthropic writes it.
const CREATED_AT: &str = "2025-01-01T00:00:00Z";

/// `{"object":"list","data":[...]}`, and the keys by which Anthropic's SDK pages.
#[derive(Serialize)]
pub(crate) struct ModelList {
    object: &'static str,
    data: Vec<ModelObject>,
    has_more: bool,
    first_id: Option<String>,
    last_id: Option<String>,
}

/// A model. The first four keys are OpenAI's; the others are read by clients where they find them: Open WebUI reads `name`,
/// Anthropic's SDK `type`, `display_name` and `created_at`, others the lengths and the modalities under one name or another.
#[derive(Serialize)]
pub(crate) struct ModelObject {
    id: String,
    object: &'static str,
    created: u64,
    owned_by: String,
    #[serde(rename = "type")]
    kind: &'static str,
    created_at: &'static str,
    name: String,
    display_name: String,
    #[serde(flatten)]
    lengths: Lengths,
    architecture: Architecture,
    capabilities: Capabilities,
    one_min: OneMin,
}

#[derive(Serialize)]
struct Lengths {
    #[serde(skip_serializing_if = "Option::is_none")]
    context_length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_window: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_model_len: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u64>,
}

#[derive(Serialize)]
struct Architecture {
    input_modalities: Vec<String>,
    output_modalities: Vec<String>,
}

#[derive(Serialize)]
struct Capabilities {
    completion_chat: bool,
    vision: bool,
}

/// What 1min.ai says of the model, in its own words.
#[derive(Serialize)]
struct OneMin {
    /// The id, where the name above is an alias.
    model: String,
    group: String,
    features: Vec<Feature>,
    /// Prices as the catalogue has them; no bill can be computed from these.
    credits: Map<String, Value>,
}

/// The handler.
pub(crate) async fn list(call: Call) -> Json<ModelList> {
    let data: Vec<ModelObject> = call.models().listed().map(ModelObject::from).collect();
    let id = |model: Option<&ModelObject>| model.map(|model| model.id.clone());
    let (first_id, last_id) = (id(data.first()), id(data.last()));
    Json(ModelList { object: "list", data, has_more: false, first_id, last_id })
}

/// `GET /v1/models/{id}`: one model that can be asked through this relay, under the name it was asked by.
pub(crate) async fn retrieve(call: Call, id: Result<Path<String>, PathRejection>) -> Result<Json<ModelObject>, Error> {
    // What is no text is no model's id.
    let id = id.map_or_else(|_| String::new(), |Path(id)| id);
    let models = call.models();
    match models.find(&id) {
        Some(model) => Ok(Json(ModelObject::from(Listed { name: &id, model }))),
        None => Err(Error::ModelNotFound { nearest: models.nearest(&id), model: id, words: None }),
    }
}

impl From<Listed<'_>> for ModelObject {
    fn from(Listed { name: id, model }: Listed<'_>) -> Self {
        let Model { context_tokens, output_tokens, .. } = *model;
        let name = if id == model.id { model.name.clone() } else { format!("{id} ({})", model.name) };
        Self {
            id: id.to_owned(),
            object: "model",
            created: CREATED,
            owned_by: model.provider.clone(),
            kind: "model",
            created_at: CREATED_AT,
            display_name: name.clone(),
            name,
            lengths: Lengths {
                context_length: context_tokens,
                context_window: context_tokens,
                max_model_len: context_tokens,
                max_output_tokens: output_tokens,
            },
            architecture: Architecture {
                input_modalities: model.input.clone(),
                output_modalities: model.output.clone(),
            },
            capabilities: Capabilities {
                completion_chat: model.can(Feature::Chat),
                vision: model.input.iter().any(|kind| kind == "image"),
            },
            one_min: OneMin {
                model: model.id.clone(),
                group: model.group.clone(),
                features: model.features.clone(),
                credits: model.credits.clone(),
            },
        }
    }
}
