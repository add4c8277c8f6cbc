//! The items of an input, before they are read: what they refer to is put in, and all get what a kept item needs.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::{
    id::Ids,
    kept::{self, Kept},
};
use crate::{
    error::{Error, Fault},
    guard::Call,
    shared::Shared,
};

/// What a request goes on from.
#[derive(Debug, Default)]
pub(super) struct Input {
    /// The items of the conversation so far, of a kept response.
    pub(super) former: Vec<Value>,
    /// The items of this request.
    pub(super) items: Vec<Value>,
}

impl Input {
    /// Reads `input`, and finds the kept responses it refers to.
    pub(super) async fn read(
        shared: &Shared,
        call: &Call,
        input: Option<Value>,
        previous: Option<&str>,
    ) -> Result<Self, Error> {
        let mut former = Vec::new();
        if let Some(id) = previous.filter(|id| !id.is_empty()) {
            let not_found = || Error::PreviousResponseNotFound { id: id.chars().take(100).collect() };
            let Kept { response, input } = kept::find(shared, call, id).await?.ok_or_else(not_found)?;
            former.extend(input);
            former.extend(kept::output(response));
        }
        let mut items = Vec::new();
        let mut referred = Referred { shared, call, responses: HashMap::new() };
        for item in listed(input)? {
            if is_reference(&item) {
                items.extend(referred.take(&item).await?);
            } else {
                items.push(item);
            }
        }
        Ok(Self { former, items })
    }

    /// All items, as they are kept: each with a type and an id of its own, by which pages are turned.
    pub(super) fn into_kept(self, ids: &Ids) -> Vec<Value> {
        let id_of = |item: &Value| item["id"].as_str().map(str::to_owned);
        let mut taken: HashSet<String> = self.former.iter().filter_map(id_of).collect();
        let items = self.items.into_iter().enumerate().filter_map(|(index, item)| {
            let Value::Object(mut item) = item else { return None };
            item.entry("type").or_insert_with(|| json!("message"));
            let id = ids.of_input(prefix(&item), index);
            if !item.get("id").and_then(Value::as_str).is_some_and(|id| taken.insert(id.to_owned())) {
                item.insert("id".into(), Value::String(id));
            }
            if let Some(Value::String(text)) = item.get("content") {
                let kind = if item.get("role") == Some(&json!("assistant")) { "output_text" } else { "input_text" };
                let parts = json!([{"type": kind, "text": text}]);
                item.insert("content".into(), parts);
            }
            Some(Value::Object(item))
        });
        self.former.into_iter().chain(items).collect()
    }
}

/// `input`: a text, an item, or a list of them.
fn listed(input: Option<Value>) -> Result<Vec<Value>, Error> {
    let message = |text: &str| json!({"type": "message", "role": "user", "content": text});
    match input {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![message(&text)]),
        Some(item @ Value::Object(_)) => Ok(vec![item]),
        Some(Value::Array(items)) => {
            let item = |item: Value| match item.as_str() {
                Some(text) => message(text),
                None => item,
            };
            Ok(items.into_iter().map(item).collect())
        }
        Some(_) => {
            let message = "Invalid value for 'input'. It must be a string or an array of items.";
            Err(Error::field("input", Fault::Invalid, message))
        }
    }
}

/// Whether an item stands for a kept one; its type may be left out.
fn is_reference(item: &Value) -> bool {
    match item["type"].as_str() {
        Some(kind) => kind == "item_reference",
        None => item["id"].is_string() && item["role"].is_null(),
    }
}

/// The kept items that references mean. Each is put in once, so that a short request can't become an endless one.
struct Referred<'a> {
    shared: &'a Shared,
    call: &'a Call,
    /// What is left of the responses that were looked up.
    responses: HashMap<String, Vec<Value>>,
}

impl Referred<'_> {
    /// The item, if its response is still there.
    async fn take(&mut self, reference: &Value) -> Result<Option<Value>, Error> {
        let Some(id) = reference["id"].as_str() else { return Ok(None) };
        let Some(response) = Ids::response_of(id) else { return Ok(None) };
        if !self.responses.contains_key(&response) {
            let kept = kept::find(self.shared, self.call, &response).await?;
            let items = kept.map(|Kept { response, input }| kept::output(response).into_iter().chain(input).collect());
            self.responses.insert(response.clone(), items.unwrap_or_default());
        }
        let items = self.responses.entry(response).or_default();
        let place = items.iter().position(|item| item["id"] == *id);
        Ok(place.map(|place| items.swap_remove(place)))
    }
}

/// What ids of this kind of item begin with.
fn prefix(item: &Map<String, Value>) -> &'static str {
    match item.get("type").and_then(Value::as_str).unwrap_or_default() {
        "function_call" => "fc_",
        "function_call_output" => "fco_",
        "custom_tool_call" => "ctc_",
        "custom_tool_call_output" => "ctco_",
        "reasoning" => "rs_",
        "message" => "msg_",
        _ => "item_",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_input_is_a_list_of_items() {
        let list = |input: Value| listed(Some(input)).unwrap();
        let hi = json!({"type": "message", "role": "user", "content": "hi"});
        assert_eq!(list(json!("hi")), std::slice::from_ref(&hi));
        assert_eq!(list(hi.clone()), std::slice::from_ref(&hi));
        assert_eq!(
            list(json!(["hi", {"role": "user", "content": "x"}])),
            [hi, json!({"role": "user", "content": "x"})]
        );
        assert_eq!(list(Value::Null), [Value::Null; 0]);
        assert!(matches!(listed(Some(json!(5))), Err(Error::InvalidField { param, .. }) if param == "input"));
    }

    #[test]
    fn kept_items_have_type_id_and_parts() {
        let ids = Ids::of("resp_0123456789abcdefghijklmn");
        let items = vec![
            json!({"role": "user", "content": "hi"}),
            json!({"role": "assistant", "content": "ho", "id": "msg_mine"}),
            json!({"type": "function_call_output", "call_id": "call_1", "output": "4"}),
            json!(null),
            json!({"role": "assistant", "content": [], "id": "msg_0"}),
        ];
        let former = vec![json!({"id": "msg_0"})];
        assert_eq!(
            Input { former, items }.into_kept(&ids),
            [
                json!({"id": "msg_0"}),
                json!({"role": "user", "content": [{"type": "input_text", "text": "hi"}], "type": "message",
                    "id": "msg_0123456789abcdefghijklmni0"}),
                json!({"role": "assistant", "content": [{"type": "output_text", "text": "ho"}], "id": "msg_mine",
                    "type": "message"}),
                json!({"type": "function_call_output", "call_id": "call_1", "output": "4",
                    "id": "fco_0123456789abcdefghijklmni2"}),
                json!({"role": "assistant", "content": [], "id": "msg_0123456789abcdefghijklmni4", "type": "message"}),
            ]
        );
    }
}
