//! Start at login: the system's word, asked of it and told to it. What is started shows no window.

use tauri::{AppHandle, Runtime};

/// What start at login adds to the command: no window.
pub(crate) const TRAY_ONLY: &str = "--tray";

/// Whether the system starts the application at login.
pub(crate) fn is_on<R: Runtime>(app: &AppHandle<R>) -> bool {
    launcher(app).is_ok_and(|launcher| launcher.is_enabled().unwrap_or(false))
}

/// Has the system start the application at login, from where it is now, or not.
///
/// # Errors
/// What kept the system from taking it.
pub(crate) fn set<R: Runtime>(app: &AppHandle<R>, on: bool) -> Result<(), String> {
    let launcher = launcher(app)?;
    let done = if on { launcher.enable() } else { launcher.disable() };
    done.map_err(|error| error.to_string())
}

/// The crate under Tauri's plugin, because the plugin writes the program's path as it is, and a path with a blank would be
/// two words. Tauri's plugin is to take its place when it quotes (tauri-plugin-autostart 2.7.0, auto-launch 0.6.0).
#[cfg(target_os = "linux")]
fn launcher<R: Runtime>(app: &AppHandle<R>) -> Result<auto_launch::AutoLaunch, String> {
    use tauri::Manager;

    let program = tauri::process::current_binary(&app.env()).map_err(|error| error.to_string())?;
    let (name, path) = (&app.package_info().name, quoted(&program.display().to_string()));
    Ok(auto_launch::AutoLaunch::new(name, &path, auto_launch::LinuxLaunchMode::XdgAutostart, &[TRAY_ONLY]))
}

#[cfg(not(target_os = "linux"))]
fn launcher<R: Runtime>(
    app: &AppHandle<R>,
) -> Result<tauri::State<'_, tauri_plugin_autostart::AutoLaunchManager>, String> {
    use tauri_plugin_autostart::ManagerExt;

    Ok(app.autolaunch())
}

/// A path as one word of the key `Exec`
/// (<https://specifications.freedesktop.org/desktop-entry-spec/latest/exec-variables.html>).
#[cfg(target_os = "linux")]
fn quoted(path: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "/._-+,:@%=".contains(letter);
    let path = path.replace('%', "%%");
    if path.chars().all(is_plain) {
        return path;
    }
    let mut word = String::from('"');
    for letter in path.chars() {
        match letter {
            // Once for the word, and each backslash once more for the file.
            '\\' => word.push_str(r"\\\\"),
            '"' | '`' | '$' => word.extend(['\\', '\\', letter]),
            letter => word.push(letter),
        }
    }
    word.push('"');
    word
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::quoted;

    #[test]
    fn a_path_is_one_word() {
        for (path, word) in [
            ("/usr/bin/1min-relay-app", "/usr/bin/1min-relay-app"),
            ("/home/джон/app", "/home/джон/app"),
            ("/opt/my apps/app", r#""/opt/my apps/app""#),
            ("/opt/100%/app", "/opt/100%%/app"),
            (r#"/opt/a"b$c`d\e"#, r#""/opt/a\\"b\\$c\\`d\\\\e""#),
            ("/opt/it's/app", r#""/opt/it's/app""#),
        ] {
            assert_eq!(quoted(path), word);
        }
    }
}
