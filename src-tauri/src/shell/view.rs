//! Everything as the window and the tray see it.

use std::{net::SocketAddr, sync::Arc};

use relay::{RunState, settings::Settings};

use super::{Shell, access, problem};
use crate::contract::{About, AppState, CatalogView, KeyCheck, KeyPlace, KeyView, Preferences, RelayState, RelayView};

impl Shell {
    /// Everything as it is now.
    pub(super) fn look(&self) -> AppState {
        let (relay, is_demo) = {
            let run = self.run();
            (Arc::clone(&run.relay), run.demo.is_some())
        };
        let (status, settings) = (relay.status(), relay.settings());
        let facts = self.facts();
        let state = match status.state {
            _ if facts.is_starting => RelayState::Starting,
            RunState::Stopped => RelayState::Stopped,
            RunState::Running { .. } => RelayState::Running,
            RunState::Stopping => RelayState::Stopping,
        };
        let base_url = status.base_url().unwrap_or_else(|| would_be_url(&settings));
        let catalog = CatalogView {
            date: status.catalog.date.clone(),
            is_live: status.catalog.source == relay::Source::Live,
            models: u32::try_from(status.catalog.models).unwrap_or(u32::MAX),
            allowed: relay.with_models(|models| u32::try_from(models.listed().count()).unwrap_or(u32::MAX)),
            new: status.catalog.drift.new.clone(),
            retired: status.catalog.drift.retired.clone(),
            problem: status.catalog.problem.clone(),
        };
        let key = facts.key_view();
        let problems = problem::all(&facts, &key, &catalog, is_demo, self.0.set_aside.as_deref(), &self.0.clock.date());
        AppState {
            relay: RelayView {
                state,
                base_url,
                is_demo,
                reachable: status.reachable,
                memcached: access::memcached(status.memcached),
            },
            key,
            catalog,
            problems,
            settings: self.setting_views(&settings),
            preferences: self.preferences(),
            starts_at_login: facts.starts_at_login,
            about: About {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                data_dir: self.0.places.data_dir.as_ref().map(|path| path.display().to_string()).unwrap_or_default(),
                log_dir: self.0.log_dir.clone(),
                has_tray: facts.has_tray,
            },
        }
    }
}

/// Where the relay would serve.
fn would_be_url(settings: &Settings) -> String {
    let address = settings.host.addresses().first().copied();
    address.map(|address| relay::base_url(SocketAddr::new(address, settings.port))).unwrap_or_default()
}

/// Nothing yet: what is shown before the first look.
pub(super) fn empty() -> AppState {
    AppState {
        relay: RelayView {
            state: RelayState::Stopped,
            base_url: String::new(),
            is_demo: false,
            reachable: Vec::new(),
            memcached: Vec::new(),
        },
        key: KeyView {
            place: KeyPlace::None,
            last_four: String::new(),
            check: KeyCheck::NotChecked,
            keyring_problem: None,
        },
        catalog: CatalogView {
            date: String::new(),
            is_live: false,
            models: 0,
            allowed: 0,
            new: Vec::new(),
            retired: Vec::new(),
            problem: None,
        },
        problems: Vec::new(),
        settings: Vec::new(),
        preferences: Preferences::default(),
        starts_at_login: false,
        about: About { version: String::new(), data_dir: String::new(), log_dir: String::new(), has_tray: false },
    }
}
