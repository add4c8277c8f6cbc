//! The form of `POST /v1/audio/transcriptions` and `/v1/audio/translations`, whose parts come in any order.

use super::extra;
use crate::{
    conversation::{
        Media, MediaSource,
        sound::{TranscriptForm, TranscriptRequest},
    },
    dialect::field,
    error::{Error, Fault},
    guard::form::{Form, FormFile},
};

/// Fields that are read here, or make no difference.
const KNOWN: [&str; 12] = [
    "file",
    "model",
    "language",
    "prompt",
    "response_format",
    "temperature",
    "timestamp_granularities",
    "stream",
    "include",
    "chunking_strategy",
    "known_speaker_names",
    "known_speaker_references",
];

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Json,
    Text,
    Srt,
    Vtt,
    Verbose { translates: bool },
    Speakers,
}

impl Shape {
    /// By OpenAI's names.
    const NAMED: [(&'static str, Self); 6] = [
        ("json", Self::Json),
        ("text", Self::Text),
        ("srt", Self::Srt),
        ("verbose_json", Self::Verbose { translates: false }),
        ("vtt", Self::Vtt),
        ("diarized_json", Self::Speakers),
    ];

    const fn form(self) -> TranscriptForm {
        match self {
            Self::Json | Self::Text => TranscriptForm::Text,
            Self::Srt => TranscriptForm::Srt,
            Self::Vtt => TranscriptForm::Vtt,
            Self::Verbose { .. } => TranscriptForm::Verbose,
            Self::Speakers => TranscriptForm::Speakers,
        }
    }
}

/// A request in neutral words, and what only this dialect knows.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) request: TranscriptRequest,
    pub(super) shape: Shape,
    pub(super) is_streaming: bool,
}

/// Decodes and checks a form; `default_model` hears where it names none.
pub(super) fn decode(mut form: Form, default_model: &str, translates: bool) -> Result<Decoded, Error> {
    let file = form.take_file("file");
    let text = |name: &str| form.text(name).map(str::trim).filter(|text| !text.is_empty());
    let model = field::model(Some(text("model").unwrap_or(default_model).to_owned()))?;
    let shape = shape(text("response_format"), translates)?;
    let temperature = text("temperature").map(temperature).transpose()?;
    let is_streaming =
        text("stream").is_some_and(|stream| matches!(stream.to_ascii_lowercase().as_str(), "true" | "1"));
    // Whisper's answers are never streamed, and only words can be, whichever model it is.
    let is_streaming =
        is_streaming && !translates && !model.contains("whisper") && shape.form() == TranscriptForm::Text;
    let is_extra = |name: &str| {
        let bare = name.split('[').next().unwrap_or(name);
        !KNOWN.contains(&bare)
    };
    let extra = form.fields.iter().filter(|(name, _)| is_extra(name));
    let request = TranscriptRequest {
        sound: sound(file)?,
        translates,
        language: text("language").map(str::to_owned),
        prompt: text("prompt").map(str::to_owned),
        temperature,
        form: shape.form(),
        extra: extra.map(|(name, text)| (name.clone(), extra::of_form(text))).collect(),
        model,
    };
    Ok(Decoded { request, shape, is_streaming })
}

fn shape(name: Option<&str>, translates: bool) -> Result<Shape, Error> {
    let Some(name) = name else { return Ok(Shape::Json) };
    let shape = Shape::NAMED.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, shape)| *shape);
    match shape {
        Some(Shape::Verbose { .. }) => Ok(Shape::Verbose { translates }),
        Some(Shape::Speakers) if translates => {
            let message = "Translations can't tell who speaks. Ask for json, text, srt, verbose_json or vtt.";
            Err(Error::field("response_format", Fault::UnsupportedValue, message))
        }
        Some(shape) => Ok(shape),
        None => {
            let names: Vec<&str> = Shape::NAMED.iter().map(|(name, _)| *name).collect();
            let message =
                format!("Invalid value for 'response_format': {name}. It must be one of {}.", names.join(", "));
            Err(Error::field("response_format", Fault::Invalid, message))
        }
    }
}

