//! Features: pictures, sounds and transcripts, each one call of `POST /api/features` (docs, live).

mod call;

use bytes::Bytes;
use serde::Serialize;

use crate::{answer::Metadata, model::Feature};

pub(crate) use call::media_type;

/// A call of a feature. Every success is billed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureRequest {
    /// What is to be done.
    #[serde(rename = "type")]
    pub feature: Feature,
    /// Which model does it.
    pub model: String,
    /// Only where a feature wants it (docs).
    #[serde(rename = "conversationId", skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// Whether the call is answered at once and its result asked for until it is there: for what takes longer than a silent
    /// connection lasts (docs, untested by anybody).
    #[serde(rename = "async", skip_serializing_if = "std::ops::Not::not")]
    pub is_async: bool,
    /// The fields of `promptObject`, which differ from model to model (docs). Unknown ones are mostly ignored (live).
    #[serde(rename = "promptObject")]
    pub fields: Fields,
}

impl FeatureRequest {
    /// A call that is answered when it is done.
    #[must_use]
    pub fn new(feature: Feature, model: impl Into<String>, fields: Fields) -> Self {
        Self { feature, model: model.into(), conversation_id: None, is_async: false, fields }
    }
}

/// The fields of a `promptObject`, in the order they were set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields(Vec<(String, FieldValue)>);

impl Fields {
    /// Sets a field; one that is there keeps its place.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<FieldValue>) {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// Takes a field out, if it is there.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    /// The same as `set`, to write several in a row.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<FieldValue>) -> Self {
        self.set(name, value);
        self
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&FieldValue> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Every field, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &FieldValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl Serialize for Fields {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// Yes or no.
    Bool(bool),
    /// Several.
    List(Vec<Self>),
    /// Several under names of their own.
    Object(Fields),
}

impl From<Fields> for FieldValue {
    fn from(fields: Fields) -> Self {
        Self::Object(fields)
    }
}

impl From<&str> for FieldValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for FieldValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for FieldValue {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u32> for FieldValue {
    fn from(number: u32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<f64> for FieldValue {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for FieldValue {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

impl<T: Into<Self>> From<Vec<T>> for FieldValue {
    fn from(list: Vec<T>) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}

/// What a feature gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeatureAnswer {
    /// `aiRecord.uuid`, by which the result can be asked for again.
    pub uuid: Option<String>,
    /// `resultObject`: texts, or where files are: storage keys, or whole addresses (live). An entry that is no text is given as
    /// its JSON.
    pub results: Vec<String>,
    /// `temporaryUrl`: a signed address of the first file, and of no other (live).
    pub temporary_url: Option<String>,
    /// Figures of the call.
    pub metadata: Metadata,
    /// The sound itself, where it came in place of a record (docs; never seen live), with its media type.
    pub sound: Option<(Bytes, String)>,
}

impl FeatureAnswer {
    /// How many files [`Client::download`](crate::Client::download) gives of an answer that has files: the sound itself is one.
    #[must_use]
    pub fn file_count(&self) -> usize {
        if self.sound.is_some() { 1 } else { self.results.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_the_fields_that_worked_live_in_their_order() {
        let mut fields = Fields::default().with("prompt", "a fox").with("samples", 1_u32).with("cfg_scale", 7_u32);
        fields.set("samples", 2_u32);
        let request = FeatureRequest::new(Feature::ImageGenerator, "stable-diffusion-xl-1024-v1-0", fields);
        assert_eq!(
            serde_json::to_string(&request).unwrap(),
            r#"{"type":"IMAGE_GENERATOR","model":"stable-diffusion-xl-1024-v1-0","promptObject":{"prompt":"a fox","samples":2,"cfg_scale":7}}"#
        );
        assert_eq!(request.fields.get("samples"), Some(&FieldValue::Integer(2)));
    }

    #[test]
    fn what_takes_long_is_asked_for_later() {
        let fields = Fields::default().with("tile", true).with("styles", vec!["a", "b"]).with("weight", 0.5);
        let request = FeatureRequest {
            conversation_id: Some("AUDIO_TRANSLATOR".into()),
            is_async: true,
            ..FeatureRequest::new(Feature::AudioTranslator, "m", fields)
        };
        assert_eq!(
            serde_json::to_string(&request).unwrap(),
            r#"{"type":"AUDIO_TRANSLATOR","model":"m","conversationId":"AUDIO_TRANSLATOR","async":true,"promptObject":{"tile":true,"styles":["a","b"],"weight":0.5}}"#
        );
    }
}
