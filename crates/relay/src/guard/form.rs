//! Takes the bodies that are forms (`multipart/form-data`, RFC 7578): files go to the spool as they come, texts stay in
//! memory. This room must never know what the parts mean.

mod head;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{body::Body, extract::Request};
use futures_util::{Stream, stream};
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use multer::{Field, Multipart};

use self::head::{boundary, file_name_of, is_file_name, place};
use super::body::{PAUSE, Share, discard};
use crate::{
    error::{Error, Fault},
    request::Ticket,
    shared::{Shared, Snapshot},
    spool::{Spool, Spooled},
    store,
};

/// The most parts of a form.
const MOST_PARTS: usize = 100;

/// The most files of a form: as many pictures as are changed together, and a mask.
const MOST_FILES: usize = 17;

/// The largest text of a form.
const LARGEST_TEXT: usize = 1 << 20;

/// The most that is read in search of a part: what stands before it, and its head.
const LARGEST_HEAD: usize = 1 << 20;

/// What is said where a file of a form can't be written.
const WHAT: &str = "A file of the request";
const ADVICE: &str = "Nothing was sent to 1min.ai.";

/// A form that was sent.
#[derive(Debug, Default)]
pub(crate) struct Form {
    /// The texts, in order of arrival, under the names they came with.
    pub(crate) fields: Vec<(String, String)>,
    /// The files, likewise.
    pub(crate) files: Vec<FormFile>,
}

/// A file of a form.
#[derive(Debug)]
pub(crate) struct FormFile {
    /// The name of its part.
    pub(crate) name: String,
    /// Its own name, where it came with one.
    pub(crate) file_name: Option<String>,
    /// What the client says it is.
    pub(crate) media_type: Option<String>,
    pub(crate) content: Spooled,
}

impl Form {
    /// The text under this name; of several the last, as in JSON.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.fields.iter().rev().find(|(field, _)| field == name).map(|(_, text)| text.as_str())
    }

    /// Takes the first file under this name.
    pub(crate) fn take_file(&mut self, name: &str) -> Option<FormFile> {
        let at = self.files.iter().position(|file| file.name == name)?;
        Some(self.files.remove(at))
    }

    /// Takes all files under these names, numbered ones too: those of `image` are also `image[0]`, `image[1]` and so on, in
    /// the order of their numbers; all others in order of arrival.
    pub(crate) fn take_files(&mut self, names: &[&str]) -> Vec<FormFile> {
        let place = |file: &FormFile| place(&file.name, names);
        let mut taken: Vec<FormFile> = self.files.extract_if(.., |file| place(file).is_some()).collect();
        taken.sort_by_key(place);
        taken
    }
}

/// The form in the body of a request. The texts count as other bodies do, until the request is over.
///
/// # Errors
/// `MalformedForm`, `UnsupportedEncoding`, `BodyCut`, `FileTooLarge`, `InvalidField` for a text that is too long or none,
/// `Busy`, `StorageFull`, `StorageFailed`.
pub(crate) async fn collect(request: Request, shared: &Shared) -> Result<Form, Error> {
    let (parts, mut body) = request.into_parts();
    let snapshot = parts.extensions.get::<Arc<Snapshot>>().ok_or(Error::Internal)?;
    let mut taking = Taking {
        form: Form::default(),
        spool: &shared.spool,
        file_max_mb: snapshot.settings.file_max_mb,
        // As much as may be kept may be on its way there.
        spooled_max: snapshot.settings.files_max_mb << 20,
        share: shared.bodies.share(),
        all: snapshot.settings.bodies_max_mb << 20,
    };
    let boundary = check_packing(&parts.headers).and_then(|()| boundary(&parts.headers));
    let is_untouched = boundary.is_err();
    let taken = match boundary {
        Ok(boundary) => taking.take(&mut body, boundary).await,
        Err(error) => Err(error),
    };
    // One that waits to be told to go on is not told, and sends nothing.
    let is_waiting = is_untouched && parts.headers.contains_key(header::EXPECT);
    let is_cut = matches!(taken, Err(Error::BodyCut));
    if !is_cut && !is_waiting {
        // Whoever is still sending would lose the answer with its connection. What follows a form's end has no meaning.
        discard(&mut body).await;
    }
    taken?;
    if let Some(ticket) = parts.extensions.get::<Ticket>() {
        ticket.hold(taking.share);
    }
    Ok(taking.form)
}

/// Forms are not unpacked: no client packs them.
fn check_packing(headers: &HeaderMap) -> Result<(), Error> {
    let encoding = headers.get(header::CONTENT_ENCODING).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let encoding = encoding.map(|encoding| encoding.trim().to_ascii_lowercase()).unwrap_or_default();
    match encoding.as_str() {
        "" | "identity" => Ok(()),
        _ => Err(Error::UnsupportedEncoding { encoding: encoding.chars().take(40).collect() }),
    }
}

/// A form that is being taken in.
struct Taking<'a> {
    form: Form,
    spool: &'a Spool,
    file_max_mb: u64,
    /// What may lie in the spool, of all requests together.
    spooled_max: u64,
    /// What the texts take.
    share: Share,
    /// The limit of all bodies, in bytes.
    all: u64,
}

