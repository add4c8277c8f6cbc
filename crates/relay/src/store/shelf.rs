//! Things of several owners that are kept for a while: so many of an owner, so many bytes in all, the oldest thrown away
//! first. Age and owner of a thing are in its path, `<owner>/<milliseconds since 1970>-<id>`, so that a shelf that is found
//! on disk knows what it has without reading it.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use bytes::Bytes;
use object_store::{Error, ObjectMeta, path::Path};
use tokio::sync::{Mutex, MutexGuard};

use super::object::Objects;

/// What was begun and not completed stays so long: it may be being written.
const HALF_WRITTEN: Duration = Duration::from_secs(3_600);

/// What may be kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// How long.
    pub(super) age: Duration,
    /// How many things of one owner.
    pub(super) count: usize,
    /// How many bytes of all owners together.
    pub(super) bytes: u64,
}

/// The shelf.
#[derive(Debug)]
pub(super) struct Shelf {
    objects: Objects,
    limits: Limits,
    /// `None` until what lies there has been looked at.
    index: Mutex<Option<Index>>,
}

/// What lies on a shelf.
#[derive(Debug, Default)]
struct Index {
    /// The things of each owner, the oldest first.
    owners: HashMap<String, VecDeque<Thing>>,
    bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Thing {
    kept_unix_ms: u64,
    id: String,
    bytes: u64,
}

impl Shelf {
    pub(super) fn new(objects: Objects, limits: Limits) -> Self {
        Self { objects, limits, index: Mutex::default() }
    }

    /// Puts a thing there, and throws away what it leaves no room for.
    pub(super) async fn put(&self, owner: &str, id: &str, content: Vec<u8>, now_ms: u64) -> Result<(), Error> {
        let bytes = u64::try_from(content.len()).unwrap_or(u64::MAX);
        if bytes > self.limits.bytes {
            tracing::debug!(id, bytes, "too large to be kept");
            return Ok(());
        }
        let thing = Thing { kept_unix_ms: now_ms, id: id.to_owned(), bytes };
        let path = thing.path(owner);
        // Known before it is written: whoever is left in the middle leaves nothing behind that nobody counts.
        let gone = {
            let mut index = self.index().await?;
            let index = index.get_or_insert_default();
            index.insert(owner, thing);
            index.take_surplus(self.limits, now_ms)
        };
        if let Err(error) = self.objects.put(&path, content).await {
            drop(self.index().await?.as_mut().and_then(|index| index.take(owner, id)));
            return Err(error);
        }
        // It is kept, whatever becomes of what it leaves no room for.
        self.throw_away(gone).await.unwrap_or_else(|error| tracing::warn!(%error, "a surplus response stays"));
        Ok(())
    }

    /// A thing that is there and not too old.
    pub(super) async fn get(&self, owner: &str, id: &str, now_ms: u64) -> Result<Option<Bytes>, Error> {
        let path = {
            let mut index = self.index().await?;
            self.look_again(index.get_or_insert_default(), owner, id).await?;
            let found = index.as_ref().and_then(|index| index.find(owner, id));
            found.filter(|thing| !thing.is_older(self.limits.age, now_ms)).map(|thing| thing.path(owner))
        };
        match path {
            Some(path) => self.objects.get(&path).await,
            None => Ok(None),
        }
    }

    /// Throws a thing away; whether it was there and not too old.
    pub(super) async fn remove(&self, owner: &str, id: &str, now_ms: u64) -> Result<bool, Error> {
        let thing = {
            let mut index = self.index().await?;
            let index = index.get_or_insert_default();
            self.look_again(index, owner, id).await?;
            index.take(owner, id)
        };
        let Some(thing) = thing else { return Ok(false) };
        if let Err(error) = self.objects.delete(&thing.path(owner)).await {
            self.index().await?.get_or_insert_default().insert(owner, thing);
            return Err(error);
        }
        Ok(!thing.is_older(self.limits.age, now_ms))
    }

    /// Throws away what is too old.
    pub(super) async fn tidy(&self, now_ms: u64) -> Result<(), Error> {
        let gone = {
            let mut index = self.index.lock().await;
            if self.objects.is_shared() {
                // What other relays have put there, or thrown away.
                *index = None;
            }
            self.fill(&mut index).await?;
            index.as_mut().map(|index| index.take_surplus(self.limits, now_ms))
        };
        let thrown_away = self.throw_away(gone.unwrap_or_default()).await;
        thrown_away.and(self.objects.sweep(HALF_WRITTEN, now_ms).await)
    }

    /// Throws everything away.
    pub(super) async fn clear(&self) -> Result<(), Error> {
        let all = self.index().await?.take().unwrap_or_default();
        let paths = all.owners.iter().flat_map(|(owner, things)| things.iter().map(|thing| thing.path(owner)));
        self.throw_away(paths.collect()).await
    }

