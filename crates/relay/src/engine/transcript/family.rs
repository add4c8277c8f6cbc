//! The table of models that hear: by family, what they must and may be told.

use onemin::Fields;

use super::language;
use crate::{
    conversation::{
        MediaSource,
        sound::{TranscriptForm, TranscriptRequest},
    },
    engine::extra,
    error::{Error, Fault},
};

/// A family of models that hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Family {
    /// `whisper-1`, which translates as well (docs).
    Whisper,
    /// `gpt-4o-transcribe`: whisper's fields, and the words alone as OpenAI has it (guess).
    Transcribe,
    /// `gpt-4o-transcribe-diarize`: the same, and it can tell who says what (guess).
    Diarize,
    /// Google's `latest_long` and the like, which must be told the language, with its region (docs).
    Google,
    /// `elevenlabs-speech-to-text`, which takes nothing but the sound (docs).
    ElevenLabs,
    /// `qwen3-asr-flash` (docs).
    Qwen,
    /// Gemini models that translate, which must be told the language (docs), and Qwen's `livetranslate`, whose fields
    /// nobody has established (guess).
    Translator,
    /// What this table does not know gets the sound and the language (guess).
    Unknown,
}

/// Google's models (docs).
const GOOGLE: [&str; 7] = [
    "latest_short",
    "latest_long",
    "phone_call",
    "telephony",
    "telephony_short",
    "medical_dictation",
    "medical_conversation",
];

/// Fields of translations beyond those that are set here (docs).
const TRANSLATOR_FIELDS: [&str; 4] = ["targetLanguage", "domain", "tone", "writingStyle"];

impl Family {
    /// The family of a model, by its id at 1min.ai.
    pub(super) fn of(model: &str, translates: bool) -> Self {
        if model.starts_with("whisper") {
            Self::Whisper
        } else if model.ends_with("-diarize") {
            Self::Diarize
        } else if model.contains("-transcribe") {
            Self::Transcribe
        } else if GOOGLE.contains(&model) {
            Self::Google
        } else if model.starts_with("elevenlabs-") {
            Self::ElevenLabs
        } else if translates && (model.starts_with("gemini") || model.starts_with("qwen")) {
            Self::Translator
        } else if model.starts_with("qwen") {
            Self::Qwen
        } else {
            Self::Unknown
        }
    }

    /// The largest sound it takes, in MiB (docs).
    const fn largest_mb(self) -> Option<u64> {
        match self {
            Self::Whisper | Self::Transcribe | Self::Diarize => Some(25),
            Self::Qwen => Some(10),
            Self::Google | Self::ElevenLabs | Self::Translator | Self::Unknown => None,
        }
    }

    /// Whether it has a field of this name beside those that are set here.
    fn has_field(self, name: &str) -> bool {
        match self {
            Self::Whisper | Self::Transcribe | Self::Diarize | Self::Google | Self::ElevenLabs => false,
            Self::Qwen => name == "enable_itn",
            Self::Translator => TRANSLATOR_FIELDS.contains(&name),
            Self::Unknown => true,
        }
    }

