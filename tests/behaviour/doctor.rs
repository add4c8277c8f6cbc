//! `1min-relay doctor`, against real parts: each in its turn is broken, and must be named with what to do.

use std::{net::TcpListener, path::Path};

use mock_onemin::{Mock, Reply, wire};
use onemin::{Feature, Model};
use relay_tests::{
    CANARY,
    program::{Ended, Program, run},
};
use serde_json::Value;

const KEY: (&str, &str) = ("ONE_MIN_API_KEY", CANARY);
const ANY_PORT: (&str, &str) = ("PORT", "0");

/// Runs the doctor, for programs to read; what it says must hold no key and no password.
fn doctor(folder: &Path, variables: &[(&str, &str)]) -> (bool, Value) {
    let ended = run(folder, &["doctor", "--json"], variables);
    assert_no_secret(&ended);
    let whole: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    assert_eq!(whole["is_well"], ended.status.success(), "{ended:?}");
    (ended.status.success(), whole)
}

fn assert_no_secret(ended: &Ended) {
    assert!(!ended.stdout.contains("canary") && !ended.stderr.contains("canary"), "{ended:?}");
}

/// How a thing is, and what is said of it.
fn finding<'a>(whole: &'a Value, name: &str) -> (&'a str, String) {
    let found = whole["findings"].as_array().unwrap().iter().find(|finding| finding["name"] == name);
    let found = found.unwrap_or_else(|| panic!("{name} is not in {whole:#}"));
    let text = format!("{} {}", found["text"].as_str().unwrap(), found["advice"].as_str().unwrap_or_default());
    (found["state"].as_str().unwrap(), text)
}

/// Asserts that this alone is a problem, and is explained so.
fn assert_problem(folder: &Path, variables: &[(&str, &str)], name: &str, words: &[&str]) {
    let (is_well, whole) = doctor(folder, variables);
    let (state, text) = finding(&whole, name);
    let problems = whole["findings"].as_array().unwrap().iter().filter(|finding| finding["state"] == "problem").count();
    assert!(!is_well && (state, problems) == ("problem", 1), "{name}: {whole:#}");
    for word in words {
        assert!(text.contains(word), "{name} lacks {word:?}: {text}");
    }
}

