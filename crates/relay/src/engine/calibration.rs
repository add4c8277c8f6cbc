//! How far our token estimate is off for each model, learnt from the counts 1min.ai reports for it.
//!
//! Tokenizers differ by maker, most of all outside of English. The running ratio of reported to estimated tokens corrects
//! the estimate where 1min.ai gives no counts.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::conversation::Usage;

/// A ratio of 1, in thousandths.
const ONE: u64 = 1_000;

/// No tokenizer is further off than this; what reports more means something else.
const RANGE: std::ops::RangeInclusive<u64> = ONE / 4..=ONE * 4;

/// Counts below this are too coarse to learn from.
const LEAST_TOKENS: u64 = 8;

/// The weight of what was known before a new report.
const MEMORY: u64 = 7;

/// Models learnt at the most; clients choose their names.
const MOST_MODELS: usize = 1_000;

/// The ratios of all models, for as long as the relay lives.
#[derive(Debug, Default)]
pub(crate) struct Calibration {
    models: Mutex<HashMap<String, Ratios>>,
}

/// Reported tokens for each estimated one, in thousandths.
#[derive(Debug, Clone, Copy, Default)]
struct Ratios {
    prompt: Option<u64>,
    completion: Option<u64>,
}

impl Calibration {
    /// Learns from a call: our uncorrected estimate, and the prompt's own tokens (without 1min.ai's additions) and the
    /// answer's tokens as reported.
    pub(super) fn learn(&self, model: &str, estimate: Usage, prompt: Option<u64>, completion: Option<u64>) {
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        if models.len() >= MOST_MODELS && !models.contains_key(model) {
            return;
        }
        let ratios = models.entry(model.to_owned()).or_default();
        ratios.prompt = moved(ratios.prompt, prompt, estimate.prompt_tokens);
        ratios.completion = moved(ratios.completion, completion, estimate.completion_tokens);
    }

    /// How many of our estimated tokens make `tokens` of an answer as `model` counts; at least 1.
    pub(super) fn estimated(&self, model: &str, tokens: u64) -> u64 {
        let models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        let ratio = models.get(model).and_then(|ratios| ratios.completion).unwrap_or(ONE);
        (tokens.saturating_mul(ONE) / ratio).max(1)
    }

    /// An estimate as `model` would count.
    pub(super) fn correct(&self, model: &str, estimate: Usage) -> Usage {
        let models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        let ratios = models.get(model).copied().unwrap_or_default();
        let scaled = |tokens: u64, ratio: Option<u64>| {
            (tokens.saturating_mul(ratio.unwrap_or(ONE)).saturating_add(ONE / 2) / ONE).max(1)
        };
        Usage {
            prompt_tokens: scaled(estimate.prompt_tokens, ratios.prompt),
            completion_tokens: scaled(estimate.completion_tokens, ratios.completion),
            ..estimate
        }
    }
}

/// A ratio after one more report.
fn moved(ratio: Option<u64>, reported: Option<u64>, estimated: u64) -> Option<u64> {
    let Some(reported) = reported.filter(|reported| *reported >= LEAST_TOKENS && estimated >= LEAST_TOKENS) else {
        return ratio;
    };
    let sample = reported.saturating_mul(ONE) / estimated;
    if !RANGE.contains(&sample) {
        return ratio;
    }
    Some(ratio.map_or(sample, |ratio| (ratio * MEMORY + sample) / (MEMORY + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(prompt_tokens: u64, completion_tokens: u64) -> Usage {
        Usage { prompt_tokens, completion_tokens, is_estimate: true, credits: None }
    }

    fn corrected(calibration: &Calibration, model: &str) -> (u64, u64) {
        let usage = calibration.correct(model, estimate(100, 1_000));
        (usage.prompt_tokens, usage.completion_tokens)
    }

    #[test]
    fn each_model_is_corrected_by_what_it_reported() {
        let calibration = Calibration::default();
        assert_eq!(corrected(&calibration, "a"), (100, 1_000));
        calibration.learn("a", estimate(100, 100), Some(140), Some(90));
        assert_eq!(corrected(&calibration, "a"), (140, 900));
        assert_eq!(corrected(&calibration, "b"), (100, 1_000));
        assert_eq!((calibration.estimated("a", 90), calibration.estimated("b", 90)), (100, 90));
        for _ in 0..100 {
            calibration.learn("a", estimate(100, 100), Some(120), None);
        }
        assert_eq!(corrected(&calibration, "a"), (120, 900));
    }

    #[test]
    fn what_is_too_small_or_too_odd_teaches_nothing() {
        let calibration = Calibration::default();
        calibration.learn("a", estimate(100, 3), Some(1_000), Some(5));
        calibration.learn("a", estimate(0, 0), Some(10), Some(10));
        assert_eq!(corrected(&calibration, "a"), (100, 1_000));
        assert_eq!(calibration.correct("a", estimate(0, 0)).completion_tokens, 1, "never 0");
    }

    #[test]
    fn the_number_of_models_is_bounded() {
        let calibration = Calibration::default();
        for model in 0..2 * MOST_MODELS {
            calibration.learn(&model.to_string(), estimate(100, 100), Some(110), Some(110));
        }
        assert_eq!(calibration.models.lock().unwrap().len(), MOST_MODELS);
    }
}
