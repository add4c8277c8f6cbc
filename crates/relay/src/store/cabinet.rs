//! Records by id, each with or without content: what was uploaded, what was made, what was begun.
//!
//! A record is one JSON file, its content another. The record is written last and removed first, so that what is half there
//! is not there. Several relays may use one place: what is asked for is looked up there, never remembered.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt, stream::BoxStream};
use object_store::{ObjectMeta, path::Path};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::Mutex;

use super::{Failure, failure::quota, object::Objects};
use crate::spool::Spooled;

/// What the names of records end with.
const RECORD: &str = ".json";

/// What the names of contents end with.
const CONTENT: &str = ".bin";

/// The longest id.
const LONGEST_ID: usize = 64;

/// What is half there stays so long: it may be being written.
const ORPHANED: Duration = Duration::from_secs(3_600);

/// How many records are read at the same time.
const READ_AT_ONCE: usize = 16;

/// What is known of a thing that is kept.
pub(crate) trait Record: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// By which it is found.
    fn id(&self) -> &str;
    /// When it was made.
    fn created_unix_ms(&self) -> u64;
    /// From when on it is not there; `None`: it stays.
    fn expires_unix_ms(&self) -> Option<u64>;
    /// The size of its content.
    fn size_bytes(&self) -> u64;
}

/// A content that is read.
pub(crate) struct Opened {
    /// How large it is.
    pub(crate) size_bytes: u64,
    /// Piece by piece.
    pub(crate) stream: BoxStream<'static, Result<Bytes, Failure>>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("size_bytes", &self.size_bytes).finish_non_exhaustive()
    }
}

/// What happens to what is more than there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Surplus {
    /// It is not taken.
    Refused,
    /// The oldest goes.
    OldestGoes,
}

/// Records and their contents.
#[derive(Debug)]
pub(crate) struct Cabinet<R> {
    objects: Objects,
    surplus: Surplus,
    most_bytes: AtomicU64,
    longest_ms: AtomicU64,
    /// What contents that are being written will take.
    coming: Arc<AtomicU64>,
    /// Held while records are written, removed or listed.
    index: Mutex<Index<R>>,
}

/// The records as they were when they were last looked at.
#[derive(Debug)]
struct Index<R> {
    records: HashMap<String, (Version, R)>,
    /// Records that can't be read, as they were when that was said.
    damaged: HashSet<(String, Version)>,
}

/// What tells a record from what replaces it.
type Version = (Option<String>, i64, u64);

/// What was found at a place.
#[derive(Default)]
enum Slot<R> {
    #[default]
    Empty,
    Damaged,
    Record(R),
}

