//! Files that features made, fetched from where they lie: 1min.ai's bucket or its CDN, never with the key.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::StatusCode;
use tokio::time::Instant;
use url::Url;

use crate::{
    client::Client,
    error::Error,
    feature::{FeatureAnswer, media_type},
    stream::{Body, innermost},
    transport::Limits,
};

/// How long a file may take to begin; there is another address, and another try.
const BEGINNING: Duration = Duration::from_secs(30);

/// How long to wait before all addresses are tried again: a new file may not be everywhere yet.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// A file as it arrives. Dropping it ends the transfer.
pub struct Download {
    /// What the host says it is; not to be trusted.
    pub media_type: Option<String>,
    /// How large it is, where the host says it.
    pub size_bytes: Option<u64>,
    body: Option<Body>,
    taken_bytes: u64,
    largest_bytes: u64,
    limits: Limits,
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download")
            .field("media_type", &self.media_type)
            .field("size_bytes", &self.size_bytes)
            .field("taken_bytes", &self.taken_bytes)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Fetches a file that a feature made. The first is at its signed address and on the CDN, every other on the CDN alone
    /// (live); an entry that is an address is taken as it is. Each address is tried three times, because asking again costs
    /// nothing. Only 1min.ai's own hosts are asked, by https, without the key, and no redirect is followed.
    ///
    /// # Errors
    /// [`Error`], never one of [`Class::NotCarriedOut`](crate::Class::NotCarriedOut): the call that made the file was
    /// carried out. `Unreadable` where it is said to be elsewhere, or is larger than
    /// [`ClientOptions::largest_file_bytes`](crate::ClientOptions::largest_file_bytes).
    pub async fn download(&self, answer: &FeatureAnswer, index: usize) -> Result<Download, Error> {
        let limits = self.limits(Instant::now());
        if let Some((sound, media_type)) = answer.sound.as_ref().filter(|_| index == 0) {
            let body: Body = Box::pin(stream::iter([Ok(sound.clone())]));
            return Ok(self.begin_file(Some(media_type.clone()), u64::try_from(sound.len()).ok(), body, limits));
        }
        let addresses = self.addresses(answer, index)?;
        let open = |url: Url| self.open(url, limits);
        let trying = first_that_opens(&addresses, open);
        let (end, phase, limit) = limits.end();
        tokio::time::timeout_at(end, trying).await.unwrap_or(Err(Error::Timeout { phase, limit }))
    }

    /// Where a file may be, the likeliest first.
    fn addresses(&self, answer: &FeatureAnswer, index: usize) -> Result<Vec<Url>, Error> {
        let signed = answer.temporary_url.as_ref().filter(|_| index == 0);
        let named = answer.results.get(index).filter(|entry| !entry.is_empty());
        let mut addresses: Vec<Url> =
            signed.into_iter().chain(named).filter_map(|entry| self.endpoints.file(entry)).collect();
        addresses.dedup();
        let what = if signed.or(named).is_some() { "a file on a host that is not 1min.ai's" } else { "no such file" };
        if addresses.is_empty() { Err(Error::Unreadable { what: what.into() }) } else { Ok(addresses) }
    }

    async fn open(&self, url: Url, limits: Limits) -> Result<Download, Failure> {
        let (deadline, phase, limit) = limits.soon(BEGINNING).next(false);
        // No key, and nothing else of the account: these are other hosts.
        let response = match tokio::time::timeout_at(deadline, self.http.get(url).send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(Failure::passing(Error::Cut { cause: innermost(&error) })),
            Err(_) => return Err(Failure::passing(Error::Timeout { phase, limit })),
        };
        let status = response.status();
        if status != StatusCode::OK {
            return Err(Failure::of_status(status));
        }
        let size_bytes = response.content_length();
        if size_bytes.is_some_and(|size| size > self.largest_file_bytes) {
            return Err(Failure { error: too_large(self.largest_file_bytes), may_pass: false });
        }
        let media_type = media_type(response.headers());
        Ok(self.begin_file(media_type, size_bytes, Box::pin(response.bytes_stream()), limits))
    }

    fn begin_file(&self, media_type: Option<String>, size_bytes: Option<u64>, body: Body, limits: Limits) -> Download {
        let largest_bytes = self.largest_file_bytes;
        Download { media_type, size_bytes, body: Some(body), taken_bytes: 0, largest_bytes, limits }
    }
}

impl Download {
    /// The next piece; `None` after the last, or after an error. A file that ends before its size is an error.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        let body = self.body.as_mut()?;
        let (deadline, phase, limit) = self.limits.next(true);
        let next = match tokio::time::timeout_at(deadline, body.next()).await {
            Ok(Some(Ok(bytes))) => self.count(&bytes).map(|()| bytes),
            Ok(Some(Err(error))) => Err(Error::Cut { cause: innermost(&error) }),
            Ok(None) if self.size_bytes.is_some_and(|size| size != self.taken_bytes) => {
                Err(Error::Cut { cause: "the file is shorter than its host said".into() })
            }
            Ok(None) => {
                self.body = None;
                return None;
            }
            Err(_) => Err(Error::Timeout { phase, limit }),
        };
        if next.is_err() {
            self.body = None;
        }
        Some(next)
    }

    fn count(&mut self, bytes: &Bytes) -> Result<(), Error> {
        self.taken_bytes = self.taken_bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.taken_bytes > self.largest_bytes { Err(too_large(self.largest_bytes)) } else { Ok(()) }
    }
}

/// Why a file could not be opened, and whether it may be there a moment later.
#[derive(Debug)]
struct Failure {
    error: Error,
    may_pass: bool,
}

impl Failure {
    const fn passing(error: Error) -> Self {
        Self { error, may_pass: true }
    }

    /// The body says nothing that is of use: a page of the CDN, or the bucket's XML with its internals.
    fn of_status(status: StatusCode) -> Self {
        let may_pass = matches!(status.as_u16(), 403 | 404 | 408 | 425 | 429) || status.is_server_error();
        let status = status.as_u16();
        let message = format!("The file was made, but where it lies answers HTTP {status}");
        Self { error: Error::Failed { status, message }, may_pass }
    }
}

fn too_large(largest_bytes: u64) -> Error {
    Error::Unreadable { what: format!("a file above {} MiB", largest_bytes >> 20) }
}

/// Tries every address, and all of them again while one may yet give the file.
async fn first_that_opens<T, F>(addresses: &[Url], open: impl Fn(Url) -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut pauses = PAUSES.into_iter();
    loop {
        let mut failure: Option<Failure> = None;
        for address in addresses {
            match open(address.clone()).await {
                Ok(opened) => return Ok(opened),
                // What may pass tells more of a file than what is final at one of its addresses.
                Err(other) if failure.as_ref().is_none_or(|failure| !failure.may_pass) => failure = Some(other),
                Err(_) => {}
            }
        }
        match (failure, pauses.next()) {
            (Some(Failure { may_pass: true, .. }), Some(pause)) => tokio::time::sleep(pause).await,
            (Some(Failure { error, .. }), _) => return Err(error),
            (None, _) => return Err(Error::Unreadable { what: "no such file".into() }),
        }
    }
}

#[cfg(test)]
mod tests;
