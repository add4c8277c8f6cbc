//! `1min-relay serve`.

use std::io::{self, IsTerminal, Write};

use onemin::ApiKey;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use super::{Context, Failure, KeyStore};
#[cfg(feature = "demo")]
use crate::demo::Demo;
use crate::{
    clock::Clock,
    relay::{ApplyError, Relay, RelayOptions},
    settings::Settings,
    status::{RunState, Status},
};

/// Runs the relay until a signal stops it.
pub(super) fn run(context: Context, keys: &dyn KeyStore, key: Option<ApiKey>, is_demo: bool) -> Result<(), Failure> {
    start_log(&context.settings().log);
    raise_open_files();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(context, keys, key, is_demo))
}

async fn serve(mut context: Context, keys: &dyn KeyStore, key: Option<ApiKey>, is_demo: bool) -> Result<(), Failure> {
    let settings = context.settings().clone();
    // What the demo's stand-in lists must not be taken for 1min.ai's models later.
    let data_dir = context.places.data_dir.clone().filter(|_| !is_demo);
    #[cfg(feature = "demo")]
    let demo = if is_demo { Some(Demo::start().await?) } else { None };
    #[cfg(feature = "demo")]
    let (settings, key) = match &demo {
        Some(demo) => (demo.settings(settings)?, Some(Demo::key()?)),
        None => (settings, key),
    };
    let last_four = key.as_ref().map(|key| key.last_four().to_owned());
    let relay = Relay::new(RelayOptions { settings, key, is_demo, data_dir, clock: Clock::system() })?;
    let mut signals = Signals::new()?;
    relay.start().await?;
    // Who does not want to hear it is served all the same.
    let _ = announce(&relay.status(), last_four.as_deref(), relay.requires_token());
    while signals.next().await == Signal::Reload {
        context = reload(&relay, context, keys, is_demo).await;
    }
    let _ = writeln!(io::stdout(), "stopping: requests in flight may finish; once more ends them");
    let mut stop = std::pin::pin!(relay.stop());
    tokio::select! {
        biased;
        () = stop.as_mut() => {}
        () = signals.stop() => {
            relay.abandon();
            stop.await;
        }
    }
    Ok(())
}

/// Reads the files once more, and the key, and puts what they say in force; if they are wrong, nothing changes.
async fn reload(relay: &Relay, old: Context, keys: &dyn KeyStore, is_demo: bool) -> Context {
    let read = old.reload().and_then(|new| Ok((keys.load(&new.environment)?, new)));
    let (key, new) = match read {
        Ok(read) => read,
        Err(failure) => {
            tracing::error!(%failure, "the settings stay as they are");
            return old;
        }
    };
    let mut settings = new.settings().clone();
    if is_demo {
        // The demo stays with its stand-in.
        let stand_in = relay.settings();
        settings = Settings { api_url: stand_in.api_url, proxy: stand_in.proxy, ..settings };
    }
    let applied = match relay.apply(settings).await {
        // The demo's key opens nothing, and no other may take its place.
        Ok(()) if !is_demo => relay.set_key(key.map(|stored| stored.key)).await.map_err(ApplyError::from),
        applied => applied,
    };
    match applied {
        Ok(()) => {
            tracing::info!("the settings were read again");
            new
        }
        Err(failure) => {
            tracing::error!(%failure, "the settings stay as they are");
            old
        }
    }
}

fn start_log(filter: &str) {
    // Checked when the settings were resolved.
    let filter: Targets = filter.parse().unwrap_or_default();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false);
    // Fails only when another log is running in this process, which then is the one to use.
    let _ = tracing_subscriber::registry().with(lines).with(filter).try_init();
}

/// Raises the soft limit of open files to the hard one: a stream takes two, and some systems begin with 256.
fn raise_open_files() {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(open_files) => tracing::debug!(open_files, "the limit of open files"),
        Err(error) => tracing::debug!(%error, "the limit of open files stays as it is"),
    }
}

/// Says where apps find the relay and who pays.
fn announce(status: &Status, last_four: Option<&str>, requires_token: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if let (Some(base_url), RunState::Running { addresses }) = (status.base_url(), &status.state) {
        writeln!(out, "1min Relay serves {base_url}")?;
        for address in addresses.iter().skip(1) {
            writeln!(out, "           also http://{address}/v1")?;
        }
        if !status.reachable.is_empty() {
            writeln!(out, "Other machines reach it at {}", status.reachable.join(" or "))?;
        }
    }
    match (status.is_demo, last_four) {
        (true, _) => writeln!(out, "Demo: every answer is canned; no key, no credits, no network.")?,
        (false, Some("")) => writeln!(out, "The stored 1min.ai key pays.")?,
        (false, Some(last_four)) => writeln!(out, "The stored 1min.ai key pays, the one that ends in {last_four}.")?,
        (false, None) => {
            writeln!(out, "No key is stored: each app sends your 1min.ai key as its API key.")?;
            writeln!(out, "To store one: 1min-relay key set. To try without a key: 1min-relay serve --demo")?;
        }
    }
    if requires_token && status.has_key {
        writeln!(out, "Every app needs an access token as its API key. To make one: 1min-relay token add NAME")?;
    }
    out.flush()
}

/// What the system asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signal {
    /// Ctrl+C or SIGTERM.
    Stop,
    /// SIGHUP where no terminal could have been closed: read the settings again.
    #[cfg_attr(windows, expect(dead_code, reason = "Windows has no such signal"))]
    Reload,
}

/// Signals, caught from when this is made on: one that comes while nobody waits is not lost.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hang_up: tokio::signal::unix::Signal,
    /// What a hang-up means: the end of a terminal, whose program ends with it, or a word from who manages it. Asked at the
    /// start, because a terminal that has gone is none any more.
    #[cfg(unix)]
    at_hang_up: Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            at_hang_up: if io::stdin().is_terminal() { Signal::Stop } else { Signal::Reload },
        })
    }

    #[cfg(windows)]
    fn new() -> io::Result<Self> {
        Ok(Self { interrupt: tokio::signal::windows::ctrl_c()? })
    }

    #[cfg(unix)]
    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Stop,
            _ = self.terminate.recv() => Signal::Stop,
            _ = self.hang_up.recv() => self.at_hang_up,
        }
    }

    #[cfg(windows)]
    async fn next(&mut self) -> Signal {
        self.interrupt.recv().await;
        Signal::Stop
    }

    /// Waits for the signal to stop.
    async fn stop(&mut self) {
        while self.next().await != Signal::Stop {}
    }
}
