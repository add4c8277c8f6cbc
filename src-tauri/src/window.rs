//! The window: made when it is asked for, gone when it is closed. A web view takes many times the memory of the relay.

use tauri::{AppHandle, Emitter, Manager, Runtime, WebviewWindowBuilder, async_runtime::JoinHandle};

use crate::{contract::Theme, shell::Shell};

/// The window's label in `tauri.conf.json`.
pub(crate) const MAIN: &str = "main";

/// The event that carries a whole `AppState`.
const STATE: &str = "state";

/// Shows the window, and makes it if there is none. Not at once: on Windows a window that is made inside an event's handler
/// never comes. It is there when the handle ends.
pub(crate) fn show<R: Runtime>(app: &AppHandle<R>) -> JoinHandle<()> {
    let app = app.clone();
    tauri::async_runtime::spawn(async move { show_now(&app) })
}

fn show_now<R: Runtime>(app: &AppHandle<R>) {
    let shown = match app.get_webview_window(MAIN) {
        Some(window) => window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus()),
        None => make(app),
    };
    if let Err(error) = shown {
        tracing::error!(%error, "the window can't be shown");
    }
}

fn make<R: Runtime>(app: &AppHandle<R>) -> tauri::Result<()> {
    let Some(config) = app.config().app.windows.iter().find(|window| window.label == MAIN) else {
        return Ok(());
    };
    let theme = app.state::<Shell>().preferences().theme;
    WebviewWindowBuilder::from_config(app, config)?.initialization_script(in_theme(theme)).build().map(drop)
}

/// Has the page in its theme before anything of it is drawn; it learns of its preferences only later.
fn in_theme(theme: Theme) -> String {
    let name = match theme {
        Theme::System => "system",
        Theme::Light => "light",
        Theme::Dark => "dark",
    };
    format!("document.documentElement.dataset.theme = {name:?};")
}

/// Tells the window, if there is one, of every change. Never ends.
pub(crate) async fn follow<R: Runtime>(app: AppHandle<R>, shell: Shell) {
    let mut states = shell.watch();
    while states.changed().await.is_ok() {
        let state = states.borrow_and_update().clone();
        if let Err(error) = app.emit_to(MAIN, STATE, state.as_ref()) {
            tracing::debug!(%error, "nobody hears of the change");
        }
    }
}
