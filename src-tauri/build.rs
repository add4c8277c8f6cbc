//! Builds the application's context: its window, its capabilities, its icons.

use std::{fs, io, path::Path};

use tauri_build::{AppManifest, Attributes};

/// Every command of the window. Each gets a permission of its own, which `capabilities/main.json` must name.
const COMMANDS: &[&str] = &[
    "get_state",
    "set_relay",
    "use_port",
    "set_setting",
    "reset_setting",
    "set_key",
    "remove_key",
    "check_key",
    "list_models",
    "refresh_models",
    "allow_models",
    "set_favourite",
    "list_tokens",
    "add_token",
    "revoke_token",
    "list_budgets",
    "list_blocked",
    "allow_blocked",
    "set_preferences",
    "set_starts_at_login",
    "set_demo",
    "copy_text",
    "open_link",
];

fn main() -> io::Result<()> {
    // A clone has no built window yet; whoever only checks or tests the shell needs none.
    let pages = Path::new("../ui/dist");
    fs::create_dir_all(pages)?;
    let is_release = std::env::var("PROFILE").as_deref() == Ok("release");
    if is_release && !pages.join("index.html").exists() {
        return Err(io::Error::other("the window is not built: run `npm run build`, which does it first"));
    }
    let manifest = AppManifest::new().commands(COMMANDS);
    tauri_build::try_build(Attributes::new().app_manifest(manifest)).map_err(io::Error::other)
}
