//! What a run works with: calls at 1min.ai, and keeping what they give.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use onemin::{FeatureAnswer, FeatureRequest, Metadata};
use tokio::sync::{Mutex, oneshot};

use super::{Cost, Made, MadeFile};
use crate::{
    budget::{Price, Reservation},
    conversation::Usage,
    error::Error,
    guard::Call,
    id,
    shared::Shared,
    spool::Spooled,
    store::{self, ResultRecord, RunCall, RunRecord, RunState},
};

/// What is said where something that was paid for can't be kept.
const PAID: &str = "1min.ai has billed it.";

/// What is said where nothing was sent yet.
const UNSENT: &str = "Nothing was sent to 1min.ai.";

/// The hands of a run. Cloning gives another pair of the same run.
#[derive(Debug, Clone)]
pub(crate) struct Worker(Arc<Bench>);

#[derive(Debug)]
struct Bench {
    shared: Arc<Shared>,
    call: Call,
    row: Mutex<RunRecord>,
    /// Whether 1min.ai has carried out a call of this run, or may have.
    is_owed: AtomicBool,
    /// What it should cost, and what is reserved for that.
    cost: Cost,
    reserved: Reservation,
}

/// A file of an answer, on disk.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) content: Spooled,
    /// What its bytes are, or else what 1min.ai calls it.
    pub(crate) media_type: String,
}

/// A call that was sent. One that is let go of before its answer came, because the relay stops, goes on at 1min.ai, and is
/// booked as what it should cost.
struct Sent<'a> {
    worker: &'a Worker,
    request: &'a FeatureRequest,
    is_over: bool,
}

impl Drop for Sent<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.worker.book(self.request, None);
        }
    }
}

impl Worker {
    pub(super) fn new(shared: &Arc<Shared>, call: &Call, row: RunRecord, cost: Cost, reserved: Reservation) -> Self {
        let (shared, call) = (Arc::clone(shared), call.clone());
        Self(Arc::new(Bench { shared, call, row: Mutex::new(row), is_owed: AtomicBool::new(false), cost, reserved }))
    }

    /// The request.
    pub(crate) fn call(&self) -> &Call {
        &self.0.call
    }

