//! The fields of a request, whether they came as JSON or in a form, where numbers and truths are texts.

use serde_json::{Map, Value};

use crate::{
    conversation::Extra,
    error::{Error, Fault},
};

/// What a form writes for several values of one field.
const SEVERAL: &str = "[]";

/// The fields that have not been read yet.
#[derive(Debug, Default)]
pub(super) struct Fields {
    fields: Map<String, Value>,
    /// Whether every value is a text, whatever it means.
    is_form: bool,
}

impl Fields {
    pub(super) const fn of_json(fields: Map<String, Value>) -> Self {
        Self { fields, is_form: false }
    }

    /// Texts of a form; a name that stands twice is a list.
    pub(super) fn of_form(texts: Vec<(String, String)>) -> Self {
        let mut fields = Map::new();
        for (name, text) in texts {
            let text = Value::String(text);
            let name = match name.strip_suffix(SEVERAL) {
                Some(name) => {
                    fields.entry(name).or_insert_with(|| Value::Array(Vec::new()));
                    name.to_owned()
                }
                None => name,
            };
            match fields.get_mut(&name) {
                Some(Value::Array(list)) => list.push(text),
                Some(one) => *one = Value::Array(vec![one.take(), text]),
                None => drop(fields.insert(name, text)),
            }
        }
        Self { fields, is_form: true }
    }

    /// A field as it came; null counts as absent.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.fields.shift_remove(name).filter(|value| !value.is_null())
    }

    /// A text; an empty one counts as absent.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Error> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
            Some(_) => Err(wrong(name, "a string")),
        }
    }

    /// A word of a published set: in lower case; `auto` counts as absent.
    pub(super) fn word(&mut self, name: &str) -> Result<Option<String>, Error> {
        let word = self.text(name)?.map(|word| word.trim().to_ascii_lowercase());
        Ok(word.filter(|word| word != "auto"))
    }

    /// A whole number, also as a text.
    pub(super) fn integer(&mut self, name: &str) -> Result<Option<i64>, Error> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let whole = |number: f64| (number.fract() == 0.0).then(|| format!("{number:.0}").parse().ok()).flatten();
        let integer = match &value {
            Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
            Value::String(text) if text.trim().is_empty() => return Ok(None),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        integer.map(Some).ok_or_else(|| wrong(name, "an integer"))
    }

    /// Whether something is wanted; absent is no.
    pub(super) fn flag(&mut self, name: &str) -> Result<bool, Error> {
        match self.take(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
                "" | "false" | "0" => Ok(false),
                "true" | "1" => Ok(true),
                _ => Err(wrong(name, "true or false")),
            },
            Some(_) => Err(wrong(name, "true or false")),
        }
    }

    /// What is left: values and lists of values, for models that have fields of these names.
    pub(super) fn into_extra(self) -> Vec<(String, Extra)> {
        let Self { fields, is_form } = self;
        let fields = fields.into_iter();
        fields.filter_map(|(name, value)| Some((name, extra(value, is_form, true)?))).collect()
    }
}

fn wrong(name: &str, kind: &str) -> Error {
    Error::field(name, Fault::Invalid, format!("Invalid value for '{name}': it must be {kind}."))
}

fn extra(value: Value, is_form: bool, may_be_list: bool) -> Option<Extra> {
    match value {
        Value::String(text) if is_form => Some(meant(text)),
        Value::String(text) => Some(Extra::Text(text)),
        Value::Bool(truth) => Some(Extra::Bool(truth)),
        Value::Number(number) => number.as_i64().map(Extra::Integer).or_else(|| number.as_f64().map(Extra::Number)),
        Value::Array(list) if may_be_list => {
            list.into_iter().map(|item| extra(item, is_form, false)).collect::<Option<_>>().map(Extra::List)
        }
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What a text of a form stands for.
fn meant(text: String) -> Extra {
    let number = || text.parse().ok().filter(|number: &f64| number.is_finite()).map(Extra::Number);
    match text.as_str() {
        "true" => Extra::Bool(true),
        "false" => Extra::Bool(false),
        other => other.parse().ok().map(Extra::Integer).or_else(number).unwrap_or_else(|| Extra::Text(text.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn json_fields(fields: Value) -> Fields {
        match fields {
            Value::Object(fields) => Fields::of_json(fields),
            _ => Fields::default(),
        }
    }

    fn form(texts: &[(&str, &str)]) -> Fields {
        Fields::of_form(texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    #[test]
    fn a_form_says_the_same_as_json() {
        for mut fields in [
            json_fields(json!({"n": 2, "stream": true, "quality": "High", "seed": 7, "tile": true, "w": 0.5,
                "styles": ["a", "b"], "user": null})),
            form(&[
                ("n", "2"),
                ("stream", "true"),
                ("quality", "High"),
                ("seed", "7"),
                ("tile", "true"),
                ("w", "0.5"),
                ("styles[]", "a"),
                ("styles[]", "b"),
                ("user", ""),
            ]),
        ] {
            assert_eq!((fields.integer("n").unwrap(), fields.flag("stream").unwrap()), (Some(2), true));
            assert_eq!(fields.word("quality").unwrap().as_deref(), Some("high"));
            assert_eq!(fields.text("user").unwrap(), None);
            let list = Extra::List(vec![Extra::Text("a".into()), Extra::Text("b".into())]);
            let expected = [
                ("seed".to_owned(), Extra::Integer(7)),
                ("tile".to_owned(), Extra::Bool(true)),
                ("w".to_owned(), Extra::Number(0.5)),
                ("styles".to_owned(), list),
            ];
            assert_eq!(fields.into_extra(), expected);
        }
    }

    #[test]
    fn what_is_of_another_kind_is_refused_by_name() {
        let mut fields = json_fields(json!({"n": "two", "stream": "maybe", "prompt": 5, "m": 1.5, "f": 2.0}));
        let names = |error: Error, name: &str| matches!(error, Error::InvalidField { param, .. } if param == name);
        assert!(names(fields.integer("n").unwrap_err(), "n"));
        assert!(names(fields.integer("m").unwrap_err(), "m"));
        assert!(names(fields.flag("stream").unwrap_err(), "stream"));
        assert!(names(fields.text("prompt").unwrap_err(), "prompt"));
        assert_eq!(fields.integer("f").unwrap(), Some(2));
    }

    #[test]
    fn what_no_model_could_take_is_left_out() {
        let fields = json_fields(json!({"object": {"a": 1}, "deep": [[1]], "nothing": null, "text": "7"}));
        assert_eq!(fields.into_extra(), [("text".to_owned(), Extra::Text("7".into()))]);
        let twice = form(&[("a", "x"), ("a", "1e400")]);
        let list = Extra::List(vec![Extra::Text("x".into()), Extra::Text("1e400".into())]);
        assert_eq!(twice.into_extra(), [("a".to_owned(), list)]);
    }
}
