//! A schema without what tells a model nothing.

use serde_json::{Map, Value};

/// How much of the descriptions is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// All.
    Full,
    /// The beginning of each.
    Short,
    /// The beginning of a tool's and of what it requires; none of what it doesn't.
    Bare,
}

/// The longest description that is kept when there is too much, in characters.
const SHORT: usize = 400;

impl Detail {
    /// A description in this detail.
    pub(super) fn description(self, text: &str) -> &str {
        let end = text.char_indices().nth(SHORT).map_or(text.len(), |(at, _)| at);
        if self == Self::Full { text } else { &text[..end] }
    }
}

/// Keys that hold one schema.
const ONE: [&str; 6] = ["items", "not", "additionalProperties", "if", "then", "else"];

/// Keys that hold a list of schemas.
const LISTS: [&str; 4] = ["anyOf", "oneOf", "allOf", "prefixItems"];

/// Keys that hold schemas by name.
const MAPS: [&str; 4] = ["properties", "$defs", "definitions", "patternProperties"];

/// The schema without `$schema`, `title`, an empty `required`, and `additionalProperties` that are forbidden anyway.
pub(super) fn slim(schema: &Value, detail: Detail) -> Value {
    let Value::Object(fields) = schema else { return schema.clone() };
    let required: Vec<&str> =
        fields.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut slimmed = Map::new();
    for (key, value) in fields {
        let value = match (key.as_str(), value) {
            ("$schema", _) | ("title", Value::String(_)) | ("additionalProperties", Value::Bool(false)) => continue,
            ("required", Value::Array(list)) if list.is_empty() => continue,
            ("description", Value::String(text)) => Value::from(detail.description(text)),
            (key, value) if ONE.contains(&key) => slim(value, detail),
            (key, Value::Array(list)) if LISTS.contains(&key) => {
                list.iter().map(|schema| slim(schema, detail)).collect()
            }
            (key, Value::Object(schemas)) if MAPS.contains(&key) => {
                let named = |(name, schema): (&String, &Value)| {
                    let mut schema = slim(schema, detail);
                    let is_optional = key == "properties" && !required.contains(&name.as_str());
                    if let (Detail::Bare, true, Value::Object(fields)) = (detail, is_optional, &mut schema) {
                        fields.shift_remove("description");
                    }
                    (name.clone(), schema)
                };
                Value::Object(schemas.iter().map(named).collect())
            }
            (_, value) => value.clone(),
        };
        slimmed.insert(key.clone(), value);
    }
    Value::Object(slimmed)
}