    /// The index, after a first look at what lies there. What is no thing of ours is left alone.
    async fn index(&self) -> Result<MutexGuard<'_, Option<Index>>, Error> {
        let mut index = self.index.lock().await;
        self.fill(&mut index).await?;
        Ok(index)
    }

    async fn fill(&self, index: &mut Option<Index>) -> Result<(), Error> {
        if index.is_none() {
            let mut found: Vec<(String, Thing)> = self.objects.list(None).await?.iter().filter_map(Thing::at).collect();
            found.sort_by_key(|(_, thing)| thing.kept_unix_ms);
            let mut fresh = Index::default();
            found.into_iter().for_each(|(owner, thing)| fresh.insert(&owner, thing));
            *index = Some(fresh);
        }
        Ok(())
    }

    /// Looks whether another relay has put there what is not known here.
    async fn look_again(&self, index: &mut Index, owner: &str, id: &str) -> Result<(), Error> {
        if !self.objects.is_shared() || index.find(owner, id).is_some() {
            return Ok(());
        }
        let found = self.objects.list(Some(&Path::from(owner))).await?;
        found.iter().filter_map(Thing::at).for_each(|(owner, thing)| index.insert(&owner, thing));
        Ok(())
    }

    /// Throws away what it can; the first failure of those it met.
    async fn throw_away(&self, paths: Vec<Path>) -> Result<(), Error> {
        let mut failed = Ok(());
        for path in paths {
            failed = failed.and(self.objects.delete(&path).await);
        }
        failed
    }
}

impl Thing {
    fn path(&self, owner: &str) -> Path {
        Path::from_iter([owner, &format!("{}-{}", self.kept_unix_ms, self.id)])
    }

    /// Whose thing an object is, and which.
    fn at(object: &ObjectMeta) -> Option<(String, Self)> {
        let (owner, name) = object.location.as_ref().split_once('/')?;
        let (kept, id) = name.split_once('-')?;
        Some((owner.to_owned(), Self { kept_unix_ms: kept.parse().ok()?, id: id.to_owned(), bytes: object.size }))
    }

    fn is_older(&self, age: Duration, now_ms: u64) -> bool {
        u128::from(now_ms.saturating_sub(self.kept_unix_ms)) >= age.as_millis()
    }
}

impl Index {
    /// A thing that is there already is not counted twice: it was written while the shelf was looked at.
    fn insert(&mut self, owner: &str, thing: Thing) {
        let things = self.owners.entry(owner.to_owned()).or_default();
        if !things.contains(&thing) {
            self.bytes += thing.bytes;
            let place = things.partition_point(|other| other.kept_unix_ms <= thing.kept_unix_ms);
            things.insert(place, thing);
        }
    }

    fn find(&self, owner: &str, id: &str) -> Option<&Thing> {
        self.owners.get(owner)?.iter().rev().find(|thing| thing.id == id)
    }

    fn take(&mut self, owner: &str, id: &str) -> Option<Thing> {
        let things = self.owners.get_mut(owner)?;
        let place = things.iter().position(|thing| thing.id == id)?;
        let thing = things.remove(place)?;
        self.forget(owner, &thing);
        Some(thing)
    }

    /// Takes out what is too old or too much, and says where it lies.
    fn take_surplus(&mut self, limits: Limits, now_ms: u64) -> Vec<Path> {
        let mut gone = Vec::new();
        let owners: Vec<String> = self.owners.keys().cloned().collect();
        for owner in owners {
            let is_surplus = |things: &VecDeque<Thing>| {
                things.len() > limits.count || things.front().is_some_and(|thing| thing.is_older(limits.age, now_ms))
            };
            while self.owners.get(&owner).is_some_and(is_surplus) {
                gone.extend(self.take_oldest(&owner));
            }
        }
        while self.bytes > limits.bytes {
            let oldest = |things: &VecDeque<Thing>| things.front().map_or(u64::MAX, |thing| thing.kept_unix_ms);
            let owner = self.owners.iter().min_by_key(|(_, things)| oldest(things)).map(|(owner, _)| owner.clone());
            let Some(owner) = owner else { break };
            gone.extend(self.take_oldest(&owner));
        }
        gone
    }

    fn take_oldest(&mut self, owner: &str) -> Option<Path> {
        let thing = self.owners.get_mut(owner)?.pop_front()?;
        self.forget(owner, &thing);
        Some(thing.path(owner))
    }

