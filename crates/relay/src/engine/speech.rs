//! Speech: a text becomes sound, in as many calls at 1min.ai as its length takes, joined into one file.

pub(in crate::engine) mod chat;
mod family;
mod format;
mod join;
mod mpeg;
mod plan;
mod split;
mod wave;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures_util::{StreamExt, stream};
use onemin::{FeatureRequest, Fields};

pub(crate) use self::format::SoundFormat;
use self::{
    join::Unjoined,
    plan::{Plan, plan},
};
use super::{
    detached::{self, Asked, Fetched, Fingerprinting, Made, MadeFile, Worker},
    model::choose_for,
};
use crate::{
    catalog::Feature,
    conversation::{Usage, Warning, sound::SpeechRequest},
    error::Error,
    guard::Call,
    shared::Shared,
    spool::Spooled,
    store::{self, RunKind},
};

/// How many pieces of a long text are spoken at a time.
const AT_ONCE: usize = 2;

/// What a text became.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spoken {
    /// The sound.
    pub(crate) file: MadeFile,
    /// What it cost, where 1min.ai said so.
    pub(crate) usage: Option<Usage>,
    /// What it is less than was asked for.
    pub(crate) warnings: Vec<Warning>,
}

/// Lets a model speak a text. The run goes on without its client, and what it makes is kept.
///
/// # Errors
/// `ModelNotFound`, `InvalidField` with nothing sent; what the calls failed with; `SpeechNotJoined`.
pub(crate) async fn run(shared: &Arc<Shared>, call: &Call, request: SpeechRequest) -> Result<Spoken, Error> {
    run_choice(shared, call, request, 0).await
}

/// The same for one of several answers to a request, each of which is a run of its own.
async fn run_choice(shared: &Arc<Shared>, call: &Call, request: SpeechRequest, choice: u32) -> Result<Spoken, Error> {
    let features = [Feature::TextToSpeech];
    let chosen = choose_for(shared, call, request.model.clone(), &features, "speech").await?;
    let Plan { pieces, format, warning } = plan(&chosen.id, &request)?;
    let fingerprint =
        Fingerprinting::default().with("speech").with(&chosen.id).with(format!("{choice} {pieces:?} {format:?}"));
    let asked = Asked { kind: RunKind::Speech, model: chosen.id.clone(), fingerprint: fingerprint.finish() };
    let made = detached::run(shared, call, asked, |worker| speak(worker, chosen.id, pieces, format)).await?;
    let file = made.files.into_iter().next().ok_or(Error::Internal)?;
    let differs = format.is_some_and(|format| format.media_type() != file.media_type);
    let warnings = warning.into_iter().chain(differs.then_some(Warning::FormatDiffers)).collect();
    Ok(Spoken { file, usage: made.usage, warnings })
}

async fn speak(worker: Worker, model: String, pieces: Vec<Fields>, format: Option<SoundFormat>) -> Result<Made, Error> {
    let has_failed = AtomicBool::new(false);
    let spoken = pieces.into_iter().map(|fields| async {
        // What is not begun yet would be billed for nothing.
        if has_failed.load(Ordering::Acquire) {
            return None;
        }
        let spoken = speak_piece(&worker, &model, fields).await;
        has_failed.fetch_or(spoken.is_err(), Ordering::AcqRel);
        Some(spoken)
    });
    // What is begun is waited for: it is billed.
    let spoken: Vec<_> = stream::iter(spoken).buffered(AT_ONCE).filter_map(std::future::ready).collect().await;
    let mut usage = None;
    let mut parts = Vec::with_capacity(spoken.len());
    for piece in spoken {
        let (fetched, cost) = piece?;
        usage = sum(usage, cost);
        parts.push(fetched);
    }
    let file = keep(&worker, parts, format).await?;
    Ok(Made { files: vec![file], text: None, usage })
}

async fn speak_piece(worker: &Worker, model: &str, fields: Fields) -> Result<(Fetched, Option<Usage>), Error> {
    let answer = worker.feature(FeatureRequest::new(Feature::TextToSpeech, model, fields)).await?;
    Ok((worker.fetch(&answer, 0).await?, detached::usage(&answer.metadata)))
}

/// Keeps the sound that the parts are together.
async fn keep(worker: &Worker, parts: Vec<Fetched>, wanted: Option<SoundFormat>) -> Result<MadeFile, Error> {
    let called = parts.first().map(|part| part.media_type.clone()).unwrap_or_default();
    let sounds: Vec<Spooled> = parts.into_iter().map(|part| part.content).collect();
    let formats: Vec<_> = sounds.iter().map(|sound| came(sound, wanted, &called)).collect();
    let first = formats.first().copied().flatten();
    let named = |format: Option<SoundFormat>| format.map_or_else(|| called.clone(), |one| one.media_type().to_owned());
    let unlike = first.is_none() || formats.iter().any(|format| *format != first);
    let no_room = |error: &std::io::Error| store::io_failure("The sound", "1min.ai has billed it.", error);
    let spool = &worker.shared().spool;
    let whole = match (sounds.as_slice(), first) {
        ([one], _) => Ok(one.clone()),
        (_, Some(format)) if !unlike => join::join(spool, &sounds, format).await,
        _ => Err(Unjoined::Unlike),
    };
    let whole = match whole {
        Ok(whole) => whole,
        Err(Unjoined::Storage(error)) => return Err(no_room(&error)),
        Err(Unjoined::Unlike) => {
            for (sound, format) in sounds.iter().zip(&formats) {
                worker.keep(sound.clone(), &named(*format)).await?;
            }
            return Err(Error::SpeechNotJoined { parts: sounds.len() });
        }
    };
    if (wanted, first) == (Some(SoundFormat::Pcm), Some(SoundFormat::Wav))
        && let Some(samples) = join::strip(spool, &whole).await.map_err(|error| no_room(&error))?
    {
        return worker.keep(samples, SoundFormat::Pcm.media_type()).await;
    }
    worker.keep(whole, &named(first)).await
}

/// What a sound is: its bytes decide. Bare samples have no mark: they are what was asked for, or what they are called.
fn came(sound: &Spooled, wanted: Option<SoundFormat>, called: &str) -> Option<SoundFormat> {
    let is_bare = wanted == Some(SoundFormat::Pcm) || called == SoundFormat::Pcm.media_type();
    SoundFormat::of(sound.head()).or(is_bare.then_some(SoundFormat::Pcm))
}

/// What several calls cost together, as far as 1min.ai said so.
fn sum(one: Option<Usage>, other: Option<Usage>) -> Option<Usage> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.plus(other)),
        (one, other) => one.or(other),
    }
}
