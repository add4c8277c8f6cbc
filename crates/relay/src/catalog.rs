//! Which models there are: for now the built-in list, drawn up from the facts 1min.ai's catalogue gave on its date.
//!
//! Ids change every few weeks, so the list never decides whether a model may be asked: 1min.ai does.

mod model;

use serde::Deserialize;

pub use model::{Feature, Model};

/// The built-in list.
const BUILT_IN: &str = include_str!("catalog/built_in.json");

/// The models of 1min.ai.
#[derive(Debug, Clone, Deserialize)]
pub struct Catalog {
    /// The day the list was made, `YYYY-MM-DD`.
    pub date: String,
    models: Vec<Model>,
}

impl Catalog {
    /// The list that came with the program.
    ///
    /// # Panics
    /// Never: a test reads the list.
    #[must_use]
    pub fn built_in() -> Self {
        #[expect(clippy::expect_used, reason = "a constant, read by a test")]
        serde_json::from_str(BUILT_IN).expect("the built-in list is valid")
    }

    /// The models that can do `feature`.
    pub fn with(&self, feature: Feature) -> impl Iterator<Item = &Model> {
        self.models.iter().filter(move |model| model.features.contains(&feature))
    }

    /// The model of this id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_list_reads_and_has_the_counts_of_its_day() {
        let catalog = Catalog::built_in();
        assert_eq!(catalog.date, "2026-03-30");
        let count = |feature| catalog.with(feature).count();
        assert_eq!(count(Feature::Chat), 68);
        assert_eq!((count(Feature::TextToSpeech), count(Feature::SpeechToText)), (5, 12));
        assert_eq!(count(Feature::ImageGenerator), 33, "34 on that day, one of them disabled since");
    }

    #[test]
    fn a_model_has_its_facts() {
        let catalog = Catalog::built_in();
        let model = catalog.find("gpt-4o").unwrap();
        assert_eq!(
            (model.provider.as_str(), model.context_tokens, model.output_tokens),
            ("openai", Some(128_000), Some(16_384))
        );
        assert!(model.input.iter().any(|kind| kind == "image"));
        assert!(catalog.find("no-such-model").is_none());
    }

    #[test]
    fn no_id_stands_twice() {
        let mut ids: Vec<String> = Catalog::built_in().models.into_iter().map(|model| model.id).collect();
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }
}
