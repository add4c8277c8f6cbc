//! One file of a request: whether it is of use, and its upload.

use bytes::Bytes;
use onemin::{Asset, Reason, Refusal};
use tokio::sync::OwnedSemaphorePermit;

use super::{WantedKind, can_see, content::Content, kind::Kind};
use crate::{
    conversation::{Media, MediaSource, Part},
    engine::results,
    error::{Error, Fault},
    fetch::{Fetched, Wanted},
    guard::Call,
    shared::Shared,
};

/// The largest picture, in MiB; what OpenAI takes.
const LARGEST_IMAGE_MB: u64 = 20;

/// A file that a request names.
pub(super) struct Item<'a> {
    shared: &'a Shared,
    call: &'a Call,
    media: &'a Media,
    wanted: WantedKind,
    /// The model that must see it, if it is a picture.
    model: Option<&'a str>,
}

/// Where the bytes of an item are.
pub(super) enum Source<'a> {
    Here(File),
    At(&'a str),
}

/// A file that may be uploaded.
pub(super) struct File {
    content: Content,
    kind: Kind,
    name: Option<String>,
    /// Held as long as the bytes of a fetched file are.
    _slot: Option<OwnedSemaphorePermit>,
}

/// A file that is at 1min.ai.
pub(super) struct Uploaded {
    pub(super) kind: Kind,
    pub(super) size_bytes: u64,
    pub(super) asset: Asset,
}

impl<'a> Item<'a> {
    /// A file that is wanted by itself.
    pub(super) const fn new(shared: &'a Shared, call: &'a Call, media: &'a Media, wanted: WantedKind) -> Self {
        Self { shared, call, media, wanted, model: None }
    }

    /// The picture or document of a turn; `None`: it is neither.
    pub(super) fn of(call: &'a Call, model: &'a str, part: &'a Part) -> Option<Self> {
        let (media, wanted) = match part {
            Part::Image(media) => (media, WantedKind::Image),
            Part::File(media) => (media, WantedKind::Document),
            Part::Text(_) | Part::ToolCall(_) | Part::ToolResult(_) => return None,
        };
        Some(Self { shared: &call.shared, call, media, wanted, model: Some(model) })
    }

