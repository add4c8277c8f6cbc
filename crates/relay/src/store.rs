//! What outlives a request: kept responses, files that were uploaded, files that were made, runs that were begun; in memory
//! or in the data folder.
//!
//! Whoever keeps a thing says whose it is; another owner's thing is not there. What is kept is bytes and what the relay
//! itself knows of them: this room must never know the wire formats of clients and of 1min.ai.

mod cabinet;
mod failure;
mod instance;
mod object;
mod record;
mod run;
mod shelf;

use std::{path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;

use self::{
    cabinet::Surplus,
    object::Objects,
    shelf::{Limits, Shelf},
};
use crate::{clock::Clock, guard::owner::Owner, settings::KeepResponses, shared::Shared};

pub(crate) use self::{
    cabinet::{Cabinet, Opened, Record},
    failure::{failure, io_failure},
    instance::Instance,
    record::{FileRecord, ResultRecord},
    run::{RunCall, RunFile, RunKind, RunRecord, RunState},
};

/// The folder of kept responses in the data folder.
const RESPONSES: &str = "responses";

/// The folder of uploaded files.
const FILES: &str = "files";

/// The folder of files that were made.
const RESULTS: &str = "results";

/// The folder of runs.
const RUNS: &str = "runs";

/// What is kept in memory is kept so long.
const IN_MEMORY: Duration = Duration::from_secs(3_600);

/// What is kept on disk is kept so long.
const ON_DISK: Duration = Duration::from_secs(24 * 3_600);

/// The most of one owner.
const MOST_OF_AN_OWNER: usize = 1_000;

/// The most of all owners together.
const MOST_BYTES: u64 = 64 << 20;

/// How often what is too old is thrown away, whether anybody asks for it or not.
const TIDY: Duration = Duration::from_secs(300);

/// What a disk says when something can't be read or written.
pub(crate) type Failure = object_store::Error;

/// All that is kept.
#[derive(Debug)]
pub(crate) struct Store {
    files: Cabinet<FileRecord>,
    results: Cabinet<ResultRecord>,
    runs: Cabinet<RunRecord>,
    /// Responses in memory.
    memory: Shelf,
    /// Responses on disk; `None` without a data folder.
    disk: Option<Shelf>,
    clock: Clock,
}

impl Store {
    /// A store that keeps what is to be on disk in `data_dir`. Nothing is made there before it is needed.
    pub(crate) fn new(data_dir: Option<PathBuf>, clock: Clock) -> Self {
        let limits = |age| Limits { age, count: MOST_OF_AN_OWNER, bytes: MOST_BYTES };
        let durable = |name: &str| match &data_dir {
            Some(folder) => Objects::in_durable_folder(folder.join(name)),
            None => Objects::in_memory(),
        };
        let files = Cabinet::new(durable(FILES), Surplus::Refused);
        let results = Cabinet::new(durable(RESULTS), Surplus::OldestGoes);
        let runs = Cabinet::new(durable(RUNS), Surplus::Refused);
        let folder = data_dir.map(|folder| folder.join(RESPONSES));
        let disk = folder.map(|folder| Shelf::new(Objects::in_folder(folder), limits(ON_DISK)));
        Self { files, results, runs, memory: Shelf::new(Objects::in_memory(), limits(IN_MEMORY)), disk, clock }
    }

    /// The files that were uploaded.
    pub(crate) const fn files(&self) -> &Cabinet<FileRecord> {
        &self.files
    }

    /// The files that were made.
    pub(crate) const fn results(&self) -> &Cabinet<ResultRecord> {
        &self.results
    }

    /// The runs that were begun.
    pub(crate) const fn runs(&self) -> &Cabinet<RunRecord> {
        &self.runs
    }

    /// Keeps a thing as the setting says. One that is larger than all may be together is not kept.
    ///
    /// # Errors
    /// What the disk said.
    pub(crate) async fn keep(
        &self,
        keep: KeepResponses,
        owner: &Owner,
        id: &str,
        content: Vec<u8>,
    ) -> Result<(), Failure> {
        match self.shelf(keep) {
            Some(shelf) => shelf.put(owner.as_str(), id, content, self.clock.unix_ms()).await,
            None => Ok(()),
        }
    }

    /// A thing that was kept and is not too old.
    ///
    /// # Errors
    /// What the disk said.
    pub(crate) async fn find(&self, keep: KeepResponses, owner: &Owner, id: &str) -> Result<Option<Bytes>, Failure> {
        match self.shelf(keep) {
            Some(shelf) => shelf.get(owner.as_str(), id, self.clock.unix_ms()).await,
            None => Ok(None),
        }
    }

    /// Throws a thing away; whether it was there.
    ///
    /// # Errors
    /// What the disk said.
    pub(crate) async fn remove(&self, keep: KeepResponses, owner: &Owner, id: &str) -> Result<bool, Failure> {
        match self.shelf(keep) {
            Some(shelf) => shelf.remove(owner.as_str(), id, self.clock.unix_ms()).await,
            None => Ok(false),
        }
    }

    fn shelf(&self, keep: KeepResponses) -> Option<&Shelf> {
        match keep {
            KeepResponses::Off => None,
            KeepResponses::Memory => Some(&self.memory),
            KeepResponses::Disk => Some(self.disk.as_ref().unwrap_or(&self.memory)),
        }
    }

    /// Throws away what is too old. What another setting, or another program, has kept here grows old like all else.
    async fn tidy(&self) {
        let now_ms = self.clock.unix_ms();
        for shelf in self.shelves() {
            shelf.tidy(now_ms).await.unwrap_or_else(warn);
        }
        self.files.tidy(now_ms).await.unwrap_or_else(warn);
        self.results.tidy(now_ms).await.unwrap_or_else(warn);
        self.runs.tidy(now_ms).await.unwrap_or_else(warn);
    }

    /// Throws away all that a changed setting no longer allows to be kept.
    async fn leave(&self, keep: KeepResponses) {
        let used = self.shelf(keep);
        for shelf in self.shelves().filter(|shelf| used.is_none_or(|used| !std::ptr::eq(used, *shelf))) {
            shelf.clear().await.unwrap_or_else(warn);
        }
    }

    fn shelves(&self) -> impl Iterator<Item = &Shelf> {
        [Some(&self.memory), self.disk.as_ref()].into_iter().flatten()
    }
}

fn warn(error: Failure) {
    tracing::warn!(%error, "what is too old can't be thrown away");
}

/// Says once, at the start, where the setting can't be followed.
pub(crate) fn warn_without_folder(keep: KeepResponses, data_dir: Option<&PathBuf>) {
    if keep == KeepResponses::Disk && data_dir.is_none() {
        tracing::warn!("there is no data folder: responses are kept in memory");
    }
}

/// Keeps the store tidy, for as long as the relay runs.
pub(crate) async fn keep_tidy(shared: Arc<Shared>) {
    let setting = || shared.snapshot.load().settings.keep_responses;
    // At the start only a plain no empties the folder: with another setting it may be another program's.
    let mut before = if setting() == KeepResponses::Off { None } else { Some(setting()) };
    loop {
        let keep = setting();
        if before.replace(keep) != Some(keep) {
            shared.store.leave(keep).await;
        }
        shared.store.tidy().await;
        tokio::time::sleep(TIDY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_thing_is_kept_where_the_setting_says_and_is_gone_when_it_says_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(Some(folder.path().into()), Clock::fixed(5));
        let owner = Owner::local();
        for keep in [KeepResponses::Memory, KeepResponses::Disk] {
            store.keep(keep, &owner, "resp_1", b"it".to_vec()).await.unwrap();
            assert_eq!(store.find(keep, &owner, "resp_1").await.unwrap().as_deref(), Some(&b"it"[..]));
            store.tidy().await;
            store.leave(keep).await;
            assert!(store.find(keep, &owner, "resp_1").await.unwrap().is_some());
            store.leave(KeepResponses::Off).await;
            assert_eq!(store.find(keep, &owner, "resp_1").await.unwrap(), None, "{keep}");
        }
        store.keep(KeepResponses::Off, &owner, "resp_2", b"it".to_vec()).await.unwrap();
        assert_eq!(store.find(KeepResponses::Off, &owner, "resp_2").await.unwrap(), None);
        assert!(!store.remove(KeepResponses::Off, &owner, "resp_2").await.unwrap());
    }

    #[tokio::test]
    async fn without_a_data_folder_disk_means_memory() {
        let store = Store::new(None, Clock::fixed(5));
        store.keep(KeepResponses::Disk, &Owner::local(), "resp_1", b"it".to_vec()).await.unwrap();
        assert!(store.find(KeepResponses::Memory, &Owner::local(), "resp_1").await.unwrap().is_some());
    }
}
