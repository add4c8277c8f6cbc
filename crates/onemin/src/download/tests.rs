use std::{cell::RefCell, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::Mutex,
};

use super::*;
use crate::{ApiKey, Class, ClientOptions, Content, Feature, FeatureRequest, Fields, Reason, Upload};

/// A host that gives these answers in order, each on a connection of its own, and what it was asked.
struct Host {
    url: Url,
    asked: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Host {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Host {
    async fn with(answers: impl IntoIterator<Item = String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answers, noted) = (answers.into_iter().collect::<Vec<_>>(), Arc::clone(&asked));
        #[expect(clippy::disallowed_methods, reason = "this crate has no supervisor: the test aborts it")]
        let task = tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !is_whole(&request) && stream.read_buf(&mut request).await.unwrap() > 0 {}
                noted.lock().await.push(String::from_utf8_lossy(&request).into_owned());
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self { url, asked, task }
    }

    fn client(&self) -> Client {
        let options = ClientOptions {
            api_url: self.url.clone(),
            asset_url: self.url.clone(),
            largest_file_bytes: 100,
            ..ClientOptions::default()
        };
        Client::new(&options).unwrap()
    }

    async fn asked(&self) -> Vec<String> {
        self.asked.lock().await.clone()
    }
}

/// Whether a request is there to its end, by its length or its last chunk.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    length.is_none_or(|length: usize| body.len() >= length)
}

fn http(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\n{headers}\r\n{body}")
}

fn file(content: &str) -> String {
    http("200 OK", &format!("content-type: Image/PNG; x=y\r\ncontent-length: {}\r\n", content.len()), content)
}

fn json(body: &str) -> String {
    http("200 OK", &format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()), body)
}

fn answer(results: &[&str], temporary_url: Option<String>) -> FeatureAnswer {
    let results = results.iter().map(|&result| result.to_owned()).collect();
    FeatureAnswer { results, temporary_url, ..FeatureAnswer::default() }
}

async fn whole(mut download: Download) -> Result<Vec<u8>, Error> {
    let mut whole = Vec::new();
    while let Some(piece) = download.next().await {
        whole.extend(piece?);
    }
    assert!(download.next().await.is_none(), "an end is an end");
    Ok(whole)
}

fn key() -> ApiKey {
    ApiKey::new("canary-0123456789abcdef").unwrap()
}

fn request(is_async: bool) -> FeatureRequest {
    let fields = Fields::default().with("prompt", "a fox");
    FeatureRequest { is_async, ..FeatureRequest::new(Feature::ImageGenerator, "m", fields) }
}

#[tokio::test]
async fn the_first_file_is_at_its_signed_address_and_the_others_on_the_cdn() {
    let host = Host::with([file("one"), file("two")]).await;
    let answer = answer(&["images/1.png", "images/2.png"], Some(format!("{}signed/1.png?X-Amz=1", host.url)));
    let first = host.client().download(&answer, 0).await.unwrap();
    assert_eq!((first.media_type.as_deref(), first.size_bytes), (Some("image/png"), Some(3)));
    assert_eq!(whole(first).await.unwrap(), b"one");
    assert_eq!(whole(host.client().download(&answer, 1).await.unwrap()).await.unwrap(), b"two");
    let asked = host.asked().await;
    assert!(asked[0].starts_with("GET /signed/1.png?X-Amz=1 ") && asked[1].starts_with("GET /images/2.png "));
    assert!(asked.iter().all(|request| !request.to_ascii_lowercase().contains("api-key")));
}

#[tokio::test]
async fn a_file_that_is_gone_from_one_address_is_fetched_from_the_other() {
    let host = Host::with([http("403 Forbidden", "content-length: 0\r\n", ""), file("one")]).await;
    let answer = answer(&["/images//1.png"], Some(format!("{}signed", host.url)));
    assert_eq!(whole(host.client().download(&answer, 0).await.unwrap()).await.unwrap(), b"one");
    assert!(host.asked().await[1].starts_with("GET /images/1.png "));
}

#[tokio::test]
async fn a_file_elsewhere_is_never_asked_for() {
    let host = Host::with([file("one")]).await;
    let elsewhere = ["https://example.com/a.png", "http://asset.1min.ai/a.png", "file:///etc/passwd"];
    for index in 0..elsewhere.len() {
        let error = host.client().download(&answer(&elsewhere, None), index).await.unwrap_err();
        assert!(error.to_string().contains("not 1min.ai's"), "{error}");
    }
    let error = host.client().download(&answer(&[], None), 0).await.unwrap_err();
    assert!(error.to_string().contains("no such file"));
    // The one that is ours is still there.
    let answer = answer(&["images/1.png"], Some("https://example.com/a.png".into()));
    assert_eq!(whole(host.client().download(&answer, 0).await.unwrap()).await.unwrap(), b"one");
}

#[tokio::test]
async fn a_file_that_is_cut_or_too_large_is_an_error() {
    let cut = http("200 OK", "content-length: 9\r\n", "four");
    let large = file(&"x".repeat(101));
    let endless = http("200 OK", "", &"x".repeat(101));
    let host = Host::with([cut, large, endless, http("302 Found", "location: /other\r\n", "")]).await;
    let answer = answer(&["images/1.png"], None);
    let fetch = async || whole(host.client().download(&answer, 0).await?).await;
    assert!(matches!(fetch().await, Err(Error::Cut { .. })));
    for _ in 0..2 {
        assert!(matches!(fetch().await, Err(Error::Unreadable { what }) if what.contains("above")));
    }
    assert!(matches!(fetch().await, Err(Error::Failed { status: 302, .. })), "no redirect is followed");
}

