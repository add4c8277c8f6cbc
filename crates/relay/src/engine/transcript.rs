//! Transcripts: a sound becomes words, in the language that is spoken or in English.

mod duration;
mod family;
mod language;

use std::{path::PathBuf, sync::Arc};

use onemin::{FeatureRequest, Fields};

use self::family::Family;
use super::{
    attachment::{self, WantedKind},
    detached::{self, Asked, Cost, Fingerprinting, Made, MadeFile, Worker},
    model::choose_for,
};
use crate::{
    catalog::Feature,
    conversation::{
        Media, MediaSource, Usage, Warning,
        sound::{TranscriptForm, TranscriptRequest},
        subtitle,
        transcript::Transcript,
    },
    error::Error,
    guard::Call,
    shared::Shared,
    store::{self, RunKind},
};

/// What a transcript is kept as.
const KEPT_AS: &str = "text/plain";

/// What was heard.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Heard {
    /// The words, and what else the model told.
    pub(crate) transcript: Transcript,
    /// The subtitles that were asked for, where the model writes them itself.
    pub(crate) subtitles: Option<String>,
    /// How long the sound is; 0 where nobody knows.
    pub(crate) duration_seconds: f64,
    /// What it cost, where 1min.ai said so.
    pub(crate) usage: Option<Usage>,
    /// What it is less than was asked for.
    pub(crate) warning: Option<Warning>,
    /// The language that the client says is spoken.
    pub(crate) language: Option<String>,
}

/// Lets a model hear a sound. The run goes on without its client, and its words are kept.
///
/// # Errors
/// `ModelNotFound`, `InvalidField` with nothing sent; what the call failed with.
pub(crate) async fn run(shared: &Arc<Shared>, call: &Call, request: TranscriptRequest) -> Result<Heard, Error> {
    let (feature, purpose) = if request.translates {
        (Feature::AudioTranslator, "translating sound")
    } else {
        (Feature::SpeechToText, "transcripts")
    };
    let chosen = choose_for(shared, call, request.model.clone(), &[feature], purpose).await?;
    let family = Family::of(&chosen.id, request.translates);
    let fields = family.fields(&chosen.id, &request)?;
    let fingerprint = Fingerprinting::default()
        .with("transcript")
        .with(&chosen.id)
        .with(format!("{feature:?} {fields:?}"))
        .with(content(&request.sound));
    let length = duration::of(path(&request.sound)).await;
    let cost = Cost::of(call, &FeatureRequest::new(feature, chosen.id.as_str(), fields.clone()), 1, length);
    let fingerprint = fingerprint.finish();
    let asked = Asked { kind: RunKind::Transcript, model: chosen.id.clone(), fingerprint, cost };
    let (sound, model, form) = (request.sound, chosen.id.clone(), request.form);
    let made = detached::run(shared, call, asked, |worker| hear(worker, feature, model, fields, sound)).await?;
    let given = made.text.unwrap_or_default();
    let transcript = Transcript::read(&given);
    let is_asked = match form {
        TranscriptForm::Srt => subtitle::is_srt(&given),
        TranscriptForm::Vtt => subtitle::is_vtt(&given),
        TranscriptForm::Text | TranscriptForm::Verbose | TranscriptForm::Speakers => false,
    };
    let lacks_speakers =
        form == TranscriptForm::Speakers && transcript.segments.iter().all(|segment| segment.speaker.is_none());
    let last = transcript.segments.last().map_or(0.0, |segment| segment.end_seconds);
    Ok(Heard {
        duration_seconds: transcript.duration_seconds.or(length).unwrap_or(last),
        subtitles: is_asked.then_some(given),
        usage: made.usage,
        warning: lacks_speakers.then_some(Warning::SpeakersMissing),
        language: request.language,
        transcript,
    })
}

async fn hear(worker: Worker, feature: Feature, model: String, fields: Fields, sound: Media) -> Result<Made, Error> {
    let asset = Box::pin(attachment::upload(worker.shared(), worker.call(), &sound, WantedKind::Audio)).await?;
    let mut fields = fields;
    fields.set("audioUrl", asset.path);
    let mut request = FeatureRequest::new(feature, model, fields);
    // Required by the docs of translations; working clients leave it out of transcripts.
    request.conversation_id = (feature == Feature::AudioTranslator).then(|| "AUDIO_TRANSLATOR".to_owned());
    let answer = worker.feature(request).await?;
    let usage = detached::usage(&answer.metadata);
    let text = answer.results.join("\n");
    let files = match keep(&worker, &text).await {
        Ok(file) => vec![file],
        // The words themselves are here, and paid for.
        Err(error) => {
            tracing::warn!(id = worker.call().ticket.id(), %error, "a transcript is not kept");
            Vec::new()
        }
    };
    Ok(Made { files, text: Some(text), usage })
}

async fn keep(worker: &Worker, text: &str) -> Result<MadeFile, Error> {
    let no_room = |error: std::io::Error| store::io_failure("The transcript", "1min.ai has billed it.", &error);
    let content = worker.shared().spool.take(text.as_bytes()).await.map_err(no_room)?;
    worker.keep(content, KEPT_AS).await
}

/// What tells a sound from others.
fn content(sound: &Media) -> Vec<u8> {
    match &sound.source {
        MediaSource::Bytes(bytes) => bytes.to_vec(),
        MediaSource::Spooled(spooled) => spooled.sha256().to_vec(),
        MediaSource::Url(place) | MediaSource::File(place) => place.clone().into_bytes(),
    }
}

/// Where a sound lies, if it lies on the disk.
fn path(sound: &Media) -> Option<PathBuf> {
    match &sound.source {
        MediaSource::Spooled(spooled) => Some(spooled.path().to_owned()),
        MediaSource::Bytes(_) | MediaSource::Url(_) | MediaSource::File(_) => None,
    }
}
