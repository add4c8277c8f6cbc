//! The answers of `POST /v1/audio/transcriptions` and `/v1/audio/translations`.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use bytes::BytesMut;
use http::{HeaderValue, header};
use serde::Serialize;

use super::form::Shape;
use crate::{
    conversation::{
        Usage, subtitle,
        transcript::{Segment, Word},
    },
    dialect::{
        cost::Cost,
        sse::{Encoder, write_data},
    },
    engine::transcript::Heard,
    error::Error,
};

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const VTT: HeaderValue = HeaderValue::from_static("text/vtt; charset=utf-8");

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) heard: Heard,
    pub(super) shape: Shape,
}

/// `json`.
#[derive(Serialize)]
struct TranscriptionObject {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<DurationObject>,
}

/// `verbose_json`. Language and duration are always there; words only where the model told them.
#[derive(Serialize)]
struct VerboseObject {
    task: &'static str,
    language: String,
    duration: f64,
    text: String,
    segments: Vec<SegmentObject>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    words: Vec<WordObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<DurationObject>,
}

#[derive(Serialize)]
struct SegmentObject {
    id: u64,
    seek: u64,
    start: f64,
    end: f64,
    text: String,
    tokens: Vec<u64>,
    temperature: f64,
    avg_logprob: f64,
    compression_ratio: f64,
    no_speech_prob: f64,
}

#[derive(Serialize)]
struct WordObject {
    word: String,
    start: f64,
    end: f64,
}

/// `diarized_json`.
#[derive(Serialize)]
struct DiarizedObject {
    task: &'static str,
    duration: f64,
    text: String,
    segments: Vec<SpeakerObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<DurationObject>,
}

#[derive(Serialize)]
struct SpeakerObject {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    start: f64,
    end: f64,
    text: String,
    speaker: String,
}

/// What was used, as OpenAI counts what is heard.
#[derive(Serialize)]
struct DurationObject {
    #[serde(rename = "type")]
    kind: &'static str,
    seconds: f64,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let Self { heard, shape } = self;
        let cost = cost(&heard);
        let segments = || heard.transcript.segments_within(heard.duration_seconds);
        let mut response = match shape {
            Shape::Text => typed(TEXT, format!("{}\n", heard.transcript.text)),
            Shape::Srt => typed(TEXT, heard.subtitles.clone().unwrap_or_else(|| subtitle::to_srt(&segments()))),
            Shape::Vtt => typed(VTT, heard.subtitles.clone().unwrap_or_else(|| subtitle::to_vtt(&segments()))),
            Shape::Json => {
                let usage = duration(&heard);
                Json(TranscriptionObject { text: heard.transcript.text, usage }).into_response()
            }
            Shape::Verbose { translates } => Json(VerboseObject::new(heard, translates)).into_response(),
            Shape::Speakers => Json(DiarizedObject::new(heard)).into_response(),
        };
        cost.write_headers(&mut response);
        response
    }
}

fn typed(media_type: HeaderValue, body: String) -> Response {
    ([(header::CONTENT_TYPE, media_type)], body).into_response()
}

fn cost(heard: &Heard) -> Cost {
    let mut cost = Cost::default();
    cost.add(heard.usage.unwrap_or_default());
    heard.warning.iter().for_each(|warning| cost.warn(*warning));
    cost
}

fn duration(heard: &Heard) -> Option<DurationObject> {
    let seconds = heard.duration_seconds;
    (seconds > 0.0).then_some(DurationObject { kind: "duration", seconds })
}

impl VerboseObject {
    fn new(heard: Heard, translates: bool) -> Self {
        let usage = duration(&heard);
        let segments = heard.transcript.segments_within(heard.duration_seconds);
        let language = if translates { Some("english".to_owned()) } else { heard.transcript.language };
        Self {
            task: if translates { "translate" } else { "transcribe" },
            language: language.or(heard.language).unwrap_or_else(|| "unknown".to_owned()),
            duration: heard.duration_seconds,
            text: heard.transcript.text,
            segments: segments.into_iter().zip(0..).map(|(segment, id)| SegmentObject::new(segment, id)).collect(),
            words: heard.transcript.words.into_iter().map(WordObject::from).collect(),
            usage,
        }
    }
}

impl SegmentObject {
    fn new(segment: Segment, id: u64) -> Self {
        let Segment { start_seconds: start, end_seconds: end, text, figures, .. } = segment;
        Self {
            id,
            seek: figures.seek,
            start,
            end,
            text,
            tokens: figures.tokens,
            temperature: figures.temperature,
            avg_logprob: figures.avg_logprob,
            compression_ratio: figures.compression_ratio,
            no_speech_prob: figures.no_speech_prob,
        }
    }
}

impl From<Word> for WordObject {
    fn from(Word { word, start_seconds, end_seconds }: Word) -> Self {
        Self { word, start: start_seconds, end: end_seconds }
    }
}