    /// The live state.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0.shared
    }

    /// One call of a feature, which is billed when it succeeds. What it gave is noted before anything is done with it.
    ///
    /// # Errors
    /// `Upstream`. What may have been carried out never looks as if it could be asked again.
    pub(crate) async fn feature(&self, request: FeatureRequest) -> Result<FeatureAnswer, Error> {
        let Call { caller, snapshot, ticket, .. } = self.call();
        ticket.upstream_sent();
        let mut sent = Sent { worker: self, request: &request, is_over: false };
        let (begun, uuid) = oneshot::channel();
        let tell = |uuid: &str| drop(begun.send(uuid.to_owned()));
        let call = snapshot.upstream.feature_noted(&caller.key, &request, tell);
        // A call that goes on is noted at once: what it makes can be asked for even if this relay ends.
        let (answer, ()) = tokio::join!(call, async {
            if let Ok(uuid) = uuid.await {
                self.note(RunCall { uuid: Some(uuid), ..RunCall::default() }, None).await;
            }
        });
        sent.is_over = true;
        let answer = answer.map_err(told_as_billed);
        let is_owed = answer.as_ref().map_or_else(Error::is_perhaps_billed, |_| true);
        self.0.is_owed.fetch_or(is_owed, Ordering::Relaxed);
        if is_owed {
            self.book(&request, answer.as_ref().ok().and_then(|answer| answer.metadata.credits));
        }
        let answer = answer?;
        ticket.accepted();
        if let Some(usage) = usage(&answer.metadata) {
            ticket.usage(usage);
        }
        let noted = RunCall {
            uuid: answer.uuid.clone(),
            results: answer.results.clone(),
            temporary_url: answer.temporary_url.clone(),
            kept: 0,
        };
        self.note(noted, answer.metadata.credits).await;
        Ok(answer)
    }

    /// Books what a call was billed, or else what it should have been.
    fn book(&self, request: &FeatureRequest, billed: Option<f64>) {
        let Bench { shared, call, cost, reserved, .. } = &*self.0;
        let Price { listed, credits } = cost.of_one();
        match billed {
            Some(billed) => shared.budgets.learn_feature(request, listed, billed),
            None => call.ticket.reckoned(credits),
        }
        reserved.spend(billed.unwrap_or(credits));
    }

    /// Notes what a call gave, in place of what was known of it.
    async fn note(&self, call: RunCall, credits: Option<f64>) {
        let mut row = self.0.row.lock().await;
        row.calls.retain(|known| known.uuid.is_none() || known.uuid != call.uuid);
        row.calls.push(call.clone());
        row.credits = sum(row.credits, credits);
        if let Err(error) = self.write(&row).await {
            // The log is then the only place that says by which id 1min.ai knows what was paid for.
            tracing::warn!(run = row.id, uuid = call.uuid, %error, "a call is not noted");
        }
    }

    /// Fetches every file of an answer, and keeps it.
    ///
    /// # Errors
    /// `NotFetched`, `StorageFull`, `StorageFailed`; the files before are kept.
    pub(crate) async fn keep_files(&self, answer: &FeatureAnswer) -> Result<Vec<MadeFile>, Error> {
        let count = if answer.sound.is_some() { 1 } else { answer.results.len() };
        let mut files = Vec::with_capacity(count);
        for index in 0..count {
            let Fetched { content, media_type } = self.fetch(answer, index).await?;
            files.push(self.keep(content, &media_type).await?);
            self.note_kept(answer).await;
        }
        Ok(files)
    }

    /// Fetches one file of an answer, without keeping it.
    ///
    /// # Errors
    /// `NotFetched`; `StorageFull` or `StorageFailed` where there is no room for it.
    pub(crate) async fn fetch(&self, answer: &FeatureAnswer, index: usize) -> Result<Fetched, Error> {
        let (spool, client) = (&self.shared().spool, &self.call().snapshot.upstream);
        if let Some((bytes, media_type)) = &answer.sound {
            let content = spool.take(bytes).await.map_err(|error| store::io_failure("The sound", PAID, &error))?;
            return Ok(Fetched { content, media_type: media_type.clone() });
        }
        fetch(spool, client, answer, index).await
    }

    /// Keeps something that was made.
    ///
    /// # Errors
    /// `StorageFull`, `StorageFailed`.
    pub(crate) async fn keep(&self, content: Spooled, media_type: &str) -> Result<MadeFile, Error> {
        let shared = self.shared();
        let row = self.0.row.lock().await.clone();
        let file = keep(shared, &row, &content, media_type).await?;
        self.0.row.lock().await.files.push(file.clone());
        Ok(file)
    }

    /// Writes the row before anything is sent.
    pub(super) async fn open(&self) -> Result<(), Error> {
        let row = self.0.row.lock().await;
        self.write(&row).await.map_err(|failure| store::failure("The run", UNSENT, &failure))
    }

    /// Writes what became of the run, and gives it. It is over, whether or not this can be written. A failure after something was
    /// billed never looks as if all could be asked for again.
    pub(super) async fn close(&self, made: Result<Made, Error>) -> Result<Made, Error> {
        let ended_unix_ms = self.shared().clock.unix_ms();
        let mut row = self.0.row.lock().await;
        let is_owed = self.0.is_owed.load(Ordering::Relaxed);
        let made = made.map_err(|error| match error {
            error if is_owed && !error.is_perhaps_billed() => {
                Error::PartlyMade { made: row.files.len(), cause: Box::new(error) }
            }
            error => error,
        });
        row.state = match &made {
            Ok(made) => {
                row.files.clone_from(&made.files);
                row.text.clone_from(&made.text);
                // Nothing is left to be fetched.
                row.calls.clear();
                RunState::Done { ended_unix_ms }
            }
            Err(error) => {
                self.call().ticket.failed(error.name());
                let is_perhaps_billed = error.is_perhaps_billed();
                RunState::Failed { ended_unix_ms, why: error.to_string(), is_perhaps_billed }
            }
        };
        self.write(&row).await.unwrap_or_else(|error| tracing::warn!(run = row.id, %error, "a run's end is not noted"));
        made
    }

    /// Notes that a file of an answer is kept, and need not be fetched again.
    pub(crate) async fn note_kept(&self, answer: &FeatureAnswer) {
        let mut row = self.0.row.lock().await;
        if let Some(call) = row.calls.iter_mut().find(|call| call.results == answer.results) {
            call.kept += 1;
        }
    }

    async fn write(&self, row: &RunRecord) -> Result<(), store::Failure> {
        self.shared().store.runs().put(row, None, self.shared().clock.unix_ms()).await
    }
}

/// Fetches one file of an answer to disk.
pub(crate) async fn fetch(
    spool: &crate::spool::Spool,
    client: &onemin::Client,
    answer: &FeatureAnswer,
    index: usize,
) -> Result<Fetched, Error> {
    let no_room = |error: std::io::Error| store::io_failure("What 1min.ai made", PAID, &error);
    let mut download = client.download(answer, index).await.map_err(|cause| Error::NotFetched { cause })?;
    let mut spooling = spool.begin().await.map_err(no_room)?;
    while let Some(bytes) = download.next().await {
        let bytes = bytes.map_err(|cause| Error::NotFetched { cause })?;
        spooling.write(&bytes).await.map_err(no_room)?;
    }
    let content = spooling.finish().await.map_err(no_room)?;
    let place = answer.results.get(index).map_or("", String::as_str);
    let media_type = media_type(content.head(), download.media_type.as_deref(), place);
    Ok(Fetched { content, media_type })
}

