//! Access tokens whose secret nobody saw.
#![cfg(unix)]

use std::{
    fs::File,
    path::Path,
    process::{Output, Stdio},
};

use relay_tests::program::{command, run};

fn add(folder: &Path, arguments: &[&str], out: Stdio, err: Stdio) -> Output {
    let arguments: Vec<&str> = ["token", "add"].iter().chain(arguments).copied().collect();
    command(folder, &arguments, &[]).stdout(out).stderr(err).spawn().unwrap().wait_with_output().unwrap()
}

fn is_there(folder: &Path, variables: &[(&str, &str)], name: &str) -> bool {
    let listed = run(folder, &["token", "list"], variables);
    assert!(listed.status.success(), "{listed:?}");
    listed.stdout.contains(name)
}

#[cfg(target_os = "linux")]
fn full() -> Stdio {
    File::create("/dev/full").unwrap().into()
}

/// A pipe whose reader has gone.
fn left() -> Stdio {
    std::io::pipe().unwrap().1.into()
}

#[test]
#[cfg(target_os = "linux")]
fn a_token_whose_secret_cannot_be_written_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens.json");
    let file = file.to_str().unwrap();
    let shared = [("RELAY_TOKENS_FILE", file)];
    for (flags, variables) in [(&[][..], &[][..]), (&["--json"], &[]), (&["--file", file], &shared)] {
        for out in [full(), left()] {
            let arguments: Vec<&str> = ["ann"].iter().chain(flags).copied().collect();
            let added = add(folder.path(), &arguments, out, Stdio::piped());
            let words = String::from_utf8_lossy(&added.stderr);
            assert!(!added.status.success() && words.contains("taken back"), "{flags:?}: {added:?}");
            assert!(!is_there(folder.path(), variables, "ann"), "{flags:?}");
        }
    }
}

#[test]
fn a_secret_is_shown_whatever_else_cannot_be() {
    let folder = tempfile::tempdir().unwrap();
    for (name, flags) in [("ann", &["--json"][..]), ("bob", &["--models", "no-such-model"])] {
        let arguments: Vec<&str> = [name].iter().chain(flags).copied().collect();
        let added = add(folder.path(), &arguments, Stdio::piped(), left());
        assert!(added.status.success() && String::from_utf8_lossy(&added.stdout).contains("1mr-"), "{added:?}");
        assert!(is_there(folder.path(), &[], name));
    }
}
