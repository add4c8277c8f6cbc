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
use onemin::{FeatureAnswer, FeatureRequest, Fields};

pub(crate) use self::format::SoundFormat;
use self::{
    join::Unjoined,
    plan::{Plan, plan},
};
use super::{
    detached::{self, Asked, Cost, Fetched, Fingerprinting, Made, MadeFile, Worker},
    model::choose_for,
};
use crate::{
    budget::Price,
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

/// A piece of a text, spoken.
#[derive(Debug)]
struct Part {
    /// The call's answer.
    answer: FeatureAnswer,
    /// Its sound.
    sound: Fetched,
}

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
    let fingerprint = fingerprint.finish();
    let asked =
        Asked { kind: RunKind::Speech, model: chosen.id.clone(), fingerprint, cost: cost(call, &chosen.id, &pieces) };
    let made = detached::run(shared, call, asked, |worker| speak(worker, chosen.id, pieces, format)).await?;
    let file = made.files.into_iter().next().ok_or(Error::Internal)?;
    let differs = format.is_some_and(|format| format.media_type() != file.media_type);
    let warnings = warning.into_iter().chain(differs.then_some(Warning::FormatDiffers)).collect();
    Ok(Spoken { file, usage: made.usage, warnings })
}

/// What all pieces should cost.
fn cost(call: &Call, model: &str, pieces: &[Fields]) -> Cost {
    let request = |fields: &Fields| FeatureRequest::new(Feature::TextToSpeech, model, fields.clone());
    let costs = pieces.iter().map(|fields| Cost::of(call, &request(fields), 1, None));
    costs.fold(Cost::default(), |sum, one| Cost {
        calls: sum.calls + one.calls,
        price: Price { listed: sum.price.listed + one.price.listed, credits: sum.price.credits + one.price.credits },
    })
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
    let (mut parts, mut failure) = (Vec::with_capacity(spoken.len()), None::<Error>);
    for piece in spoken {
        match piece {
            Ok(part) => parts.push(part),
            // What may be billed must not look as if it could be asked again.
            Err(error) => {
                failure =
                    failure.filter(|first| first.is_perhaps_billed() || !error.is_perhaps_billed()).or(Some(error));
            }
        }
    }
    match failure {
        None => {
            let usage = parts.iter().map(|part| detached::usage(&part.answer.metadata)).fold(None, sum);
            Ok(Made { files: vec![keep(&worker, &parts, format).await?], text: None, usage })
        }
        Some(cause) if parts.is_empty() => Err(cause),
        Some(cause) => {
            keep_apart(&worker, &parts, format).await?;
            Err(Error::PartlyMade { made: parts.len(), cause: Box::new(cause) })
        }
    }
}

async fn speak_piece(worker: &Worker, model: &str, fields: Fields) -> Result<Part, Error> {
    let answer = worker.feature(FeatureRequest::new(Feature::TextToSpeech, model, fields)).await?;
    Ok(Part { sound: worker.fetch(&answer, 0).await?, answer })
}

/// Keeps the sound that the parts are together.
async fn keep(worker: &Worker, parts: &[Part], wanted: Option<SoundFormat>) -> Result<MadeFile, Error> {
    let formats: Vec<_> = parts.iter().map(|part| came(&part.sound, wanted)).collect();
    let first = formats.first().copied().flatten();
    let unlike = first.is_none() || formats.iter().any(|format| *format != first);
    let sounds: Vec<Spooled> = parts.iter().map(|part| part.sound.content.clone()).collect();
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
            keep_apart(worker, parts, wanted).await?;
            return Err(Error::SpeechNotJoined { parts: sounds.len() });
        }
    };
    if (wanted, first) == (Some(SoundFormat::Pcm), Some(SoundFormat::Wav))
        && let Some(samples) = join::strip(spool, &whole).await.map_err(|error| no_room(&error))?
    {
        return worker.keep(samples, SoundFormat::Pcm.media_type()).await;
    }
    let media_type = parts.first().map(|part| media_type(&part.sound, wanted)).unwrap_or_default();
    worker.keep(whole, &media_type).await
}

/// Keeps every part as it is, where they don't become one.
async fn keep_apart(worker: &Worker, parts: &[Part], wanted: Option<SoundFormat>) -> Result<(), Error> {
    for Part { answer, sound } in parts {
        worker.keep(sound.content.clone(), &media_type(sound, wanted)).await?;
        worker.note_kept(answer).await;
    }
    Ok(())
}

/// What a sound is: its bytes decide. Bare samples have no mark: they are what was asked for, or what they are called.
fn came(sound: &Fetched, wanted: Option<SoundFormat>) -> Option<SoundFormat> {
    let is_bare = wanted == Some(SoundFormat::Pcm) || sound.media_type == SoundFormat::Pcm.media_type();
    SoundFormat::of(sound.content.head()).or(is_bare.then_some(SoundFormat::Pcm))
}

/// The name of what a sound is.
fn media_type(sound: &Fetched, wanted: Option<SoundFormat>) -> String {
    came(sound, wanted).map_or_else(|| sound.media_type.clone(), |format| format.media_type().to_owned())
}

/// What several calls cost together, as far as 1min.ai said so.
fn sum(one: Option<Usage>, other: Option<Usage>) -> Option<Usage> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.plus(other)),
        (one, other) => one.or(other),
    }
}
