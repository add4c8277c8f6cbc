//! One model.

use serde::Deserialize;

/// A model of 1min.ai.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Model {
    /// `modelId`, which requests name.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// Who makes it, such as `openai`.
    pub provider: String,
    /// What it can be used for.
    pub features: Vec<Feature>,
    /// Kinds of input: `text`, `image`, `audio`, `video`. Empty where 1min.ai does not say.
    #[serde(default)]
    pub input: Vec<String>,
    /// Kinds of output.
    #[serde(default)]
    pub output: Vec<String>,
    /// Tokens of prompt and answer together.
    #[serde(default)]
    pub context_tokens: Option<u64>,
    /// Tokens of the longest answer.
    #[serde(default)]
    pub output_tokens: Option<u64>,
}

/// What a model can be used for, by 1min.ai's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
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
