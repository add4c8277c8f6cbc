//! The commands of the program beside `serve`.

use std::{
    io::Write as _,
    path::Path,
    process::{Output, Stdio},
};

use mock_onemin::Mock;
use relay_tests::{
    CANARY,
    program::{self, Program, run},
};
use serde_json::Value;

/// Runs `1min-relay key set` with this piped in.
fn key_set(folder: &Path, typed: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = program::command(folder, &["key", "set"], variables);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// All that a program said; the canary must not be in it.
fn said(output: &Output) -> String {
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!said.contains(CANARY), "{said}");
    said
}

#[test]
fn settings_are_listed_with_their_values_and_where_each_came_from() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    std::fs::write(folder.path().join("data/settings.json"), r#"{"version": 1, "idle_timeout": 30, "no_such": 1}"#)
        .unwrap();
    std::fs::write(folder.path().join(".env"), "RELAY_LOG=debug\n").unwrap();
    let variables =
        [("PORT", "5005"), ("ONE_MIN_API_KEY", CANARY), ("RELAY_PROXY", "http://me:canary-password@proxy:3128")];
    let table = run(folder.path(), &["settings"], &variables);
    let row = |name: &str| {
        let line = table
            .stdout
            .lines()
            .find(|line| line.starts_with(&format!("{name} ")))
            .unwrap_or_else(|| panic!("{table:?}"));
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(row("port")[..4], ["port", "5005", "environment", "RELAY_PORT, PORT"]);
    assert_eq!(row("idle_timeout")[1..3], ["30", "settings file"]);
    assert_eq!(row("log")[1..3], ["debug", "file .env"]);
    assert_eq!(row("host")[1..3], ["localhost", "default"]);
    assert_eq!(row("proxy")[1..3], ["http://me:***@proxy:3128/", "environment"]);
    assert!(table.stdout.contains("1min.ai key:   …ghij, from ONE_MIN_API_KEY"), "{table:?}");
    let json = run(folder.path(), &["settings", "--json"], &variables);
    let whole: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(whole["key"]["masked"], "…ghij");
    let settings = whole["settings"].as_array().unwrap();
    assert!(settings.iter().any(|setting| setting["name"] == "port" && setting["origin"] == "environment"));
    for shown in [&table.stdout, &json.stdout] {
        assert!(!shown.contains(CANARY) && !shown.contains("canary-password"), "{shown}");
    }
}

#[test]
fn a_corrupt_settings_file_is_set_aside_and_said_and_a_wrong_value_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("settings.json"), "{\"port\": ").unwrap();
    // Who only looks moves nothing.
    let looked = run(folder.path(), &["settings"], &[]);
    assert!(!looked.status.success() && looked.stderr.contains("is no settings file"), "{looked:?}");
    let program = Program::serve(folder.path(), &[], &[]);
    program.signal("TERM");
    let ended = program.end();
    assert!(
        ended.status.success()
            && ended.stderr.contains("is no settings file")
            && ended.stderr.contains("settings.corrupt.json"),
        "{ended:?}"
    );
    assert_eq!(std::fs::read_to_string(data.join("settings.corrupt.json")).unwrap(), "{\"port\": ");
    std::fs::write(data.join("settings.json"), r#"{"port": 70000}"#).unwrap();
    let ended = run(folder.path(), &["serve"], &[]);
    let words = "port is \"70000\" (from the settings file). It must be a port from 1 to 65535, or 0 for a free one.";
    assert!(!ended.status.success() && ended.stderr.contains(words), "{ended:?}");
    let named = [("RELAY_CONFIG", "missing.json")];
    let ended = run(folder.path(), &["serve"], &named);
    assert!(!ended.status.success() && ended.stderr.contains("missing.json can't be read"), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_checked_stored_shown_and_removed() {
    let mock = Mock::start(0).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = mock.url();
    let variables = [("ONE_MIN_API_URL", url.as_str())];
    let status = || run(folder.path(), &["key", "status"], &variables).stdout;
    assert!(status().starts_with("No key is stored"));
    let stored = said(&key_set(folder.path(), &format!("{CANARY}\n"), &variables));
    assert!(stored.contains("The key is stored in ") && stored.contains("1min.ai takes it."), "{stored}");
    assert!(status().contains("(…ghij); 1min.ai takes it."), "{}", status());
    let with_another =
        run(folder.path(), &["key", "status"], &[variables[0], ("ONE_MIN_API_KEY", "another-key-0123456789")]);
    assert!(with_another.stdout.contains("ONE_MIN_API_KEY (…6789)"), "{with_another:?}");
    // The relay uses it.
    let mut program = Program::serve(folder.path(), &[], &variables);
    while !program.read_line().contains(" pays, the one that ends in ghij.") {}
    drop(program);
    assert!(run(folder.path(), &["key", "remove"], &variables).stdout.contains("removed"));
    assert!(run(folder.path(), &["key", "remove"], &variables).stdout.contains("No key was stored."));
    assert!(status().starts_with("No key is stored"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_1min_refuses_or_nobody_could_have_is_not_stored_and_an_unreachable_1min_is_said() {
    let mock = Mock::start(0).await.unwrap();
    mock.script().refuse_keys(true);
    let folder = tempfile::tempdir().unwrap();
    let url = mock.url();
    let key = folder.path().join("data/key");
    let refused = key_set(folder.path(), CANARY, &[("ONE_MIN_API_URL", &url)]);
    assert!(!refused.status.success() && said(&refused).contains("does not take this key") && !key.exists());
    let empty = key_set(folder.path(), "\n", &[("ONE_MIN_API_URL", &url)]);
    assert!(
        !empty.status.success()
            && said(&empty).contains("The 1min.ai key is empty. Nothing was stored.")
            && !key.exists()
    );
    let unreachable = key_set(folder.path(), CANARY, &[("ONE_MIN_API_URL", "http://127.0.0.1:1")]);
    assert!(unreachable.status.success() && said(&unreachable).contains("not checked yet") && key.exists());
}

#[test]
fn who_only_looks_makes_nothing_in_a_folder_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (&["usage"][..], "Nothing was asked"),
        (&["usage", "--by", "request", "--json"], "[]"),
        (&["usage", "delete", "--yes"], "0 requests"),
        (&["token", "list"], "There is no token"),
        (&["token", "list", "--json"], "[]"),
    ] {
        let ended = run(folder.path(), arguments, &[]);
        assert!(ended.status.success() && ended.stdout.contains(words), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains("kept anything in") && ended.stderr.contains("RELAY_DATA_DIR"), "{ended:?}");
        assert!(!folder.path().join("data").exists(), "{arguments:?}");
    }
    let revoked = run(folder.path(), &["token", "revoke", "ann"], &[]);
    assert!(!revoked.status.success() && !folder.path().join("data").exists(), "{revoked:?}");
}
