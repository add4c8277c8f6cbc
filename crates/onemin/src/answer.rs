//! A complete answer, and the figures 1min.ai gives with it.

use serde_json::Value;

/// A complete answer to a chat call.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// The whole text. May be empty: 1min.ai has sent empty successes (live).
    pub text: String,
    /// Figures of the call; all `None` where 1min.ai gave none.
    pub metadata: Metadata,
}

/// `aiRecord.metadata` (live; the docs show null). Records with every count zero occur for calls that clearly used
/// tokens, so zeros read as unknown here.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// `inputToken`: tokens that were billed, 1min.ai's own additions (about 87) included.
    pub input_tokens: Option<u64>,
    /// `outputToken`: tokens of the answer.
    pub output_tokens: Option<u64>,
    /// `promptToken`: what the caller's prompt alone came to.
    pub prompt_tokens: Option<u64>,
    /// `credit`: credits charged. Zero is kept: a call may be free.
    pub credits: Option<f64>,
    /// `finishReason`, in the wording of the model's vendor.
    pub finish_reason: Option<String>,
}

impl Metadata {
    /// Reads the object loosely: numbers may be floats or strings, and any of them may be missing.
    pub(crate) fn read(metadata: &Value) -> Self {
        let count = |name: &str| metadata.get(name).and_then(as_count);
        let total = count("totalToken");
        let missing_part = |part: Option<u64>| total?.checked_sub(part?);
        let (input, output) = (count("inputToken"), count("outputToken"));
        let is_unknown = input.unwrap_or(0) == 0 && output.unwrap_or(0) == 0;
        let credits = metadata.get("credit").and_then(Value::as_f64).filter(|credits| credits.is_finite());
        Self {
            input_tokens: if is_unknown { None } else { input.or_else(|| missing_part(output)) },
            output_tokens: if is_unknown { None } else { output.or_else(|| missing_part(input)) },
            prompt_tokens: count("promptToken").filter(|tokens| *tokens > 0),
            credits: credits.filter(|credits| *credits > 0.0 || !is_unknown),
            finish_reason: metadata.get("finishReason").and_then(Value::as_str).map(str::to_owned),
        }
    }

    /// These figures, with gaps filled from `other`.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.or(other.input_tokens),
            output_tokens: self.output_tokens.or(other.output_tokens),
            prompt_tokens: self.prompt_tokens.or(other.prompt_tokens),
            credits: self.credits.or(other.credits),
            finish_reason: self.finish_reason.or(other.finish_reason),
        }
    }
}

/// A count as an integer, a float or a string of digits.
pub(crate) fn as_count(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| format!("{:.0}", number.as_f64()?).parse().ok()),
        Value::String(digits) => digits.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_recorded_object_reads_in_full() {
        let metadata = Metadata::read(&json!({
            "credit": 45, "inputToken": 98, "totalToken": 101, "inputCredit": 44, "outputToken": 3,
            "promptToken": 11, "finishReason": "stop", "outputCredit": 1, "executionTime": 0.365
        }));
        let expected = Metadata {
            input_tokens: Some(98),
            output_tokens: Some(3),
            prompt_tokens: Some(11),
            credits: Some(45.0),
            finish_reason: Some("stop".into()),
        };
        assert_eq!(metadata, expected);
    }

    #[test]
    fn zeros_are_unknown_and_a_missing_part_is_derived() {
        let zeros = json!({"credit": 0, "inputToken": 0, "outputToken": 0, "totalToken": 0});
        assert_eq!(Metadata::read(&zeros), Metadata::default());
        let partial = Metadata::read(&json!({"inputToken": 90, "totalToken": 100}));
        assert_eq!((partial.input_tokens, partial.output_tokens), (Some(90), Some(10)));
        for odd in [json!(null), json!([]), json!("x"), json!({"inputToken": -3, "outputToken": {}})] {
            assert_eq!(Metadata::read(&odd), Metadata::default(), "{odd}");
        }
    }

    #[test]
    fn numbers_may_be_floats_or_strings() {
        let metadata = Metadata::read(&json!({"inputToken": 12.0, "outputToken": "7", "credit": 1.5}));
        assert_eq!((metadata.input_tokens, metadata.output_tokens, metadata.credits), (Some(12), Some(7), Some(1.5)));
    }
}
