//! What a request for speech comes to: which calls, and what becomes of what they give. Everything that can be refused
//! without asking anybody is refused here.

use onemin::Fields;

use super::{
    family::{Family, Voice},
    format::SoundFormat,
    split,
};
use crate::{
    conversation::{Warning, sound::SpeechRequest},
    error::{Error, Fault},
};

/// The most calls of one request; each is billed.
const MOST_PIECES: usize = 50;

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    /// The `promptObject` of each call, in the order of the text.
    pub(super) pieces: Vec<Fields>,
    /// What the client wants, where it said so, or what the family gives where it did not.
    pub(super) format: Option<SoundFormat>,
    /// What the answer is less than was asked for.
    pub(super) warning: Option<Warning>,
}

/// Plans a request to a model, by its id at 1min.ai.
///
/// # Errors
/// `InvalidField` for what the model can't do.
pub(super) fn plan(model: &str, request: &SpeechRequest) -> Result<Plan, Error> {
    let family = Family::of(model);
    family.check(model, request)?;
    let format = format(family, model, request)?;
    let texts = split::split(&request.text, family.longest_chars());
    if texts.is_empty() {
        return Err(Error::field("input", Fault::Invalid, "'input' holds no text. Send something to say."));
    }
    check_pieces(family, model, format, texts.len())?;
    let voice = family.voice(request.voice.as_deref());
    let Voice { is_replaced, name } = &voice;
    if *is_replaced {
        tracing::info!(model, voice = name, "the model has no such voice, another one speaks");
    }
    // The relay strips what it gives.
    let asked = format.filter(|_| family == Family::OpenAi || family == Family::Unknown || family == Family::Google);
    let pieces = texts.into_iter().map(|text| family.fields(text, &voice, asked, request)).collect();
    Ok(Plan { pieces, format, warning: is_replaced.then_some(Warning::VoiceReplaced) })
}

fn format(family: Family, model: &str, request: &SpeechRequest) -> Result<Option<SoundFormat>, Error> {
    let gives = family.gives();
    let Some(name) = &request.format else { return Ok(gives.first().copied()) };
    let names = |formats: &[SoundFormat]| formats.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ");
    let Some(format) = SoundFormat::named(name) else {
        let all = names(&SoundFormat::ALL);
        let message = format!("Invalid value for 'response_format': {name}. It must be one of {all}.");
        return Err(Error::field("response_format", Fault::Invalid, message));
    };
    if !gives.is_empty() && !gives.contains(&format) {
        let message = format!("The model `{model}` can't give {}; it gives {}.", format.name(), names(gives));
        return Err(Error::field("response_format", Fault::UnsupportedValue, message));
    }
    Ok(Some(format))
}

