//! Which models there are, may be used, can do what, and cost what; and by which names they are asked for.
//!
//! The list is 1min.ai's own, fetched in the background and kept on disk; the one recorded in `onemin` stands in until it
//! is there. Ids change every few weeks, so a list that could not be confirmed never decides whether a model may be asked:
//! 1min.ai does. This room must never know wire formats of clients.

mod alias;
mod disk;
mod drift;
mod refresh;
mod view;

use std::collections::HashMap;

use onemin::ModelList;
use serde::Serialize;

pub use drift::Drift;
pub use onemin::{Feature, Model};
pub(crate) use refresh::{Refresh, is_certain, keep_fresh, refresh};
pub use view::{Listed, Named, View};

/// A list of models; it never changes, a newer one replaces it.
#[derive(Debug, Clone)]
pub struct Catalog {
    list: ModelList,
    source: Source,
    /// Where each id stands in the list.
    places: HashMap<String, usize>,
}

/// Where a list came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// It came with the program.
    BuiltIn,
    /// It was fetched by an earlier run.
    Disk,
    /// It was fetched by this run.
    Live,
}

/// What is known about the list, for status, window and program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CatalogStatus {
    /// The day the list was made, `YYYY-MM-DD`.
    pub date: String,
    /// Where it came from.
    pub source: Source,
    /// How many models it has.
    pub models: usize,
    /// How it differs from the list that came with the program.
    pub drift: Drift,
    /// Why the last attempt to fetch it did not succeed in full.
    pub problem: Option<String>,
}

impl Catalog {
    /// A catalogue of this list. An id that stands twice counts once.
    #[must_use]
    pub fn new(list: ModelList, source: Source) -> Self {
        let places = list.models.iter().enumerate().rev().map(|(place, model)| (model.id.clone(), place)).collect();
        Self { list, source, places }
    }

    /// The list that came with the program.
    #[must_use]
    pub fn built_in() -> Self {
        Self::new(ModelList::recorded(), Source::BuiltIn)
    }

    /// The day the list was made, `YYYY-MM-DD`.
    #[must_use]
    pub fn date(&self) -> &str {
        &self.list.date
    }

    /// Where the list came from.
    #[must_use]
    pub const fn source(&self) -> Source {
        self.source
    }

    /// All models.
    #[must_use]
    pub fn models(&self) -> &[Model] {
        &self.list.models
    }

    /// The ids of all models.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.list.models.iter().map(|model| model.id.as_str())
    }

    /// The model of this very id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Model> {
        self.places.get(id).and_then(|place| self.list.models.get(*place))
    }

    /// What to tell about it.
    #[must_use]
    pub fn status(&self, problem: Option<String>) -> CatalogStatus {
        CatalogStatus {
            date: self.list.date.clone(),
            source: self.source,
            models: self.list.models.len(),
            drift: Drift::of(self),
            problem,
        }
    }
}
