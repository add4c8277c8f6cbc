//! Pictures and documents of a request: each is uploaded to 1min.ai, and the call then names it.
//!
//! Everything that can be refused without asking anybody is refused first, so that nothing is uploaded in vain. The bytes
//! decide what a file is, not its name. Where they come from an address, `fetch` opens it.

mod kind;
mod upload;

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, TryStreamExt, future::BoxFuture, stream};
use onemin::{Asset, Attachments, Reason, Refusal};
use sha2::{Digest, Sha256};
use tokio::sync::{OnceCell, OwnedSemaphorePermit};

use self::kind::Kind;
pub(crate) use self::upload::Uploads;
use crate::{
    conversation::{Media, MediaSource, Part, Request},
    error::{Error, Fault},
    fetch::{Fetched, Wanted},
    guard::Call,
};

/// How many files of one request are fetched and uploaded at a time.
const AT_ONCE: usize = 5;

/// The largest picture, in MiB; what OpenAI takes.
const LARGEST_IMAGE_MB: u64 = 20;

/// What a request wants attached, and what 1min.ai calls it once it is there.
#[derive(Debug, Default)]
pub(super) struct Attaching {
    /// Let go of once they are attached: they may be large.
    parts: Mutex<Vec<Part>>,
    attached: OnceCell<Attachments>,
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
    pub(super) async fn attach(&self, call: &Call, model: &str) -> Result<&Attachments, Error> {
        let uploaded = || async {
            // Their bytes are shared, not copied.
            let parts = self.parts().clone();
            let attachments = Box::pin(attach(call, model, &parts)).await?;
            self.parts().clear();
            Ok(attachments)
        };
        self.attached.get_or_try_init(uploaded).await
    }

    fn parts(&self) -> MutexGuard<'_, Vec<Part>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Uploads the pictures and documents among `parts`.
///
/// # Errors
/// `InvalidField` for what can't be attached: a picture for a `model` (its id) that can't see, what is too large or of no
/// use, an address that can't be had. `Upload` or `Upstream` where 1min.ai does not take it.
pub(super) async fn attach(call: &Call, model: &str, parts: &[Part]) -> Result<Attachments, Error> {
    let items: Vec<Item<'_>> = parts.iter().filter_map(Item::of).collect();
    let sources: Vec<Source<'_>> = items.iter().map(|item| item.check(call, model)).collect::<Result<_, _>>()?;
    let uploads = items.iter().zip(sources).map(|(item, source)| item.upload(call, model, source).boxed());
    let uploads: Vec<BoxFuture<'_, Result<(Kind, Asset), Error>>> = uploads.collect();
    let uploaded: Vec<(Kind, Asset)> = stream::iter(uploads).buffered(AT_ONCE).try_collect().await?;
    let mut attachments = Attachments::default();
    for (kind, asset) in uploaded {
        if kind.is_image {
            attachments.images.push(asset.path);
        } else {
            attachments.files.extend(asset.uuid);
        }
    }
    Ok(attachments)
}

/// Whether a model takes pictures; what the list does not tell may.
pub(super) fn can_see(call: &Call, model: &str) -> bool {
    let known = call.snapshot.catalog.find(model).filter(|model| !model.input.is_empty());
    known.is_none_or(|model| model.input.iter().any(|kind| kind == "image"))
}

/// A picture or document of a turn.
struct Item<'a> {
    media: &'a Media,
    is_image: bool,
}

/// Where the bytes of an item are.
enum Source<'a> {
    Here(File),
    At(&'a str),
}

/// A file that may be uploaded.
struct File {
    bytes: Bytes,
    kind: Kind,
    name: Option<String>,
    /// Held as long as the bytes of a fetched file are.
    _slot: Option<OwnedSemaphorePermit>,
}

impl<'a> Item<'a> {
    fn of(part: &'a Part) -> Option<Self> {
        match part {
            Part::Image(media) => Some(Self { media, is_image: true }),
            Part::File(media) => Some(Self { media, is_image: false }),
            Part::Text(_) | Part::ToolCall(_) | Part::ToolResult(_) => None,
        }
    }

