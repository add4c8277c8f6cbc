//! What was made and is kept: where a client finds it, and its bytes.

use futures_util::StreamExt;
use url::Url;

use crate::{
    engine::detached::MadeFile,
    error::Error,
    guard::Call,
    id,
    shared::Shared,
    spool::Spooled,
    store::{self, Opened, ResultRecord},
};

/// Where results are, below the relay's own address.
const PLACE: &str = "/results/";

/// Where a client finds a file. Whoever knows the address may have it: its name can't be guessed.
pub(crate) fn url(call: &Call, file: &MadeFile) -> String {
    format!("{}{PLACE}{}", call.base, file.name)
}

/// Refuses to make what only an address would lead to, where a relay that serves with this one would not have it.
///
/// # Errors
/// `NotShared`.
pub(crate) fn check_shared(shared: &Shared, call: &Call) -> Result<(), Error> {
    shared.store.check_shared(store::Kept::Results, &call.snapshot.settings)
}

/// The result that an address leads to, on disk; `None`: it leads elsewhere. Under whichever name the relay was reached: what the
/// store has under a name that can't be guessed is what was meant.
///
/// # Errors
/// `ResultNotFound` for an address of this relay whose result is gone; `StorageFull`, `StorageFailed`.
pub(crate) async fn at(shared: &Shared, call: &Call, address: &str) -> Result<Option<Spooled>, Error> {
    let own = address.strip_prefix(call.base.as_str()).and_then(|path| path.strip_prefix(PLACE));
    let Some(name) = own.map(str::to_owned).or_else(|| name_in(address)) else { return Ok(None) };
    let opened = match open(shared, &name).await {
        Ok((_, opened)) => opened,
        Err(Error::ResultNotFound | Error::NotShared { .. }) if own.is_none() => return Ok(None),
        Err(error) => return Err(error),
    };
    let stream = opened.stream.map(|bytes| bytes.map_err(std::io::Error::other));
    let spooled = shared.spool.take_stream(stream).await;
    spooled.map(Some).map_err(|error| store::io_failure("The picture", "Nothing was sent to 1min.ai.", &error))
}

/// The name of a result in an address, if it can be one.
fn name_in(address: &str) -> Option<String> {
    let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let (_, name) = url.path().rsplit_once(PLACE)?;
    let (id, _) = name.split_once('.')?;
    (id.len() == id::LENGTH && id.bytes().all(|byte| byte.is_ascii_alphanumeric())).then(|| name.to_owned())
}

/// A result, by its name.
///
/// # Errors
/// `ResultNotFound`; `StorageFailed` where it can't be read.
pub(crate) async fn open(shared: &Shared, name: &str) -> Result<(ResultRecord, Opened), Error> {
    let unreadable = |failure: store::Failure| store::failure("The result", "Nothing was billed for this.", &failure);
    let (id, extension) = name.split_once('.').ok_or(Error::ResultNotFound)?;
    let results = shared.store.results();
    let record = results.find(id, shared.clock.unix_ms()).await.map_err(unreadable)?;
    let record = record.filter(|record| record.extension == extension).ok_or(Error::ResultNotFound)?;
    let opened = results.open(id).await.map_err(unreadable)?.ok_or(Error::ResultNotFound)?;
    Ok((record, opened))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_known_by_its_name_whatever_the_host() {
        let name = format!("{}.png", id::random(""));
        for base in ["http://localhost:5001", "http://[::1]:5001", "https://relay.example.com/ai"] {
            assert_eq!(name_in(&format!("{base}/results/{name}?x#y")).as_deref(), Some(name.as_str()), "{base}");
        }
        for other in ["http://h/results/cat.png", "http://h/images/a.png", "ftp://h/results/x", "/results/x", ""] {
            assert_eq!(name_in(other), None, "{other}");
        }
    }
}