#[tokio::test(start_paused = true)]
async fn all_addresses_are_tried_three_times_while_the_file_may_yet_come() {
    let addresses: Vec<Url> = ["https://a/", "https://b/"].iter().map(|url| url.parse().unwrap()).collect();
    let of = async |statuses: Vec<u16>| {
        let (start, left) = (Instant::now(), RefCell::new(statuses));
        let open = |_: Url| {
            let status = StatusCode::from_u16(left.borrow_mut().remove(0)).unwrap();
            std::future::ready(if status == StatusCode::OK { Ok(()) } else { Err(Failure::of_status(status)) })
        };
        let opened = first_that_opens(&addresses, open).await;
        (opened, left.borrow().len(), start.elapsed().as_millis())
    };
    assert_eq!(of(vec![404, 200]).await, (Ok(()), 0, 0));
    assert_eq!(of(vec![404, 403, 503, 404, 410, 200]).await, (Ok(()), 0, 2_500));
    let (error, left, _) = of(vec![404; 7]).await;
    let error = error.unwrap_err();
    assert_eq!((error.class(), left), (Class::PerhapsCarriedOut, 1));
    assert!(error.to_string().contains("HTTP 404"));
    // What is final everywhere is not asked for again.
    let (error, left, _) = of(vec![410, 400, 200]).await;
    assert_eq!((error.is_err(), left), (true, 1));
}

#[tokio::test]
async fn a_sound_that_came_in_place_of_a_record_is_the_file() {
    let sound = http("200 OK", "content-type: audio/mpeg\r\ncontent-length: 3\r\n", "mp3");
    let silence = http("200 OK", "content-type: audio/mpeg\r\ncontent-length: 0\r\n", "");
    let host = Host::with([sound, silence]).await;
    let answer = host.client().feature(&key(), &request(false)).await.unwrap();
    assert_eq!((answer.sound.as_ref().unwrap().1.as_str(), answer.file_count()), ("audio/mpeg", 1));
    assert_eq!(whole(host.client().download(&answer, 0).await.unwrap()).await.unwrap(), b"mp3");
    assert!(host.client().feature(&key(), &request(false)).await.is_err());
}

#[tokio::test]
async fn a_refusal_of_async_is_asked_again_without_it() {
    let refusal = r#"{"errorCode":"INVALID_REQUEST","message":"async is not allowed for this feature"}"#;
    let refused = http("400 Bad Request", &format!("content-length: {}\r\n", refusal.len()), refusal);
    let made = r#"{"aiRecord":{"uuid":"u","status":"SUCCESS","aiRecordDetail":{"resultObject":["images/1.png"]}}}"#;
    let host = Host::with([refused.clone(), json(made), refused]).await;
    let answer = host.client().feature(&key(), &request(true)).await.unwrap();
    assert_eq!(answer.results, ["images/1.png"]);
    let error = host.client().feature(&key(), &request(false)).await.unwrap_err();
    assert!(matches!(error, Error::Refused(refusal) if refusal.reason == Reason::Request), "not asked for");
    let asked = host.asked().await;
    assert!(asked[0].starts_with("POST /api/features ") && asked[0].contains(r#""async":true"#));
    assert!(asked[0].contains("api-key: canary-0123456789abcdef\r\n"));
    assert!(!asked[1].contains("async"));
}

#[tokio::test]
async fn a_result_is_asked_for_by_its_id() {
    let failed = r#"{"aiRecord":{"status":"FAILURE","metadata":{"message":"the vendor broke"}}}"#;
    let processing = r#"{"aiRecord":{"status":"PROCESSING"}}"#;
    let host = Host::with([json(r#"{"aiRecord":null}"#), json(processing), json(failed)]).await;
    for _ in 0..2 {
        assert_eq!(host.client().result(&key(), "1-2").await, Ok(None));
    }
    assert_eq!(host.client().result(&key(), "1-2").await.unwrap_err().to_string(), "the vendor broke");
    assert!(host.asked().await[0].starts_with("GET /api/results/1-2 "));
}

#[tokio::test]
async fn a_file_is_uploaded_from_the_disk_with_its_length() {
    let path = std::env::temp_dir().join(format!("onemin-{}.txt", std::process::id()));
    std::fs::write(&path, "on the disk, and more").unwrap();
    let host = Host::with([json(r#"{"asset":{"key":"documents/a.txt"}}"#)]).await;
    let content = Content::File { path: path.clone(), size_bytes: 11 };
    let upload = Upload { content, file_name: "a.txt".into(), media_type: "text/plain".into() };
    let uploaded = host.client().upload(&key(), upload.clone()).await;
    std::fs::remove_file(&path).unwrap();
    assert_eq!(uploaded.unwrap().path, "documents/a.txt");
    let asked = host.asked().await;
    assert!(asked[0].to_ascii_lowercase().contains("\r\ncontent-length: "), "{}", asked[0]);
    assert!(asked[0].contains("\r\n\r\non the disk\r\n--"), "{}", asked[0]);
    assert!(host.client().upload(&key(), upload).await.unwrap_err().to_string().contains("can't be read"));
}
