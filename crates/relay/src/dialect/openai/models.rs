//! `GET /v1/models` and `/v1/models/{id}`: the models that can be asked through this relay.

use axum::{Json, extract::Path};
use serde::Serialize;

use crate::{
    catalog::{Feature, Model},
    error::Error,
    guard::Call,
};

/// `created` of every model: 1min.ai does not tell it, and clients need an integer. 2025-01-01.
const CREATED: u64 = 1_735_689_600;

/// `{"object":"list","data":[...]}`.
#[derive(Serialize)]
pub(crate) struct ModelList {
    object: &'static str,
    data: Vec<ModelObject>,
}

/// A model. The first four keys are OpenAI's; the others are read by clients where they find them.
#[derive(Serialize)]
pub(crate) struct ModelObject {
    id: String,
    object: &'static str,
    created: u64,
    owned_by: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u64>,
}

/// The handler.
pub(crate) async fn list(call: Call) -> Json<ModelList> {
    let data = call.snapshot.catalog.with(Feature::Chat).map(ModelObject::from).collect();
    Json(ModelList { object: "list", data })
}

/// `GET /v1/models/{id}`: one model that can be asked through this relay.
pub(crate) async fn retrieve(call: Call, Path(id): Path<String>) -> Result<Json<ModelObject>, Error> {
    let model = call.snapshot.catalog.find(&id).filter(|model| model.features.contains(&Feature::Chat));
    model.map(|model| Json(ModelObject::from(model))).ok_or(Error::ModelNotFound { model: id })
}

impl From<&Model> for ModelObject {
    fn from(model: &Model) -> Self {
        Self {
            id: model.id.clone(),
            object: "model",
            created: CREATED,
            owned_by: model.provider.clone(),
            name: model.name.clone(),
            context_length: model.context_tokens,
            max_output_tokens: model.output_tokens,
        }
    }
}
