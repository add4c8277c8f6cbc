use futures_util::TryStreamExt;

use super::*;
use crate::{spool::Spool, store::FileRecord};

fn record(id: &str, size_bytes: u64, created_unix_ms: u64) -> FileRecord {
    FileRecord {
        id: id.into(),
        owner: "local".into(),
        name: "a.txt".into(),
        purpose: "user_data".into(),
        media_type: None,
        size_bytes,
        created_unix_ms,
        expires_unix_ms: None,
        sha256: String::new(),
    }
}

fn cabinet(folder: &tempfile::TempDir) -> Cabinet<FileRecord> {
    Cabinet::new(Objects::in_durable_folder(folder.path().join("files")), Surplus::Refused)
}

async fn spooled(bytes: &[u8]) -> Spooled {
    Spool::new(None).take(bytes).await.unwrap()
}

async fn content(cabinet: &Cabinet<FileRecord>, id: &str) -> Option<Vec<u8>> {
    let opened = cabinet.open(id).await.unwrap()?;
    let pieces: Vec<Bytes> = opened.stream.try_collect().await.unwrap();
    assert_eq!(opened.size_bytes, pieces.concat().len() as u64);
    Some(pieces.concat())
}

#[tokio::test]
async fn a_record_and_its_content_are_found_again_until_they_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    for cabinet in [cabinet(&folder), Cabinet::new(Objects::in_memory(), Surplus::Refused)] {
        assert_eq!(cabinet.list(0).await.unwrap(), []);
        let large = vec![7; 12 << 20];
        for (id, bytes) in [("small", &b"it"[..]), ("large", &large)] {
            let record = record(id, bytes.len() as u64, 5);
            cabinet.put(&record, Some(&spooled(bytes).await), 5).await.unwrap();
            assert_eq!(cabinet.find(id, 5).await.unwrap(), Some(record));
            assert_eq!(content(&cabinet, id).await.as_deref(), Some(bytes));
        }
        assert_eq!(cabinet.list(5).await.unwrap().len(), 2);
        assert!(cabinet.remove("large").await.unwrap());
        assert!(!cabinet.remove("large").await.unwrap());
        assert_eq!(cabinet.find("large", 5).await.unwrap(), None);
        assert_eq!(content(&cabinet, "large").await, None);
        assert_eq!(cabinet.list(5).await.unwrap().len(), 1);
    }
}

/// Which files lie in the cabinet's folder.
fn files(folder: &tempfile::TempDir) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path().join("files")).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

async fn ids(cabinet: &Cabinet<FileRecord>, now_ms: u64) -> Vec<String> {
    cabinet.list(now_ms).await.unwrap().into_iter().map(|record| record.id).collect()
}

/// A moment at which all that lies there is old, by the files' own clock.
const LATER: u64 = u64::MAX / 2;

#[tokio::test]
async fn the_newest_is_listed_first_and_each_tells_whose_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let cabinet = cabinet(&folder);
    for (id, owner, created) in [("a", "one", 2), ("b", "other", 3), ("c", "one", 1)] {
        cabinet.put(&FileRecord { owner: owner.into(), ..record(id, 0, created) }, None, 3).await.unwrap();
    }
    assert_eq!(ids(&cabinet, 3).await, ["b", "a", "c"]);
    let owners: Vec<String> = cabinet.list(3).await.unwrap().iter().map(|record| record.owner.clone()).collect();
    assert_eq!(owners, ["other", "one", "one"]);
    assert_eq!(content(&cabinet, "a").await, None, "it has none");
}

