//! Tells of what keeps apps from working, once each, and only where no window shows it. There may be no notification service:
//! what must be seen is in tray and window.

use tauri::{AppHandle, Manager, Runtime, async_runtime::JoinHandle};
use tauri_plugin_notification::NotificationExt;

use crate::{contract::Problem, shell::Shell, text::Texts, window};

/// Tells of every new grave problem, from when the `window` that is coming is there. Never ends.
pub(crate) async fn follow<R: Runtime>(app: AppHandle<R>, shell: Shell, window: Option<JoinHandle<()>>) {
    if let Some(window) = window {
        // A window that could not be made shows nothing.
        let _ = window.await;
    }
    let mut states = shell.watch();
    let mut told: Vec<Problem> = Vec::new();
    loop {
        let state = states.borrow_and_update().clone();
        let grave: Vec<Problem> = state.problems.iter().filter(|problem| problem.is_grave()).cloned().collect();
        if app.get_webview_window(window::MAIN).is_none() {
            let texts = Texts::of(&state.preferences.language);
            for problem in grave.iter().filter(|problem| !told.contains(problem)) {
                tell(&app, &body(problem, &texts));
            }
        }
        told = grave;
        if states.changed().await.is_err() {
            return;
        }
    }
}

fn tell<R: Runtime>(app: &AppHandle<R>, body: &str) {
    if let Err(error) = app.notification().builder().title("1min Relay").body(body).show() {
        tracing::debug!(%error, "nobody shows notifications");
    }
}

/// The problem in the words of the window.
fn body(problem: &Problem, texts: &Texts) -> String {
    match problem {
        Problem::PortTaken { port, holder: Some(holder), .. } => {
            texts.get("problem-port_taken-by", &[("port", &port.to_string()), ("holder", holder)])
        }
        Problem::PortTaken { port, .. } => texts.get("problem-port_taken", &[("port", &port.to_string())]),
        Problem::StartFailed { message } => texts.get("problem-start_failed", &[("message", message)]),
        Problem::TokenMissing { host } => texts.get("problem-token_missing", &[("host", host)]),
        Problem::KeyRefused { words } => texts.get("problem-key_refused", &[("words", words)]),
        // The others are not grave.
        _ => texts.get("problems", &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grave_problem_is_told_in_a_sentence_of_each_language() {
        let taken = Problem::PortTaken { port: 5001, holder: Some("python3 (pid 7)".into()), free_port: None };
        assert_eq!(body(&taken, &Texts::of("en")), "Port 5001 is used by python3 (pid 7).");
        let missing = Problem::TokenMissing { host: "0.0.0.0".into() };
        let (refused, failed) =
            (Problem::KeyRefused { words: "no".into() }, Problem::StartFailed { message: "m".into() });
        for problem in [taken, missing, refused, failed] {
            assert!(problem.is_grave());
            assert!(!body(&problem, &Texts::of("ru")).starts_with("problem-"));
        }
        assert!(!Problem::KeyMissing.is_grave());
    }
}