impl DiarizedObject {
    fn new(heard: Heard) -> Self {
        let usage = duration(&heard);
        let speaker = |(segment, number): (Segment, u64)| {
            Some(SpeakerObject {
                kind: "transcript.text.segment",
                id: format!("seg_{number:03}"),
                start: segment.start_seconds,
                end: segment.end_seconds,
                text: segment.text,
                speaker: segment.speaker?,
            })
        };
        Self {
            task: "transcribe",
            duration: heard.duration_seconds,
            text: heard.transcript.text,
            // Who speaks is never made up.
            segments: heard.transcript.segments.into_iter().zip(1..).filter_map(speaker).collect(),
            usage,
        }
    }
}

/// Writes the events of a transcript. 1min.ai gives it whole, so there is one delta; they end without `[DONE]`.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    text: String,
    cost: Cost,
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Chunk<'a> {
    #[serde(rename = "transcript.text.delta")]
    Delta { delta: &'a str },
    #[serde(rename = "transcript.text.done")]
    Done {
        text: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        usage: Option<TokensObject>,
    },
}

/// What was used, in tokens; only where 1min.ai told them.
#[derive(Serialize)]
struct TokensObject {
    #[serde(rename = "type")]
    kind: &'static str,
    input_tokens: u64,
    output_tokens: u64,
    total_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    credits: Option<f64>,
}

impl TokensObject {
    fn of(usage: Usage) -> Option<Self> {
        let is_told = usage != Usage::default();
        is_told.then(|| Self {
            kind: "tokens",
            input_tokens: usage.prompt_tokens,
            output_tokens: usage.completion_tokens,
            total_tokens: usage.total_tokens(),
            credits: usage.credits,
        })
    }
}

impl Encoder for Chunks {
    type Item = Heard;

    fn encode(&mut self, heard: Heard, out: &mut BytesMut) {
        self.cost = cost(&heard);
        self.text = heard.transcript.text;
        if !self.text.is_empty() {
            write_data(out, &Chunk::Delta { delta: &self.text });
        }
    }

    /// A comment, without a blank line: it is no event, and so can't be an empty one.
    fn keep_alive(&mut self, out: &mut BytesMut) {
        out.extend_from_slice(b": keep-alive\n");
    }

    fn error(&mut self, error: &Error, out: &mut BytesMut) {
        write_data(out, &error.to_envelope());
    }

    fn finish(&mut self, out: &mut BytesMut) {
        write_data(out, &Chunk::Done { text: &self.text, usage: TokensObject::of(self.cost.usage()) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::transcript::Transcript;
    use serde_json::json;

    fn heard(given: &str) -> Heard {
        Heard {
            transcript: Transcript::read(given),
            subtitles: None,
            duration_seconds: 1.5,
            language: Some("en".into()),
            usage: None,
            warning: None,
        }
    }

    #[test]
    fn words_without_times_become_one_segment() {
        let segment = json!({"id": 0, "seek": 0, "start": 0.0, "end": 1.5, "text": "Hi.", "tokens": [],
            "temperature": 0.0, "avg_logprob": 0.0, "compression_ratio": 0.0, "no_speech_prob": 0.0});
        let mut expected = json!({"task": "transcribe", "language": "en", "duration": 1.5, "text": "Hi.",
            "segments": [segment], "usage": {"type": "duration", "seconds": 1.5}});
        assert_eq!(json!(VerboseObject::new(heard("Hi."), false)), expected);
        expected["task"] = json!("translate");
        expected["language"] = json!("english");
        assert_eq!(json!(VerboseObject::new(heard("Hi."), true)), expected);
    }

    #[test]
    fn who_speaks_is_told_where_it_is_known_and_never_made_up() {
        let given = r#"{"text":"Hi","segments":[{"start":0,"end":1,"text":"Hi","speaker":"A"}]}"#;
        let object = json!(DiarizedObject::new(heard(given)));
        let segment = json!({"type": "transcript.text.segment", "id": "seg_001", "start": 0.0, "end": 1.0, "text": "Hi",
            "speaker": "A"});
        assert_eq!(object["segments"], json!([segment]));
        assert_eq!(json!(DiarizedObject::new(heard("Hi")))["segments"], json!([]));
    }

    #[test]
    fn events_hold_the_words_and_what_they_cost() {
        let usage = Some(Usage { prompt_tokens: 5, completion_tokens: 2, is_estimate: false, credits: Some(3.0) });
        let (mut chunks, mut out) = (Chunks::default(), BytesMut::new());
        chunks.encode(Heard { usage, ..heard("Hi.") }, &mut out);
        chunks.finish(&mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            "data: {\"type\":\"transcript.text.delta\",\"delta\":\"Hi.\"}\n\n\
             data: {\"type\":\"transcript.text.done\",\"text\":\"Hi.\",\"usage\":{\"type\":\"tokens\",\"input_tokens\":5,\
             \"output_tokens\":2,\"total_tokens\":7,\"credits\":3.0}}\n\n"
        );
    }
}