    /// What can be refused without asking anybody.
    fn check(&self, call: &Call, model: &str) -> Result<Source<'a>, Error> {
        if self.is_image {
            self.check_sight(call, model)?;
        }
        match &self.media.source {
            MediaSource::Bytes(bytes) => {
                let file = self.file(call, model, bytes.clone(), self.media.name.clone(), None)?;
                Ok(Source::Here(file))
            }
            MediaSource::Spooled(_) => {
                let message = "It must be in the message itself, as base64 or a data URL.";
                Err(self.refused(Fault::UnsupportedValue, message))
            }
            MediaSource::Url(address) => Ok(Source::At(address)),
            MediaSource::File(_) => {
                let message = "Files of /v1/files are not there yet: send the file itself, as base64 or a data URL.";
                Err(self.refused(Fault::UnsupportedValue, message))
            }
        }
    }

    async fn upload(&self, call: &Call, model: &str, source: Source<'a>) -> Result<(Kind, Asset), Error> {
        let file = match source {
            Source::Here(file) => file,
            Source::At(address) => self.fetch(call, model, address).await?,
        };
        let kind = file.kind;
        let content = Sha256::digest(&file.bytes).into();
        let upload = kind.upload(file.bytes, file.name.as_deref());
        let asset =
            call.snapshot.uploads.upload(call, kind, content, upload).await.map_err(|cause| self.not_taken(cause))?;
        Ok((kind, asset))
    }

    async fn fetch(&self, call: &Call, model: &str, address: &str) -> Result<File, Error> {
        let wanted = if self.is_image { Wanted::Image } else { Wanted::File };
        let Fetched { bytes, media_type, name, slot } =
            call.snapshot.fetcher.fetch(address, wanted).await.map_err(|error| {
                let fault = if self.is_image { Fault::ImageUrl } else { Fault::Invalid };
                self.refused(fault, &format!("Its address can't be opened: {error}. Send the file itself, as base64."))
            })?;
        let name = self.media.name.clone().or(name);
        let file = self.file(call, model, bytes, name, media_type.as_deref())?;
        Ok(File { _slot: Some(slot), ..file })
    }

    /// Bytes that are here, if they are of use.
    fn file(
        &self,
        call: &Call,
        model: &str,
        bytes: Bytes,
        name: Option<String>,
        media_type: Option<&str>,
    ) -> Result<File, Error> {
        if bytes.is_empty() {
            return Err(self.refused(Fault::Invalid, "It is empty. Send the file itself, as base64."));
        }
        let kind = Kind::read(&bytes, name.as_deref(), media_type);
        let kind = match kind {
            Ok(kind) if kind.is_image => kind,
            Ok(kind) if !self.is_image => kind,
            Ok(Kind { media_type: other, .. }) | Err(other) if self.is_image => {
                let message = format!("It is {other}. Send a PNG, JPEG, WebP or GIF.");
                return Err(self.refused(Fault::UnsupportedValue, &message));
            }
            Ok(Kind { media_type: other, .. }) | Err(other) => {
                let takes = "PDF, Word, Excel, PowerPoint, text, Markdown, CSV, JSON, HTML and pictures";
                let message = format!("It is {other}, which 1min.ai does not take. It takes {takes}.");
                return Err(self.refused(Fault::UnsupportedValue, &message));
            }
        };
        let limit_mb = if kind.is_image { LARGEST_IMAGE_MB } else { call.snapshot.settings.file_max_mb };
        if u64::try_from(bytes.len()).is_ok_and(|size| size > limit_mb << 20) {
            let message = if kind.is_image {
                format!("It is larger than {limit_mb} MiB. Send a smaller picture.")
            } else {
                format!("It is larger than {limit_mb} MiB. Send a smaller file, or raise RELAY_FILE_MAX_MB.")
            };
            return Err(self.refused(Fault::Invalid, &message));
        }
        if kind.is_image && !self.is_image {
            self.check_sight(call, model)?;
        }
        Ok(File { bytes, kind, name, _slot: None })
    }

    /// A picture that a model can't see would be billed and not heeded. What the list does not say is let pass.
    fn check_sight(&self, call: &Call, model: &str) -> Result<(), Error> {
        if can_see(call, model) {
            return Ok(());
        }
        let message = format!("The model `{model}` can't see pictures. Choose one that can, or leave them out.");
        Err(self.refused(Fault::UnsupportedValue, &message))
    }

    fn refused(&self, fault: Fault, message: &str) -> Error {
        let param = &self.media.param;
        Error::field(param, fault, format!("'{param}' can't be attached. {message}"))
    }

    /// Only what is about the file names it: a refused key would refuse every other one.
    fn not_taken(&self, cause: onemin::Error) -> Error {
        let is_about_file = match &cause {
            onemin::Error::Refused(Refusal { reason, .. }) => *reason == Reason::Request,
            other => !other.is_retryable(),
        };
        if is_about_file { Error::Upload { param: self.media.param.clone(), cause } } else { cause.into() }
    }
}

#[cfg(test)]
mod tests;
