//! Fields beyond OpenAI's, for models that have them under these names.

use serde_json::Value;

use crate::conversation::picture::Extra;

/// The value of a field in JSON; `None` for what no model takes.
pub(super) fn of_json(value: Value) -> Option<Extra> {
    match value {
        Value::String(text) => Some(Extra::Text(text)),
        Value::Bool(yes) => Some(Extra::Bool(yes)),
        Value::Number(number) => number.as_i64().map(Extra::Integer).or_else(|| number.as_f64().map(Extra::Number)),
        Value::Array(list) => list.into_iter().map(of_json).collect::<Option<_>>().map(Extra::List),
        Value::Object(fields) => {
            let field = |(name, value)| Some((name, of_json(value)?));
            fields.into_iter().map(field).collect::<Option<_>>().map(Extra::Object)
        }
        Value::Null => None,
    }
}

/// The value of a field in a form, where all is text.
pub(super) fn of_form(text: &str) -> Extra {
    match text {
        "true" => Extra::Bool(true),
        "false" => Extra::Bool(false),
        text => Extra::Text(text.to_owned()),
    }
}
