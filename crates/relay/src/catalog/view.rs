//! The catalogue as the user's rules let it be seen.

use std::collections::HashSet;

use super::{
    Catalog, Feature, Model, Source,
    alias::{self, SUCCESSORS},
};
use crate::settings::ModelRules;

/// The most names that are offered instead of one that is unknown.
const MOST_NEAREST: usize = 3;

/// How like a name must be to be offered, from 0 to 1.
const LEAST_LIKENESS: f64 = 0.8;

/// A catalogue and the rules it is seen by.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    catalog: &'a Catalog,
    rules: &'a ModelRules,
    /// The names that one caller may ask; `None`: all.
    only: Option<&'a [String]>,
}

/// One entry of what may be asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Listed<'a> {
    /// The name to ask for: the model's id, or an alias of the user.
    pub name: &'a str,
    /// The model.
    pub model: &'a Model,
}

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A model that is listed and may be asked.
    Model(String),
    /// A successor answers, because the model that was asked for is no longer listed.
    Successor(String),
    /// A model that is not listed. It may be there all the same, under this name.
    Unlisted(String),
    /// The user's rules do not allow it.
    NotAllowed,
}

impl<'a> View<'a> {
    /// The view of `catalog` by `rules`.
    #[must_use]
    pub const fn new(catalog: &'a Catalog, rules: &'a ModelRules) -> Self {
        Self { catalog, rules, only: None }
    }

    /// The same for a caller that may ask nothing but these, if it is so: their models, under any name.
    #[must_use]
    pub(crate) const fn only(self, names: Option<&'a [String]>) -> Self {
        Self { only: names, ..self }
    }

    /// What may be asked: the models that are listed, then the user's aliases.
    pub fn listed(self) -> impl Iterator<Item = Listed<'a>> {
        // An alias goes over a model of its name.
        let models = self.catalog.models().iter().filter(|model| !self.rules.aliases.contains_key(&model.id));
        let models = models.map(|model| Listed { name: &model.id, model });
        let aliases = self.rules.aliases.keys().filter_map(move |alias| {
            let model = self.catalog.find(self.target(alias)?)?;
            Some(Listed { name: alias, model })
        });
        let chosen: Vec<HashSet<&str>> = self.lists().map(|names| self.chosen(names)).collect();
        let is_allowed = move |listed: &Listed<'_>| {
            chosen.iter().all(|chosen| chosen.contains(listed.name) || chosen.contains(listed.model.id.as_str()))
        };
        models.chain(aliases).filter(is_allowed)
    }

    /// The models that may be asked for this, aliases of the user included.
    pub fn with(self, feature: Feature) -> impl Iterator<Item = Listed<'a>> {
        self.listed().filter(move |listed| listed.model.can(feature))
    }

    /// The listed model of this name, if it may be asked.
    #[must_use]
    pub fn find(self, name: &str) -> Option<&'a Model> {
        let model = self.catalog.find(self.target(name)?)?;
        self.is_allowed(name, &model.id).then_some(model)
    }

    /// All models, also those that may not be asked.
    #[must_use]
    pub fn all(self) -> &'a [Model] {
        self.catalog.models()
    }

    /// The listed model of this name, also if it may not be asked.
    #[must_use]
    pub fn find_any(self, name: &str) -> Option<&'a Model> {
        self.catalog.find(self.target(name)?)
    }

    /// The listed model that answers for one that is gone, or else the one whose name is likest.
    #[must_use]
    pub fn likely_successor(self, id: &str) -> Option<String> {
        let own = self.rules.successors.get(id).and_then(|name| self.target(name));
        own.map(str::to_owned).or_else(|| {
            Self::likest(id, self.catalog.models().iter().map(|model| model.id.as_str())).into_iter().next()
        })
    }

    /// The listed model that the user named to answer where `id` can't, if it may be asked.
    #[must_use]
    pub fn stand_in(self, id: &str) -> Option<String> {
        let successor = self.target(self.rules.successors.get(id)?)?;
        (successor != id && self.is_allowed(id, successor)).then(|| successor.to_owned())
    }

    /// What `name` means.
    #[must_use]
    pub fn read(self, name: &str) -> Named {
        let alias = self.alias(name);
        if let Some(id) = self.target(name) {
            let is_allowed = self.is_allowed(name, id);
            return if is_allowed { Named::Model(id.to_owned()) } else { Named::NotAllowed };
        }
        let id = alias.unwrap_or(name);
        if !self.is_allowed(name, id) {
            return Named::NotAllowed;
        }
        match self.successor(id) {
            Some(successor) => Named::Successor(successor.to_owned()),
            None => Named::Unlisted(id.to_owned()),
        }
    }

    /// Names that may be asked and look like `name`, the likest first.
    #[must_use]
    pub fn nearest(self, name: &str) -> Vec<String> {
        Self::likest(name, self.listed().map(|listed| listed.name))
    }

    fn likest(name: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<String> {
        let name = name.to_ascii_lowercase();
        let likeness = |candidate: &'a str| {
            let lower = candidate.to_ascii_lowercase();
            let short = lower.rsplit('/').next().unwrap_or(&lower);
            (strsim::jaro_winkler(&name, &lower).max(strsim::jaro_winkler(&name, short)), candidate)
        };
        let mut near: Vec<(f64, &str)> = candidates.map(likeness).filter(|(like, _)| *like >= LEAST_LIKENESS).collect();
        near.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        near.into_iter().take(MOST_NEAREST).map(|(_, name)| name.to_owned()).collect()
    }

    /// The listed id that `name` stands for: itself, the user's alias, or what built-in aliases and rules of spelling say.
    fn target(self, name: &str) -> Option<&'a str> {
        let named = self.alias(name).unwrap_or(name);
        let exact = self.catalog.find(named).map(|model| model.id.as_str());
        exact.or_else(|| alias::find(self.catalog, named))
    }

    /// The user's alias goes over everything, also over a model of that name.
    fn alias(self, name: &str) -> Option<&'a str> {
        self.rules.aliases.get(name).map(String::as_str)
    }

    /// The listed model that took over from `id`. The built-in list is too old to say that a model is gone.
    fn successor(self, id: &str) -> Option<&'a str> {
        if self.catalog.source() == Source::BuiltIn {
            return None;
        }
        let own = self.rules.successors.get(id).map(String::as_str);
        let built_in = || SUCCESSORS.iter().find(|(old, _)| *old == id).map(|(_, new)| *new);
        let successor = self.target(own.or_else(built_in)?)?;
        self.is_allowed(id, successor).then_some(successor)
    }

    /// The lists that a model must be on: the user's, and the caller's.
    fn lists(self) -> impl Iterator<Item = &'a [String]> {
        let chosen = self.rules.only_chosen.then_some(self.rules.chosen.as_slice());
        chosen.into_iter().chain(self.only)
    }

    /// The names of a list, and the ids they stand for.
    fn chosen(self, names: &'a [String]) -> HashSet<&'a str> {
        names.iter().flat_map(|name| [Some(name.as_str()), self.target(name)]).flatten().collect()
    }

    /// Whether a model may be asked: under the name it was asked by, or by its id.
    fn is_allowed(self, name: &str, id: &str) -> bool {
        let is_chosen = |chosen: &String| chosen == name || chosen == id || self.target(chosen) == Some(id);
        self.lists().all(|names| names.iter().any(is_chosen))
    }
}

#[cfg(test)]
mod tests;
