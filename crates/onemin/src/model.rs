//! Models as `GET /models?feature=X` lists them, and the list that was recorded once.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::answer::as_count;

/// What `GET /models` gave on its date, for the features of [`Feature::ALL`], without what was disabled since (live).
const RECORDED: &str = include_str!("model/recorded.json");

/// A list of models, and the day it was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelList {
    /// `YYYY-MM-DD`.
    pub date: String,
    /// The models, each once.
    pub models: Vec<Model>,
}

impl ModelList {
    /// The list that was recorded from the running service. Ids change every few weeks (live): it is a fallback.
    ///
    /// # Panics
    /// Never: a test reads the list.
    #[must_use]
    pub fn recorded() -> Self {
        #[expect(clippy::expect_used, reason = "a constant, read by a test")]
        serde_json::from_str(RECORDED).expect("the recorded list is valid")
    }
}

/// A model of 1min.ai.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// `modelId`, which requests name.
    pub id: String,
    /// The name for people; the id where 1min.ai gave none.
    pub name: String,
    /// Who makes it or runs it, such as `openai`.
    pub provider: String,
    /// Its family, such as `openai/gpt`; empty where 1min.ai gave none.
    #[serde(default)]
    pub group: String,
    /// What it can be used for, as far as this crate knows the feature.
    pub features: Vec<Feature>,
    /// Kinds of input: `text`, `image`, `audio`, `video`. Empty where 1min.ai does not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input: Vec<String>,
    /// Kinds of output.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output: Vec<String>,
    /// `CONTEXT`: tokens of prompt and answer together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<u64>,
    /// `MAX_OUTPUT_TOKEN`: tokens of the longest answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// The rest of `creditMetadata`, as it came. `INPUT` and `OUTPUT` scale with tokens, others are prices of one call by
    /// size, quality or mode (live); what a chat really costs is higher (guess), so no bill can be computed from it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub credits: Map<String, Value>,
    /// Whether `status` is `DISABLED` (live): it is listed, and refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_disabled: bool,
}

impl Model {
    /// Whether it can be used for this.
    #[must_use]
    pub fn can(&self, feature: Feature) -> bool {
        self.features.contains(&feature)
    }

    /// Reads an object of the list, loosely: all but `modelId` may be missing or of another kind.
    fn read(object: &Value) -> Option<Self> {
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        let id = text("modelId")?.to_owned();
        let group = text("group").unwrap_or_default().to_owned();
        let maker = group.split('/').next().filter(|maker| !maker.is_empty());
        let provider = text("provider").or(maker).unwrap_or("1min.ai").to_owned();
        let kinds = |name: &str| texts(object.pointer(&format!("/modality/{name}")));
        let mut credits = object.get("creditMetadata").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut take_count = |name: &str| credits.remove(name).as_ref().and_then(as_count).filter(|count| *count > 0);
        let (context_tokens, output_tokens) = (take_count("CONTEXT"), take_count("MAX_OUTPUT_TOKEN"));
        Some(Self {
            name: text("name").unwrap_or(&id).to_owned(),
            provider,
            group,
            features: texts(object.get("features")).iter().filter_map(|name| Feature::named(name)).collect(),
            input: kinds("INPUT"),
            output: kinds("OUTPUT"),
            context_tokens,
            output_tokens,
            credits,
            is_disabled: text("status").is_some_and(|status| status.eq_ignore_ascii_case("DISABLED")),
            id,
        })
    }
}

fn texts(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_lowercase).collect()
}

/// Reads an answer of `GET /models?feature=X`: `{"models":[...],"total":N}` (live). `None`: it is no such list.
pub(crate) fn read_list(body: &[u8], feature: Feature) -> Option<Vec<Model>> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let list = body.get("models").or(Some(&body))?.as_array()?;
    let mut models: Vec<Model> = list.iter().filter_map(Model::read).collect();
    // It was listed for this feature, whatever else it says.
    models.iter_mut().filter(|model| !model.can(feature)).for_each(|model| model.features.push(feature));
    Some(models)
}

/// What a model can be used for, by 1min.ai's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Feature {
    /// `UNIFY_CHAT_WITH_AI`.
    #[serde(rename = "UNIFY_CHAT_WITH_AI")]
    Chat,
    /// `IMAGE_GENERATOR`.
    #[serde(rename = "IMAGE_GENERATOR")]
    ImageGenerator,
    /// `IMAGE_EDITOR`.
    #[serde(rename = "IMAGE_EDITOR")]
    ImageEditor,
    /// `IMAGE_VARIATOR`.
    #[serde(rename = "IMAGE_VARIATOR")]
    ImageVariator,
    /// `IMAGE_INPAINTER`: what a mask marks is made anew.
    #[serde(rename = "IMAGE_INPAINTER")]
    ImageInpainter,
    /// `TEXT_TO_SPEECH`.
    #[serde(rename = "TEXT_TO_SPEECH")]
    TextToSpeech,
    /// `SPEECH_TO_TEXT`.
    #[serde(rename = "SPEECH_TO_TEXT")]
    SpeechToText,
    /// `AUDIO_TRANSLATOR`.
    #[serde(rename = "AUDIO_TRANSLATOR")]
    AudioTranslator,
}

impl Feature {
    /// Every feature this crate knows.
    pub const ALL: [Self; 8] = [
        Self::Chat,
        Self::ImageGenerator,
        Self::ImageEditor,
        Self::ImageVariator,
        Self::ImageInpainter,
        Self::TextToSpeech,
        Self::SpeechToText,
        Self::AudioTranslator,
    ];

    /// Its name in requests and lists.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "UNIFY_CHAT_WITH_AI",
            Self::ImageGenerator => "IMAGE_GENERATOR",
            Self::ImageEditor => "IMAGE_EDITOR",
            Self::ImageVariator => "IMAGE_VARIATOR",
            Self::ImageInpainter => "IMAGE_INPAINTER",
            Self::TextToSpeech => "TEXT_TO_SPEECH",
            Self::SpeechToText => "SPEECH_TO_TEXT",
            Self::AudioTranslator => "AUDIO_TRANSLATOR",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feature| feature.as_str().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