#[tokio::test]
async fn a_replaced_record_keeps_its_content_and_other_relays_see_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (cabinet(&folder), cabinet(&folder));
    one.put(&record("a", 2, 1), Some(&spooled(b"it").await), 1).await.unwrap();
    assert_eq!(ids(&other, 1).await, ["a"]);
    let renamed = FileRecord { name: "b.txt".into(), ..record("a", 2, 1) };
    one.put(&renamed, None, 1).await.unwrap();
    for cabinet in [&one, &other] {
        assert_eq!(cabinet.find("a", 1).await.unwrap().as_ref(), Some(&renamed));
        assert_eq!(cabinet.list(1).await.unwrap(), std::slice::from_ref(&renamed));
        assert_eq!(content(cabinet, "a").await.as_deref(), Some(&b"it"[..]));
    }
    assert!(other.remove("a").await.unwrap());
    assert_eq!(one.find("a", 1).await.unwrap(), None);
    assert!(ids(&one, 1).await.is_empty());
    assert!(!one.remove("a").await.unwrap());
    assert!(files(&folder).is_empty());
}

#[tokio::test]
async fn what_can_be_no_id_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let cabinet = cabinet(&folder);
    cabinet.put(&record("a", 0, 1), None, 1).await.unwrap();
    std::fs::write(folder.path().join("outside.json"), "{}").unwrap();
    let long = "x".repeat(LONGEST_ID + 1);
    for id in ["", "..", "../outside", "a/b", "a.json", "é", "a\0", "%2e", &long] {
        assert_eq!(cabinet.find(id, 1).await.unwrap(), None, "{id}");
        assert!(cabinet.open(id).await.unwrap().is_none(), "{id}");
        assert!(!cabinet.remove(id).await.unwrap(), "{id}");
        assert!(cabinet.put(&record(id, 0, 1), None, 1).await.is_err(), "{id}");
    }
    assert_eq!(files(&folder), ["a.json"]);
}

#[tokio::test]
async fn a_damaged_record_is_not_there_and_harms_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let cabinet = cabinet(&folder);
    cabinet.put(&record("good", 2, 1), Some(&spooled(b"it").await), 1).await.unwrap();
    let good = std::fs::read_to_string(folder.path().join("files/good.json")).unwrap();
    for (id, text) in [("half", &good[..9]), ("shape", "[1]"), ("empty", ""), ("other", &good)] {
        std::fs::write(folder.path().join(format!("files/{id}.json")), text).unwrap();
        assert_eq!(cabinet.find(id, 1).await.unwrap(), None, "{id}");
    }
    assert_eq!(ids(&cabinet, 1).await, ["good"]);
    assert_eq!(cabinet.index.lock().await.damaged.len(), 4, "each is told once");
    cabinet.tidy(LATER).await.unwrap();
    assert_eq!(files(&folder).len(), 6, "a person may want to look");
    cabinet.put(&record("half", 0, 2), None, 2).await.unwrap();
    assert_eq!(ids(&cabinet, 2).await, ["half", "good"]);
}

#[tokio::test]
async fn what_is_half_there_is_not_there_and_is_swept_when_it_is_old() {
    let folder = tempfile::tempdir().unwrap();
    let cabinet = cabinet(&folder);
    cabinet.put(&record("a", 2, 1), Some(&spooled(b"it").await), 1).await.unwrap();
    for left in ["orphan.bin", "b.bin#1", "c.json#12", "kept.txt", "kept#x"] {
        std::fs::write(folder.path().join("files").join(left), "x").unwrap();
    }
    assert_eq!(cabinet.find("orphan", 1).await.unwrap(), None);
    assert!(cabinet.open("orphan").await.unwrap().is_none());
    let now_ms = crate::clock::Clock::system().unix_ms();
    cabinet.tidy(now_ms).await.unwrap();
    assert_eq!(files(&folder).len(), 7, "it may be being written");
    cabinet.tidy(now_ms + 3_700_000).await.unwrap();
    assert_eq!(files(&folder), ["a.bin", "a.json", "kept#x", "kept.txt"]);
}

