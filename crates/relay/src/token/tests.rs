use super::*;
use crate::{clock::Clock, database::Database};

const NOW: u64 = 1_800_000_000_000;

fn new(name: &str) -> NewToken {
    NewToken { name: name.into(), ..NewToken::default() }
}

#[test]
fn what_can_not_be_a_token_is_named() {
    let make = |new| Token::make(new, NOW).map(drop);
    for name in ["", "  ", "a\nb", "1mr-abc", &"ä".repeat(65)] {
        assert_eq!(make(new(name)), Err(TokenError::InvalidName), "{name}");
    }
    for models in [vec![], vec![String::new()], vec!["gpt-4o".to_owned(), " ".to_owned()]] {
        assert_eq!(make(NewToken { models: Some(models), ..new("a") }), Err(TokenError::InvalidModels));
    }
    assert_eq!(make(NewToken { credits_per_month: Some(u64::MAX), ..new("a") }), Err(TokenError::InvalidLimit));
    assert_eq!(make(NewToken { expires_unix_ms: Some(NOW), ..new("a") }), Err(TokenError::AlreadyExpired));
    let (token, _) = Token::make(new(&"ä".repeat(64)), NOW).unwrap();
    assert!(token.info.id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "it names an owner: {}", token.info.id);
}

#[tokio::test]
async fn what_was_written_is_read_and_found_by_its_secret_alone() {
    let folder = tempfile::tempdir().unwrap();
    let tokens = Tokens::new(Database::open(Some(folder.path())));
    let whole = NewToken {
        models: Some(vec!["gpt-4o".into(), "a\"b".into()]),
        requests_per_minute: Some(60),
        concurrent_requests: Some(0),
        credits_per_day: None,
        credits_per_month: Some(LARGEST_LIMIT),
        expires_unix_ms: Some(NOW + 1),
        ..new(" ann ")
    };
    let (ann, secret) = tokens.add(whole, NOW).await.unwrap();
    let (bob, _) = tokens.add(new("bob"), NOW + 1).await.unwrap();
    assert_eq!(tokens.add(new("ann"), NOW).await.unwrap_err(), TokenError::NameTaken { name: "ann".into() });
    // Another process reads the same.
    let other = Tokens::new(Database::open(Some(folder.path())));
    other.read(None).await.unwrap();
    assert_eq!(other.infos(), [ann.clone(), bob]);
    assert_eq!(other.find(secret.reveal()).await.unwrap().info, ann);
    assert!(!ann.is_expired(NOW) && ann.is_expired(NOW + 1));
    for wrong in [&secret.reveal()[..46], &format!("{}x", secret.reveal()), "1mr-", ann.id.as_str()] {
        assert!(other.find(wrong).await.is_none(), "{wrong}");
    }
    assert!(other.revoke("ann").await.unwrap() && !other.revoke("ann").await.unwrap());
    assert!(other.find(secret.reveal()).await.is_none());
}

#[tokio::test]
async fn an_id_means_its_token_also_where_another_is_named_so() {
    let tokens = Tokens::new(Database::open(None));
    let (first, _) = tokens.add(new("first"), NOW).await.unwrap();
    tokens.add(new(&first.id), NOW).await.unwrap();
    assert!(tokens.revoke(&first.id).await.unwrap());
    assert_eq!(tokens.infos()[0].name, first.id);
}

#[tokio::test]
async fn a_request_that_comes_with_the_start_waits_for_the_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let (_, secret) = Tokens::new(Database::open(Some(folder.path()))).add(new("ann"), NOW).await.unwrap();
    let tokens = Tokens::new(Database::open(Some(folder.path())));
    let (found, read) = tokio::join!(biased; tokens.find(secret.reveal()), tokens.read(None));
    assert!(found.is_some() && read.is_ok());
}

#[tokio::test]
async fn a_database_that_can_not_be_opened_is_said_and_makes_nobody_wait() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("relay.sqlite"), "this is no database, and long enough to be seen as none")
        .unwrap();
    let tokens = Tokens::new(Database::open(Some(folder.path())));
    let error = tokens.read(None).await.unwrap_err().to_string();
    assert!(error.contains("relay.sqlite") && error.contains("Check that the folder can be written"), "{error}");
    assert!(tokens.find("1mr-x").await.is_none() && !tokens.has_any(Clock::system().unix_ms()));
    assert!(tokens.add(new("ann"), NOW).await.is_err());
}
