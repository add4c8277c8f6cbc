//! The desktop's place for tray icons. On Linux it may come after the application, or never; elsewhere it is always there.

use tauri::{AppHandle, Runtime};

/// Puts the icon into the tray as soon as there is one, and again when the tray comes back. Never ends.
#[cfg(target_os = "linux")]
pub(crate) async fn wait_for_tray<R: Runtime>(app: AppHandle<R>) {
    if let Err(error) = watch(&app).await {
        tracing::info!(%error, "the session bus can't be watched for a tray");
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) async fn wait_for_tray<R: Runtime>(_app: AppHandle<R>) {}

#[cfg(target_os = "linux")]
async fn watch<R: Runtime>(app: &AppHandle<R>) -> zbus::Result<()> {
    use futures_util::StreamExt;
    use tauri::Manager;
    use zbus::{Connection, fdo::DBusProxy};

    use crate::{shell::Shell, tray};

    const WATCHER: &str = "org.kde.StatusNotifierWatcher";

    let bus = DBusProxy::new(&Connection::session().await?).await?;
    let mut changes = bus.receive_name_owner_changed_with_args(&[(0, WATCHER)]).await?;
    while let Some(change) = changes.next().await {
        let has_host = change.args().is_ok_and(|args| args.new_owner().is_some());
        if !has_host || app.state::<Shell>().state().about.has_tray {
            continue;
        }
        let handle = app.clone();
        let _ = app.run_on_main_thread(move || {
            let is_made = tray::make(&handle).inspect_err(|error| tracing::warn!(%error, "the tray refused")).is_ok();
            handle.state::<Shell>().set_has_tray(is_made);
        });
    }
    Ok(())
}
