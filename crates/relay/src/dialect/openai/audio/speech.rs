//! `POST /v1/audio/speech`: the request, and its answer: the sound itself, or events that hold it piece by piece.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use http::{HeaderValue, header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::extra;
use crate::{
    conversation::{Usage, sound::SpeechRequest},
    dialect::{
        cost::Cost,
        field,
        sse::{Encoder, write_data},
        stored,
    },
    engine::{
        results,
        speech::{self, Spoken},
    },
    error::{Error, Fault},
    guard::Call,
    shared::Shared,
    store,
};

/// Fields that make no difference here: `instructions` reach no model, `backend` is `LocalAI`'s.
const IGNORED: [&str; 4] = ["instructions", "user", "stream", "backend"];

/// The body.
#[derive(Debug, Default, Deserialize)]
#[serde(default, expecting = "an object")]
pub(crate) struct SpeechBody {
    model: Option<String>,
    input: Option<String>,
    voice: Option<Value>,
    response_format: Option<String>,
    speed: Option<f64>,
    stream_format: Option<String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// A request in neutral words, and what only this dialect knows.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) request: SpeechRequest,
    /// `stream_format: sse`.
    pub(super) is_streaming: bool,
}

/// Decodes and checks a request; `default_model` speaks where it names none.
pub(super) fn decode(body: SpeechBody, default_model: &str) -> Result<Body, Error> {
    let named = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let model = field::model(named(body.model).or_else(|| Some(default_model.to_owned())))?;
    let text = body.input.ok_or_else(|| field::missing("input", "Send the text to speak."))?;
    let is_streaming = match named(body.stream_format).as_deref() {
        None | Some("audio") => false,
        Some("sse") => true,
        Some(other) => {
            let message = format!("Invalid value for 'stream_format': {other}. It must be audio or sse.");
            return Err(Error::field("stream_format", Fault::Invalid, message));
        }
    };
    let extra = body.rest.into_iter().filter(|(name, _)| !IGNORED.contains(&name.as_str()));
    let extra = extra.filter_map(|(name, value)| Some((name, extra::of_json(value)?))).collect();
    let voice = named(voice(body.voice)?);
    let format = named(body.response_format);
    Ok(Body { request: SpeechRequest { model, text, voice, format, speed: body.speed, extra }, is_streaming })
}

/// `voice`: a name, or an object with the `id` of a voice of one's own.
fn voice(voice: Option<Value>) -> Result<Option<String>, Error> {
    match voice {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) => Ok(Some(name)),
        Some(Value::Object(mut object)) if object.get("id").is_some_and(Value::is_string) => {
            Ok(object.remove("id").and_then(|id| id.as_str().map(str::to_owned)))
        }
        Some(_) => {
            let message = "Invalid value for 'voice': it must be a string, or an object with an 'id'.";
            Err(Error::field("voice", Fault::Invalid, message))
        }
    }
}

