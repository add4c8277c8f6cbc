//! What the text of an answer must be: `response_format` of Chat Completions, `text.format` of Responses. The first nests
//! a schema's fields in `json_schema`, the second has them beside `type`; both are read in either place.

use serde_json::Value;

use crate::{
    conversation::{Format, Schema},
    error::{Error, Fault},
};

/// Reads the field `param`; absent and null are any text.
pub(super) fn decode(format: Option<&Value>, param: &str) -> Result<Format, Error> {
    let Some(format) = format.filter(|format| !format.is_null()) else { return Ok(Format::Text) };
    match format.get("type").and_then(Value::as_str) {
        Some("text") => Ok(Format::Text),
        Some("json_object") => Ok(Format::JsonObject),
        Some("json_schema") => schema(format.get("json_schema").unwrap_or(format), param),
        other => {
            let param = format!("{param}.type");
            let message = format!(
                "Invalid value: '{}'. '{param}' must be 'text', 'json_object' or 'json_schema'.",
                other.unwrap_or_default()
            );
            Err(Error::field(param, Fault::Invalid, message))
        }
    }
}

fn schema(fields: &Value, param: &str) -> Result<Format, Error> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    // A schema that is left out allows every JSON.
    let schema = fields.get("schema").cloned().unwrap_or(Value::Null);
    if !matches!(schema, Value::Null | Value::Object(_) | Value::Bool(_)) {
        let message = "The schema must be a JSON object.";
        return Err(Error::field(format!("{param}.schema"), Fault::Invalid, message));
    }
    let is_strict = fields.get("strict").and_then(Value::as_bool).unwrap_or(false);
    Ok(Format::JsonSchema(Schema { name: text("name"), description: text("description"), schema, is_strict }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(format: &Value) -> Result<Format, Error> {
        decode(Some(format), "response_format")
    }

    #[test]
    fn both_places_of_a_schema_are_read() {
        let fields = json!({"name": "person", "strict": true, "schema": {"type": "object"}});
        let mut flat = fields.clone();
        flat["type"] = json!("json_schema");
        let expected = Format::JsonSchema(Schema {
            name: Some("person".into()),
            description: None,
            schema: json!({"type": "object"}),
            is_strict: true,
        });
        assert_eq!(read(&json!({"type": "json_schema", "json_schema": fields})).unwrap(), expected);
        assert_eq!(read(&flat).unwrap(), expected);
        assert_eq!(read(&json!(null)).unwrap(), Format::Text);
        assert_eq!(read(&json!({"type": "json_object"})).unwrap(), Format::JsonObject);
    }

    #[test]
    fn what_is_no_format_is_refused_by_name() {
        for (format, name) in [
            (json!({"type": "xml"}), "response_format.type"),
            (json!({}), "response_format.type"),
            (json!({"type": "json_schema", "json_schema": {"schema": "x"}}), "response_format.schema"),
        ] {
            assert!(matches!(read(&format), Err(Error::InvalidField { param, .. }) if param == name), "{format}");
        }
    }
}