/// Keeps what a run made, for the run's owner and as long as its row.
pub(crate) async fn keep(
    shared: &Shared,
    row: &RunRecord,
    content: &Spooled,
    media_type: &str,
) -> Result<MadeFile, Error> {
    let (id, now_ms) = (id::random(""), shared.clock.unix_ms());
    let extension = extension(media_type);
    let record = ResultRecord {
        id: id.clone(),
        owner: row.owner.clone(),
        run: row.id.clone(),
        media_type: media_type.to_owned(),
        extension: extension.to_owned(),
        size_bytes: content.size_bytes(),
        created_unix_ms: now_ms,
        expires_unix_ms: row.expires_unix_ms,
    };
    let kept = shared.store.results().put(&record, Some(content), now_ms).await;
    kept.map_err(|failure| store::failure("What 1min.ai made", PAID, &failure))?;
    Ok(MadeFile {
        name: format!("{id}.{extension}"),
        media_type: media_type.to_owned(),
        size_bytes: content.size_bytes(),
    })
}

/// A failure after a media call was sent: whoever asks again may be billed again, so nothing invites to that but what 1min.ai
/// certainly did not begin. Cloudflare's 522 came 19 s into an edit (live).
fn told_as_billed(error: onemin::Error) -> Error {
    match error {
        onemin::Error::Unavailable { status, message, .. } => onemin::Error::Failed { status, message }.into(),
        other => other.into(),
    }
}

/// What a call of a feature cost, where 1min.ai said anything.
pub(crate) fn usage(metadata: &Metadata) -> Option<Usage> {
    let Metadata { input_tokens, output_tokens, credits, .. } = *metadata;
    let is_told = input_tokens.is_some() || output_tokens.is_some() || credits.is_some();
    is_told.then(|| Usage {
        prompt_tokens: input_tokens.unwrap_or_default(),
        completion_tokens: output_tokens.unwrap_or_default(),
        is_estimate: false,
        credits,
    })
}

fn sum(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (None, None) => None,
        (one, other) => Some(one.unwrap_or_default() + other.unwrap_or_default()),
    }
}

/// What is kept, and what its names end with. What is not here is kept as it is, without being shown by anybody.
const KINDS: [(&str, &str); 14] = [
    ("image/png", "png"),
    ("image/jpeg", "jpg"),
    ("image/webp", "webp"),
    ("image/gif", "gif"),
    ("image/svg+xml", "svg"),
    ("audio/mpeg", "mp3"),
    ("audio/wav", "wav"),
    ("audio/ogg", "ogg"),
    ("audio/aac", "aac"),
    ("audio/flac", "flac"),
    ("audio/mp4", "m4a"),
    ("audio/pcm", "pcm"),
    ("text/plain", "txt"),
    ("video/mp4", "mp4"),
];

/// What a file is: by its bytes, else by what it is called, else by the end of its name.
fn media_type(head: &[u8], called: Option<&str>, place: &str) -> String {
    // The words of `infer` for what has a better known name.
    let sniffed = infer::get(head).map(|kind| match kind.mime_type() {
        "audio/x-wav" => "audio/wav",
        "audio/x-flac" => "audio/flac",
        "audio/m4a" => "audio/mp4",
        other => other,
    });
    let is_media = |kind: &&str| KINDS.iter().any(|(known, _)| known == kind);
    let called = called.and_then(|called| called.split(';').next()).map(str::trim).filter(is_media);
    let path = place.split(['?', '#']).next().unwrap_or(place);
    let end = path.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
    let named = KINDS.iter().find(|(_, known)| end.as_deref() == Some(*known)).map(|(kind, _)| *kind);
    sniffed.filter(is_media).or(called).or(named).or(sniffed).unwrap_or("application/octet-stream").to_owned()
}

fn extension(media_type: &str) -> &'static str {
    KINDS.iter().find(|(kind, _)| *kind == media_type).map_or("bin", |(_, extension)| extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_tell_what_a_file_is_and_then_names() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        assert_eq!(media_type(png, Some("image/jpeg"), "images/a.webp"), "image/png");
        assert_eq!(media_type(b"<svg xmlns='x'/>", Some("image/svg+xml; charset=utf-8"), "a"), "image/svg+xml");
        assert_eq!(media_type(b"??", Some("application/octet-stream"), "audios/a.PCM?x=1"), "audio/pcm");
        assert_eq!(media_type(b"RIFF\x10\0\0\0WAVEfmt ", None, ""), "audio/wav");
        assert_eq!(media_type(b"??", None, "nothing"), "application/octet-stream");
        assert_eq!((extension("audio/mpeg"), extension("text/html")), ("mp3", "bin"));
    }

    #[test]
    fn what_may_have_been_carried_out_never_invites_to_ask_again() {
        let gone = onemin::Error::Unavailable { status: 522, message: "busy".into(), retry_after: None };
        let told = told_as_billed(gone);
        assert!(told.is_perhaps_billed() && told.status() == 502, "{told:?}");
        let limited = onemin::Error::RateLimited { message: "slow down".into(), retry_after: None };
        assert!(!told_as_billed(limited).is_perhaps_billed());
    }
}