fn temperature(text: &str) -> Result<f64, Error> {
    let temperature = text.parse().ok().filter(|temperature| (0.0..=1.0).contains(temperature));
    temperature.ok_or_else(|| {
        let message = format!("Invalid value for 'temperature': {text}. It must be a number from 0 to 1.");
        Error::field("temperature", Fault::Invalid, message)
    })
}

fn sound(file: Option<FormFile>) -> Result<Media, Error> {
    let what_to_do = "Send the sound as a file of the form, with a file name.";
    let FormFile { file_name, content, .. } = file.ok_or_else(|| field::missing("file", what_to_do))?;
    if content.size_bytes() == 0 {
        return Err(Error::field("file", Fault::Invalid, "'file' is empty. Send a sound, such as an MP3."));
    }
    Ok(Media { param: "file".into(), source: MediaSource::Spooled(content), name: file_name })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{conversation::picture::Extra, spool::Spool};

    async fn form(texts: &[(&str, &str)], file: Option<&[u8]>) -> Form {
        let mut form = Form::default();
        form.fields.extend(texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
        if let Some(bytes) = file {
            let content = Spool::new(None).take(bytes).await.unwrap();
            let (name, file_name) = ("file".to_owned(), Some("a.mp3".to_owned()));
            form.files.push(FormFile { name, file_name, media_type: None, content });
        }
        form
    }

    #[tokio::test]
    async fn what_clients_send_is_read() {
        let texts = [
            ("model", "gpt-4o-transcribe"),
            ("language", "en"),
            ("prompt", ""),
            ("response_format", "json"),
            ("temperature", "0"),
            ("timestamp_granularities[]", "word"),
            ("include[]", "logprobs"),
            ("stream", "true"),
            ("enable_itn", "true"),
        ];
        let Decoded { request, shape, is_streaming } =
            decode(form(&texts, Some(b"x")).await, "whisper-1", false).unwrap();
        assert_eq!((request.model.as_str(), shape, is_streaming), ("gpt-4o-transcribe", Shape::Json, true));
        assert_eq!((request.language.as_deref(), request.prompt, request.temperature), (Some("en"), None, Some(0.0)));
        assert_eq!(request.extra, [("enable_itn".to_owned(), Extra::Bool(true))]);
        assert_eq!((request.sound.param.as_str(), request.sound.name.as_deref()), ("file", Some("a.mp3")));
    }

    #[tokio::test]
    async fn whisper_and_subtitles_are_never_streamed() {
        for texts in [
            [("stream", "true"), ("model", "")],
            [("stream", "true"), ("response_format", "srt")],
            [("stream", "false"), ("model", "gpt-4o-transcribe")],
        ] {
            let decoded = decode(form(&texts, Some(b"x")).await, "whisper-1", false).unwrap();
            assert!(!decoded.is_streaming, "{texts:?}");
        }
    }

    #[tokio::test]
    async fn what_is_wrong_is_refused_by_name() {
        for (texts, file, translates, param, fault) in [
            (vec![], None, false, "file", Fault::Missing),
            (vec![], Some(b"".as_slice()), false, "file", Fault::Invalid),
            (vec![("response_format", "docx")], Some(b"x".as_slice()), false, "response_format", Fault::Invalid),
            (vec![("response_format", "diarized_json")], Some(b"x"), true, "response_format", Fault::UnsupportedValue),
            (vec![("temperature", "hot")], Some(b"x"), false, "temperature", Fault::Invalid),
        ] {
            let error = decode(form(&texts, file).await, "whisper-1", translates).unwrap_err();
            let Error::InvalidField { param: name, fault: found, .. } = error else { panic!("{error:?}") };
            assert_eq!((name.as_str(), found), (param, fault));
        }
    }
}
