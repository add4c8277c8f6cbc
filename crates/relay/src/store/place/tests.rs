//! Against a real S3 server: `npm run test:s3` starts one and says where it is.

use futures_util::TryStreamExt;

use crate::{
    clock::Clock,
    guard::owner::Owner,
    settings::{KeepResponses, Settings},
    spool::Spool,
    store::{FileRecord, Store},
};

/// Settings of relays that share a place of their own in the bucket.
fn settings() -> Settings {
    assert!(std::env::var("AWS_ENDPOINT").is_ok(), "there is no S3 server: run `npm run test:s3`");
    let store_url = crate::id::random("s3://relay-tests/").parse().unwrap();
    Settings { store_url, ..Settings::default() }
}

fn store(settings: &Settings) -> Store {
    let store = Store::new(settings, None, Clock::system());
    assert_eq!(store.problem(), None);
    store
}

fn record(id: &str, size_bytes: u64) -> FileRecord {
    FileRecord {
        id: id.into(),
        owner: "local".into(),
        name: "a.bin".into(),
        purpose: "user_data".into(),
        media_type: None,
        size_bytes,
        created_unix_ms: 1,
        expires_unix_ms: None,
        sha256: String::new(),
    }
}

#[tokio::test]
async fn relays_on_one_bucket_see_what_the_others_keep() {
    let settings = settings();
    let (one, other) = (store(&settings), store(&settings));
    assert!(one.files().list(1).await.unwrap().is_empty());
    // One in a single request, and one in several parts.
    for (id, bytes) in [("small", b"it".to_vec()), ("large", (0..11_000_000_u32).map(|n| n.to_le_bytes()[1]).collect())]
    {
        let record = record(id, bytes.len() as u64);
        one.files().put(&record, Some(&Spool::new(None).take(&bytes).await.unwrap()), 1).await.unwrap();
        assert_eq!(other.files().find(id, 1).await.unwrap(), Some(record));
        let opened = other.files().open(id).await.unwrap().unwrap();
        assert_eq!(opened.size_bytes, bytes.len() as u64);
        let read: Vec<_> = opened.stream.try_collect().await.unwrap();
        assert!(read.concat() == bytes, "{id}");
    }
    assert_eq!(other.files().list(1).await.unwrap().len(), 2);
    let renamed = FileRecord { name: "b.bin".into(), ..record("small", 2) };
    other.files().put(&renamed, None, 1).await.unwrap();
    assert_eq!(one.files().find("small", 1).await.unwrap(), Some(renamed));
    assert!(other.files().remove("large").await.unwrap());
    assert!(!one.files().remove("large").await.unwrap());
    assert!(one.files().open("large").await.unwrap().is_none());
    one.files().tidy(1).await.unwrap();
    assert_eq!(one.files().list(1).await.unwrap().len(), 1);
    assert!(store(&self::settings()).files().list(1).await.unwrap().is_empty(), "another prefix");
}

#[tokio::test]
async fn responses_are_shared_too() {
    let settings = settings();
    let (one, other, owner) = (store(&settings), store(&settings), Owner::local());
    one.keep(KeepResponses::Disk, &owner, "resp_1", b"it".to_vec()).await.unwrap();
    assert_eq!(other.find(KeepResponses::Disk, &owner, "resp_1").await.unwrap().as_deref(), Some(&b"it"[..]));
    assert!(other.remove(KeepResponses::Disk, &owner, "resp_1").await.unwrap());
    assert_eq!(one.find(KeepResponses::Disk, &owner, "resp_1").await.unwrap(), None);
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_told_without_its_address() {
    let settings = Settings { store_url: "s3://nobodys/secret".parse().unwrap(), ..settings() };
    let failure = store(&settings).files().put(&record("a", 0), None, 1).await.unwrap_err();
    let error = crate::store::failure("The file", "It was not taken.", &failure).to_string();
    assert!(error.starts_with("The file can't be kept or read: ") && !error.contains("secret"), "{error}");
}

#[tokio::test]
async fn relays_that_begin_at_once_agree_on_what_one_of_them_proposed() {
    let settings = settings();
    let stores: Vec<Store> = (0..8).map(|_| store(&settings)).collect();
    let proposals = (0..8).zip(&stores).map(|(index, store)| async move { store.agree("salt", &[index; 32]).await });
    let agreed = futures_util::future::join_all(proposals).await;
    let first = agreed[0].as_ref().unwrap();
    assert!(
        (0..8).any(|index| first[..] == [index; 32]) && agreed.iter().all(|other| other.as_ref().unwrap() == first)
    );
    assert_eq!(store(&settings).agree("salt", b"another").await.unwrap(), first, "and nobody replaces it");
    assert!(!stores[0].agreements.create(&"salt".into(), b"another".to_vec()).await.unwrap());
}
