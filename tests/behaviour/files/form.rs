//! The forms themselves, as sockets bring them: whole or in pieces, broken, too large, or left in the middle.

use std::path::Path;

use mock_onemin::Mock;
use relay::journal::Outcome;
use relay_tests::{Answered, CANARY, NOW, Pair, within};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{ROUTE, form, get, post};

const FILE: &str = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\na\r\n--\r\nb\r\n";
const PURPOSE: &str = "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nvision\r\n";

/// A request with this form, as it goes over a socket; `length` is what it says of its length.
fn request(form: &str, length: usize) -> String {
    format!(
        "POST {ROUTE} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{form}"
    )
}

async fn connect(pair: &Pair) -> TcpStream {
    let url = pair.url("");
    let socket = TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
    socket.set_nodelay(true).unwrap();
    socket
}

/// Sends a request in pieces of this size, and reads all of the answer.
async fn send(pair: &Pair, request: &str, size: usize) -> String {
    let mut socket = connect(pair).await;
    for piece in request.as_bytes().chunks(size) {
        socket.write_all(piece).await.unwrap();
    }
    let mut answer = String::new();
    within(socket.read_to_string(&mut answer)).await.unwrap();
    answer
}

/// A pair whose spool is in `folder`, and which takes files of 1 MiB.
async fn pair_in(folder: &Path) -> Pair {
    let mock = Mock::start(0).await.unwrap();
    Pair::start_in(Some(folder), NOW, mock, |settings| settings.file_max_mb = 1, Some(CANARY)).await
}

/// How many files are left in the spool.
fn left(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("spool")).map_or(0, Iterator::count)
}

#[tokio::test]
async fn a_form_is_read_in_any_order_and_however_it_is_cut_up() {
    let folder = tempfile::tempdir().unwrap();
    let pair = pair_in(folder.path()).await;
    for form in [format!("{FILE}{PURPOSE}--b--"), format!("{PURPOSE}{FILE}--b--\r\n")] {
        for size in [1, 3, 50, usize::MAX] {
            let answer = send(&pair, &request(&form, form.len()), size).await;
            assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(r#""bytes":8"#), "{size}: {answer}");
        }
    }
    let list = get(&pair, "").await.json();
    assert_eq!(list["data"].as_array().unwrap().len(), 8);
    let content = get(&pair, &format!("/{}/content", list["first_id"].as_str().unwrap())).await;
    assert_eq!(content.body, "a\r\n--\r\nb");
    assert_eq!(left(folder.path()), 0);
}

#[tokio::test]
async fn a_form_that_can_not_be_taken_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let pair = pair_in(folder.path()).await;
    let refused = async |request: reqwest::RequestBuilder, status: u16, code: &str, param: &str, words: &str| {
        let answered = Answered::read(request.send().await.unwrap()).await;
        assert_eq!(answered.status, status, "{words}: {}", answered.body);
        assert_eq!((answered.error("code").as_str(), answered.error("param").as_str()), (code, param), "{words}");
        assert!(answered.error("message").contains(words), "{words}: {}", answered.body);
    };
    let post = || pair.http.post(pair.url(ROUTE));
    let raw = |form: &str| post().header("content-type", "multipart/form-data; boundary=b").body(form.to_owned());
    refused(post().body(json!({}).to_string()), 400, "", "", "has no Content-Type").await;
    refused(post().header("content-type", "application/json").body("{}"), 400, "", "", "'application/json'").await;
    refused(post().header("content-type", "multipart/form-data").body(FILE), 400, "", "", "names no boundary").await;
    refused(raw(FILE), 400, "", "", "ends in the middle").await;
    refused(raw(&format!("{PURPOSE}--b--")), 400, "missing_required_parameter", "file", "'file'").await;
    refused(raw(&format!("{FILE}--b--")), 400, "missing_required_parameter", "purpose", "'purpose'").await;
    refused(raw(&format!("{}--b--", PURPOSE.repeat(101))), 400, "", "", "more than 100 parts").await;
    refused(post().multipart(form("a", b"")), 400, "invalid_value", "file", "empty").await;
    let soon = form("a", b"a").text("expires_after[seconds]", "60");
    refused(post().multipart(soon), 400, "invalid_value", "expires_after[seconds]", "3600").await;
    let packed = raw(FILE).header("content-encoding", "gzip");
    refused(packed, 415, "unsupported_media_type", "", "`gzip`").await;
    // Whoever is still sending gets the answer all the same.
    let large = vec![b'x'; 5 << 20];
    refused(post().multipart(form("a", &large)), 413, "request_too_large", "file", "RELAY_FILE_MAX_MB").await;
    assert_eq!(left(folder.path()), 0);
    assert_eq!(get(&pair, "").await.json()["data"], json!([]));
}

#[tokio::test]
async fn a_form_may_be_larger_than_other_bodies() {
    let change = |settings: &mut relay::settings::Settings| (settings.body_max_mb, settings.bodies_max_mb) = (1, 1);
    let pair = Pair::start_with(change, Some(CANARY)).await;
    let content = vec![b'x'; 3 << 20];
    let answered = post(&pair, form("large.txt", &content)).await;
    assert_eq!(
        (answered.status.as_u16(), &answered.json()["bytes"]),
        (200, &json!(content.len())),
        "{}",
        answered.body
    );
    let id = answered.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(get(&pair, &format!("/{id}/content")).await.body.len(), content.len());
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let pair = pair_in(folder.path()).await;
    let begun = request(&FILE[..FILE.len() - 3], FILE.len() + 10);
    let mut socket = connect(&pair).await;
    socket.write_all(begun.as_bytes()).await.unwrap();
    drop(socket);
    let record = pair.record().await;
    assert_ne!(record.outcome, Outcome::Done);
    assert_eq!(left(folder.path()), 0);
    assert_eq!(get(&pair, "").await.json()["data"], json!([]));
}