/// The sound, streamed from where it is kept. Its media type is what it is, whatever was asked for.
pub(super) async fn respond(shared: &Shared, spoken: Spoken) -> Result<Response, Error> {
    let (record, opened) = results::open(shared, &spoken.file.name).await?;
    let media_type = HeaderValue::from_str(&record.media_type);
    let headers = [
        (header::CONTENT_TYPE, media_type.unwrap_or(HeaderValue::from_static("application/octet-stream"))),
        (header::CONTENT_LENGTH, HeaderValue::from(opened.size_bytes)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    let mut response = (headers, stored::body(opened)).into_response();
    cost(&spoken).write_headers(&mut response);
    Ok(response)
}

fn cost(spoken: &Spoken) -> Cost {
    let mut cost = Cost::default();
    cost.add(spoken.usage.unwrap_or_default());
    spoken.warnings.iter().for_each(|warning| cost.warn(*warning));
    cost
}

/// What events are written from, in order.
#[derive(Debug)]
pub(super) enum Piece {
    /// The text has been spoken.
    Spoken(Spoken),
    /// Some of the sound.
    Bytes(Bytes),
}

/// Speaks, and then gives the sound.
pub(super) fn pieces(
    shared: Arc<Shared>,
    call: Call,
    request: SpeechRequest,
) -> impl Stream<Item = Result<Piece, Error>> + Send + 'static {
    let spoken = async move {
        let spoken = speech::run(&shared, &call, request).await?;
        let (_, opened) = results::open(&shared, &spoken.file.name).await?;
        let unreadable = |failure: store::Failure| store::failure("The sound", "It was made, and is billed.", &failure);
        let bytes = opened.stream.map(move |bytes| bytes.map(Piece::Bytes).map_err(unreadable));
        Ok::<_, Error>(stream::iter([Ok(Piece::Spoken(spoken))]).chain(bytes))
    };
    stream::once(spoken).try_flatten()
}

/// Writes the events of a sound. They end without `[DONE]`, as OpenAI's do.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    cost: Cost,
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Chunk {
    #[serde(rename = "speech.audio.delta")]
    Delta { audio: String },
    #[serde(rename = "speech.audio.done")]
    Done { usage: UsageObject },
}

#[derive(Serialize)]
struct UsageObject {
    input_tokens: u64,
    output_tokens: u64,
    total_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    credits: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relay_warnings: Vec<&'static str>,
}

impl Encoder for Chunks {
    type Item = Piece;

    fn encode(&mut self, piece: Piece, out: &mut BytesMut) {
        match piece {
            Piece::Spoken(spoken) => self.cost = cost(&spoken),
            Piece::Bytes(bytes) => write_data(out, &Chunk::Delta { audio: BASE64_STANDARD.encode(bytes) }),
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
        let usage: Usage = self.cost.usage();
        let usage = UsageObject {
            input_tokens: usage.prompt_tokens,
            output_tokens: usage.completion_tokens,
            total_tokens: usage.total_tokens(),
            credits: usage.credits,
            relay_warnings: self.cost.warnings(),
        };
        write_data(out, &Chunk::Done { usage });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{conversation::picture::Extra, dialect::json};
    use serde_json::json;

    fn decoded(body: &Value) -> Result<Body, Error> {
        decode(json::read(body.to_string().as_bytes())?, "tts-1")
    }

    #[test]
    fn what_clients_send_is_read() {
        let body = json!({"model": "m", "input": "Hi", "voice": {"id": "v"}, "response_format": "opus", "speed": 2,
            "stream_format": "sse", "instructions": "kindly", "backend": "x", "language_type": "English"});
        let Body { request, is_streaming } = decoded(&body).unwrap();
        let expected = SpeechRequest {
            model: "m".into(),
            text: "Hi".into(),
            voice: Some("v".into()),
            format: Some("opus".into()),
            speed: Some(2.0),
            extra: vec![("language_type".into(), Extra::Text("English".into()))],
        };
        assert_eq!((request, is_streaming), (expected, true));
        let body = json!({"input": "Hi", "model": null, "voice": null, "response_format": "", "speed": null});
        let Body { request, is_streaming } = decoded(&body).unwrap();
        let expected = SpeechRequest { model: "tts-1".into(), text: "Hi".into(), ..SpeechRequest::default() };
        assert_eq!((request, is_streaming), (expected, false));
    }

    #[test]
    fn what_can_not_be_read_is_refused_by_name() {
        for (body, param) in [
            (json!({"model": "m"}), "input"),
            (json!({"input": "a", "voice": 5}), "voice"),
            (json!({"input": "a", "voice": {}}), "voice"),
            (json!({"input": "a", "stream_format": "x"}), "stream_format"),
        ] {
            let error = decoded(&body).unwrap_err();
            assert!(matches!(&error, Error::InvalidField { param: name, .. } if name == param), "{body}: {error}");
        }
    }
}
