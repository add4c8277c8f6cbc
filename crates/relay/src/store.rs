//! What outlives a request: kept responses, files that were uploaded, files that were made, runs that were begun; in memory
//! or in the data folder.
//!
//! Whoever keeps a thing says whose it is; another owner's thing is not there. What is kept is bytes and what the relay
//! itself knows of them: this room must never know the wire formats of clients and of 1min.ai.

mod cabinet;
mod failure;
mod instance;
mod object;
mod place;
mod pulse;
mod record;
mod run;
mod sharing;
mod shelf;

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use object_store::path::Path as ObjectPath;

use self::{
    cabinet::Surplus,
    object::Objects,
    place::Place,
    shelf::{Limits, Shelf},
};
use crate::{
    clock::Clock,
    guard::owner::Owner,
    settings::{KeepResponses, Settings, StoreUrl},
    shared::Shared,
};

pub(crate) use self::{
    cabinet::{Cabinet, Opened, Record},
    failure::{cause, failure, io_failure},
    instance::Instance,
    record::{FileRecord, ResultRecord},
    run::{RunCall, RunFile, RunKind, RunRecord, RunState},
    sharing::{Kept, warn_unshared},
};

/// The folder of kept responses, where everything is kept.
const RESPONSES: &str = "responses";

/// The folder of uploaded files.
const FILES: &str = "files";

/// The folder of files that were made.
const RESULTS: &str = "results";

/// The folder of runs.
const RUNS: &str = "runs";

/// The folder of what is kept for a moment, to see whether anything can be.
const PROBES: &str = "probe";

/// The folder of signs of life of relays that share the place.
const PULSES: &str = "alive";

/// What relays that share the place have agreed on.
const AGREEMENTS: &str = "agreed";

/// What is kept in memory is kept so long.
const IN_MEMORY: Duration = Duration::from_secs(3_600);

/// What is kept on disk is kept so long.
const ON_DISK: Duration = Duration::from_secs(24 * 3_600);

/// The most of one owner.
const MOST_OF_AN_OWNER: usize = 1_000;

/// The most of all owners together.
const MOST_BYTES: u64 = 64 << 20;

/// The most of files, and of results, where they are kept in memory.
const MOST_IN_MEMORY: u64 = 256 << 20;

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
    /// What is put here is only there to see whether it can be.
    probes: Objects,
    is_in_memory: bool,
    is_shared: bool,
    agreements: Objects,
    pulses: Objects,
    /// Why nothing can be kept where the settings say.
    unusable: Option<Failure>,
    clock: Clock,
}

impl Store {
    /// A store where the settings say, else in `data_dir`, else in memory. Nothing is made there before it is needed.
    pub(crate) fn new(settings: &Settings, data_dir: Option<&Path>, clock: Clock) -> Self {
        let (place, unusable) = match Place::of(&settings.store_url, data_dir) {
            Ok(place) => (place, None),
            Err(failure) => (Place::Memory, Some(failure)),
        };
        let is_in_memory = matches!(place, Place::Memory);
        let limits = |age| Limits { age, count: MOST_OF_AN_OWNER, bytes: MOST_BYTES };
        let disk = (!is_in_memory).then(|| Shelf::new(place.area(RESPONSES, false), limits(ON_DISK)));
        let store = Self {
            files: Cabinet::new(place.area(FILES, true), Surplus::Refused),
            results: Cabinet::new(place.area(RESULTS, true), Surplus::OldestGoes),
            runs: Cabinet::new(place.area(RUNS, true), Surplus::Refused),
            memory: Shelf::new(Objects::in_memory(), limits(IN_MEMORY)),
            disk,
            probes: place.area(PROBES, false),
            is_in_memory,
            is_shared: sharing::is_shared(settings),
            agreements: place.area(AGREEMENTS, true),
            pulses: place.area(PULSES, false),
            unusable,
            clock,
        };
        store.set_limits(settings);
        store
    }

    /// Puts the limits of changed settings in force.
    pub(crate) fn set_limits(&self, settings: &Settings) {
        let most_in_place = if self.is_in_memory { MOST_IN_MEMORY } else { u64::MAX };
        let bytes = |mib: u64| mib.saturating_mul(1 << 20).min(most_in_place);
        self.files.set_limits(bytes(settings.files_max_mb), None);
        let age = Duration::from_secs(settings.results_days.saturating_mul(24 * 3_600));
        self.results.set_limits(bytes(settings.results_max_mb), Some(age));
    }

    /// Why nothing can be kept where the settings say, if that is known.
    pub(crate) fn problem(&self) -> Option<String> {
        self.unusable.as_ref().map(ToString::to_string)
    }

    /// Whether things can be kept: one is written, read and thrown away. Its name is that of the relay, so that one that ends
    /// meanwhile leaves no more than this one.
    ///
    /// # Errors
    /// What the disk said.
    pub(crate) async fn probe(&self, relay: &str) -> Result<(), Failure> {
        let (path, content) = (ObjectPath::from(relay), b"1min Relay was here");
        self.probes.put(&path, content.to_vec()).await?;
        let read = self.probes.get(&path).await?;
        self.probes.delete(&path).await?;
        if read.as_deref() == Some(content) { Ok(()) } else { Err(object::failed(io::ErrorKind::InvalidData.into())) }
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
        for signs in [&self.pulses, &self.probes] {
            pulse::tidy(signs, now_ms).await.unwrap_or_else(warn);
        }
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
pub(crate) fn warn_without_folder(settings: &Settings, data_dir: Option<&PathBuf>) {
    let is_in_memory = data_dir.is_none() && settings.store_url == StoreUrl::DataFolder;
    if settings.keep_responses == KeepResponses::Disk && is_in_memory {
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
impl Store {
    /// Lets everything that is done to see whether things can be kept take so long.
    pub(crate) fn slow_down(&mut self, each: Duration) {
        self.probes = Objects::in_slow_memory(each);
    }

    /// How many things lie there that nobody wants.
    pub(crate) async fn probes(&self) -> usize {
        self.probes.list(None).await.unwrap().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_thing_is_kept_where_the_setting_says_and_is_gone_when_it_says_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(&Settings::default(), Some(folder.path()), Clock::fixed(5));
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
        let store = Store::new(&Settings::default(), None, Clock::fixed(5));
        store.keep(KeepResponses::Disk, &Owner::local(), "resp_1", b"it".to_vec()).await.unwrap();
        assert!(store.find(KeepResponses::Memory, &Owner::local(), "resp_1").await.unwrap().is_some());
    }
}
