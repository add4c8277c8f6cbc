//! What the window may ask for. Each command only forwards to the [`Shell`]; none returns a key. Generic over Tauri's
//! runtime, so that the mock runtime tests them.

use tauri::{AppHandle, Builder, Runtime, State};
use tauri_plugin_clipboard_manager::ClipboardExt;
use tauri_plugin_opener::OpenerExt;

use crate::{
    contract::{
        AddedToken, AppState, BlockedKind, BlockedView, BudgetView, CommandError, CommandErrorKind, KeyPlace, Link,
        ModelRow, Preferences, TokenView, TokenWish,
    },
    login,
    shell::Shell,
};

/// Where 1min.ai shows a person their key.
const KEY_PAGE: &str = "https://app.1min.ai/api";

type Answer<T = ()> = Result<T, CommandError>;

/// The builder with every command of the window.
pub(crate) fn with_commands<R: Runtime>(builder: Builder<R>) -> Builder<R> {
    builder.invoke_handler(tauri::generate_handler![
        get_state,
        set_relay,
        use_port,
        set_setting,
        reset_setting,
        set_key,
        remove_key,
        check_key,
        list_models,
        refresh_models,
        allow_models,
        set_favourite,
        list_tokens,
        add_token,
        revoke_token,
        list_budgets,
        list_blocked,
        allow_blocked,
        set_preferences,
        set_starts_at_login,
        set_demo,
        copy_text,
        open_link,
    ])
}

#[tauri::command]
fn get_state(shell: State<'_, Shell>) -> AppState {
    AppState::clone(&shell.state())
}

#[tauri::command]
async fn set_relay(shell: State<'_, Shell>, on: bool) -> Answer {
    shell.set_relay(on).await
}

#[tauri::command]
async fn use_port(shell: State<'_, Shell>, port: u16) -> Answer {
    shell.use_port(port).await
}

#[tauri::command]
async fn set_setting(shell: State<'_, Shell>, name: String, value: String) -> Answer {
    shell.set_setting(&name, Some(&value)).await
}

#[tauri::command]
async fn reset_setting(shell: State<'_, Shell>, name: String) -> Answer {
    shell.set_setting(&name, None).await
}

#[tauri::command]
async fn set_key(shell: State<'_, Shell>, key: String, place: KeyPlace) -> Answer {
    shell.set_key(&key, place).await
}

#[tauri::command]
async fn remove_key(shell: State<'_, Shell>) -> Answer {
    shell.remove_key().await
}

#[tauri::command]
async fn check_key(shell: State<'_, Shell>) -> Answer {
    shell.check_key().await;
    Ok(())
}

#[tauri::command]
fn list_models(shell: State<'_, Shell>) -> Vec<ModelRow> {
    shell.models()
}

#[tauri::command]
async fn refresh_models(shell: State<'_, Shell>) -> Answer<Vec<ModelRow>> {
    Ok(shell.refresh_models().await)
}

#[tauri::command]
async fn allow_models(shell: State<'_, Shell>, ids: Vec<String>, allowed: bool) -> Answer {
    shell.allow_models(&ids, allowed).await
}

#[tauri::command]
async fn set_favourite(shell: State<'_, Shell>, id: String, is_favourite: bool) -> Answer {
    shell.set_favourite(&id, is_favourite)
}

#[tauri::command]
async fn list_tokens(shell: State<'_, Shell>) -> Answer<Vec<TokenView>> {
    shell.tokens().await
}

#[tauri::command]
async fn add_token(shell: State<'_, Shell>, wish: TokenWish) -> Answer<AddedToken> {
    shell.add_token(wish).await
}

#[tauri::command]
async fn revoke_token(shell: State<'_, Shell>, id: String) -> Answer {
    shell.revoke_token(&id).await
}

#[tauri::command]
async fn list_budgets(shell: State<'_, Shell>) -> Answer<Vec<BudgetView>> {
    Ok(shell.budgets())
}

#[tauri::command]
async fn list_blocked(shell: State<'_, Shell>) -> Answer<Vec<BlockedView>> {
    Ok(shell.blocked())
}

#[tauri::command]
async fn allow_blocked(shell: State<'_, Shell>, kind: BlockedKind, name: String) -> Answer {
    shell.allow_blocked(kind, &name).await
}

#[tauri::command]
async fn set_preferences(shell: State<'_, Shell>, preferences: Preferences) -> Answer {
    shell.set_preferences(&preferences)
}

#[tauri::command]
async fn set_starts_at_login<R: Runtime>(app: AppHandle<R>, shell: State<'_, Shell>, on: bool) -> Answer {
    start_at_login(&app, &shell, on)
}

#[tauri::command]
async fn set_demo(shell: State<'_, Shell>, on: bool) -> Answer {
    shell.set_demo(on).await
}

#[tauri::command]
async fn copy_text<R: Runtime>(app: AppHandle<R>, text: String) -> Answer {
    app.clipboard().write_text(text).map_err(|error| failed(&error))
}

#[tauri::command]
async fn open_link<R: Runtime>(app: AppHandle<R>, shell: State<'_, Shell>, link: Link) -> Answer {
    let state = shell.state();
    let opener = app.opener();
    let opened = match link {
        Link::GetKey => opener.open_url(KEY_PAGE, None::<&str>),
        Link::LogFolder => opener.open_path(&state.about.log_dir, None::<&str>),
        Link::DataFolder => opener.open_path(&state.about.data_dir, None::<&str>),
    };
    opened.map_err(|error| failed(&error))
}

/// Has the system start the application at login, or not, and shows what the system then says.
pub(crate) fn start_at_login<R: Runtime>(app: &AppHandle<R>, shell: &Shell, on: bool) -> Answer {
    let done = login::set(app, on);
    shell.set_starts_at_login(login::is_on(app));
    done.map_err(|error| failed(&error))
}

fn failed(error: &dyn std::fmt::Display) -> CommandError {
    CommandError { kind: CommandErrorKind::Failed, message: error.to_string() }
}

#[cfg(test)]
mod tests;
