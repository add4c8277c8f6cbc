use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use ts_rs::Config;

use super::*;

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file =
        |path: PathBuf| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(path).unwrap());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "ts")).map(file).collect()
}

fn generate(folder: &Path) {
    let config = Config::default().with_out_dir(folder);
    AppState::export_all(&config).unwrap();
    ModelRow::export_all(&config).unwrap();
    CommandError::export_all(&config).unwrap();
    Link::export_all(&config).unwrap();
    TokenWish::export_all(&config).unwrap();
    AddedToken::export_all(&config).unwrap();
    BudgetView::export_all(&config).unwrap();
    BlockedView::export_all(&config).unwrap();
}

#[test]
fn the_windows_types_are_those_of_the_shell() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/contract");
    if std::env::var_os("UPDATE_CONTRACT").is_some() {
        fs::remove_dir_all(&kept).unwrap();
        generate(&kept);
    }
    let fresh = tempfile::tempdir().unwrap();
    generate(fresh.path());
    assert_eq!(
        files(&kept),
        files(fresh.path()),
        "make them anew: UPDATE_CONTRACT=1 cargo test -p one-min-relay-app contract"
    );
}