#[tokio::test]
async fn what_has_expired_is_not_there_and_goes_when_it_is_tidied() {
    let folder = tempfile::tempdir().unwrap();
    let cabinet = cabinet(&folder);
    let short = FileRecord { expires_unix_ms: Some(100), ..record("short", 2, 1) };
    cabinet.put(&short, Some(&spooled(b"it").await), 1).await.unwrap();
    cabinet.put(&record("long", 2, 1), Some(&spooled(b"it").await), 1).await.unwrap();
    assert!(cabinet.find("short", 99).await.unwrap().is_some());
    assert_eq!(cabinet.find("short", 100).await.unwrap(), None);
    assert_eq!(ids(&cabinet, 100).await, ["long"]);
    cabinet.tidy(100).await.unwrap();
    assert_eq!(files(&folder), ["long.bin", "long.json"]);
    cabinet.set_limits(u64::MAX, Some(Duration::from_millis(200)));
    assert!(cabinet.find("long", 200).await.unwrap().is_some());
    assert_eq!(cabinet.find("long", 201).await.unwrap(), None);
}

#[tokio::test]
async fn where_the_oldest_goes_there_is_room_for_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let cabinet: Cabinet<FileRecord> =
        Cabinet::new(Objects::in_folder(folder.path().join("files")), Surplus::OldestGoes);
    cabinet.set_limits(5, None);
    for (id, created) in [("b", 2), ("a", 1), ("c", 3)] {
        cabinet.put(&record(id, 2, created), Some(&spooled(b"it").await), 3).await.unwrap();
    }
    assert_eq!(ids(&cabinet, 3).await, ["c", "b"]);
    cabinet.put(&record("d", 9, 4), Some(&spooled(b"too large").await), 4).await.unwrap();
    assert_eq!(ids(&cabinet, 4).await, ["d"], "it has been paid for");
    cabinet.set_limits(3, None);
    cabinet.tidy(4).await.unwrap();
    assert!(files(&folder).is_empty());
}

#[tokio::test]
async fn where_nothing_goes_nothing_more_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let cabinet = cabinet(&folder);
    cabinet.set_limits(5, None);
    cabinet.put(&record("a", 3, 1), Some(&spooled(b"abc").await), 1).await.unwrap();
    let failure = cabinet.put(&record("b", 3, 2), Some(&spooled(b"abc").await), 2).await.unwrap_err();
    let error = crate::store::failure("The file", "Delete some.", &failure);
    assert!(matches!(error, crate::error::Error::StorageFull { .. }), "{error}");
    assert_eq!(files(&folder), ["a.bin", "a.json"]);
    cabinet.put(&record("b", 2, 2), Some(&spooled(b"ab").await), 2).await.unwrap();
    cabinet.remove("a").await.unwrap();
    cabinet.put(&record("c", 3, 3), Some(&spooled(b"abc").await), 3).await.unwrap();
    assert_eq!(cabinet.coming.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_put_that_fails_or_is_left_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let cabinet = cabinet(&folder);
    let large = spooled(&vec![7; 12 << 20]).await;
    let left = record("left", 12 << 20, 1);
    let mut put = Box::pin(cabinet.put(&left, Some(&large), 1));
    let begun = || files(&folder).iter().any(|name| name.contains('#'));
    while !begun() {
        tokio::select! {
            done = &mut put => panic!("it is done already: {done:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(put);
    while !files(&folder).is_empty() {
        tokio::task::yield_now().await;
    }
    let gone = spooled(&vec![7; 12 << 20]).await;
    std::fs::remove_file(gone.path()).unwrap();
    let failure = cabinet.put(&record("gone", 12 << 20, 1), Some(&gone), 1).await.unwrap_err();
    let error = crate::store::failure("The file", "It was not taken.", &failure);
    assert!(
        matches!(&error, crate::error::Error::StorageFailed { cause, .. } if cause == "entity not found"),
        "{error}"
    );
    assert!(files(&folder).is_empty());
    assert_eq!(cabinet.coming.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_told_without_its_path() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("files"), "a file").unwrap();
    let failure = cabinet(&folder).put(&record("a", 0, 1), None, 1).await.unwrap_err();
    let error = crate::store::failure("The file", "It was not taken.", &failure).to_string();
    assert!(error.starts_with("The file can't be kept or read: ") && !error.contains("files"), "{error}");
}
