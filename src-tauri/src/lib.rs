//! 1min Relay on the desktop: a thin shell around the relay. It owns the tray, the window, the keyring and what the
//! application keeps; it holds no thoughts about requests.

mod command;
pub mod contract;
mod desktop;
mod host;
pub mod keyring;
mod log;
mod login;
mod notice;
mod port;
pub mod shell;
mod store;
mod text;
mod tray;
mod window;

use std::{
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
};

use keyring::Keyring;

/// Runs the application; with a command of the program (`serve`, `models` ...), or without a screen, the program.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let is_tray_only = arguments.get(1).is_some_and(|argument| argument == login::TRAY_ONLY);
    if arguments.len() > 1 && !is_tray_only {
        return relay::cli::run(arguments, &Keyring::of_system());
    }
    if !has_screen() {
        let _ = writeln!(
            io::stderr(),
            "There is no screen: the relay runs without tray and window (1min-relay-app serve)."
        );
        arguments.truncate(1);
        arguments.push("serve".into());
        return relay::cli::run(arguments, &Keyring::of_system());
    }
    match desktop::run(is_tray_only) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            let _ = writeln!(io::stderr(), "1min-relay-app: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Whether there is a screen to show a window on.
fn has_screen() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}
