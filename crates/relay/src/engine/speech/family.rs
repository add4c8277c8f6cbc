//! The table of models that speak: by family, how long a text they take, whose voices they have, what they give, and how
//! 1min.ai wants to be asked for it.

use onemin::Fields;

use super::format::SoundFormat;
use crate::{
    conversation::sound::SpeechRequest,
    engine::extra,
    error::{Error, Fault},
};

/// A family of models that speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Family {
    /// `tts-1`, `tts-1-hd` (docs).
    OpenAi,
    /// `elevenlabs-tts` (docs).
    ElevenLabs,
    /// `qwen3-tts-flash` (docs).
    Qwen,
    /// `google-tts`, whose fields nobody has established.
    Google,
    /// What this table does not know is asked as OpenAI's models are (guess).
    Unknown,
}

/// OpenAI's voices: the six of 1min.ai's docs, and five more of its SDKs.
const OPENAI_VOICES: [&str; 11] =
    ["alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer", "verse"];

/// OpenAI's voices that only its newer models have.
const OPENAI_NEWER_VOICES: [&str; 2] = ["marin", "cedar"];

/// Voices that `ElevenLabs` gives to every account, by the names its own docs use.
const ELEVENLABS_VOICES: [(&str, &str); 9] = [
    ("rachel", "21m00Tcm4TlvDq8ikWAM"),
    ("domi", "AZnzlk1XvdvUeBnXmlld"),
    ("bella", "EXAVITQu4vr4xnSDxMaL"),
    ("antoni", "ErXwobaYiN019PkySvjV"),
    ("elli", "MF3mGyEYCl7XYWbV9V6O"),
    ("josh", "TxGEqnHWrfWFTfGW9XjX"),
    ("arnold", "VR6AewLTigWG4xSOukaG"),
    ("adam", "pNInz6obpgDQGcFmaJgB"),
    ("sam", "yoZ06aMxZJJ28mfd3POQ"),
];

/// The length of an id of `ElevenLabs`' voices.
const ELEVENLABS_ID: usize = 20;

/// Fields of `ElevenLabs`' beyond those that are set here (docs).
const ELEVENLABS_FIELDS: [&str; 5] =
    ["model_id", "output_format", "voice_settings", "language_code", "optimize_streaming_latency"];

/// A voice, by the name 1min.ai wants, and whether it stands in for one the model does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Voice {
    pub(super) name: Option<String>,
    pub(super) is_replaced: bool,
}

impl Family {
    /// The family of a model, by its id at 1min.ai.
    pub(super) fn of(model: &str) -> Self {
        if model.starts_with("tts-1") {
            Self::OpenAi
        } else if model.starts_with("elevenlabs-") {
            Self::ElevenLabs
        } else if model.starts_with("qwen") {
            Self::Qwen
        } else if model.starts_with("google-") {
            Self::Google
        } else {
            Self::Unknown
        }
    }

    /// The longest text of one call, in characters: 4096 by 1min.ai's docs, the others by their makers' (`eleven_multilingual_v2`
    /// takes 10 000, Qwen's 600, Google's 5000 bytes).
    pub(super) const fn longest_chars(self) -> usize {
        match self {
            Self::OpenAi | Self::Unknown => 4_096,
            Self::ElevenLabs => 10_000,
            Self::Qwen => 600,
            Self::Google => 1_250,
        }
    }