/// Room for a content that is being written.
struct Reserved {
    coming: Arc<AtomicU64>,
    bytes: u64,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.coming.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl<R: Record> Cabinet<R> {
    pub(super) fn new(objects: Objects, surplus: Surplus) -> Self {
        Self {
            objects,
            surplus,
            most_bytes: AtomicU64::new(u64::MAX),
            longest_ms: AtomicU64::new(u64::MAX),
            coming: Arc::default(),
            index: Mutex::new(Index { records: HashMap::new(), damaged: HashSet::new() }),
        }
    }

    /// How many bytes there may be in all, and how long anything is kept at most. What is too much or too old already goes
    /// when the cabinet is next tidied.
    pub(super) fn set_limits(&self, bytes: u64, age: Option<Duration>) {
        let age_ms = age.map_or(u64::MAX, |age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
        self.most_bytes.store(bytes, Ordering::Relaxed);
        self.longest_ms.store(age_ms, Ordering::Relaxed);
    }

    /// Keeps a record and its content, complete or not at all. A record that is there is replaced; without `content` it
    /// keeps the one it has.
    ///
    /// # Errors
    /// What the store said, or that there is no room.
    pub(crate) async fn put(&self, record: &R, content: Option<&Spooled>, now_ms: u64) -> Result<(), Failure> {
        let Some([record_path, content_path]) = paths(record.id()) else {
            return Err(Failure::NotSupported { source: "this can't be an id".into() });
        };
        let written = serde_json::to_vec(record).map_err(|error| Failure::NotSupported { source: Box::new(error) })?;
        let _reserved = match content {
            Some(content) => {
                let reserved = self.reserve(content.size_bytes(), now_ms).await?;
                self.objects.put_spooled(&content_path, content).await?;
                Some(reserved)
            }
            None => None,
        };
        let mut index = self.index.lock().await;
        if let Err(failure) = self.objects.put(&record_path, written).await {
            if content.is_some() && !self.objects.has(&record_path).await.unwrap_or(true) {
                // Nobody will find it; what stays all the same is swept later.
                let _ = self.objects.delete(&content_path).await;
            }
            return Err(failure);
        }
        if content.is_some() && self.surplus == Surplus::OldestGoes {
            // It is kept, whatever becomes of what it leaves no room for.
            let evicted = self.evict(&mut index, Some(record.id()), now_ms).await;
            evicted.unwrap_or_else(|error| tracing::warn!(%error, "what is too much stays"));
        }
        Ok(())
    }

    /// A record that is there and not too old. Whoever asks looks whose it is.
    ///
    /// # Errors
    /// What the store said.
    pub(crate) async fn find(&self, id: &str, now_ms: u64) -> Result<Option<R>, Failure> {
        let Some([path, _]) = paths(id) else { return Ok(None) };
        let (version, slot) = self.read(id, &path).await?;
        match slot {
            Slot::Record(record) => Ok(Some(record).filter(|record| !self.is_over(record, now_ms))),
            Slot::Damaged => {
                self.index.lock().await.warn(id, version);
                Ok(None)
            }
            Slot::Empty => Ok(None),
        }
    }

    /// All records that are not too old, the newest first.
    ///
    /// # Errors
    /// What the store said.
    pub(crate) async fn list(&self, now_ms: u64) -> Result<Vec<R>, Failure> {
        let mut index = self.index.lock().await;
        self.look(&mut index).await?;
        let records = index.records.values().map(|(_, record)| record);
        let mut there: Vec<R> = records.filter(|record| !self.is_over(record, now_ms)).cloned().collect();
        drop(index);
        there.sort_by(|one, other| age_of(other).cmp(&age_of(one)));
        Ok(there)
    }

    /// The content of a record; `None`: there is no such record, or it has none.
    ///
    /// # Errors
    /// What the store said.
    pub(crate) async fn open(&self, id: &str) -> Result<Option<Opened>, Failure> {
        let Some([record, content]) = paths(id) else { return Ok(None) };
        if !self.objects.has(&record).await? {
            return Ok(None);
        }
        let found = self.objects.open(&content).await?;
        Ok(found.map(|found| Opened { size_bytes: found.meta.size, stream: found.stream }))
    }

    /// Throws a record and its content away; whether it was there.
    ///
    /// # Errors
    /// What the store said.
    pub(crate) async fn remove(&self, id: &str) -> Result<bool, Failure> {
        let Some([record, _]) = paths(id) else { return Ok(false) };
        let mut index = self.index.lock().await;
        if !self.objects.has(&record).await? {
            return Ok(false);
        }
        self.throw_away(&mut index, id).await?;
        Ok(true)
    }

    /// Throws away what is too old, too much, or half there.
    ///
    /// # Errors
    /// The first thing the store said; what could be thrown away is.
    pub(crate) async fn tidy(&self, now_ms: u64) -> Result<(), Failure> {
        let mut index = self.index.lock().await;
        let all = self.look(&mut index).await?;
        let over = index.records.values().filter(|(_, record)| self.is_over(record, now_ms));
        let over: Vec<String> = over.map(|(_, record)| record.id().to_owned()).collect();
        let mut failed = Ok(());
        for id in over {
            failed = failed.and(self.throw_away(&mut index, &id).await);
        }
        if self.surplus == Surplus::OldestGoes {
            failed = failed.and(self.evict(&mut index, None, now_ms).await);
        }
        drop(index);
        let records: HashSet<&str> = all.iter().filter_map(|object| id_of(object, RECORD)).collect();
        for object in &all {
            let is_orphan = id_of(object, CONTENT).is_some_and(|id| !records.contains(id));
            if is_orphan && is_old(object, now_ms) {
                failed = failed.and(self.objects.delete(&object.location).await);
            }
        }
        failed.and(self.objects.sweep(ORPHANED, now_ms).await)
    }

    /// Room for a content of `bytes`, or that there is none.
    async fn reserve(&self, bytes: u64, now_ms: u64) -> Result<Reserved, Failure> {
        let mut index = self.index.lock().await;
        let coming = self.coming.fetch_add(bytes, Ordering::Relaxed);
        let reserved = Reserved { coming: Arc::clone(&self.coming), bytes };
        if self.surplus == Surplus::Refused {
            self.look(&mut index).await?;
            let records = index.records.values().map(|(_, record)| record);
            let kept: u64 = records.filter(|record| !self.is_over(record, now_ms)).map(Record::size_bytes).sum();
            if kept.saturating_add(coming).saturating_add(bytes) > self.most_bytes.load(Ordering::Relaxed) {
                return Err(quota());
            }
        }
        Ok(reserved)
    }

    /// Throws away the oldest until no more is there than may be, but never `newest`.
    async fn evict(&self, index: &mut Index<R>, newest: Option<&str>, now_ms: u64) -> Result<(), Failure> {
        self.look(index).await?;
        let records = index.records.values().map(|(_, record)| record);
        let mut there: Vec<R> = records.filter(|record| !self.is_over(record, now_ms)).cloned().collect();
        there.sort_by(|one, other| age_of(one).cmp(&age_of(other)));
        let mut kept: u64 = there.iter().map(Record::size_bytes).sum();
        let most = self.most_bytes.load(Ordering::Relaxed);
        for record in there.iter().filter(|record| newest != Some(record.id())) {
            if kept <= most {
                break;
            }
            tracing::info!(id = record.id(), "thrown away to make room");
            self.throw_away(index, record.id()).await?;
            kept = kept.saturating_sub(record.size_bytes());
        }
        Ok(())
    }

    /// Looks at what is there now, reads the records that are new or changed, and forgets those that are gone.
    async fn look(&self, index: &mut Index<R>) -> Result<Vec<ObjectMeta>, Failure> {
        let all = self.objects.list(None).await?;
        let there: HashMap<&str, Version> =
            all.iter().filter_map(|object| Some((id_of(object, RECORD)?, version_of(object)))).collect();
        index.records.retain(|id, (version, _)| there.get(id.as_str()) == Some(version));
        index.damaged.retain(|(id, version)| there.get(id.as_str()) == Some(version));
        let mut new = Vec::new();
        for (id, version) in &there {
            if !index.records.contains_key(*id) && !index.damaged.contains(&((*id).to_owned(), version.clone())) {
                new.push(self.read_of((*id).to_owned()));
            }
        }
        let mut read = futures_util::stream::iter(new).buffer_unordered(READ_AT_ONCE);
        while let Some(read) = read.next().await {
            match read? {
                (id, version, Slot::Record(record)) => drop(index.records.insert(id, (version, record))),
                (id, version, Slot::Damaged) => index.warn(&id, version),
                (_, _, Slot::Empty) => {}
            }
        }
        Ok(all)
    }

    async fn read_of(&self, id: String) -> Result<(String, Version, Slot<R>), Failure> {
        let (version, slot) = match paths(&id) {
            Some([path, _]) => self.read(&id, &path).await?,
            None => Default::default(),
        };
        Ok((id, version, slot))
    }

    async fn read(&self, id: &str, path: &Path) -> Result<(Version, Slot<R>), Failure> {
        let Some(found) = self.objects.open(path).await? else { return Ok(Default::default()) };
        let version = version_of(&found.meta);
        let bytes = found.read().await?;
        let record = serde_json::from_slice::<R>(&bytes).ok().filter(|record| record.id() == id);
        Ok((version, record.map_or(Slot::Damaged, Slot::Record)))
    }

    async fn throw_away(&self, index: &mut Index<R>, id: &str) -> Result<(), Failure> {
        let Some([record, content]) = paths(id) else { return Ok(()) };
        self.objects.delete(&record).await?;
        index.records.remove(id);
        // Without its record it is not there; what can't be removed now is swept later.
        self.objects.delete(&content).await.unwrap_or_else(|error| tracing::warn!(%error, id, "a content stays"));
        Ok(())
    }

    fn is_over(&self, record: &R, now_ms: u64) -> bool {
        let longest_ms = self.longest_ms.load(Ordering::Relaxed);
        record.expires_unix_ms().is_some_and(|expires| expires <= now_ms)
            || record.created_unix_ms().saturating_add(longest_ms) <= now_ms
    }
}

impl<R> Index<R> {
    /// Says once that a record can't be read.
    fn warn(&mut self, id: &str, version: Version) {
        if self.damaged.insert((id.to_owned(), version)) {
            tracing::warn!(id, "a record is damaged; it counts as not there");
        }
    }
}

/// Where record and content of an id lie; `None`: it can't be an id.
fn paths(id: &str) -> Option<[Path; 2]> {
    is_id(id).then(|| [RECORD, CONTENT].map(|end| Path::from(format!("{id}{end}"))))
}

/// Whether this can be the name of a file, and of no other file than its own.
fn is_id(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(is_plain)
}

fn id_of<'a>(object: &'a ObjectMeta, end: &str) -> Option<&'a str> {
    object.location.as_ref().strip_suffix(end).filter(|id| is_id(id))
}

fn version_of(object: &ObjectMeta) -> Version {
    (object.e_tag.clone(), object.last_modified.timestamp_millis(), object.size)
}

fn is_old(object: &ObjectMeta, now_ms: u64) -> bool {
    let modified = u128::try_from(object.last_modified.timestamp_millis()).unwrap_or_default();
    modified + ORPHANED.as_millis() < u128::from(now_ms)
}

/// What orders records by age, the oldest first.
fn age_of<R: Record>(record: &R) -> (u64, &str) {
    (record.created_unix_ms(), record.id())
}

#[cfg(test)]
mod tests;
