//! Fields beyond OpenAI's, on their way to models that have them under these names.

use onemin::{FieldValue, Fields};

use crate::conversation::picture::Extra;

impl From<&Extra> for FieldValue {
    fn from(extra: &Extra) -> Self {
        match extra {
            Extra::Text(text) => Self::Text(text.clone()),
            Extra::Integer(number) => Self::Integer(*number),
            Extra::Number(number) => whole(*number).map_or(Self::Number(*number), Self::Integer),
            Extra::Bool(yes) => Self::Bool(*yes),
            Extra::List(list) => Self::List(list.iter().map(Self::from).collect()),
            Extra::Object(fields) => {
                let mut object = Fields::default();
                fields.iter().for_each(|(name, value)| object.set(name.as_str(), value));
                Self::Object(object)
            }
        }
    }
}

/// Sets those of `extra` that a model `has`, where nothing else has set them.
pub(super) fn pass(fields: &mut Fields, extra: &[(String, Extra)], has: impl Fn(&str) -> bool) {
    for (name, value) in extra {
        if has(name) && fields.get(name).is_none() {
            fields.set(name.as_str(), value);
        }
    }
}

/// The number, if it is a whole one.
pub(super) fn whole(number: f64) -> Option<i64> {
    let is_whole = number.fract() == 0.0 && number.abs() < 1e15;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and small")]
    is_whole.then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_model_has_and_nobody_set_is_passed() {
        let extra = [("a", Extra::Integer(1)), ("b", Extra::Bool(true)), ("c", Extra::List(vec![Extra::Number(0.5)]))];
        let extra = extra.map(|(name, value)| (name.to_owned(), value));
        let mut fields = Fields::default().with("a", 2_u32);
        pass(&mut fields, &extra, |name| name != "b");
        assert_eq!(fields, Fields::default().with("a", 2_u32).with("c", vec![0.5]));
    }
}