    /// What it can be asked for; empty where nobody knows. The first is what comes where nothing is asked for.
    pub(super) const fn gives(self) -> &'static [SoundFormat] {
        match self {
            Self::OpenAi => &SoundFormat::ALL,
            Self::ElevenLabs => &[SoundFormat::Mp3],
            // Its WAV holds what OpenAI calls pcm.
            Self::Qwen => &[SoundFormat::Wav, SoundFormat::Pcm],
            Self::Google | Self::Unknown => &[],
        }
    }

    /// Whether it can speak faster or slower.
    const fn has_speed(self) -> bool {
        match self {
            Self::OpenAi | Self::Google | Self::Unknown => true,
            Self::ElevenLabs | Self::Qwen => false,
        }
    }

    /// Whether it has a field of this name beside those that are set here.
    fn has_field(self, name: &str) -> bool {
        match self {
            Self::OpenAi => false,
            Self::ElevenLabs => ELEVENLABS_FIELDS.contains(&name),
            Self::Qwen => name == "language_type",
            Self::Google | Self::Unknown => true,
        }
    }

    /// The voice that speaks where `asked` is asked for.
    pub(super) fn voice(self, asked: Option<&str>) -> Voice {
        let known = |name: &str| Voice { name: Some(name.to_owned()), is_replaced: false };
        let instead = |name: &str| Voice { name: Some(name.to_owned()), is_replaced: asked.is_some() };
        let lower = asked.map(str::to_ascii_lowercase);
        let is_openais = |name: &str| lower.as_deref() == Some(name);
        let openais = OPENAI_VOICES.into_iter().find(|name| is_openais(name));
        let newer = || OPENAI_NEWER_VOICES.into_iter().any(is_openais);
        match self {
            Self::OpenAi => openais.map_or_else(|| instead(OPENAI_VOICES[0]), known),
            Self::ElevenLabs => {
                let named = ELEVENLABS_VOICES.iter().find(|(name, _)| is_openais(name)).map(|(_, id)| *id);
                let is_id = |voice: &&str| {
                    voice.len() == ELEVENLABS_ID && voice.bytes().all(|byte| byte.is_ascii_alphanumeric())
                };
                named.or(asked.filter(is_id)).map_or_else(|| instead(ELEVENLABS_VOICES[0].1), known)
            }
            // Its 49 voices are names like Dylan; those of OpenAI are none of them.
            Self::Qwen => match asked {
                Some(voice) if openais.is_none() && !newer() => known(voice),
                Some(_) | None => instead("Cherry"),
            },
            Self::Google | Self::Unknown => Voice { name: asked.map(str::to_owned), is_replaced: false },
        }
    }

    /// Refuses what the family can't do, before anything is billed.
    pub(super) fn check(self, model: &str, request: &SpeechRequest) -> Result<(), Error> {
        if let Some(speed) = request.speed {
            let is_ordinary = (speed - 1.0).abs() < f64::EPSILON;
            if !(0.25..=4.0).contains(&speed) {
                let message = format!("Invalid value for 'speed': {speed}. It must be from 0.25 to 4.");
                return Err(Error::field("speed", Fault::Invalid, message));
            }
            if !is_ordinary && !self.has_speed() {
                let message = format!("The model `{model}` has one speed only. Leave 'speed' out.");
                return Err(Error::field("speed", Fault::UnsupportedValue, message));
            }
        }
        if self == Self::Google && request.extra.is_empty() {
            let message = format!(
                "Which fields `{model}` takes at 1min.ai is not known to the relay. Send them beside 'input' under their own \
                 names, and they are passed on; or choose another model, such as tts-1."
            );
            return Err(Error::field("model", Fault::UnsupportedValue, message));
        }
        Ok(())
    }

    /// The `promptObject` that asks for `text` to be spoken.
    pub(super) fn fields(
        self,
        text: &str,
        voice: &Voice,
        format: Option<SoundFormat>,
        request: &SpeechRequest,
    ) -> Fields {
        let mut fields = Fields::default().with("text", text);
        match self {
            Self::OpenAi | Self::Google | Self::Unknown => {
                if let Some(voice) = &voice.name {
                    fields.set("voice", voice.as_str());
                }
                if let Some(format) = format {
                    fields.set("response_format", format.name());
                }
                if let Some(speed) = request.speed {
                    fields.set("speed", speed);
                }
            }
            Self::ElevenLabs => fields.set("voice_id", voice.name.as_deref().unwrap_or_default()),
            Self::Qwen => fields.set("voice", voice.name.as_deref().unwrap_or_default()),
        }
        extra::pass(&mut fields, &request.extra, |name| self.has_field(name));
        if self == Self::ElevenLabs {
            for (name, value) in [("model_id", "eleven_multilingual_v2"), ("output_format", "mp3_44100_128")] {
                if fields.get(name).is_none() {
                    fields.set(name, value);
                }
            }
        }
        fields
    }
}
