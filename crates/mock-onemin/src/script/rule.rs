//! Answers chosen by what a prompt holds, for clients that ask in an order of their own.

use serde::{Deserialize, Serialize};

use super::{Received, Turn};

/// A turn for every call whose prompt fits.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What the prompt must hold, all of it.
    #[serde(default)]
    pub contains: Vec<String>,
    /// What the prompt must not hold, none of it.
    #[serde(default)]
    pub not_contains: Vec<String>,
    /// What is played then.
    pub turn: Turn,
}

impl Rule {
    /// Whether the call is one for this rule. A call without a prompt is one with an empty prompt.
    #[must_use]
    pub fn fits(&self, received: &Received) -> bool {
        let prompt = received.prompt().unwrap_or_default();
        let holds = |text: &String| prompt.contains(text.as_str());
        self.contains.iter().all(holds) && !self.not_contains.iter().any(holds)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_fits_what_holds_all_it_wants_and_nothing_it_does_not() {
        let rule: Rule = serde_json::from_value(json!({
            "contains": ["one", "two"],
            "not_contains": ["three", "four"],
            "turn": {"answer": {}},
        }))
        .expect("a rule");
        let fits = |prompt: &str| {
            let body = Some(json!({"promptObject": {"prompt": prompt}}));
            rule.fits(&Received { method: "POST".into(), path: "/".into(), headers: Vec::new(), body })
        };
        assert!(fits("two and one"));
        for prompt in ["one", "two", "one two three", "one two four", ""] {
            assert!(!fits(prompt), "{prompt}");
        }
    }
}
