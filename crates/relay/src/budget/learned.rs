//! How far 1min.ai's bills are off its list of prices, and how long answers are: learned for each model from what was
//! charged, for as long as the relay lives.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use onemin::Feature;

/// What chat costs beyond the list before anything is learned (live: about three times).
const CHAT_FACTOR: f64 = 3.0;

/// Tokens that an answer is taken to have before anything is learned.
const ANSWER_TOKENS: f64 = 500.0;

/// No bill is further off than this, up or down; what is teaches nothing.
const FURTHEST: f64 = 1_000.0;

/// The weight of a new bill.
const WEIGHT: f64 = 0.125;

/// Models learned at the most; clients choose their names.
const MOST: usize = 1_000;

/// What is known of each model.
#[derive(Debug, Default)]
pub(super) struct Learned {
    models: Mutex<HashMap<(String, Feature), Known>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Known {
    factor: Option<f64>,
    answer_tokens: Option<f64>,
}

impl Learned {
    /// What something should cost that the list has at `listed`.
    pub(super) fn corrected(&self, model: &str, feature: Feature, listed: f64) -> f64 {
        let default = if feature == Feature::Chat { CHAT_FACTOR } else { 1.0 };
        listed * self.known(model, feature).factor.unwrap_or(default)
    }

    /// How many tokens an answer should have, if it may have `most`.
    pub(super) fn answer_tokens(&self, model: &str, most: Option<u64>) -> u64 {
        let expected = self.known(model, Feature::Chat).answer_tokens.unwrap_or(ANSWER_TOKENS).ceil();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of floats saturates")]
        let expected = expected as u64;
        most.map_or(expected, |most| most.min(expected))
    }

    /// Learns from a bill for what the list has at `listed`.
    pub(super) fn learn(&self, model: &str, feature: Feature, listed: f64, billed: f64, answer_tokens: Option<u64>) {
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (model.to_owned(), feature);
        if models.len() >= MOST && !models.contains_key(&key) {
            return;
        }
        let known = models.entry(key).or_default();
        let factor = billed / listed;
        if factor > 1.0 / FURTHEST && factor < FURTHEST {
            known.factor = Some(moved(known.factor, factor));
        }
        if let Some(tokens) = answer_tokens.and_then(|tokens| u32::try_from(tokens).ok()) {
            known.answer_tokens = Some(moved(known.answer_tokens, tokens.into()));
        }
    }

    fn known(&self, model: &str, feature: Feature) -> Known {
        let models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        models.get(&(model.to_owned(), feature)).copied().unwrap_or_default()
    }
}

/// A running mean after one more value. A rise counts in full: what is reserved must rather be too much than too little.
fn moved(mean: Option<f64>, value: f64) -> f64 {
    mean.map_or(value, |mean| if value > mean { value } else { mean + (value - mean) * WEIGHT })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bills_correct_the_list() {
        let learned = Learned::default();
        assert_eq!(learned.corrected("a", Feature::Chat, 10.0), 30.0);
        assert_eq!(learned.corrected("a", Feature::ImageGenerator, 10.0), 10.0);
        learned.learn("a", Feature::Chat, 10.0, 20.0, Some(100));
        assert_eq!(learned.corrected("a", Feature::Chat, 10.0), 20.0);
        assert_eq!((learned.answer_tokens("a", None), learned.answer_tokens("a", Some(7))), (100, 7));
        assert_eq!(learned.answer_tokens("b", None), 500);
        learned.learn("a", Feature::Chat, 10.0, 50.0, None);
        assert_eq!(learned.corrected("a", Feature::Chat, 10.0), 50.0, "what rises rises at once");
        learned.learn("a", Feature::Chat, 10.0, 10.0, None);
        assert_eq!(learned.corrected("a", Feature::Chat, 10.0), 45.0);
    }

    #[test]
    fn odd_bills_teach_nothing_and_the_number_of_models_is_bounded() {
        let learned = Learned::default();
        for (listed, billed) in [(0.0, 1.0), (1.0, 0.0), (1.0, f64::NAN), (1.0, 1e9), (0.0, 0.0)] {
            learned.learn("a", Feature::Chat, listed, billed, None);
        }
        assert_eq!(learned.corrected("a", Feature::Chat, 1.0), 3.0);
        (0..2 * MOST).for_each(|model| learned.learn(&model.to_string(), Feature::Chat, 1.0, 1.0, None));
        assert_eq!(learned.models.lock().unwrap().len(), MOST);
    }
}
