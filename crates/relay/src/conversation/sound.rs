//! What a client asked for when it asked for speech, or for what is said in a sound.

use super::{picture::Extra, request::Media};

/// A request to speak a text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpeechRequest {
    /// The model, as the client named it.
    pub model: String,
    /// What to say.
    pub text: String,
    /// Who says it, as the client named the voice.
    pub voice: Option<String>,
    /// `mp3`, `opus`, `aac`, `flac`, `wav`, `pcm`; `None` leaves it to the model.
    pub format: Option<String>,
    /// How fast; 1 is ordinary.
    pub speed: Option<f64>,
    /// Fields beyond OpenAI's that the client sent, for models that have them under these names.
    pub extra: Vec<(String, Extra)>,
}

/// A request for the words of a sound.
#[derive(Debug, Clone, PartialEq)]
pub struct TranscriptRequest {
    /// The model, as the client named it.
    pub model: String,
    /// The sound.
    pub sound: Media,
    /// Whether the words are wanted in English, whatever language is spoken.
    pub translates: bool,
    /// The language that is spoken, `en` or `en-US`.
    pub language: Option<String>,
    /// Words that help to understand.
    pub prompt: Option<String>,
    /// 0 to 1.
    pub temperature: Option<f64>,
    /// What the words are wanted as.
    pub form: TranscriptForm,
    /// Fields beyond OpenAI's that the client sent, for models that have them under these names.
    pub extra: Vec<(String, Extra)>,
}

/// What the words of a sound are wanted as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum TranscriptForm {
    /// The words alone.
    #[default]
    Text,
    /// With the times of segments, where the model gives them.
    Verbose,
    /// Subtitles.
    Srt,
    /// Subtitles of the web.
    Vtt,
    /// With who says what, where the model tells people apart.
    Speakers,
}
