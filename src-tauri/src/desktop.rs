//! The application with a screen: plugins, tray, window, and the life of the process.

use std::time::Duration;

use relay::{
    clock::Clock,
    settings::{Environment, Places, SettingsFile},
};
use tauri::{App, AppHandle, Manager, RunEvent, Runtime};

use crate::{
    command, host,
    keyring::Keyring,
    log, login, notice,
    shell::{Shell, ShellOptions},
    store, tray, window,
};

/// How long the relay waits for the key before it starts without.
const KEYRING_PATIENCE: Duration = Duration::from_secs(5);

/// Runs the application until it is quit.
///
/// # Errors
/// A sentence, when it can't even start.
pub(crate) fn run(is_tray_only: bool) -> Result<(), String> {
    log::keep_files_private();
    let builder = tauri::Builder::default()
        // First: a second launch shows this one's window, and ends.
        .plugin(tauri_plugin_single_instance::init(|app, _arguments, _folder| drop(window::show(app))))
        .plugin(tauri_plugin_store::Builder::default().build())
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_opener::init())
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .setup(move |app| Ok(set_up(app, is_tray_only)?));
    #[cfg(not(target_os = "linux"))]
    let builder = builder.plugin(tauri_plugin_autostart::init(
        tauri_plugin_autostart::MacosLauncher::LaunchAgent,
        Some(vec![login::TRAY_ONLY]),
    ));
    let app = command::with_commands(builder).build(context()).map_err(|error| error.to_string())?;
    app.run(live);
    Ok(())
}

/// What the build has put together: configuration, window, capabilities, icons.
#[expect(clippy::exit, reason = "Tauri's macro ends the process where the context can't be built on the main thread")]
fn context<R: Runtime>() -> tauri::Context<R> {
    tauri::generate_context!()
}

fn set_up<R: Runtime>(app: &mut App<R>, is_tray_only: bool) -> Result<(), String> {
    let handle = app.handle().clone();
    let (shell, dial) = make_shell(&handle)?;
    app.manage(shell.clone());
    if let Some(dial) = dial {
        tauri::async_runtime::spawn(log::follow(dial, shell.clone()));
    }
    repair_start_at_login(&handle, &shell);
    let has_tray = tray::make(&handle).inspect_err(|error| tracing::warn!(%error, "there is no tray")).is_ok();
    shell.set_has_tray(has_tray);
    let window = (!is_tray_only || !has_tray).then(|| window::show(&handle));
    tauri::async_runtime::spawn(shell.clone().follow());
    tauri::async_runtime::spawn(window::follow(handle.clone(), shell.clone()));
    tauri::async_runtime::spawn(tray::follow(handle.clone(), shell.clone()));
    tauri::async_runtime::spawn(notice::follow(handle.clone(), shell.clone(), window));
    tauri::async_runtime::spawn(host::wait_for_tray(handle.clone()));
    tauri::async_runtime::spawn(quit_at_signal(handle));
    tauri::async_runtime::spawn(begin(shell));
    Ok(())
}

fn make_shell<R: Runtime>(app: &AppHandle<R>) -> Result<(Shell, Option<log::Dial>), String> {
    let environment = Environment::of_process();
    let places = Places::of(&environment);
    // The application keeps its settings in the data folder, whatever file the program is told to read.
    let config = places.data_dir.as_ref().map(|folder| folder.join(store::SETTINGS));
    let places = Places { config, is_config_named: false, ..places };
    let log_dir = places.data_dir.clone().unwrap_or_default().join("logs");
    // The settings can't be read yet; once they are, they have the word.
    let filter = environment.get("RELAY_LOG").map_or("info", |(filter, _)| filter);
    let dial = log::start(&log_dir, filter);
    // A broken file is moved aside before the store would write over it.
    let set_aside = SettingsFile::or_set_aside(&places).map(|(_, set_aside)| set_aside);
    let preferences = places.data_dir.as_ref().map(|folder| folder.join(store::PREFERENCES));
    let preferences = Places { config: preferences, is_config_named: false, ..places.clone() };
    if let Err(error) = SettingsFile::or_set_aside(&preferences) {
        tracing::warn!(%error, "the preferences can't be read");
    }
    let shell = Shell::new(ShellOptions {
        settings: store::open(app, &path(&places, store::SETTINGS))?,
        preferences: store::open(app, &path(&places, store::PREFERENCES))?,
        environment,
        places,
        keyring: Keyring::of_system(),
        set_aside,
        log_dir: log_dir.display().to_string(),
        clock: Clock::system(),
    })?;
    Ok((shell, dial))
}

/// A file of the data folder, wherever that is.
fn path(places: &Places, file: &str) -> String {
    places.data_dir.as_ref().map_or_else(|| file.to_owned(), |folder| folder.join(file).display().to_string())
}

/// Finds the key, and brings the relay back to where it was when the application ended.
async fn begin(shell: Shell) {
    let finder = shell.clone();
    let mut finding = tauri::async_runtime::spawn(async move { finder.load_key().await });
    // A keyring that waits for its owner does not keep the relay from starting.
    let is_found = tokio::time::timeout(KEYRING_PATIENCE, &mut finding).await.is_ok();
    if shell.was_on() {
        // What went wrong is among the problems.
        let _ = shell.set_relay(true).await;
    }
    if !is_found {
        let _ = finding.await;
    }
    shell.check_key().await;
}

/// Starting at login is the system's word; where it says yes, the entry is written anew, because the program may have moved.
fn repair_start_at_login<R: Runtime>(app: &AppHandle<R>, shell: &Shell) {
    let is_on = login::is_on(app);
    shell.set_starts_at_login(is_on);
    // A program that is being worked on must not take the place of the installed one.
    if is_on
        && !cfg!(debug_assertions)
        && let Err(error) = login::set(app, true)
    {
        tracing::warn!(%error, "starting at login can't be repaired");
    }
}

fn live<R: Runtime>(app: &AppHandle<R>, event: RunEvent) {
    match event {
        // The last window was closed: the application lives on in the tray. Quitting has a code.
        RunEvent::ExitRequested { api, code: None, .. } => api.prevent_exit(),
        RunEvent::Exit => {
            let shell = app.state::<Shell>().inner().clone();
            tauri::async_runtime::block_on(shell.quit());
        }
        _ => {}
    }
}

/// SIGTERM and Ctrl+C quit as the menu does: requests may finish.
async fn quit_at_signal<R: Runtime>(app: AppHandle<R>) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            return;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        app.exit(0);
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_ok() {
        app.exit(0);
    }
}