    fn forget(&mut self, owner: &str, thing: &Thing) {
        self.bytes = self.bytes.saturating_sub(thing.bytes);
        if self.owners.get(owner).is_some_and(VecDeque::is_empty) {
            self.owners.remove(owner);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { age: Duration::from_millis(100), count: 3, bytes: 40 };

    fn shelf() -> Shelf {
        Shelf::new(Objects::in_memory(), LIMITS)
    }

    async fn put(shelf: &Shelf, owner: &str, id: &str, bytes: usize, now_ms: u64) {
        shelf.put(owner, id, vec![b'x'; bytes], now_ms).await.unwrap();
    }

    /// Which of these are there.
    async fn there<'a>(shelf: &Shelf, ids: &[(&str, &'a str)], now_ms: u64) -> Vec<&'a str> {
        let mut there = Vec::new();
        for (owner, id) in ids {
            if shelf.get(owner, id, now_ms).await.unwrap().is_some() {
                there.push(*id);
            }
        }
        there
    }

    #[tokio::test]
    async fn a_thing_is_its_owners_alone_and_goes_when_it_is_too_old() {
        let shelf = shelf();
        put(&shelf, "a", "one", 5, 1_000).await;
        assert_eq!(shelf.get("a", "one", 1_099).await.unwrap().unwrap().len(), 5);
        assert_eq!(shelf.get("b", "one", 1_000).await.unwrap(), None);
        assert!(!shelf.remove("b", "one", 1_000).await.unwrap());
        assert_eq!(shelf.get("a", "one", 1_100).await.unwrap(), None);
        shelf.tidy(1_100).await.unwrap();
        assert_eq!(shelf.objects.list(None).await.unwrap(), []);
        put(&shelf, "a", "two", 5, 1_100).await;
        assert!(shelf.remove("a", "two", 1_100).await.unwrap());
        assert!(!shelf.remove("a", "two", 1_100).await.unwrap());
        assert_eq!(shelf.objects.list(None).await.unwrap(), []);
    }

    #[tokio::test]
    async fn too_many_and_too_much_drive_out_the_oldest() {
        let shelf = shelf();
        for (owner, id, bytes, now) in
            [("a", "a1", 4, 1), ("b", "b1", 4, 2), ("a", "a2", 4, 3), ("a", "a3", 4, 4), ("a", "a4", 4, 5)]
        {
            put(&shelf, owner, id, bytes, now).await;
        }
        let all = [("a", "a1"), ("b", "b1"), ("a", "a2"), ("a", "a3"), ("a", "a4"), ("b", "b2")];
        assert_eq!(there(&shelf, &all, 5).await, ["b1", "a2", "a3", "a4"], "three of an owner");
        put(&shelf, "b", "b2", 30, 6).await;
        assert_eq!(there(&shelf, &all, 6).await, ["a3", "a4", "b2"], "forty bytes in all");
        put(&shelf, "b", "huge", 41, 7).await;
        assert_eq!(there(&shelf, &[("b", "huge")], 7).await, [""; 0]);
        assert_eq!(shelf.objects.list(None).await.unwrap().len(), 3);
    }

    #[tokio::test]
    async fn a_shelf_on_disk_is_found_again_with_its_ages() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = |limits| Shelf::new(Objects::in_folder(folder.path().join("shelf")), limits);
        let first = shelf(LIMITS);
        put(&first, "a", "resp_1", 5, 1_000).await;
        put(&first, "a", "resp_2", 5, 1_050).await;
        std::fs::write(folder.path().join("shelf/a/foreign"), "left alone").unwrap();
        let second = shelf(LIMITS);
        assert_eq!(there(&second, &[("a", "resp_1"), ("a", "resp_2")], 1_100).await, ["resp_2"]);
        put(&second, "a", "resp_3", 5, 1_100).await;
        let third = shelf(LIMITS);
        assert_eq!(there(&third, &[("a", "resp_2"), ("a", "resp_3")], 1_100).await, ["resp_2", "resp_3"]);
        third.clear().await.unwrap();
        let left: Vec<_> = std::fs::read_dir(folder.path().join("shelf/a")).unwrap().collect();
        assert_eq!(left.len(), 1);
    }

    #[tokio::test]
    async fn relays_on_one_folder_see_what_the_others_keep() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = || Shelf::new(Objects::in_folder(folder.path().join("shelf")), LIMITS);
        let (one, other) = (shelf(), shelf());
        put(&one, "a", "resp_1", 5, 1_000).await;
        assert_eq!(there(&other, &[("a", "resp_1"), ("b", "resp_1")], 1_000).await, ["resp_1"]);
        put(&other, "a", "resp_2", 5, 1_001).await;
        assert!(one.remove("a", "resp_2", 1_001).await.unwrap());
        assert_eq!(there(&other, &[("a", "resp_2")], 1_001).await, [""; 0]);
        put(&other, "a", "resp_3", 30, 1_002).await;
        one.tidy(1_002).await.unwrap();
        assert_eq!(one.index.lock().await.as_ref().map(|index| index.bytes), Some(35));
        let half = folder.path().join("shelf/a/1002-resp_4#1");
        std::fs::write(&half, "x").unwrap();
        one.tidy(1_002).await.unwrap();
        assert!(half.exists(), "it may be being written");
        one.tidy(u64::MAX / 2).await.unwrap();
        assert!(!half.exists());
    }
}
