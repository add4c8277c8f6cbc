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

/// What the first guess counts for, in credits of the list: so little that the first bills of any size outweigh it, and so
/// much that the bill of next to nothing, which has a least price, does not make the next request look priceless.
const FIRST_GUESS: f64 = 10.0;

/// What is left of the weight of earlier bills with every new one.
const FADING: f64 = 0.875;

/// Models learned at the most; clients choose their names.
const MOST: usize = 1_000;

/// What is known of each model.
#[derive(Debug, Default)]
pub(super) struct Learned {
    models: Mutex<HashMap<(String, Feature), Known>>,
}

/// Sums of the bills so far, the latest of which weigh most, and a large one more than a small one.
#[derive(Debug, Clone, Copy)]
struct Known {
    /// What the list had them at.
    listed: f64,
    billed: f64,
    answer_tokens: Option<f64>,
}

impl Learned {
    /// What something should cost that the list has at `listed`.
    pub(super) fn corrected(&self, model: &str, feature: Feature, listed: f64) -> f64 {
        let known = self.known(model, feature);
        listed * known.billed / known.listed
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
        let known = models.entry(key).or_insert_with(|| Known::guess(feature));
        let factor = billed / listed;
        if factor > 1.0 / FURTHEST && factor < FURTHEST {
            known.listed = known.listed * FADING + listed;
            known.billed = known.billed * FADING + billed;
        }
        if let Some(tokens) = answer_tokens.and_then(|tokens| u32::try_from(tokens).ok()) {
            known.answer_tokens = Some(moved(known.answer_tokens, tokens.into()));
        }
    }

    fn known(&self, model: &str, feature: Feature) -> Known {
        let models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        models.get(&(model.to_owned(), feature)).copied().unwrap_or_else(|| Known::guess(feature))
    }
}

impl Known {
    const fn guess(feature: Feature) -> Self {
        let factor = if matches!(feature, Feature::Chat) { CHAT_FACTOR } else { 1.0 };
        Self { listed: FIRST_GUESS, billed: FIRST_GUESS * factor, answer_tokens: None }
    }
}

/// A running mean after one more length. A rise counts in full: what is reserved must rather be too much than too little, and
/// no answer is longer than its model's may be.
fn moved(mean: Option<f64>, value: f64) -> f64 {
    mean.map_or(value, |mean| if value > mean { value } else { value + (mean - value) * FADING })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bills_correct_the_list() {
        let learned = Learned::default();
        assert_eq!(learned.corrected("a", Feature::Chat, 10.0), 30.0);
        assert_eq!(learned.corrected("a", Feature::ImageGenerator, 10.0), 10.0);
        for _ in 0..20 {
            learned.learn("a", Feature::Chat, 100.0, 200.0, Some(100));
        }
        let near = |listed, expected: f64| {
            let corrected = learned.corrected("a", Feature::Chat, listed);
            assert!((corrected - expected).abs() < expected / 100.0, "{corrected} for {expected}");
        };
        near(10.0, 20.0);
        assert_eq!((learned.answer_tokens("a", None), learned.answer_tokens("a", Some(7))), (100, 7));
        assert_eq!(learned.answer_tokens("b", None), 500);
        learned.learn("a", Feature::Chat, 1_000.0, 5_000.0, Some(500));
        near(10.0, 38.0);
        assert_eq!(learned.answer_tokens("a", None), 500, "what rises rises at once");
        learned.learn("a", Feature::Chat, 1_000.0, 5_000.0, Some(100));
        assert_eq!(learned.answer_tokens("a", None), 450);
    }

    #[test]
    fn one_odd_bill_makes_no_model_look_priceless() {
        let learned = Learned::default();
        // The least price of an answer to "Hi", hundreds of times what the list has it at.
        learned.learn("a", Feature::Chat, 0.05, 20.0, None);
        let after = learned.corrected("a", Feature::Chat, 100.0);
        assert!((300.0..600.0).contains(&after), "{after}");
        for _ in 0..3 {
            learned.learn("a", Feature::Chat, 100.0, 100.0, None);
        }
        let later = learned.corrected("a", Feature::Chat, 100.0);
        assert!((100.0..120.0).contains(&later), "{later}");
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
