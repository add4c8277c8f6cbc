//! The figures of `/metrics`: how many requests, how long they took, what they cost, and how things stand right now.
//!
//! Records of requests that are over come in, text that Prometheus reads goes out. Labels are few and bounded whatever
//! clients send: routes and not paths, listed models and not names that somebody made up. This room must never know who
//! asked, and no label names an owner or a token.

mod label;

use std::{
    collections::HashSet,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use arc_swap::ArcSwap;
use prometheus_client::{
    encoding::{prometheus_text, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

use self::label::{ByModel, Credits, Done, Route, Tokens};
use crate::{conversation::Usage, journal::Record};

/// What every name begins with.
const PREFIX: &str = "onemin_relay";

/// The model of all names that 1min.ai does not list.
const OTHER: &str = "other";

/// Upper bounds of durations, in seconds: from a refusal to the longest answer.
const SECONDS: [f64; 14] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0];

type Histograms = Family<Route, Histogram, fn() -> Histogram>;
type Fractions = Counter<f64, AtomicU64>;

/// The figures. Cloning gives another handle to the same ones.
#[derive(Clone)]
pub(crate) struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    done: Family<Done, Counter>,
    duration: Histograms,
    accepted: Histograms,
    queued: Histogram,
    calls: Family<ByModel, Counter>,
    tokens: Family<Tokens, Counter>,
    credits: Family<Credits, Fractions>,
    unkept: Counter,
    running: Gauge,
    streams: Gauge,
    models: Gauge,
    catalog_age: Gauge,
    is_catalog_failing: Gauge,
    servers: Gauge,
    servers_away: Gauge,
    /// The names of models that may be labels.
    listed: ArcSwap<HashSet<String>>,
}

/// How things stand at the moment they are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
        let mut registry = Registry::with_prefix(PREFIX);
        let by_route = || -> Histograms { Family::new_with_constructor(|| Histogram::new(SECONDS)) };
        let (duration, accepted, queued) = (by_route(), by_route(), Histogram::new(SECONDS));
        let (done, calls, tokens, credits) =
            (Family::default(), Family::default(), Family::default(), Family::default());
        let gauges: [Gauge; 7] = Default::default();
        let [running, streams, models, catalog_age, is_catalog_failing, servers, servers_away] = gauges;
        registry.register("build", "The version that runs", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        registry.register("requests", "Requests that are over, by what became of them", Family::clone(&done));
        let mut seconds = |name, help, metric: &Histograms| {
            registry.register_with_unit(name, help, Unit::Seconds, metric.clone());
        };
        seconds("request_duration", "Time until an answer was complete or given up", &duration);
        seconds("request_accepted", "Time until 1min.ai took a request", &accepted);
        let help = "Time that requests waited for others to end, of those that had to";
        registry.register_with_unit("request_queued", help, Unit::Seconds, queued.clone());
        registry.register("upstream_calls", "Calls made at 1min.ai, by the model that answers", Family::clone(&calls));
        registry.register("tokens", "Tokens of prompts and answers", Family::clone(&tokens));
        registry.register(
            "credits",
            "Credits charged by 1min.ai, or reckoned where it did not say",
            Family::clone(&credits),
        );
        let unkept = Counter::default();
        registry.register("usage_requests_missing", "Requests that are missing in the usage", unkept.clone());
        let mut gauge = |name, help, gauge: &Gauge| registry.register(name, help, gauge.clone());
        gauge("requests_running", "Requests that are being answered", &running);
        gauge("streams_running", "Those of them that are streamed", &streams);
        gauge("models", "Models that 1min.ai lists", &models);
        gauge("catalog_failing", "Whether the last attempt to fetch the list of models failed", &is_catalog_failing);
        gauge("memcached_servers", "memcached servers through which relays share limits", &servers);
        gauge("memcached_servers_away", "Those of them that are away: each relay counts alone", &servers_away);
        registry.register_with_unit("catalog_age", "Age of the list of models", Unit::Seconds, catalog_age.clone());
        let listed = ArcSwap::default();
        Self(Arc::new(Inner {
            registry,
            done,
            duration,
            accepted,
            queued,
            calls,
            tokens,
            credits,
            unkept,
            running,
            streams,
            models,
            catalog_age,
            is_catalog_failing,
            servers,
            servers_away,
            listed,
        }))
    }
}

impl Metrics {
    /// These models may be named; every other is `other`.
    pub(crate) fn set_models<'a>(&self, ids: impl Iterator<Item = &'a str>) {
        self.0.listed.store(Arc::new(ids.map(str::to_owned).collect()));
    }

    /// A request has come in; it runs until the value is dropped.
    pub(crate) fn running(&self) -> Running {
        self.0.running.inc();
        Running { metrics: self.clone(), is_streaming: AtomicBool::new(false) }
    }

    /// Counts a request that is over.
    pub(crate) fn count(&self, record: &Record) {
        let figures = &*self.0;
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
        let model = if figures.listed.load().contains(model) { model } else { OTHER };
        if record.upstream_calls > 0 {
            figures.calls.get_or_create(&ByModel::of(model)).inc_by(record.upstream_calls.into());
        }
        if let Some(usage) = &record.usage {
            self.count_usage(model, usage, record.reckoned_credits);
        }
    }

    /// So many requests are missing in the usage.
    pub(crate) fn count_missing(&self, requests: u64) {
        self.0.unkept.inc_by(requests);
    }

    fn count_usage(&self, model: &str, usage: &Usage, reckoned_credits: Option<f64>) {
        for (kind, tokens) in [("prompt", usage.prompt_tokens), ("completion", usage.completion_tokens)] {
            self.0.tokens.get_or_create(&Tokens::of(model, kind, usage.is_estimate)).inc_by(tokens);
        }
        let is_estimate = usage.credits.is_none();
        // A counter never falls, whatever is said upstream.
        let credits = usage.credits.or(reckoned_credits).filter(|credits| *credits >= 0.0 && credits.is_finite());
        if let Some(credits) = credits {
            self.0.credits.get_or_create(&Credits::of(model, is_estimate)).inc_by(credits);
        }
    }

    /// All figures as text.
    ///
    /// # Errors
    /// Never in practice: a `String` takes all that is written into it.
    pub(crate) fn write(&self, now: Now, format: Format) -> Result<String, fmt::Error> {
        let Inner { registry, models, catalog_age, is_catalog_failing, servers, servers_away, .. } = &*self.0;
        catalog_age.set(i64::try_from(now.catalog_age_seconds).unwrap_or(i64::MAX));
        is_catalog_failing.set(now.is_catalog_failing.into());
        for (gauge, count) in [(models, now.models), (servers, now.memcached), (servers_away, now.memcached_away)] {
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let mut written = String::new();
        match format {
            Format::OpenMetrics => text::encode(&mut written, registry)?,
            Format::Text => prometheus_text::encode(&mut written, registry)?,
        }
        Ok(written)
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
            self.metrics.0.streams.inc();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.metrics.0.running.dec();
        if *self.is_streaming.get_mut() {
            self.metrics.0.streams.dec();
        }
    }
}

#[cfg(test)]
mod tests;
