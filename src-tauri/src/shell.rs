//! The one value behind tray and window: it owns the relay, the key, and what is kept. It shows everything as one
//! [`AppState`], sent anew at each change. It must never know windows, menus or the tray.

mod access;
mod key;
mod model;
mod problem;
mod setting;
mod view;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use onemin::ApiKey;
use relay::{
    ApplyError, Relay, RelayOptions, RunState, StartError,
    clock::Clock,
    demo::Demo,
    settings::{Environment, FileError, Places, SetAside, Settings, SettingsFile, Sources},
};
use serde_json::Value;
use tokio::sync::{Notify, watch};

use crate::{
    contract::{AppState, CommandError, CommandErrorKind, KeyCheck, KeyPlace, Preferences, Problem},
    keyring::Keyring,
    store::Shelf,
};

/// What a shell is made from.
pub(crate) struct ShellOptions {
    pub(crate) environment: Environment,
    pub(crate) places: Places,
    pub(crate) keyring: Keyring,
    pub(crate) settings: Box<dyn Shelf>,
    pub(crate) preferences: Box<dyn Shelf>,
    /// A settings file that was moved out of the way, or why it can't be used.
    pub(crate) set_aside: Result<Option<SetAside>, FileError>,
    pub(crate) log_dir: String,
    pub(crate) clock: Clock,
}

/// The shell. Cloning gives another handle to the same.
#[derive(Clone)]
pub struct Shell(Arc<Inner>);

struct Inner {
    environment: Environment,
    places: Places,
    keyring: Keyring,
    settings: Box<dyn Shelf>,
    preferences: Box<dyn Shelf>,
    log_dir: String,
    clock: Clock,
    set_aside: Option<String>,
    /// What keeps the settings file from being used; it is left alone then.
    unusable: Option<String>,
    /// One change of the preferences at a time.
    preferences_turn: Mutex<()>,
    /// One change of the relay at a time.
    turn: tokio::sync::Mutex<()>,
    run: Mutex<Run>,
    /// Another relay has taken the place of the one before.
    replaced: Notify,
    facts: Mutex<Facts>,
    state: watch::Sender<Arc<AppState>>,
}

/// The relay there is, and the demo behind it.
struct Run {
    relay: Arc<Relay>,
    demo: Option<Arc<Demo>>,
    /// Whether the relay ran before the demo took its place.
    was_running: bool,
}

/// What nobody else remembers.
#[derive(Default)]
struct Facts {
    key: Option<ApiKey>,
    key_place: Option<KeyPlace>,
    key_check: Option<KeyCheck>,
    keyring_problem: Option<String>,
    start_failure: Option<Problem>,
    is_starting: bool,
    starts_at_login: bool,
    has_tray: bool,
}

/// Whether the relay was on when the application ended, in the preferences.
const WAS_ON: &str = "relay_on";

/// The preferences of the window, in the same file.
const PREFERENCES: &str = "preferences";

