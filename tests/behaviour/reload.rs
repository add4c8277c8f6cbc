//! The running program reads its settings again at SIGHUP: all of them or none, and the listener moves both ways.
#![cfg(unix)]

use std::path::Path;

use relay_tests::{program::Program, within};

fn write(folder: &Path, settings: &str) {
    std::fs::create_dir_all(folder.join("data")).unwrap();
    std::fs::write(folder.join("data/settings.json"), settings).unwrap();
}

/// Waits until `GET /health` of this address is answered, or is not any more.
async fn health(url: &str, is_answered: bool) {
    let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
    within(async { while http.get(url).send().await.is_ok() != is_answered {} }).await;
}

#[tokio::test]
async fn the_settings_file_moves_the_listener_and_a_wrong_one_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    write(folder.path(), r#"{"port": 0}"#);
    let program = Program::serve_without_port(folder.path(), &[], &[("RELAY_LOG", "info")]);
    let first = program.base_url().replace("/v1", "/health");
    health(&first, true).await;
    // Another port: the new one is bound before the old one goes.
    write(folder.path(), &format!("{{\"port\": {free}}}"));
    program.signal("HUP");
    health(&format!("http://127.0.0.1:{free}/health"), true).await;
    health(&first, false).await;
    // The same port on every address: the old socket makes room.
    write(folder.path(), &format!("{{\"port\": {free}, \"host\": \"0.0.0.0\"}}"));
    program.signal("HUP");
    health(&format!("http://[::1]:{free}/health"), false).await;
    health(&format!("http://127.0.0.1:{free}/health"), true).await;
    // Nonsense: everything stays.
    write(folder.path(), r#"{"port": 99999}"#);
    program.signal("HUP");
    program.wait_for_log("the settings stay as they are").await;
    health(&format!("http://127.0.0.1:{free}/health"), true).await;
    // Half a file, as it is while somebody writes it: the same, and it stays where it is.
    write(folder.path(), r#"{"port": "#);
    program.signal("HUP");
    program.wait_for_log("is no settings file").await;
    assert!(folder.path().join("data/settings.json").exists());
    health(&format!("http://127.0.0.1:{free}/health"), true).await;
    program.signal("TERM");
    assert!(program.end().status.success());
}
