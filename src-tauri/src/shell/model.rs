//! The models as the window's table has them, and choosing among them.

use onemin::{Feature, Model};
use relay::catalog::View;

use super::{CommandError, Shell, Value};
use crate::contract::{ModelRow, ModelUse};

/// Tokens of the prices that are shown.
const PRICED_TOKENS: f64 = 1_000.0;

impl Shell {
    /// Every model: those that are listed, and those that are chosen though nobody lists them any more.
    #[must_use]
    pub fn models(&self) -> Vec<ModelRow> {
        let favourites = self.preferences().favourites;
        let rules = self.relay().settings().models;
        let aliases =
            |id: &str| rules.aliases.iter().filter(|(_, to)| *to == id).map(|(name, _)| name.clone()).collect();
        self.relay().with_models(|models| {
            let mut rows: Vec<ModelRow> = models
                .all()
                .iter()
                .map(|model| row(model, models, favourites.contains(&model.id), aliases(&model.id)))
                .collect();
            let gone = rules.chosen.iter().filter(|name| models.find_any(name).is_none());
            rows.extend(gone.map(|id| ModelRow {
                is_allowed: true,
                is_favourite: favourites.contains(id),
                is_retired: true,
                successor: models.likely_successor(id),
                ..empty_row(id)
            }));
            rows
        })
    }

    /// Fetches the list anew.
    pub async fn refresh_models(&self) -> Vec<ModelRow> {
        self.relay().refresh_catalog().await;
        self.publish();
        self.models()
    }

    /// Allows or forbids models. Once one is chosen, only the chosen ones may be asked if that is set.
    ///
    /// # Errors
    /// As [`set_setting`](Self::set_setting).
    pub async fn allow_models(&self, ids: &[String], allowed: bool) -> Result<(), CommandError> {
        let _turn = self.0.turn.lock().await;
        let rules = self.relay().settings().models;
        // Whoever forbids one while all are allowed means: all but this one. Whoever allows one then is still choosing.
        let starts_from_all = !rules.only_chosen && !allowed;
        let chosen = self.relay().with_models(|models| {
            let all = || models.all().iter().map(|model| model.id.clone()).collect();
            let mut chosen: Vec<String> = if starts_from_all { all() } else { rules.chosen };
            let id_of = |name: &str| models.find_any(name).map_or_else(|| name.to_owned(), |model| model.id.clone());
            chosen.retain(|name| !ids.contains(name) && !ids.contains(&id_of(name)));
            if allowed {
                chosen.extend(ids.iter().cloned());
            }
            chosen
        });
        let only_chosen = rules.only_chosen || !allowed;
        let changes =
            [("chosen_models", Some(chosen.join(","))), ("only_chosen_models", Some(only_chosen.to_string()))];
        self.change_settings(&changes).await
    }

    /// Offers a model in the tray, or no longer.
    ///
    /// # Errors
    /// `Failed` when it can't be kept.
    pub fn set_favourite(&self, id: &str, is_favourite: bool) -> Result<(), CommandError> {
        self.change_preferences(|preferences| {
            preferences.favourites.retain(|favourite| favourite != id);
            if is_favourite {
                preferences.favourites.push(id.to_owned());
            }
        })
    }
}

fn row(model: &Model, models: View<'_>, is_favourite: bool, aliases: Vec<String>) -> ModelRow {
    let credits = |name: &str| model.credits.get(name).and_then(Value::as_f64).map(|price| price * PRICED_TOKENS);
    ModelRow {
        name: model.name.clone(),
        maker: model.provider.clone(),
        uses: uses(model),
        input: model.input.clone(),
        output: model.output.clone(),
        context_tokens: model.context_tokens,
        credits_in: credits("INPUT"),
        credits_out: credits("OUTPUT"),
        is_allowed: models.find(&model.id).is_some(),
        is_favourite,
        aliases,
        ..empty_row(&model.id)
    }
}

fn empty_row(id: &str) -> ModelRow {
    ModelRow {
        id: id.to_owned(),
        name: id.to_owned(),
        maker: String::new(),
        uses: Vec::new(),
        input: Vec::new(),
        output: Vec::new(),
        context_tokens: None,
        credits_in: None,
        credits_out: None,
        is_allowed: false,
        is_favourite: false,
        is_retired: false,
        successor: None,
        aliases: Vec::new(),
    }
}

fn uses(model: &Model) -> Vec<ModelUse> {
    let mut uses: Vec<ModelUse> = Vec::new();
    for feature in &model.features {
        let one = match feature {
            Feature::Chat => ModelUse::Chat,
            Feature::ImageGenerator | Feature::ImageEditor | Feature::ImageVariator | Feature::ImageInpainter => {
                ModelUse::Image
            }
            Feature::TextToSpeech => ModelUse::Speech,
            Feature::SpeechToText | Feature::AudioTranslator => ModelUse::Transcription,
        };
        if !uses.contains(&one) {
            uses.push(one);
        }
    }
    uses
}
