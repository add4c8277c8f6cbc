//! How the list has changed since the program was made.

use serde::Serialize;

use super::{
    Catalog,
    alias::{self, ALIASES},
};

/// How a list differs from the built-in one. Ids, in the order of the lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// Models that are new.
    pub new: Vec<String>,
    /// Models that are gone.
    pub retired: Vec<String>,
    /// Built-in aliases whose models are all gone.
    pub dangling_aliases: Vec<String>,
}

impl Drift {
    /// The drift of `catalog`; none if it is the built-in list itself.
    #[must_use]
    pub fn of(catalog: &Catalog) -> Self {
        let built_in = Catalog::built_in();
        let missing = |there: &Catalog, here: &Catalog| {
            here.models().iter().map(|model| &model.id).filter(|id| there.find(id).is_none()).cloned().collect()
        };
        let dangling = ALIASES.iter().filter(|(_, targets)| alias::leads_nowhere(catalog, targets));
        Self {
            new: missing(&built_in, catalog),
            retired: missing(catalog, &built_in),
            dangling_aliases: dangling.map(|(alias, _)| (*alias).to_owned()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use onemin::{Model, ModelList};

    use super::*;
    use crate::catalog::Source;

    #[test]
    fn the_built_in_list_has_no_drift() {
        assert_eq!(Drift::of(&Catalog::built_in()), Drift::default());
    }

    #[test]
    fn what_came_and_what_went_is_named() {
        let mut list = ModelList::recorded();
        list.models.retain(|model| model.id != "open-mistral-nemo");
        list.models.push(Model { id: "gpt-9".into(), ..Model::default() });
        let drift = Drift::of(&Catalog::new(list, Source::Live));
        assert_eq!((drift.new, drift.retired), (vec!["gpt-9".into()], vec!["open-mistral-nemo".into()]));
        assert_eq!(drift.dangling_aliases, ["mistral-nemo"]);
    }
}
