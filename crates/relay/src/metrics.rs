//! The figures of `/metrics`: how many requests, how long they took, what they cost, and how things stand right now.
//!
//! Records of requests that are over come in, text that Prometheus reads goes out. Labels are few and bounded whatever
//! clients send: routes and not paths, listed models and not names that somebody made up. This room must never know who
//! asked, and no label names an owner or a token.

mod figures;
mod label;

use std::{
    collections::HashSet,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use arc_swap::ArcSwap;
use prometheus_client::{
    encoding::{prometheus_text, text},
    metrics::family::Family,
    registry::Registry,
};

use self::{
    figures::Figures,
    label::{ByModel, Credits, Done, Period, Route, Tokens},
};
use crate::{
    journal::Record,
    usage::{self, Cost},
};

/// The model of all names that 1min.ai does not list.
const OTHER: &str = "other";

/// The figures. Cloning gives another handle to the same ones.
#[derive(Clone)]
pub(crate) struct Metrics(Arc<Inner>);

struct Inner {
    figures: Figures,
    registry: Registry,
    /// The names of models that may be labels.
    listed: ArcSwap<HashSet<String>>,
    /// Held while figures of the moment are set and written.
    writing: Mutex<()>,
}

/// How things stand at the moment they are asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Now {
    /// How many models are listed.
    pub(crate) models: usize,
    /// How old their list is.
    pub(crate) catalog_age_seconds: u64,
    /// Whether the last attempt to fetch a newer one failed.
    pub(crate) is_catalog_failing: bool,
    /// How many memcached servers there are, and how many of them are away.
    pub(crate) memcached: usize,
    pub(crate) memcached_away: usize,
    /// How many requests wait for others to end.
    pub(crate) waiting: usize,
    /// The budgets of all who use the stored key.
    pub(crate) budgets: Vec<Budget>,
}

/// A budget, in credits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Budget {
    /// `day` or `month`.
    pub(crate) period: &'static str,
    pub(crate) limit: f64,
    pub(crate) spent: f64,
    pub(crate) reserved: f64,
}

/// How the figures are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Version 1.0 of `OpenMetrics`, which Prometheus asks for.
    OpenMetrics,
    /// The older text format of Prometheus, for whoever does not.
    Text,
}

impl Default for Metrics {
    fn default() -> Self {
        let figures = Figures::default();
        let (registry, listed, writing) = (figures.registry(), ArcSwap::default(), Mutex::default());
        Self(Arc::new(Inner { figures, registry, listed, writing }))
    }
}

impl Metrics {
    /// These models may be named; every other is `other`.
    pub(crate) fn set_models<'a>(&self, ids: impl Iterator<Item = &'a str>) {
        self.0.listed.store(Arc::new(ids.map(str::to_owned).collect()));
    }

    /// A request has come in; it runs until the value is dropped.
    pub(crate) fn running(&self) -> Running {
        self.0.figures.running.inc();
        Running { metrics: self.clone(), is_streaming: AtomicBool::new(false) }
    }

    /// Counts a request that is over.
    pub(crate) fn count(&self, record: &Record) {
        let figures = &self.0.figures;
        let seconds = |ms: u64| std::time::Duration::from_millis(ms).as_secs_f64();
        let route = Route::of(&record.route);
        figures.done.get_or_create(&Done::of(record, &route)).inc();
        figures.duration.get_or_create(&route).observe(seconds(record.duration_ms));
        if let Some(accepted_ms) = record.accepted_ms {
            figures.accepted.get_or_create(&route).observe(seconds(accepted_ms));
        }
        if let Some(queued_ms) = record.queued_ms {
            figures.queued.observe(seconds(queued_ms));
        }
        let Some(model) = record.answered_by.as_deref().or(record.model.as_deref()) else { return };
        let model = if self.0.listed.load().contains(model) { model } else { OTHER };
        if record.upstream_calls > 0 {
            figures.calls.get_or_create(&ByModel::of(model)).inc_by(record.upstream_calls.into());
        }
        if let Some(usage) = &record.usage {
            for (kind, tokens) in [("prompt", usage.prompt_tokens), ("completion", usage.completion_tokens)] {
                figures.tokens.get_or_create(&Tokens::of(model, kind, usage.is_estimate)).inc_by(tokens);
            }
        }
        if let Some(Cost { credits, estimated }) = usage::cost(record) {
            let estimated = estimated.unwrap_or_default();
            for (part, is_estimate) in [(credits - estimated, false), (estimated, true)] {
                if part > 0.0 {
                    figures.credits.get_or_create(&Credits::of(model, is_estimate)).inc_by(part);
                }
            }
        }
    }

    /// So many requests are missing in the usage.
    pub(crate) fn count_missing(&self, requests: u64) {
        self.0.figures.usage_missing.inc_by(requests);
    }

    /// All figures as text.
    ///
    /// # Errors
    /// Never in practice: a `String` takes all that is written into it.
    pub(crate) fn write(&self, now: &Now, format: Format) -> Result<String, fmt::Error> {
        let Inner { registry, writing, .. } = &*self.0;
        let _writing = writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.set(now);
        let mut written = String::new();
        match format {
            Format::OpenMetrics => text::encode(&mut written, registry)?,
            Format::Text => prometheus_text::encode(&mut written, registry)?,
        }
        Ok(written)
    }

    fn set(&self, now: &Now) {
        let Figures { models, catalog_age, is_catalog_failing, servers, servers_away, waiting, .. } = &self.0.figures;
        catalog_age.set(i64::try_from(now.catalog_age_seconds).unwrap_or(i64::MAX));
        is_catalog_failing.set(now.is_catalog_failing.into());
        for (gauge, count) in
            [(models, now.models), (servers, now.memcached), (servers_away, now.memcached_away), (waiting, now.waiting)]
        {
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let Figures { budget_limit, budget_spent, budget_reserved, .. } = &self.0.figures;
        // A limit that is lifted is none.
        [budget_limit, budget_spent, budget_reserved].into_iter().for_each(Family::clear);
        for Budget { period, limit, spent, reserved } in &now.budgets {
            for (figure, credits) in [(budget_limit, limit), (budget_spent, spent), (budget_reserved, reserved)] {
                figure.get_or_create(&Period { period }).set(*credits);
            }
        }
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Format {
    /// The format for a reader that takes this, as its `Accept` says.
    pub(crate) fn for_reader(accept: Option<&str>) -> Self {
        let takes_open = accept.is_some_and(|accept| accept.contains("application/openmetrics-text"));
        if takes_open { Self::OpenMetrics } else { Self::Text }
    }

    /// Its media type.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => prometheus_text::CONTENT_TYPE,
        }
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Running {
    metrics: Metrics,
    is_streaming: AtomicBool,
}

impl Running {
    /// Its answer is streamed.
    pub(crate) fn is_streaming(&self) {
        if !self.is_streaming.swap(true, Ordering::Relaxed) {
            self.metrics.0.figures.streams.inc();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.metrics.0.figures.running.dec();
        if *self.is_streaming.get_mut() {
            self.metrics.0.figures.streams.dec();
        }
    }
}

#[cfg(test)]
mod tests;
