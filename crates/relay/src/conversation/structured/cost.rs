//! Counts what it takes to hold a value against a schema.
//!
//! A schema of a few lines can take longer than anybody lives: alternatives that refer to alternatives double with every
//! level. So the walk of a validator is walked first, without looking at any constraint, and given up at a limit.

use serde_json::{Map, Value};

use super::root::resolve;

/// How many times a part of a schema may be held against a part of a value.
const MOST_VISITS: usize = 200_000;

/// How deep parts of schemas may lie in one another.
const DEEPEST: usize = 400;

/// Whether holding this value against this schema has a foreseeable end.
pub(super) fn is_bearable(schema: &Value, value: &Value) -> bool {
    let mut walk = Walk { whole: schema, visits: 0, depth: 0 };
    walk.visit(schema, value, &mut Vec::new()).is_some()
}

struct Walk<'a> {
    whole: &'a Value,
    visits: usize,
    depth: usize,
}

/// Keywords whose schemas concern the same value.
const HERE: &[&str] = &["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies"];

/// Keywords whose schemas concern every part of the value.
const PARTS: &[&str] = &[
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "unevaluatedProperties",
    "items",
    "prefixItems",
    "additionalItems",
    "unevaluatedItems",
    "contains",
];

impl<'a> Walk<'a> {
    /// Holds a schema against a value. `chain` has the schemas that led here for the same value: a validator does not walk
    /// in circles. `None`: it is too much, or can't be foreseen.
    fn visit(&mut self, schema: &'a Value, value: &Value, chain: &mut Vec<*const Value>) -> Option<()> {
        self.visits += 1;
        let Some(keywords) = schema.as_object() else { return Some(()) };
        let id: *const Value = schema;
        if chain.contains(&id) {
            return Some(());
        }
        let is_rebased = keywords.contains_key("$id") && !std::ptr::eq(schema, self.whole);
        let is_dynamic = keywords.contains_key("$dynamicRef") || keywords.contains_key("$recursiveRef");
        if self.visits > MOST_VISITS || self.depth > DEEPEST || is_rebased || is_dynamic {
            return None;
        }
        self.depth += 1;
        chain.push(id);
        // What is left unevaluated is found by walking the others again.
        let is_twice = keywords.keys().any(|key| key.starts_with("unevaluated"));
        for _ in 0..=usize::from(is_twice) {
            if let Some(reference) = keywords.get("$ref") {
                self.visit(resolve(self.whole, reference)?, value, chain)?;
            }
            for keyword in HERE {
                for part in schemas(keywords, keyword) {
                    self.visit(part, value, chain)?;
                }
            }
        }
        chain.pop();
        self.visit_parts(keywords, value)?;
        self.depth -= 1;
        Some(())
    }

    fn visit_parts(&mut self, keywords: &'a Map<String, Value>, value: &Value) -> Option<()> {
        let properties = keywords.get("properties").and_then(Value::as_object);
        for (name, part) in value.as_object().into_iter().flatten() {
            if let Some(schema) = properties.and_then(|properties| properties.get(name)) {
                self.visit(schema, part, &mut Vec::new())?;
            }
        }
        let members = value.as_object().into_iter().flat_map(Map::values);
        let elements = value.as_array().into_iter().flatten();
        for part in members.chain(elements) {
            for keyword in PARTS {
                for schema in schemas(keywords, keyword) {
                    self.visit(schema, part, &mut Vec::new())?;
                }
            }
        }
        Some(())
    }
}

/// The schemas of a keyword: one, a list, or the values of a map.
fn schemas<'a>(keywords: &'a Map<String, Value>, keyword: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    let is_map = matches!(keyword, "dependentSchemas" | "dependencies" | "patternProperties");
    let (one, list, map) = match keywords.get(keyword) {
        Some(Value::Array(list)) => (None, Some(list), None),
        Some(Value::Object(map)) if is_map => (None, None, Some(map)),
        one => (one, None, None),
    };
    one.into_iter().chain(list.into_iter().flatten()).chain(map.into_iter().flat_map(Map::values))
}
