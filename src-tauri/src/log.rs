//! The application's log: a file a day, seven kept, readable by their owner alone.

use std::path::Path;

use tracing_appender::rolling::{Builder, Rotation};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// How many files are kept.
const KEPT: usize = 7;

/// Begins to write the log into `folder`. Lines of this process's start go nowhere if the folder can't be written.
pub(crate) fn start(folder: &Path, filter: &str) {
    let files =
        Builder::new().rotation(Rotation::DAILY).max_log_files(KEPT).filename_prefix("relay").filename_suffix("log");
    let Ok(files) = std::fs::create_dir_all(folder).map_err(drop).and_then(|()| files.build(folder).map_err(drop))
    else {
        return;
    };
    let lines =
        tracing_subscriber::fmt::layer().with_writer(std::sync::Mutex::new(files)).with_ansi(false).with_target(false);
    let filter: Targets = filter.parse().unwrap_or_default();
    // Fails only when another log is running in this process, which then is the one to use.
    let _ = tracing_subscriber::registry().with(lines).with(filter).try_init();
}

/// Makes every file this process writes readable by its owner alone.
pub(crate) fn keep_files_private() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}
