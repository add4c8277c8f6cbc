//! What was made and is kept: where a client finds it, and its bytes.

use crate::{
    engine::detached::MadeFile,
    error::Error,
    guard::Call,
    shared::Shared,
    store::{self, Opened, ResultRecord},
};

/// Where results are, below the relay's own address.
const PLACE: &str = "/results/";

/// Where a client finds a file. Whoever knows the address may have it: its name can't be guessed.
pub(crate) fn url(call: &Call, file: &MadeFile) -> String {
    format!("{}{PLACE}{}", call.base, file.name)
}

/// The name of the result that an address of this relay leads to.
pub(crate) fn name_in<'a>(call: &Call, url: &'a str) -> Option<&'a str> {
    url.strip_prefix(call.base.as_str())?.strip_prefix(PLACE)
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
