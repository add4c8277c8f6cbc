//! The tray icon and its menu, drawn from the shell's state whenever that changes. It holds no state of its own.

use std::sync::Arc;

use tauri::{
    AppHandle, Manager, Runtime,
    image::Image,
    menu::{CheckMenuItem, IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu},
    tray::{MouseButton, MouseButtonState, TrayIconBuilder, TrayIconEvent},
};
use tauri_plugin_clipboard_manager::ClipboardExt;

use crate::{
    command,
    contract::{AppState, Problem, RelayState},
    shell::Shell,
    text::Texts,
    window,
};

/// The tray's id, by which a Linux desktop knows it.
const TRAY: &str = "main";

/// The words that the tray uses.
#[cfg(test)]
pub(crate) const KEYS: &[&str] = &[
    "tray-stopped",
    "tray-starting",
    "tray-running",
    "tray-stopping",
    "tray-demo",
    "tray-relay-on",
    "tray-copy-base-url",
    "tray-favourites",
    "tray-no-favourites",
    "tray-open",
    "tray-start-at-login",
    "tray-quit",
    "tray-tooltip",
];

/// Ids of menu items; a favourite has its model behind the prefix.
const RELAY_ON: &str = "relay-on";
const COPY_BASE_URL: &str = "copy-base-url";
const OPEN: &str = "open";
const START_AT_LOGIN: &str = "start-at-login";
const QUIT: &str = "quit";
const FAVOURITE: &str = "favourite:";

/// How the icon looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Stopped,
    Running,
    Attention,
    Error,
}

/// Puts the icon into the tray.
///
/// # Errors
/// When there is no tray; on Linux one may come later.
pub(crate) fn make<R: Runtime>(app: &AppHandle<R>) -> tauri::Result<()> {
    let state = app.state::<Shell>().state();
    let texts = Texts::of(&state.preferences.language);
    TrayIconBuilder::with_id(TRAY)
        .title("1min Relay")
        .tooltip(tooltip(&state, &texts))
        .icon(icon(Look::of(&state))?)
        .menu(&menu(app, &state, &texts)?)
        .show_menu_on_left_click(false)
        .on_menu_event(|app, event| act(app, event.id().as_ref()))
        .on_tray_icon_event(|tray, event| {
            if let TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. } = event {
                drop(window::show(tray.app_handle()));
            }
        })
        .build(app)
        .map(drop)
}

/// Draws the tray anew at every change. Never ends.
pub(crate) async fn follow<R: Runtime>(app: AppHandle<R>, shell: Shell) {
    let mut states = shell.watch();
    loop {
        let state = states.borrow_and_update().clone();
        let handle = app.clone();
        // Menus belong to the main thread.
        let _ = app.run_on_main_thread(move || {
            if let Err(error) = draw(&handle, &state) {
                tracing::warn!(%error, "the tray can't be drawn");
            }
        });
        if states.changed().await.is_err() {
            return;
        }
    }
}

fn draw<R: Runtime>(app: &AppHandle<R>, state: &Arc<AppState>) -> tauri::Result<()> {
    let Some(tray) = app.tray_by_id(TRAY) else { return Ok(()) };
    let texts = Texts::of(&state.preferences.language);
    tray.set_menu(Some(menu(app, state, &texts)?))?;
    tray.set_tooltip(Some(tooltip(state, &texts)))?;
    tray.set_icon(Some(icon(Look::of(state))?))
}

