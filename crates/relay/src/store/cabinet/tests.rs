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