impl Taking<'_> {
    async fn take(&mut self, body: &mut Body, boundary: String) -> Result<(), Error> {
        let room = Arc::new(AtomicUsize::new(LARGEST_HEAD));
        let mut form = Multipart::new(pieces(body, Arc::clone(&room)), boundary);
        for _ in 0..MOST_PARTS {
            room.store(LARGEST_HEAD, Ordering::Relaxed);
            let Some(part) = form.next_field().await.map_err(broken)? else { return Ok(()) };
            // What is inside a part has limits of its own.
            room.store(usize::MAX, Ordering::Relaxed);
            let Some(name) = part.name().map(str::to_owned) else {
                return Err(Error::MalformedForm { detail: "a part of it has no name".into() });
            };
            let file_name = file_name_of(&part);
            if file_name.is_some() || is_file_name(&name) {
                self.take_file(name, file_name, part).await?;
            } else {
                self.take_text(name, part).await?;
            }
        }
        room.store(LARGEST_HEAD, Ordering::Relaxed);
        match form.next_field().await.map_err(broken)? {
            None => Ok(()),
            Some(_) => Err(Error::MalformedForm { detail: format!("it has more than {MOST_PARTS} parts") }),
        }
    }

    async fn take_file(&mut self, name: String, file_name: Option<String>, mut part: Field<'_>) -> Result<(), Error> {
        if self.form.files.len() == MOST_FILES {
            return Err(Error::MalformedForm { detail: format!("it has more than {MOST_FILES} files") });
        }
        let not_written = |error| store::io_failure(WHAT, ADVICE, &error);
        let (limit, limit_mb) = (self.file_max_mb << 20, self.file_max_mb);
        let mut file = self.spool.begin().await.map_err(not_written)?;
        while let Some(bytes) = part.chunk().await.map_err(broken)? {
            let more = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            if file.size_bytes().saturating_add(more) > limit {
                return Err(Error::FileTooLarge { param: name, limit_mb });
            }
            file.write(&bytes).await.map_err(not_written)?;
            if self.spool.size_bytes() > self.spooled_max {
                return Err(Error::Busy);
            }
        }
        let content = file.finish().await.map_err(not_written)?;
        let media_type = part.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.map(str::to_owned);
        // A page sends an empty file without a name where nobody chose one.
        if content.size_bytes() > 0 || file_name.as_deref() != Some("") {
            let file_name = file_name.filter(|name| !name.is_empty());
            self.form.files.push(FormFile { name, file_name, media_type, content });
        }
        Ok(())
    }

    async fn take_text(&mut self, name: String, mut part: Field<'_>) -> Result<(), Error> {
        let mut text = Vec::new();
        while let Some(bytes) = part.chunk().await.map_err(broken)? {
            if text.len() + bytes.len() > LARGEST_TEXT {
                let message = format!("'{name}' is longer than {} MiB. Send a shorter text.", LARGEST_TEXT >> 20);
                return Err(Error::field(name, Fault::Invalid, message));
            }
            if !self.share.grow(bytes.len(), self.all) {
                return Err(Error::Busy);
            }
            text.extend_from_slice(&bytes);
        }
        let Ok(text) = String::from_utf8(text) else {
            let message = format!("'{name}' is no text in UTF-8. Send it as UTF-8, or as a file with a file name.");
            return Err(Error::field(name, Fault::Invalid, message));
        };
        self.form.fields.push((name, text));
        Ok(())
    }
}

/// Why a form can't be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Break {
    /// The client paused for too long, or left.
    #[error("cut")]
    Cut,
    /// No part begins for too long.
    #[error("no part")]
    NoPart,
}

/// A body, piece by piece, as long as there is `room`.
fn pieces(body: &mut Body, room: Arc<AtomicUsize>) -> impl Stream<Item = Result<bytes::Bytes, Break>> + Send + use<'_> {
    stream::unfold((body, room), |(body, room)| async move {
        // The form takes in all there is before it gives anything out: so it is given one piece at a time.
        tokio::task::yield_now().await;
        let piece = match tokio::time::timeout(PAUSE, body.frame()).await {
            Ok(None) => return None,
            Ok(Some(Ok(frame))) => Ok(frame.into_data().unwrap_or_default()),
            Ok(Some(Err(_))) | Err(_) => Err(Break::Cut),
        };
        let piece = piece.and_then(|piece| {
            let left = room.load(Ordering::Relaxed).checked_sub(piece.len()).ok_or(Break::NoPart)?;
            room.store(left, Ordering::Relaxed);
            Ok(piece)
        });
        Some((piece, (body, room)))
    })
}

/// Why a form was not read.
fn broken(error: multer::Error) -> Error {
    let detail = match error {
        multer::Error::StreamReadFailed(cause) => match cause.downcast_ref() {
            Some(Break::NoPart) => "no part of it begins where one should",
            Some(Break::Cut) | None => return Error::BodyCut,
        },
        multer::Error::IncompleteFieldData { .. } | multer::Error::IncompleteStream => {
            "it ends in the middle, or its boundary is not the one its Content-Type names"
        }
        _ => "the head of a part can't be read",
    };
    Error::MalformedForm { detail: detail.into() }
}

#[cfg(test)]
mod tests;