impl Shell {
    /// A shell whose relay is not running. Settings that can't be used keep it from starting, which is a problem then.
    ///
    /// # Errors
    /// A sentence, when not even the defaults make a relay.
    pub(crate) fn new(options: ShellOptions) -> Result<Self, String> {
        let ShellOptions { environment, places, keyring, settings, preferences, set_aside, log_dir, clock } = options;
        let key = key::of_environment(&environment);
        let resolved = setting::resolve(&environment, settings.as_ref(), &[]).unwrap_or_default();
        let relay = Relay::new(RelayOptions {
            settings: resolved.settings,
            key: key.key.clone(),
            is_demo: false,
            data_dir: places.data_dir.clone(),
            clock,
        })
        .map_err(|error| error.to_string())?;
        let run = Mutex::new(Run { relay: Arc::new(relay), demo: None, was_running: false });
        let (set_aside, unusable) = match set_aside {
            Ok(set_aside) => (set_aside.map(|set_aside| set_aside.moved_to.display().to_string()), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let state = watch::Sender::new(Arc::new(view::empty()));
        let (facts, turn) = (Mutex::new(key), tokio::sync::Mutex::default());
        let inner = Inner {
            environment,
            places,
            keyring,
            settings,
            preferences,
            log_dir,
            clock,
            set_aside,
            unusable,
            preferences_turn: Mutex::default(),
            turn,
            run,
            replaced: Notify::new(),
            facts,
            state,
        };
        let shell = Self(Arc::new(inner));
        shell.publish();
        Ok(shell)
    }

    /// Everything as it is now.
    #[must_use]
    pub fn state(&self) -> Arc<AppState> {
        self.0.state.borrow().clone()
    }

    /// The state, as it changes.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Arc<AppState>> {
        self.0.state.subscribe()
    }

    /// Passes on what the relay says of itself, whichever relay there is. Never ends.
    pub(crate) async fn follow(self) {
        loop {
            let mut status = self.relay().watch_status();
            loop {
                tokio::select! {
                    () = self.0.replaced.notified() => break,
                    changed = status.changed() => if changed.is_err() { break },
                }
                self.publish();
            }
        }
    }

    /// Whether the relay is to be started with the application: it was on when that ended, or this is its first start.
    #[must_use]
    pub fn was_on(&self) -> bool {
        self.0.preferences.values().get(WAS_ON).and_then(Value::as_bool).unwrap_or(true)
    }

    /// Starts or stops the relay, and remembers it for the next start.
    ///
    /// # Errors
    /// `CannotListen`; the reason is among the problems, too.
    pub async fn set_relay(&self, on: bool) -> Result<(), CommandError> {
        self.remember_on(on);
        if on && self.lacks_token() {
            // For want of a token the keyring's was not used either.
            self.load_key().await;
        }
        let _turn = self.0.turn.lock().await;
        if on { self.start().await } else { self.stop().await }
    }

    /// Stops the relay, and leaves what is remembered of it alone: the application ends.
    pub async fn quit(&self) {
        let _turn = self.0.turn.lock().await;
        let _ = self.stop().await;
    }

    async fn start(&self) -> Result<(), CommandError> {
        if let Err(error) = self.resolve() {
            let message = error.message.clone();
            self.change(|facts| facts.start_failure = Some(Problem::StartFailed { message }));
            return Err(error);
        }
        self.change(|facts| facts.is_starting = true);
        let started = match self.relay().start().await {
            Err(StartError::Running) => Ok(()),
            started => started,
        };
        let words = started.as_ref().err().map(ToString::to_string);
        self.change(|facts| {
            facts.is_starting = false;
            facts.start_failure = started.as_ref().err().map(problem::of_start);
        });
        words.map_or(Ok(()), |message| Err(CommandError { kind: CommandErrorKind::CannotListen, message }))
    }

    async fn stop(&self) -> Result<(), CommandError> {
        self.relay().stop().await;
        self.change(|facts| facts.start_failure = None);
        Ok(())
    }

    /// Answers from the demo, or from 1min.ai again. The relay runs afterwards as it did before.
    ///
    /// # Errors
    /// `Failed` when the demo can't be started, `CannotListen` when the relay can't.
    pub async fn set_demo(&self, on: bool) -> Result<(), CommandError> {
        let _turn = self.0.turn.lock().await;
        if self.run().demo.is_some() == on {
            return Ok(());
        }
        let failed = |error: &dyn std::fmt::Display| failure(CommandErrorKind::Failed, &error.to_string());
        let demo = if on { Some(Arc::new(Demo::start().await.map_err(|error| failed(&error))?)) } else { None };
        let settings = self.resolve()?.settings;
        let options = match &demo {
            Some(demo) => {
                let key = Some(Demo::key().map_err(|error| failed(&error))?);
                let settings = demo.settings(settings).map_err(|error| failed(&error))?;
                RelayOptions { settings, key, is_demo: true, data_dir: None, clock: self.0.clock }
            }
            None => {
                let (key, data_dir) = (self.facts().key.clone(), self.0.places.data_dir.clone());
                RelayOptions { settings, key, is_demo: false, data_dir, clock: self.0.clock }
            }
        };
        let relay = Relay::new(options).map_err(|error| failed(&error))?;
        let is_running = matches!(self.relay().status().state, RunState::Running { .. });
        let was_running = if on { is_running } else { self.run().was_running };
        self.relay().stop().await;
        *self.run() = Run { relay: Arc::new(relay), demo, was_running };
        self.0.replaced.notify_one();
        self.publish();
        // The demo is there to be tried at once.
        if was_running || on { self.start().await } else { Ok(()) }
    }

    /// Says whether the application starts at login; the system was asked or told by the caller.
    pub fn set_starts_at_login(&self, on: bool) {
        self.change(|facts| facts.starts_at_login = on);
    }

    /// Says whether there is a tray.
    pub fn set_has_tray(&self, has_tray: bool) {
        self.change(|facts| facts.has_tray = has_tray);
    }

    /// What the person chose for the application itself.
    #[must_use]
    pub fn preferences(&self) -> Preferences {
        let kept = self.0.preferences.values().remove(PREFERENCES);
        kept.and_then(|kept| serde_json::from_value(kept).ok()).unwrap_or_default()
    }

    /// Keeps what the person chose for the application itself.
    ///
    /// # Errors
    /// `Failed` when it can't be written.
    pub fn set_preferences(&self, preferences: &Preferences) -> Result<(), CommandError> {
        self.change_preferences(|kept| kept.clone_from(preferences))
    }

    /// Changes what the person chose; no other change comes between the reading and the writing.
    fn change_preferences(&self, change: impl FnOnce(&mut Preferences)) -> Result<(), CommandError> {
        let turn = self.0.preferences_turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut preferences = self.preferences();
        change(&mut preferences);
        let value = serde_json::to_value(&preferences)
            .map_err(|error| failure(CommandErrorKind::Failed, &error.to_string()))?;
        self.0.preferences.put(PREFERENCES, Some(value)).map_err(|error| failure(CommandErrorKind::Failed, &error))?;
        drop(turn);
        self.publish();
        Ok(())
    }

    fn remember_on(&self, on: bool) {
        if let Err(error) = self.0.preferences.put(WAS_ON, Some(Value::Bool(on))) {
            tracing::warn!(error, "whether the relay is on can't be kept");
        }
    }

    /// The relay there is.
    fn relay(&self) -> Arc<Relay> {
        Arc::clone(&self.run().relay)
    }

    fn run(&self) -> MutexGuard<'_, Run> {
        self.0.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.0.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Facts)) {
        change(&mut self.facts());
        self.publish();
    }

    /// Shows everything as it is now.
    fn publish(&self) {
        // Looked at while nobody else can show anything: an older look must not follow a newer one.
        self.0.state.send_if_modified(|shown| {
            let state = Arc::new(self.look());
            let is_new = *shown != state;
            *shown = state;
            is_new
        });
    }
}

fn failure(kind: CommandErrorKind, message: &str) -> CommandError {
    CommandError { kind, message: message.to_owned() }
}

#[cfg(test)]
pub(crate) mod tests;
