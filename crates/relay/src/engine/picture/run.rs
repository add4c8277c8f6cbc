//! Draws: refuses what can't succeed before anything is billed, uploads what the pictures start from, and then makes the
//! calls, side by side, in a run that goes on without the client.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use onemin::{FeatureRequest, FieldValue, Fields, Reason, Refusal};

use super::{FEATURES, Input, InputMedia, Plan, fingerprint, mask, plan};
use crate::{
    conversation::{Media, MediaSource, PictureRequest, Usage},
    engine::{
        attachment::{self, WantedKind},
        detached::{self, Asked, Cost, Made, MadeFile, Worker},
        model,
    },
    error::Error,
    guard::Call,
    shared::Shared,
    store::RunKind,
    task,
};

/// The most calls of one request at a time.
const AT_ONCE: usize = 4;

/// Draws what a request asks for.
///
/// # Errors
/// `ModelNotFound`, `InvalidField` and errors of uploads, with nothing billed; what the run failed with.
pub(crate) async fn draw(shared: &Arc<Shared>, call: &Call, mut request: PictureRequest) -> Result<Made, Error> {
    let asked = std::mem::take(&mut request.model);
    request.model = model::choose_for(shared, call, asked, &FEATURES, "pictures").await?.id;
    draw_choice(shared, call, request, 0).await
}

/// The same by a model that was chosen already; each choice of a request is a run of its own.
pub(super) async fn draw_choice(
    shared: &Arc<Shared>,
    call: &Call,
    request: PictureRequest,
    choice: u32,
) -> Result<Made, Error> {
    let snapshot = shared.snapshot.load_full();
    let listed = snapshot.catalog.find(&request.model);
    let plan = plan(&request.model, listed, &request)?;
    let Plan { feature, model, mut fields, inputs, calls, files, is_async, droppable } = plan;
    if model != request.model {
        model::check_flagged(shared, call, &model, feature).await?;
    }
    let fingerprint = fingerprint::of(&request, choice);
    for input in inputs {
        let path = upload(shared, call, &request, input).await?;
        name_in(&mut fields, input, path);
    }
    let body = FeatureRequest { is_async, ..FeatureRequest::new(feature, model.as_str(), fields) };
    let cost = Cost::of(call, &body, calls, None);
    let asked = Asked { kind: RunKind::Picture, model, fingerprint, cost };
    let made = detached::run(shared, call, asked, |worker| make(worker, body, calls, droppable)).await?;
    let (count, wanted) = (made.files.len(), usize::try_from(files).unwrap_or(usize::MAX));
    if count < wanted {
        tracing::warn!(id = call.ticket.id(), count, wanted, "1min.ai made fewer pictures than it was asked for");
    }
    Ok(made)
}

/// Makes the calls; every file is kept.
async fn make(worker: Worker, body: FeatureRequest, calls: u32, droppable: Vec<&'static str>) -> Result<Made, Error> {
    let has_failed = AtomicBool::new(false);
    let one = |_| async {
        // What is not begun is not billed.
        if has_failed.load(Ordering::Relaxed) {
            return None;
        }
        let made = one_call(&worker, body.clone(), &droppable).await;
        has_failed.fetch_or(made.is_err(), Ordering::Relaxed);
        Some(made)
    };
    let made: Vec<_> = stream::iter(0..calls).map(one).buffered(AT_ONCE).collect().await;
    let (mut files, mut usage, mut failure) = (Vec::new(), None::<Usage>, None);
    for made in made.into_iter().flatten() {
        match made {
            Ok((more, cost)) => {
                files.extend(more);
                usage = match (usage, cost) {
                    (Some(one), Some(other)) => Some(one.plus(other)),
                    (one, other) => one.or(other),
                };
            }
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    match failure {
        None if files.is_empty() => {
            Err(onemin::Error::Unreadable { what: "an answer without a picture".into() }.into())
        }
        None => Ok(Made { files, text: None, usage }),
        Some(cause) if files.is_empty() => Err(cause),
        Some(cause) => Err(Error::PartlyMade { made: files.len(), cause: Box::new(cause) }),
    }
}

async fn one_call(
    worker: &Worker,
    mut body: FeatureRequest,
    droppable: &[&str],
) -> Result<(Vec<MadeFile>, Option<Usage>), Error> {
    let answer = match worker.feature(body.clone()).await {
        // A refusal is not billed.
        Err(error) if refuses_any(&error, &body.fields, droppable) => {
            tracing::info!(id = worker.call().ticket.id(), model = body.model, %error, "asked without size and shape");
            droppable.iter().for_each(|field| body.fields.remove(field));
            worker.feature(body).await?
        }
        answered => answered?,
    };
    let files = worker.keep_files(&answer).await?;
    Ok((files, detached::usage(&answer.metadata)))
}

/// Whether a refusal names a field that was sent and may be left out.
fn refuses_any(error: &Error, sent: &Fields, droppable: &[&str]) -> bool {
    let Error::Upstream(onemin::Error::Refused(Refusal { reason: Reason::Request, field, message, .. })) = error else {
        return false;
    };
    let is_named = |name: &str| field.as_deref() == Some(name) || message.contains(name);
    droppable.iter().any(|name| sent.get(name).is_some() && is_named(name))
}

/// Names what was uploaded in the fields of the call.
fn name_in(fields: &mut Fields, Input { field, is_list, .. }: Input, path: String) {
    if !is_list {
        return fields.set(field, path);
    }
    let mut list = match fields.get(field) {
        Some(FieldValue::List(list)) => list.clone(),
        _ => Vec::new(),
    };
    list.push(path.into());
    fields.set(field, FieldValue::List(list));
}

/// Uploads what pictures start from; where it lies.
async fn upload(shared: &Shared, call: &Call, request: &PictureRequest, input: Input) -> Result<String, Error> {
    let media = match input.media {
        InputMedia::Image(index) => request.images.get(index),
        InputMedia::Mask => request.mask.as_ref(),
    };
    let media = media.ok_or(Error::Internal)?;
    if !input.inverts_mask {
        return Ok(attachment::upload(shared, call, media, WantedKind::Image).await?.path);
    }
    let bytes = attachment::read(shared, call, media, WantedKind::Image).await?;
    let picture = at_hand(request.images.first()).await;
    let inverted =
        task::compute(move || mask::invert(&bytes, picture.as_deref())).await.unwrap_or(Err(Error::Internal))?;
    let source = MediaSource::Bytes(inverted.into());
    let mask = Media { source, name: Some("mask.png".into()), param: media.param.clone() };
    Ok(attachment::upload(shared, call, &mask, WantedKind::Image).await?.path)
}

/// The bytes of a picture that came with the request.
async fn at_hand(media: Option<&Media>) -> Option<Bytes> {
    match &media?.source {
        MediaSource::Bytes(bytes) => Some(bytes.clone()),
        MediaSource::Spooled(spooled) => spooled.read().await.ok(),
        MediaSource::Url(_) | MediaSource::File(_) => None,
    }
}
