//! Uploads to 1min.ai, each made once for an account and content: an agent sends the pictures of its whole history with
//! every turn, and what is uploaded stays in the account.

use std::{sync::Arc, time::Duration};

use moka::future::Cache;
use onemin::{Asset, Client, Upload};
use tokio::sync::Semaphore;

use super::{content::Content, kind::Kind};
use crate::{
    engine::retry,
    error::Error,
    guard::{Call, owner::Account},
    shared::Shared,
};

/// The most uploads at a time; more are refused (docs, by way of a client's page).
const AT_ONCE: usize = 5;

/// The most uploads that are remembered, each some 300 bytes.
const MOST: u64 = 20_000;

/// How long an upload is taken to be there. It stays until its owner deletes it (live), which nobody tells.
const LIFETIME: Duration = Duration::from_hours(24);

/// What was uploaded to one 1min.ai.
pub(crate) struct Uploads {
    made: Cache<Key, Asset>,
    slots: Semaphore,
}

/// What is one account's is not there for another, and one content may go as a picture and as a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    account: Account,
    content: String,
    kind: Kind,
}

impl Default for Uploads {
    fn default() -> Self {
        let made = Cache::builder().max_capacity(MOST).time_to_live(LIFETIME).build();
        Self { made, slots: Semaphore::new(AT_ONCE) }
    }
}

impl std::fmt::Debug for Uploads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Uploads").field("made", &self.made.entry_count()).finish_non_exhaustive()
    }
}

impl Uploads {
    /// Uploads a file for whoever pays for `call`, unless that is done already or being done: then that one is waited for,
    /// and done here should its request be left. What is kept is only read where it must be uploaded.
    ///
    /// # Errors
    /// `Upstream` for whatever 1min.ai says, and what [`Content::load`] says.
    pub(super) async fn upload(
        &self,
        shared: &Shared,
        call: &Call,
        kind: Kind,
        name: Option<&str>,
        content: Content,
    ) -> Result<Asset, Error> {
        let key = Key { account: call.caller.account.clone(), content: content.hash(), kind };
        let closed = |_| onemin::Error::Connect { cause: "uploads are closed".into() };
        let send = async {
            let _slot = self.slots.acquire().await.map_err(closed)?;
            // What is on disk stays there as long as this is held.
            let loaded = content.load(shared).await?;
            let asset = send(call, kind.upload(loaded.to_upload(), name)).await?;
            // Without an id a document can't be named: that is not worth remembering.
            let is_usable = !kind.is_document() || asset.uuid.is_some();
            let nameless = || onemin::Error::Unreadable { what: "an asset without an id".into() };
            if is_usable { Ok(asset) } else { Err(nameless().into()) }
        };
        let made = self.made.try_get_with(key, send).await;
        made.map_err(Arc::unwrap_or_clone)
    }
}

/// Once more where the first was not carried out.
async fn send(call: &Call, upload: Upload) -> Result<Asset, onemin::Error> {
    let (client, key): (&Client, _) = (&call.snapshot.upstream, &call.caller.key);
    let error = match client.upload(key, upload.clone()).await {
        Ok(asset) => return Ok(asset),
        Err(error) => error,
    };
    // As short as for a stream: whoever else waits for this may be one.
    let Some(wait) = retry::wait(&error, true) else { return Err(error) };
    tokio::time::sleep(wait).await;
    client.upload(key, upload).await
}
