//! The walls between the rooms: no module uses what it must never know, and files and functions stay small.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All Rust files below a folder or of a file's module, with what they say outside of comments and unit tests.
fn sources(room: &str) -> Vec<(PathBuf, String)> {
    let base = repository().join("crates/relay/src").join(room);
    let mut files = vec![base.with_extension("rs")];
    let mut folders = vec![base];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.retain(|path| path.exists() && !path.ends_with("tests.rs"));
    files.into_iter().map(|path| (path.clone(), code(&fs::read_to_string(path).unwrap()))).collect()
}

/// The production code of a file, without its comments.
fn code(text: &str) -> String {
    let production = text.split("#[cfg(test)]").next().unwrap_or_default();
    production.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// A room, and what it must never name.
const WALLS: &[(&str, &[&str])] = &[
    (
        "conversation",
        &[
            "async ",
            ".await",
            "tokio",
            "http",
            "axum",
            "hyper",
            "onemin",
            "Clock",
            "Instant",
            "SystemTime",
            "getrandom",
            "crate::dialect",
            "crate::engine",
            "crate::guard",
            "crate::error",
            "crate::settings",
            "std::fs",
            "std::net",
        ],
    ),
    ("dialect", &["onemin", "promptObject", "aiRecord", "crate::listen", "crate::router", "crate::relay"]),
    ("engine", &["axum", "http::", "crate::dialect", "serde_json", "chat.completion"]),
    ("fetch", &["ApiKey", "axum", "serde_json", "crate::dialect", "crate::engine", "crate::guard", "crate::shared"]),
    ("guard", &["serde_json", "crate::conversation", "crate::engine", "dialect::openai", "dialect::json", "messages"]),
    ("request", &["axum", "http::", "serde", "crate::dialect", "crate::engine", "onemin"]),
    ("settings", &["axum", "http::", "hyper", "reqwest", "crate::dialect", "crate::engine", "crate::guard"]),
    ("journal", &["axum", "http::", "crate::dialect", "crate::engine", "onemin", "prompt:"]),
    ("catalog", &["axum", "http::", "crate::dialect", "crate::engine", "crate::guard"]),
    ("store", &["axum", "http::", "crate::dialect", "crate::engine", "onemin"]),
    (
        "metrics",
        &[
            "axum",
            "http::",
            "crate::dialect",
            "crate::engine",
            "crate::guard",
            "record.owner",
            "record.token",
            "onemin::",
        ],
    ),
    ("health", &["axum", "http::", "crate::dialect", "crate::engine", "crate::guard", "onemin"]),
    ("budget", &["axum", "http::", "crate::dialect", "crate::engine", "crate::store", "prompt_object"]),
    ("policy", &["axum", "http::", "crate::guard", "crate::engine", "crate::dialect"]),
    ("limit", &["axum", "http::", "serde", "crate::dialect", "crate::engine", "onemin"]),
    ("database", &["axum", "http::", "serde", "crate::dialect", "crate::engine", "crate::guard", "onemin"]),
    ("usage", &["axum", "http::", "serde_json", "crate::dialect", "crate::engine", "onemin", "prompt:"]),
    ("memcached", &["axum", "http::", "onemin", "crate::settings", "crate::limit", "crate::guard", "crate::engine"]),
    ("clock", &["crate::"]),
    ("task", &["crate::", "axum"]),
];

#[test]
fn no_room_names_what_it_must_never_know() {
    for (room, forbidden) in WALLS {
        let sources = sources(room);
        assert!(!sources.is_empty(), "{room} is there");
        for (path, code) in sources {
            for word in *forbidden {
                assert!(!code.contains(word), "{} names {word}", path.display());
            }
        }
    }
}

#[test]
fn what_only_one_file_may_do_is_done_there() {
    for (path, code) in sources("") {
        for (word, room) in [
            ("tokio::spawn", "task.rs"),
            ("task::spawn", "task.rs"),
            ("thread::Builder", "task.rs"),
            ("thread::spawn", "task.rs"),
            ("spawn_blocking", "task.rs"),
            ("JoinSet", "task.rs"),
            ("TokioExecutor", "task.rs"),
            ("SystemTime::now", "clock.rs"),
            ("Instant::now", "clock.rs"),
            ("IntoResponse for Error", "error/envelope.rs"),
            ("reqwest", "fetch.rs"),
        ] {
            assert!(!code.contains(word) || path.ends_with(room), "{} names {word}", path.display());
        }
    }
}

#[test]
fn the_relay_knows_neither_tauri_nor_the_keyring_and_onemin_knows_nobody() {
    let manifest = |name: &str| fs::read_to_string(repository().join("crates").join(name).join("Cargo.toml")).unwrap();
    let relay = manifest("relay");
    assert!(!relay.contains("tauri") && !relay.contains("keyring"));
    let onemin = manifest("onemin");
    assert!(!onemin.contains("relay") && !onemin.contains("axum") && !onemin.contains("mock"));
    assert!(!manifest("mock-onemin").contains("relay.workspace"));
}

/// The most lines of a file, its unit tests left out. Tables of constants may be longer.
const LONGEST_FILE: usize = 400;

#[test]
fn files_are_rooms_and_not_halls() {
    let mut folders =
        vec!["crates", "src-tauri", "tests"].into_iter().map(|name| repository().join(name)).collect::<Vec<_>>();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !matches!(name.as_str(), "node_modules" | "target" | ".venv" | "gen") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let lines = code(&fs::read_to_string(&path).unwrap()).lines().count();
                assert!(lines <= LONGEST_FILE, "{} has {lines} lines", path.display());
            }
        }
    }
}

#[test]
fn the_readme_names_every_setting_with_its_variables_and_default() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let defaults = relay::settings::Settings::default();
    for field in relay::settings::fields() {
        let start = format!("| `{}` |", field.name);
        let row = readme.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("the README does not list {}", field.name));
        let variable = field.variables[0];
        assert!(row.contains(&format!("`{variable}`")), "{} lacks {variable}", field.name);
        let default = (field.show)(&defaults);
        assert!(default.is_empty() || row.contains(default.trim_end_matches('/')), "{} lacks {default}", field.name);
    }
}