    /// What can be refused without asking anybody else.
    pub(super) async fn check(&self) -> Result<Source<'a>, Error> {
        if self.wanted == WantedKind::Image {
            self.check_sight()?;
        }
        let name = self.media.name.clone();
        Ok(match &self.media.source {
            MediaSource::Bytes(bytes) => Source::Here(self.file(Content::Bytes(bytes.clone()), name, None)?),
            MediaSource::Spooled(spooled) => Source::Here(self.file(Content::Spooled(spooled.clone()), name, None)?),
            MediaSource::File(id) => {
                let (content, record) = Content::find(self.shared, &self.call.caller.owner, self.media, id).await?;
                let name = name.unwrap_or(record.name);
                Source::Here(self.file(content, Some(name), record.media_type.as_deref())?)
            }
            MediaSource::Url(_) if self.wanted == WantedKind::Audio => {
                return Err(self.refused(Fault::UnsupportedValue, "Send the sound itself, and no address."));
            }
            MediaSource::Url(address) => {
                let own = results::at(self.shared, self.call, address).await?;
                let own = own.map(|own| self.file(Content::Spooled(own), name, None)).transpose()?;
                own.map_or(Source::At(address), Source::Here)
            }
        })
    }

    /// Uploads it, once for an account and content.
    pub(super) async fn upload(&self, source: Source<'a>) -> Result<Uploaded, Error> {
        let File { content, kind, name, _slot } = match source {
            Source::Here(file) => file,
            Source::At(address) => self.fetch(address).await?,
        };
        let size_bytes = content.size_bytes();
        let uploaded = self.call.snapshot.uploads.upload(self.shared, self.call, kind, name.as_deref(), content).await;
        let asset = uploaded.map_err(|error| not_uploaded(&self.media.param, error))?;
        Ok(Uploaded { kind, size_bytes, asset })
    }

    /// Its bytes.
    pub(super) async fn read(&self, source: Source<'a>) -> Result<Bytes, Error> {
        let File { content, _slot, .. } = match source {
            Source::Here(file) => file,
            Source::At(address) => self.fetch(address).await?,
        };
        content.load(self.shared).await?.read().await
    }

    async fn fetch(&self, address: &str) -> Result<File, Error> {
        let is_image = self.wanted == WantedKind::Image;
        let wanted = if is_image { Wanted::Image } else { Wanted::File };
        let fetched = self.call.snapshot.fetcher.fetch(address, wanted).await;
        let Fetched { bytes, media_type, name, slot } = fetched.map_err(|error| {
            let fault = if is_image { Fault::ImageUrl } else { Fault::Invalid };
            self.refused(fault, &format!("Its address can't be opened: {error}. Send the file itself, as base64."))
        })?;
        let name = self.media.name.clone().or(name);
        let file = self.file(Content::Bytes(bytes), name, media_type.as_deref())?;
        Ok(File { _slot: Some(slot), ..file })
    }

    /// A file whose bytes are here, if they are of use.
    fn file(&self, content: Content, name: Option<String>, media_type: Option<&str>) -> Result<File, Error> {
        if content.size_bytes() == 0 {
            return Err(self.refused(Fault::Invalid, "It is empty. Send the file itself."));
        }
        let kind = self.kind(content.head(), name.as_deref(), media_type)?;
        let limit_mb = if kind.is_image() { LARGEST_IMAGE_MB } else { self.call.snapshot.settings.file_max_mb };
        if content.size_bytes() > limit_mb << 20 {
            let message = if kind.is_image() {
                format!("It is larger than {limit_mb} MiB. Send a smaller picture.")
            } else {
                format!("It is larger than {limit_mb} MiB. Send a smaller file, or raise RELAY_FILE_MAX_MB.")
            };
            return Err(self.refused(Fault::Invalid, &message));
        }
        if kind.is_image() && self.wanted == WantedKind::Document {
            self.check_sight()?;
        }
        Ok(File { content, kind, name, _slot: None })
    }

    /// What a file is, if that is what is wanted.
    fn kind(&self, head: &[u8], name: Option<&str>, media_type: Option<&str>) -> Result<Kind, Error> {
        let (read, takes) = match self.wanted {
            WantedKind::Image => {
                let read = Kind::read(head, name, media_type);
                let read = read.and_then(|kind| if kind.is_image() { Ok(kind) } else { Err(kind.media_type) });
                (read, ". Send a PNG, JPEG, WebP or GIF.")
            }
            WantedKind::Audio => (Kind::sound(head), ". Send an MP3, WAV, M4A, MP4, FLAC, OGG or WebM."),
            WantedKind::Document => {
                let takes = ", which 1min.ai does not take. It takes PDF, Word, Excel, PowerPoint, text, Markdown, CSV, JSON, \
                             HTML and pictures.";
                (Kind::read(head, name, media_type), takes)
            }
        };
        // OpenAI's routes of sounds call it invalid.
        let fault = if self.wanted == WantedKind::Audio { Fault::Invalid } else { Fault::UnsupportedValue };
        read.map_err(|other| self.refused(fault, &format!("It is {other}{takes}")))
    }

    /// A picture that a model can't see would be billed and not heeded. What the list does not say is let pass.
    fn check_sight(&self) -> Result<(), Error> {
        match self.model {
            Some(model) if !can_see(self.call, model) => {
                let message =
                    format!("The model `{model}` can't see pictures. Choose one that can, or leave them out.");
                Err(self.refused(Fault::UnsupportedValue, &message))
            }
            _ => Ok(()),
        }
    }

    fn refused(&self, fault: Fault, message: &str) -> Error {
        let param = &self.media.param;
        Error::field(param, fault, format!("'{param}' can't be attached. {message}"))
    }
}

/// Why a file, which the field `param` names, was not uploaded. Only what is about the file names it: a refused key would
/// refuse every other one. Two requests may have waited for one upload: each is told its own field.
pub(super) fn not_uploaded(param: &str, error: Error) -> Error {
    let param = param.to_owned();
    match error {
        Error::FileNotFound { id, .. } => Error::FileNotFound { id, param },
        Error::Upstream(cause) => {
            let is_about_file = match &cause {
                onemin::Error::Refused(Refusal { reason, .. }) => *reason == Reason::Request,
                other => !other.is_retryable(),
            };
            if is_about_file { Error::Upload { param, cause } } else { cause.into() }
        }
        other => other,
    }
}
