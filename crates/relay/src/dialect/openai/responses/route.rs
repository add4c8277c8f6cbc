//! The routes beside `POST /v1/responses`: what was kept, and how many tokens an input has.

use std::sync::Arc;

use axum::{
    Json as JsonBody,
    extract::{Path, RawQuery, State, rejection::PathRejection},
};
use serde::Serialize;
use serde_json::Value;

use super::{
    decode::{self, Decoded},
    input::Input,
    kept::{self, Kept},
    wire::ResponseRequest,
};
use crate::{
    dialect::{
        json::Json,
        query::{Query, go_on_after},
    },
    engine,
    error::{Error, Fault, ForResponses},
    guard::Call,
    shared::Shared,
};

type Id = Result<Path<String>, PathRejection>;

/// `GET /v1/responses/{id}`.
pub(crate) async fn retrieve(State(shared): State<Arc<Shared>>, call: Call, id: Id) -> Result<JsonBody<Value>, Error> {
    Ok(JsonBody(find(&shared, &call, id).await?.response))
}

/// `DELETE /v1/responses/{id}`.
pub(crate) async fn delete(State(shared): State<Arc<Shared>>, call: Call, id: Id) -> Result<JsonBody<Deleted>, Error> {
    let id = read(id);
    if kept::remove(&shared, &call, &id).await? {
        Ok(JsonBody(Deleted { id, object: "response", deleted: true }))
    } else {
        Err(not_found(&id))
    }
}

/// `POST /v1/responses/{id}/cancel`: only what runs in the background can be cancelled, and nothing does.
pub(crate) async fn cancel(State(shared): State<Arc<Shared>>, call: Call, id: Id) -> Result<JsonBody<Value>, Error> {
    find(&shared, &call, id).await?;
    let message = "Only responses in the background can be cancelled, and there are none here. To cancel one that is being \
                   answered, close its connection.";
    Err(Error::field("background", Fault::Unsupported, message))
}

/// `GET /v1/responses/{id}/input_items`: what a response answers, the newest first, unless `order` is `asc`.
pub(crate) async fn input_items(
    State(shared): State<Arc<Shared>>,
    call: Call,
    id: Id,
    RawQuery(query): RawQuery,
) -> Result<JsonBody<ItemList>, Error> {
    let Kept { input, .. } = find(&shared, &call, id).await?;
    Ok(JsonBody(ItemList::page(input, query.as_deref().unwrap_or_default())?))
}

/// `POST /v1/responses/input_tokens`: an estimate, of what would be sent. Costs nothing.
pub(crate) async fn input_tokens(
    State(shared): State<Arc<Shared>>,
    call: Call,
    body: Result<Json<ResponseRequest>, Error>,
) -> Result<JsonBody<InputTokens>, ForResponses> {
    let Json(mut body) = body?;
    decode::check(&body)?;
    let input = Input::read(&shared, &call, body.input.take(), body.previous_response_id.as_deref()).await?;
    let Decoded { request, .. } = decode::decode(body, &input, false)?;
    call.ticket.asked(&request.model, false);
    let input_tokens = engine::count(&call, &request);
    Ok(JsonBody(InputTokens { object: "response.input_tokens", input_tokens }))
}

#[derive(Serialize)]
pub(crate) struct Deleted {
    id: String,
    object: &'static str,
    deleted: bool,
}

#[derive(Serialize)]
pub(crate) struct InputTokens {
    object: &'static str,
    input_tokens: u64,
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub(crate) struct ItemList {
    object: &'static str,
    data: Vec<Value>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

/// The most items of a page.
const LONGEST_PAGE: usize = 100;

/// The items of a page, where `limit` does not say.
const USUAL_PAGE: usize = 20;

impl ItemList {
    /// The page of `items` (the oldest first) that `limit`, `order` and `after` of the query mean.
    fn page(mut items: Vec<Value>, query: &str) -> Result<Self, Error> {
        let query = Query::read(query);
        let limit = query.limit(USUAL_PAGE, LONGEST_PAGE)?;
        if query.text("order") != Some("asc") {
            items.reverse();
        }
        if let Some(after) = query.text("after") {
            go_on_after(&mut items, |item| item["id"] == after);
        }
        let has_more = items.len() > limit;
        items.truncate(limit);
        let id = |item: Option<&Value>| item.and_then(|item| item["id"].as_str()).map(str::to_owned);
        let (first_id, last_id) = (id(items.first()), id(items.last()));
        Ok(Self { object: "list", data: items, first_id, last_id, has_more })
    }
}

async fn find(shared: &Shared, call: &Call, id: Id) -> Result<Kept, Error> {
    let id = read(id);
    kept::find(shared, call, &id).await?.ok_or_else(|| not_found(&id))
}

/// What is no text is no response's id.
fn read(id: Id) -> String {
    id.map_or_else(|_| String::new(), |Path(id)| id)
}

fn not_found(id: &str) -> Error {
    Error::ResponseNotFound { id: id.chars().take(100).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_is_given_in_pages() {
        let page = |query: &str| {
            let items = (0..5).map(|index| json!({"id": index.to_string()})).collect();
            let page = ItemList::page(items, query).unwrap();
            let ids: String = page.data.iter().map(|item| item["id"].as_str().unwrap()).collect();
            assert_eq!(
                (page.first_id.as_deref(), page.last_id.as_deref()),
                (ids.get(..1), ids.get(ids.len().max(1) - 1..).filter(|id| !id.is_empty()))
            );
            (ids, page.has_more)
        };
        assert_eq!(page(""), ("43210".into(), false));
        assert_eq!(page("order=asc&limit=2"), ("01".into(), true));
        assert_eq!(page("limit=2&after=3"), ("21".into(), true));
        assert_eq!(page("order=asc&after=4"), (String::new(), false));
        assert_eq!(page("after=nobody"), (String::new(), false));
        assert!(ItemList::page(Vec::new(), "limit=0").is_err());
    }
}
