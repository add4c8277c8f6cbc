//! The application's log: a file a day, seven kept, readable by their owner alone. How much it tells is a setting, in force
//! from the moment it is changed.

use std::path::Path;

use tracing_appender::rolling::{Builder, Rotation};
use tracing_subscriber::{
    Registry,
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    reload::{self, Handle},
    util::SubscriberInitExt,
};

use crate::shell::Shell;

/// What is written where nobody can tell how much: why that is must be there to read.
const INFO: LevelFilter = LevelFilter::INFO;

/// How many files are kept.
const KEPT: usize = 7;

/// What decides which lines are written.
pub(crate) type Dial = Handle<Targets, Registry>;

/// Begins to write the log into `folder`, and gives the dial that says how much. None if the folder can't be written, or
/// another log is running in this process, which then is the one to use.
pub(crate) fn start(folder: &Path, filter: &str) -> Option<Dial> {
    let files =
        Builder::new().rotation(Rotation::DAILY).max_log_files(KEPT).filename_prefix("relay").filename_suffix("log");
    std::fs::create_dir_all(folder).ok()?;
    let files = files.build(folder).ok()?;
    let lines =
        tracing_subscriber::fmt::layer().with_writer(std::sync::Mutex::new(files)).with_ansi(false).with_target(false);
    let (filter, dial) =
        reload::Layer::new(filter.parse::<Targets>().unwrap_or_else(|_| Targets::new().with_default(INFO)));
    tracing_subscriber::registry().with(filter).with(lines).try_init().ok()?;
    Some(dial)
}

/// Turns the dial to what the settings say, now and at every change. Never ends.
pub(crate) async fn follow(dial: Dial, shell: Shell) {
    let mut states = shell.watch();
    let mut shown = String::new();
    loop {
        let state = states.borrow_and_update().clone();
        let wanted = state.settings.iter().find(|setting| setting.name == "log").map(|setting| setting.value.as_str());
        // Checked when the settings were resolved.
        if let Some(wanted) = wanted.filter(|wanted| *wanted != shown)
            && let Ok(filter) = wanted.parse::<Targets>()
        {
            // Fails only when the log is gone, and then there is nothing to turn.
            let _ = dial.reload(filter);
            wanted.clone_into(&mut shown);
        }
        if states.changed().await.is_err() {
            return;
        }
    }
}

/// Makes every file this process writes readable by its owner alone.
pub(crate) fn keep_files_private() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}
