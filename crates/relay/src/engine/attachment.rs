//! Pictures, documents and sounds of a request: each is uploaded to 1min.ai, and the call then names it.
//!
//! Everything that can be refused without asking anybody is refused first, so that nothing is uploaded in vain. The bytes
//! decide what a file is, not its name. Where they come from an address, `fetch` opens it.

mod content;
mod item;
mod kind;
mod upload;

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, TryStreamExt, future::BoxFuture, stream};
use onemin::{Asset, Attachments};
use tokio::sync::OnceCell;

use self::item::{Item, Source, Uploaded};
pub(crate) use self::upload::Uploads;
use crate::{
    conversation::{Media, Part, Request},
    error::Error,
    guard::Call,
    shared::Shared,
};

/// How many files of one request are fetched and uploaded at a time.
const AT_ONCE: usize = 5;

/// What a file must be to be of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WantedKind {
    /// A picture.
    Image,
    /// A sound.
    Audio,
    /// A document, or a picture.
    Document,
}

/// What a request wants attached, and what 1min.ai calls it once it is there.
#[derive(Debug, Default)]
pub(super) struct Attaching {
    /// Let go of once they are attached: they may be large.
    parts: Mutex<Vec<Part>>,
    attached: OnceCell<Attached>,
}

/// What is attached.
#[derive(Debug, Clone, Default)]
pub(super) struct Attached {
    /// What 1min.ai calls it.
    pub(super) attachments: Attachments,
    /// How many tokens the documents may have for a model, reckoned by their size.
    pub(super) document_tokens: u64,
}

impl Attaching {
    /// The pictures and documents of all turns, in order of appearance.
    pub(super) fn of(request: &Request) -> Self {
        let parts = request.turns.iter().flat_map(|turn| &turn.parts);
        let parts: Vec<Part> = parts.filter(|part| matches!(part, Part::Image(_) | Part::File(_))).cloned().collect();
        Self { parts: parts.into(), attached: OnceCell::new() }
    }

    /// Uploads them, once for all choices of a request. Dropping the future cancels what is being fetched or uploaded.
    ///
    /// # Errors
    /// As [`attach`] has it.
    pub(super) async fn attach(&self, call: &Call, model: &str) -> Result<&Attached, Error> {
        let uploaded = || async {
            // Their bytes are shared, not copied.
            let parts = self.parts().clone();
            let attached = Box::pin(attach(call, model, &parts)).await?;
            self.parts().clear();
            Ok(attached)
        };
        self.attached.get_or_try_init(uploaded).await
    }

    /// How many pictures are not uploaded yet.
    pub(super) fn pictures(&self) -> usize {
        self.parts().iter().filter(|part| matches!(part, Part::Image(_))).count()
    }

    fn parts(&self) -> MutexGuard<'_, Vec<Part>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Uploads the pictures and documents among `parts`.
///
/// # Errors
/// `InvalidField` for what can't be attached: a picture for a `model` (its id) that can't see, what is too large or of no
/// use, an address that can't be had. `FileNotFound` for an id that is none. `Upload` or `Upstream` where 1min.ai does not
/// take it, `StorageFull` or `StorageFailed` where a file that is kept can't be read.
pub(super) async fn attach(call: &Call, model: &str, parts: &[Part]) -> Result<Attached, Error> {
    let items: Vec<Item<'_>> = parts.iter().filter_map(|part| Item::of(call, model, part)).collect();
    let mut sources: Vec<Source<'_>> = Vec::with_capacity(items.len());
    for item in &items {
        sources.push(item.check().await?);
    }
    let uploads = items.iter().zip(sources).map(|(item, source)| item.upload(source).boxed());
    let uploads: Vec<BoxFuture<'_, Result<Uploaded, Error>>> = uploads.collect();
    let uploaded: Vec<Uploaded> = stream::iter(uploads).buffered(AT_ONCE).try_collect().await?;
    let mut attached = Attached::default();
    for Uploaded { kind, size_bytes, asset } in uploaded {
        if kind.is_document() {
            attached.document_tokens = attached.document_tokens.saturating_add(kind.tokens(size_bytes));
            attached.attachments.files.extend(asset.uuid);
        } else {
            attached.attachments.images.push(asset.path);
        }
    }
    Ok(attached)
}

/// Uploads one picture or sound, once for an account and content.
///
/// # Errors
/// As [`attach`] has it.
pub(crate) async fn upload(shared: &Shared, call: &Call, media: &Media, wanted: WantedKind) -> Result<Asset, Error> {
    let item = Item::new(shared, call, media, wanted);
    let source = item.check().await?;
    Ok(item.upload(source).await?.asset)
}

/// The bytes of one picture, for what is changed before it is uploaded.
///
/// # Errors
/// As [`attach`] has it.
pub(super) async fn read(shared: &Shared, call: &Call, media: &Media, wanted: WantedKind) -> Result<Bytes, Error> {
    let item = Item::new(shared, call, media, wanted);
    let source = item.check().await?;
    item.read(source).await
}

/// Whether a model takes pictures; what the list does not tell may.
pub(super) fn can_see(call: &Call, model: &str) -> bool {
    let known = call.snapshot.catalog.find(model).filter(|model| !model.input.is_empty());
    known.is_none_or(|model| model.input.iter().any(|kind| kind == "image"))
}

#[cfg(test)]
mod tests;