    /// What 1min.ai is asked to give; the relay makes of it what the client asked for.
    const fn response_format(self, form: TranscriptForm) -> Option<&'static str> {
        match (self, form) {
            (Self::Whisper, TranscriptForm::Text | TranscriptForm::Speakers) => Some("text"),
            (Self::Whisper, TranscriptForm::Verbose) => Some("verbose_json"),
            (Self::Whisper, TranscriptForm::Srt) => Some("srt"),
            (Self::Whisper, TranscriptForm::Vtt) => Some("vtt"),
            (Self::Diarize, TranscriptForm::Speakers) => Some("diarized_json"),
            (Self::Transcribe | Self::Diarize, _) => Some("json"),
            (Self::Google | Self::ElevenLabs | Self::Qwen | Self::Translator | Self::Unknown, _) => None,
        }
    }

    /// The `promptObject` for a request, but for the sound itself.
    ///
    /// # Errors
    /// `InvalidField` for what the model can't do, or must be told.
    pub(super) fn fields(self, model: &str, request: &TranscriptRequest) -> Result<Fields, Error> {
        self.check(model, request)?;
        let mut fields = Fields::default().with("audioUrl", "");
        if let Some(format) = self.response_format(request.form) {
            fields.set("response_format", format);
        }
        let language = request.language.as_deref();
        match self {
            Self::Whisper | Self::Transcribe | Self::Diarize => {
                if let Some(language) = language.filter(|_| !request.translates) {
                    fields.set("language", language::alone(language));
                }
                if let Some(prompt) = &request.prompt {
                    fields.set("prompt", prompt.as_str());
                }
                if let Some(temperature) = request.temperature {
                    fields.set("temperature", temperature);
                }
            }
            Self::Google => fields.set("language", with_region(model, language)?),
            Self::Translator => {
                fields.set("originalLanguage", original(model, language)?);
                extra::pass(&mut fields, &request.extra, |name| name == "targetLanguage");
                if fields.get("targetLanguage").is_none() {
                    fields.set("targetLanguage", "en");
                }
            }
            Self::Qwen | Self::Unknown => {
                if let Some(language) = language {
                    fields.set("language", language::alone(language));
                }
            }
            Self::ElevenLabs => {}
        }
        extra::pass(&mut fields, &request.extra, |name| self.has_field(name));
        Ok(fields)
    }

    fn check(self, model: &str, request: &TranscriptRequest) -> Result<(), Error> {
        if request.form == TranscriptForm::Speakers && self != Self::Diarize {
            let message =
                format!("The model `{model}` can't tell who speaks. Ask for json, text, srt, verbose_json or vtt.");
            return Err(Error::field("response_format", Fault::UnsupportedValue, message));
        }
        let size_bytes = match &request.sound.source {
            MediaSource::Spooled(spooled) => spooled.size_bytes(),
            MediaSource::Bytes(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            MediaSource::Url(_) | MediaSource::File(_) => 0,
        };
        match self.largest_mb() {
            Some(limit_mb) if size_bytes > limit_mb << 20 => {
                let param = &request.sound.param;
                let message =
                    format!("'{param}' is larger than the {limit_mb} MiB that `{model}` takes. Send less of it.");
                Err(Error::field(param, Fault::Invalid, message))
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn with_region(model: &str, language: Option<&str>) -> Result<String, Error> {
    let Some(language) = language else {
        let message = format!("Missing required parameter: 'language'. `{model}` must be told it, such as en-US.");
        return Err(Error::field("language", Fault::Missing, message));
    };
    language::with_region(language).ok_or_else(|| {
        let message = format!("`{model}` must be told the language with its region, such as en-US, not {language}.");
        Error::field("language", Fault::Invalid, message)
    })
}

/// Nothing says that 1min.ai finds out by itself, and a guess would be billed.
fn original(model: &str, language: Option<&str>) -> Result<String, Error> {
    language.map(language::alone).ok_or_else(|| {
        let message = format!(
            "Missing required parameter: 'language'. `{model}` must be told which language is spoken, such as fr; \
             whisper-1 finds out by itself."
        );
        Error::field("language", Fault::Missing, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{Media, picture::Extra};
    use bytes::Bytes;

    fn request(bytes: usize) -> TranscriptRequest {
        let source = MediaSource::Bytes(Bytes::from(vec![0; bytes]));
        TranscriptRequest {
            model: String::new(),
            sound: Media { param: "file".into(), source, name: None },
            translates: false,
            language: None,
            prompt: None,
            temperature: None,
            form: TranscriptForm::Text,
            extra: Vec::new(),
        }
    }

    fn fields(model: &str, request: &TranscriptRequest) -> Fields {
        Family::of(model, request.translates).fields(model, request).unwrap()
    }

    fn refusal(model: &str, request: &TranscriptRequest) -> (String, Fault) {
        match Family::of(model, request.translates).fields(model, request).unwrap_err() {
            Error::InvalidField { param, fault, .. } => (param, fault),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_family_is_told_what_it_takes() {
        let told = TranscriptRequest {
            language: Some("en-GB".into()),
            prompt: Some("Dr. Who".into()),
            temperature: Some(0.2),
            extra: vec![("enable_itn".into(), Extra::Bool(true))],
            ..request(1)
        };
        let sound = Fields::default().with("audioUrl", "");
        let whisper = sound.clone().with("response_format", "text").with("language", "en").with("prompt", "Dr. Who");
        assert_eq!(fields("whisper-1", &told), whisper.with("temperature", 0.2));
        assert_eq!(fields("latest_long", &told), sound.clone().with("language", "en-GB"));
        assert_eq!(fields("elevenlabs-speech-to-text", &told), sound);
        let unknown = sound.clone().with("language", "en").with("enable_itn", true);
        assert_eq!(fields("qwen3-asr-flash", &told), unknown);
        assert_eq!(fields("ears-9", &told), unknown);
        assert_eq!(fields("gpt-4o-transcribe", &request(1)), sound.clone().with("response_format", "json"));

        let translated = TranscriptRequest { translates: true, ..told };
        let gemini = sound.clone().with("originalLanguage", "en").with("targetLanguage", "en");
        assert_eq!(fields("gemini-2.5-flash", &translated), gemini);
        // Whisper finds out which language is spoken.
        assert_eq!(fields("whisper-1", &translated).get("language"), None);
    }

    #[test]
    fn qwen_is_told_the_languages_where_it_translates() {
        let extra = vec![("targetLanguage".to_owned(), Extra::Text("es".into()))];
        let language = Some("fr-CA".to_owned());
        // The limit of the model that transcribes is not this one's.
        let asked = TranscriptRequest { translates: true, language, extra, ..request((10 << 20) + 1) };
        let told = Fields::default().with("audioUrl", "").with("originalLanguage", "fr").with("targetLanguage", "es");
        assert_eq!(fields("qwen3-livetranslate-flash", &asked), told);
    }

    #[test]
    fn whisper_alone_is_asked_for_what_the_client_wants() {
        for (form, format) in [
            (TranscriptForm::Text, "text"),
            (TranscriptForm::Verbose, "verbose_json"),
            (TranscriptForm::Srt, "srt"),
            (TranscriptForm::Vtt, "vtt"),
        ] {
            let asked = TranscriptRequest { form, ..request(1) };
            assert_eq!(fields("whisper-1", &asked).get("response_format"), Some(&format.into()));
            assert_eq!(fields("gpt-4o-transcribe-diarize", &asked).get("response_format"), Some(&"json".into()));
            assert_eq!(fields("qwen3-asr-flash", &asked).get("response_format"), None);
        }
        let speakers = TranscriptRequest { form: TranscriptForm::Speakers, ..request(1) };
        let format = fields("gpt-4o-transcribe-diarize", &speakers).get("response_format").cloned();
        assert_eq!(format, Some("diarized_json".into()));
    }

    #[test]
    fn what_a_model_can_not_do_or_must_be_told_is_refused_by_name() {
        let speakers = TranscriptRequest { form: TranscriptForm::Speakers, ..request(1) };
        let odd = TranscriptRequest { language: Some("english".into()), ..request(1) };
        let translated = TranscriptRequest { translates: true, ..request(1) };
        for (model, asked, param, fault) in [
            ("whisper-1", &speakers, "response_format", Fault::UnsupportedValue),
            ("latest_short", &request(1), "language", Fault::Missing),
            ("latest_short", &odd, "language", Fault::Invalid),
            ("gemini-2.5-flash", &translated, "language", Fault::Missing),
            ("qwen3-asr-flash", &request((10 << 20) + 1), "file", Fault::Invalid),
            ("whisper-1", &request((25 << 20) + 1), "file", Fault::Invalid),
        ] {
            assert_eq!(refusal(model, asked), (param.to_owned(), fault), "{model}");
        }
    }
}