fn menu<R: Runtime>(app: &AppHandle<R>, state: &AppState, texts: &Texts) -> tauri::Result<Menu<R>> {
    let item = |id: &str, text: &str| MenuItem::with_id(app, id, text, true, None::<&str>);
    let word = |key: &str| texts.get(key, &[]);
    let is_on = matches!(state.relay.state, RelayState::Running | RelayState::Starting);
    let can_switch = matches!(state.relay.state, RelayState::Running | RelayState::Stopped);
    let status = MenuItem::with_id(app, "status", status(state, texts), false, None::<&str>)?;
    let relay_on = CheckMenuItem::with_id(app, RELAY_ON, word("tray-relay-on"), can_switch, is_on, None::<&str>)?;
    let copy = item(COPY_BASE_URL, &word("tray-copy-base-url"))?;
    let favourites = favourites(app, state, texts)?;
    let open = item(OPEN, &word("tray-open"))?;
    let login = word("tray-start-at-login");
    let login = CheckMenuItem::with_id(app, START_AT_LOGIN, login, true, state.starts_at_login, None::<&str>)?;
    let quit = item(QUIT, &word("tray-quit"))?;
    let lines = [(); 3].map(|()| PredefinedMenuItem::separator(app));
    let [first, second, third] = lines;
    let (first, second, third) = (first?, second?, third?);
    let items: [&dyn IsMenuItem<R>; 10] =
        [&status, &relay_on, &first, &copy, &favourites, &second, &open, &login, &third, &quit];
    Menu::with_items(app, &items)
}

/// Models whose ids can be copied.
fn favourites<R: Runtime>(app: &AppHandle<R>, state: &AppState, texts: &Texts) -> tauri::Result<Submenu<R>> {
    let submenu = Submenu::with_id(app, "favourites", texts.get("tray-favourites", &[]), true)?;
    if state.preferences.favourites.is_empty() {
        submenu.append(&MenuItem::with_id(app, "none", texts.get("tray-no-favourites", &[]), false, None::<&str>)?)?;
    }
    for id in &state.preferences.favourites {
        submenu.append(&MenuItem::with_id(app, format!("{FAVOURITE}{id}"), id, true, None::<&str>)?)?;
    }
    Ok(submenu)
}

fn act<R: Runtime>(app: &AppHandle<R>, id: &str) {
    let shell = app.state::<Shell>().inner().clone();
    match id {
        RELAY_ON => {
            let on = shell.state().relay.state == RelayState::Stopped;
            tauri::async_runtime::spawn(async move {
                // What went wrong is among the problems, and the menu shows the truth.
                let _ = shell.set_relay(on).await;
            });
        }
        COPY_BASE_URL => copy(app, &shell.state().relay.base_url),
        OPEN => drop(window::show(app)),
        START_AT_LOGIN => {
            let on = !shell.state().starts_at_login;
            if let Err(error) = command::start_at_login(app, &shell, on) {
                tracing::error!(%error, "starting at login can't be changed");
            }
        }
        QUIT => app.exit(0),
        id => {
            if let Some(model) = id.strip_prefix(FAVOURITE) {
                copy(app, model);
            }
        }
    }
}

fn copy<R: Runtime>(app: &AppHandle<R>, text: &str) {
    if let Err(error) = app.clipboard().write_text(text) {
        tracing::error!(%error, "the clipboard does not take it");
    }
}

fn status(state: &AppState, texts: &Texts) -> String {
    let key = match state.relay.state {
        RelayState::Stopped => "tray-stopped",
        RelayState::Starting => "tray-starting",
        RelayState::Running if state.relay.is_demo => "tray-demo",
        RelayState::Running => "tray-running",
        RelayState::Stopping => "tray-stopping",
    };
    texts.get(key, &[("address", &state.relay.base_url)])
}

fn tooltip(state: &AppState, texts: &Texts) -> String {
    texts.get("tray-tooltip", &[("state", &status(state, texts))])
}

impl Look {
    fn of(state: &AppState) -> Self {
        match state.relay.state {
            _ if state.problems.iter().any(Problem::is_grave) => Self::Error,
            RelayState::Stopped | RelayState::Stopping => Self::Stopped,
            _ if !state.problems.is_empty() => Self::Attention,
            RelayState::Starting | RelayState::Running => Self::Running,
        }
    }
}

fn icon(look: Look) -> tauri::Result<Image<'static>> {
    Image::from_bytes(match look {
        Look::Stopped => include_bytes!("../../icons/tray/stopped.png"),
        Look::Running => include_bytes!("../../icons/tray/running.png"),
        Look::Attention => include_bytes!("../../icons/tray/attention.png"),
        Look::Error => include_bytes!("../../icons/tray/error.png"),
    })
}
