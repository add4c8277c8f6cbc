//! What an answer has cost and what it lacks, as every dialect tells it.

use axum::response::Response;
use http::HeaderValue;

use crate::conversation::{Usage, Warning};

/// Usage and warnings of an answer. Several calls and choices add up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cost {
    usage: Usage,
    warnings: Vec<Warning>,
}

impl Cost {
    /// One more call.
    pub(crate) fn add(&mut self, usage: Usage) {
        self.usage = self.usage.plus(usage);
    }

    /// One more warning; the same one is told once.
    pub(crate) fn warn(&mut self, warning: Warning) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Tokens and credits of all calls.
    pub(crate) const fn usage(&self) -> Usage {
        self.usage
    }

    /// The names of the warnings.
    pub(crate) fn warnings(&self) -> Vec<&'static str> {
        self.warnings.iter().map(|warning| warning.as_str()).collect()
    }

    /// The headers of a whole answer: `x-relay-credits`, where 1min.ai said them, and `x-relay-warning`, where there are any.
    pub(crate) fn write_headers(&self, response: &mut Response) {
        let credits = self.usage.credits.map(|credits| credits.to_string());
        let warnings = (!self.warnings.is_empty()).then(|| self.warnings().join(", "));
        for (name, value) in [("x-relay-credits", credits), ("x-relay-warning", warnings)] {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                response.headers_mut().insert(name, value);
            }
        }
    }
}
