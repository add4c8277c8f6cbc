//! The live state that every request shares. A request takes one snapshot at the guard and keeps it to its end, so that
//! a change of settings never shows halfway through an answer.

use std::sync::Arc;

use arc_swap::ArcSwap;
use onemin::{ApiKey, Client};

use crate::{catalog::Catalog, clock::Clock, engine::Calibration, journal::Journal, settings::Settings};

/// What lives as long as the relay.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) snapshot: ArcSwap<Snapshot>,
    pub(crate) journal: Journal,
    pub(crate) clock: Clock,
}

/// What is swapped as one when anything changes.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) settings: Settings,
    pub(crate) upstream: Client,
    /// The stored key; `None`: every client brings its own.
    pub(crate) key: Option<ApiKey>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) calibration: Arc<Calibration>,
    pub(crate) is_demo: bool,
}

#[cfg(test)]
impl Shared {
    /// The state of a relay with default settings and no key, on a clock that stands still.
    pub(crate) fn of_tests() -> Arc<Self> {
        let settings = Settings::default();
        let upstream = Client::new(&settings.client_options()).unwrap();
        let (catalog, calibration) = (Arc::new(Catalog::built_in()), Arc::default());
        let snapshot = Snapshot { settings, upstream, key: None, catalog, calibration, is_demo: false };
        let (journal, clock) = (Journal::default(), Clock::fixed(0));
        Arc::new(Self { snapshot: ArcSwap::from_pointee(snapshot), journal, clock })
    }
}