/// A port where nothing listens.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_all_is_well_it_says_so_of_each_thing() {
    let mock = Mock::start(0).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = mock.url();
    let variables = [("ONE_MIN_API_URL", url.as_str()), KEY, ANY_PORT];
    let (is_well, whole) = doctor(folder.path(), &variables);
    assert!(is_well, "{whole:#}");
    for name in [
        "Settings",
        "Data folder",
        "Store",
        "Database",
        "Tokens",
        "Proxy",
        "Connection",
        "TLS",
        "Clock",
        "Key",
        "memcached",
        "Port",
    ] {
        assert_eq!(finding(&whole, name).0, "ok", "{whole:#}");
    }
    assert!(finding(&whole, "Database").1.contains("none yet"));
    let table = run(folder.path(), &["doctor"], &variables);
    assert!(table.stdout.contains("ok       Key: …ghij, from ONE_MIN_API_KEY; 1min.ai takes it\n"), "{table:?}");
    assert_no_secret(&table);
    // A relay that runs already is no fault, and its database is looked into.
    let program = Program::serve(folder.path(), &[], &variables);
    let port = program.base_url().trim_end_matches("/v1").rsplit(':').next().unwrap().to_owned();
    let (is_well, beside) = doctor(folder.path(), &[variables[0], KEY, ("PORT", &port)]);
    assert!(is_well, "{beside:#}");
    assert_eq!(finding(&beside, "Port").1.trim(), format!("a relay is answering on {port} of localhost"));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_other_machines_reach_it_is_told() {
    let mock = Mock::start(0).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (url, port) = (mock.url(), closed_port());
    let number = port.to_string();
    let variables = [("ONE_MIN_API_URL", url.as_str()), ("RELAY_HOST", "0.0.0.0"), ("PORT", number.as_str())];
    let reachable = relay_tests::reachable(port);
    let told =
        if reachable.is_empty() { "" } else { &format!("; other machines reach it at {}", reachable.join(" or ")) };
    let (_, whole) = doctor(folder.path(), &variables);
    assert_eq!(finding(&whole, "Port"), ("ok", format!("{port} of 0.0.0.0 is free{told} ")), "{whole:#}");
    let mut program = Program::serve_without_port(folder.path(), &[], &variables);
    assert_eq!(program.base_url(), format!("http://127.0.0.1:{port}/v1"));
    if !reachable.is_empty() {
        assert_eq!(program.read_line(), format!("Other machines reach it at {}", reachable.join(" or ")));
    }
    let (_, beside) = doctor(folder.path(), &variables);
    assert_eq!(finding(&beside, "Port"), ("ok", format!("a relay is answering on {port} of 0.0.0.0{told} ")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_refused_and_a_port_that_is_taken_are_two_things() {
    let mock = Mock::start(0).await.unwrap();
    mock.script().refuse_keys(true);
    let folder = tempfile::tempdir().unwrap();
    let url = mock.url();
    let taken = url.rsplit(':').next().unwrap();
    let sick = run(folder.path(), &["doctor", "--port", taken], &[("ONE_MIN_API_URL", &url), KEY]);
    assert!(!sick.status.success() && sick.stderr.contains("2 things are wrong"), "{sick:?}");
    assert!(sick.stdout.contains("problem  Key: ") && sick.stdout.contains("problem  Port: "), "{sick:?}");
    assert!(
        sick.stdout.contains("\n         Copy it again from your 1min.ai account: 1min-relay key set.\n"),
        "{sick:?}"
    );
    assert_no_secret(&sick);
}

#[test]
fn a_wrong_setting_is_the_first_thing_and_the_only_one() {
    let folder = tempfile::tempdir().unwrap();
    let (is_well, whole) = doctor(folder.path(), &[("PORT", "abc")]);
    assert!(!is_well && whole["findings"].as_array().unwrap().len() == 1, "{whole:#}");
    assert!(finding(&whole, "Settings").1.contains("PORT is \"abc\""));
    let table = run(folder.path(), &["doctor"], &[("PORT", "abc")]);
    assert!(table.stdout.starts_with("problem  Settings: PORT is \"abc\"") && !table.status.success(), "{table:?}");
}

#[test]
fn a_closed_port_and_an_unknown_name_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let closed = format!("http://127.0.0.1:{}", closed_port());
    let variables = [("ONE_MIN_API_URL", closed.as_str()), KEY, ANY_PORT];
    assert_problem(folder.path(), &variables, "Connection", &["can't be reached", "RELAY_PROXY"]);
    let (_, whole) = doctor(folder.path(), &variables);
    assert_eq!(finding(&whole, "Clock").0, "warning");
    let unknown = [("ONE_MIN_API_URL", "https://api.1min.invalid"), KEY, ANY_PORT];
    assert_problem(folder.path(), &unknown, "DNS", &["api.1min.invalid is not found", "ONE_MIN_API_URL"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_speak_tls_is_found_although_it_can_be_reached() {
    let mock = Mock::start(0).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = mock.url().replace("http://", "https://");
    let variables = [("ONE_MIN_API_URL", url.as_str()), KEY, ANY_PORT];
    assert_problem(folder.path(), &variables, "TLS", &["can't be reached", "clock"]);
    assert_eq!(finding(&doctor(folder.path(), &variables).1, "Connection").0, "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_is_named_without_its_password_and_tried() {
    let mock = Mock::start(0).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let api = ("ONE_MIN_API_URL", "http://api.1min.invalid");
    let with_password = |address: &str| format!("http://me:canary-password@{address}");
    // It answers, whatever host is asked for.
    let good = with_password(mock.url().trim_start_matches("http://"));
    let closed = with_password(&format!("127.0.0.1:{}", closed_port()));
    for variable in ["RELAY_PROXY", "http_proxy"] {
        let (_, whole) = doctor(folder.path(), &[api, KEY, ANY_PORT, (variable, &good)]);
        let (state, text) = finding(&whole, "Proxy");
        assert!(state == "ok" && text.contains("http://me:***@127.0.0.1") && text.contains(variable), "{text}");
        assert_eq!(finding(&whole, "DNS").0, "ok", "the proxy looks it up");
        let words = [variable, "can't be reached"];
        assert_problem(folder.path(), &[api, KEY, ANY_PORT, (variable, &closed)], "Proxy", &words);
    }
    // What the relay itself goes past is not tried, and what lies on its way is.
    for hosts in ["api.1min.invalid", ".invalid, other", "*"] {
        let variables = [api, KEY, ANY_PORT, ("http_proxy", &closed), ("no_proxy", hosts)];
        assert_problem(folder.path(), &variables, "DNS", &["is not found"]);
    }
    let variables = [api, KEY, ANY_PORT, ("http_proxy", &good), ("NO_PROXY", "1min.other")];
    assert!(finding(&doctor(folder.path(), &variables).1, "Proxy").1.contains("http_proxy"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_a_day_off_is_found_by_the_date_of_1mins_answer() {
    let mock = Mock::start(0).await.unwrap();
    let model = Model { id: "gpt-4o-mini".into(), features: Feature::ALL.to_vec(), ..Model::default() };
    let mut models = Reply::json(200, wire::models([model]));
    models.headers.push(("date".into(), "Sun, 06 Nov 1994 08:49:37 GMT".into()));
    mock.script().models("*", models);
    let folder = tempfile::tempdir().unwrap();
    let url = mock.url();
    let variables = [("ONE_MIN_API_URL", url.as_str()), KEY, ANY_PORT];
    assert_problem(folder.path(), &variables, "Clock", &["s ahead of 1min.ai's", "from the network"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn places_that_can_not_be_written_and_a_database_that_is_none_are_found() {
    let mock = Mock::start(0).await.unwrap();
    let url = mock.url();
    let api = ("ONE_MIN_API_URL", url.as_str());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "no folder can be made here").unwrap();
    let file = file.to_str().unwrap();
    let config = folder.path().join("settings.json");
    std::fs::write(&config, "{}").unwrap();
    let data = [api, KEY, ANY_PORT, ("RELAY_DATA_DIR", file), ("RELAY_CONFIG", config.to_str().unwrap())];
    assert_problem(folder.path(), &data, "Data folder", &[file, "RELAY_DATA_DIR"]);
    assert_problem(folder.path(), &[api, KEY, ANY_PORT, ("RELAY_STORE_URL", file)], "Store", &["RELAY_STORE_URL"]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("data")).unwrap();
    let database = folder.path().join("data/relay.sqlite");
    std::fs::write(&database, "this is no database, and long enough to be seen as none").unwrap();
    assert_problem(folder.path(), &[api, KEY, ANY_PORT], "Database", &["not a database", "set the file aside"]);
    assert!(std::fs::read_to_string(&database).unwrap().starts_with("this is no database"), "it only looks");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_can_not_be_read_is_a_problem_and_none_is_a_warning() {
    let mock = Mock::start(0).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = mock.url();
    let api = ("ONE_MIN_API_URL", url.as_str());
    let (is_well, whole) = doctor(folder.path(), &[api, ANY_PORT]);
    assert!(is_well && finding(&whole, "Key").0 == "warning", "{whole:#}");
    assert_problem(folder.path(), &[api, ANY_PORT, ("ONE_MIN_API_KEY", "canary with blanks")], "Key", &["key set"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_are_required_and_not_there_or_not_readable_are_found() {
    let mock = Mock::start(0).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = mock.url();
    let api = ("ONE_MIN_API_URL", url.as_str());
    let required = [api, KEY, ANY_PORT, ("RELAY_REQUIRE_TOKEN", "true")];
    assert_problem(folder.path(), &required, "Tokens", &["0 may be used", "token add"]);
    assert!(run(folder.path(), &["token", "add", "canary-ann"], &[]).status.success());
    let (is_well, whole) = doctor(folder.path(), &required);
    assert!(is_well && finding(&whole, "Tokens").1.contains("1 may be used, 0 have expired"), "{whole:#}");
    let file = folder.path().join("tokens");
    std::fs::write(&file, "canary: this is no file of tokens").unwrap();
    let broken = [api, KEY, ANY_PORT, ("RELAY_TOKENS_FILE", file.to_str().unwrap())];
    assert_problem(folder.path(), &broken, "Tokens", &["RELAY_TOKENS_FILE"]);
    // Beyond this machine it is the port's: the relay does not start.
    let other = tempfile::tempdir().unwrap();
    let exposed = [api, KEY, ANY_PORT, ("RELAY_HOST", "0.0.0.0")];
    assert_problem(other.path(), &exposed, "Port", &["token add"]);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn memcached_is_tried_and_what_is_not_shared_beside_it_is_said() {
    let mock = Mock::start(0).await.unwrap();
    let mut server = relay_tests::memcached::RealMemcached::start();
    let folder = tempfile::tempdir().unwrap();
    let (url, address) = (mock.url(), server.address());
    let variables = [("ONE_MIN_API_URL", url.as_str()), KEY, ANY_PORT, ("MEMCACHED_SERVERS", address.as_str())];
    let (is_well, whole) = doctor(folder.path(), &variables);
    assert!(is_well && finding(&whole, "memcached") == ("ok", format!("{address} can be written ")), "{whole:#}");
    assert!(finding(&whole, "Store").0 == "warning" && finding(&whole, "Store").1.contains("RELAY_STORE_URL"));
    server.kill();
    assert_problem(folder.path(), &variables, "memcached", &[&address, "counts alone", "MEMCACHED_SERVERS"]);
}