/// Several pieces must be joined afterwards.
fn check_pieces(family: Family, model: &str, format: Option<SoundFormat>, pieces: usize) -> Result<(), Error> {
    let limit = family.longest_chars();
    if pieces > MOST_PIECES {
        let message = format!(
            "'input' is too long: `{model}` speaks {limit} characters a call, and one request is {MOST_PIECES} calls at most."
        );
        return Err(Error::field("input", Fault::Invalid, message));
    }
    if let Some(format) = format.filter(|format| pieces > 1 && !format.joins()) {
        let joins = SoundFormat::ALL.into_iter().filter(|format| format.joins());
        let joins = joins.filter(|format| family.gives().is_empty() || family.gives().contains(format));
        let joins: Vec<&str> = joins.map(SoundFormat::name).collect();
        let message = format!(
            "'input' is longer than the {limit} characters that `{model}` speaks at once, and several sounds in {} can't be \
             joined. Send less, or ask for {}.",
            format.name(),
            joins.join(", ")
        );
        return Err(Error::field("response_format", Fault::UnsupportedValue, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::picture::Extra;

    fn request(text: &str) -> SpeechRequest {
        SpeechRequest { text: text.into(), ..SpeechRequest::default() }
    }

    /// The field that is refused, and how.
    fn refusal(model: &str, request: &SpeechRequest) -> (String, Fault) {
        match plan(model, request).unwrap_err() {
            Error::InvalidField { param, fault, .. } => (param, fault),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_family_is_asked_in_its_own_words() {
        let asked = SpeechRequest {
            voice: Some("nova".into()),
            format: Some("opus".into()),
            speed: Some(1.5),
            extra: vec![("language_type".into(), Extra::Text("English".into()))],
            ..request("Hello.")
        };
        let openai = Fields::default().with("text", "Hello.").with("voice", "nova").with("response_format", "opus");
        assert_eq!(plan("tts-1-hd", &asked).unwrap().pieces, [openai.clone().with("speed", 1.5)]);
        let unknown = openai.with("speed", 1.5).with("language_type", "English");
        assert_eq!(plan("speaker-9", &asked).unwrap().pieces, [unknown]);

        let plain = SpeechRequest { format: None, speed: Some(1.0), ..asked };
        let qwen = Fields::default().with("text", "Hello.").with("voice", "Cherry").with("language_type", "English");
        let planned = plan("qwen3-tts-flash", &plain).unwrap();
        assert_eq!((planned.pieces, planned.format), (vec![qwen], Some(SoundFormat::Wav)));
        assert_eq!(planned.warning, Some(Warning::VoiceReplaced));
        let elevenlabs = Fields::default().with("text", "Hello.").with("voice_id", "21m00Tcm4TlvDq8ikWAM");
        let elevenlabs = elevenlabs.with("model_id", "eleven_multilingual_v2").with("output_format", "mp3_44100_128");
        assert_eq!(plan("elevenlabs-tts", &plain).unwrap().pieces, [elevenlabs]);
        // Google's fields are not known, and those of the client are passed on.
        let google = Fields::default().with("text", "Hello.").with("voice", "nova").with("speed", 1.0);
        assert_eq!(plan("google-tts", &plain).unwrap().pieces, [google.with("language_type", "English")]);
    }

    #[test]
    fn voices_are_found_by_name_or_replaced() {
        for (model, asked, voice, is_replaced) in [
            ("tts-1", Some("Onyx"), "onyx", false),
            ("tts-1", Some("marin"), "alloy", true),
            ("tts-1", Some("Dylan"), "alloy", true),
            ("tts-1", None, "alloy", false),
            ("elevenlabs-tts", Some("Adam"), "pNInz6obpgDQGcFmaJgB", false),
            ("elevenlabs-tts", Some("abcdefghij0123456789"), "abcdefghij0123456789", false),
            ("elevenlabs-tts", Some("alloy"), "21m00Tcm4TlvDq8ikWAM", true),
            ("qwen3-tts-flash", Some("Dylan"), "Dylan", false),
            ("qwen3-tts-flash", Some("cedar"), "Cherry", true),
        ] {
            let found = Family::of(model).voice(asked);
            assert_eq!((found.name.as_deref(), found.is_replaced), (Some(voice), is_replaced), "{model} {asked:?}");
        }
    }

    #[test]
    fn what_a_model_can_not_do_is_refused_by_name() {
        let format = |name: &str| SpeechRequest { format: Some(name.into()), ..request("Hi.") };
        let speed = |speed| SpeechRequest { speed: Some(speed), ..request("Hi.") };
        let long = "Hello there. ".repeat(400);
        for (model, asked, param, fault) in [
            ("tts-1", format("ogg"), "response_format", Fault::Invalid),
            ("elevenlabs-tts", format("wav"), "response_format", Fault::UnsupportedValue),
            ("qwen3-tts-flash", format("mp3"), "response_format", Fault::UnsupportedValue),
            ("tts-1", speed(4.5), "speed", Fault::Invalid),
            ("tts-1", speed(f64::NAN), "speed", Fault::Invalid),
            ("qwen3-tts-flash", speed(2.0), "speed", Fault::UnsupportedValue),
            ("google-tts", request("Hi."), "model", Fault::UnsupportedValue),
            ("tts-1", request(" \n"), "input", Fault::Invalid),
            (
                "tts-1",
                SpeechRequest { text: long.clone(), ..format("flac") },
                "response_format",
                Fault::UnsupportedValue,
            ),
            ("tts-1", request(&"Hello there. ".repeat(20_000)), "input", Fault::Invalid),
        ] {
            assert_eq!(refusal(model, &asked), (param.to_owned(), fault), "{model} {:?}", asked.format);
        }
        assert_eq!(plan("tts-1", &request(&long)).unwrap().pieces.len(), 2);
        assert!(plan("qwen3-tts-flash", &format("pcm")).is_ok() && plan("unknown", &format("flac")).is_ok());
    }
}
