//! Every figure, with its name and what it says.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

use super::label::{ByModel, Credits, Done, Period, Route, Tokens};

/// What every name begins with.
const PREFIX: &str = "onemin_relay";

/// Upper bounds of durations, in seconds: from a refusal to the longest answer.
const SECONDS: [f64; 14] = [0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0];

type Histograms = Family<Route, Histogram, fn() -> Histogram>;
type Fraction = Gauge<f64, AtomicU64>;

/// The figures.
pub(super) struct Figures {
    pub(super) done: Family<Done, Counter>,
    pub(super) duration: Histograms,
    pub(super) accepted: Histograms,
    pub(super) queued: Histogram,
    pub(super) calls: Family<ByModel, Counter>,
    pub(super) tokens: Family<Tokens, Counter>,
    pub(super) credits: Family<Credits, Counter<f64, AtomicU64>>,
    pub(super) usage_missing: Counter,
    pub(super) running: Gauge,
    pub(super) streams: Gauge,
    pub(super) models: Gauge,
    pub(super) catalog_age: Gauge,
    pub(super) is_catalog_failing: Gauge,
    pub(super) servers: Gauge,
    pub(super) servers_away: Gauge,
    pub(super) waiting: Gauge,
    pub(super) budget_limit: Family<Period, Fraction>,
    pub(super) budget_spent: Family<Period, Fraction>,
    pub(super) budget_reserved: Family<Period, Fraction>,
}

impl Default for Figures {
    fn default() -> Self {
        let by_route = || -> Histograms { Family::new_with_constructor(|| Histogram::new(SECONDS)) };
        Self {
            done: Family::default(),
            duration: by_route(),
            accepted: by_route(),
            queued: Histogram::new(SECONDS),
            calls: Family::default(),
            tokens: Family::default(),
            credits: Family::default(),
            usage_missing: Counter::default(),
            running: Gauge::default(),
            streams: Gauge::default(),
            models: Gauge::default(),
            catalog_age: Gauge::default(),
            is_catalog_failing: Gauge::default(),
            servers: Gauge::default(),
            servers_away: Gauge::default(),
            waiting: Gauge::default(),
            budget_limit: Family::default(),
            budget_spent: Family::default(),
            budget_reserved: Family::default(),
        }
    }
}

impl Figures {
    /// All of them under their names.
    pub(super) fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix(PREFIX);
        registry.register("build", "The version that runs", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        self.name_what_is_over(&mut registry);
        self.name_what_is_now(&mut registry);
        registry
    }

    fn name_what_is_over(&self, registry: &mut Registry) {
        registry.register("requests", "Requests that are over, by what became of them", self.done.clone());
        for (name, help, by_route) in [
            ("request_duration", "Time until an answer was complete or given up", &self.duration),
            ("request_accepted", "Time until 1min.ai took a request", &self.accepted),
        ] {
            registry.register_with_unit(name, help, Unit::Seconds, by_route.clone());
        }
        let help = "Time that requests waited for others to end, of those that had to";
        registry.register_with_unit("request_queued", help, Unit::Seconds, self.queued.clone());
        registry.register("upstream_calls", "Calls made at 1min.ai, by the model that answers", self.calls.clone());
        registry.register("tokens", "Tokens of prompts and answers", self.tokens.clone());
        let help = "Credits charged by 1min.ai, or reckoned where it did not say";
        registry.register("credits", help, self.credits.clone());
        let help = "Requests that are missing in the usage";
        registry.register("usage_requests_missing", help, self.usage_missing.clone());
    }

    fn name_what_is_now(&self, registry: &mut Registry) {
        for (name, help, gauge) in [
            ("requests_running", "Requests that are being answered", &self.running),
            ("streams_running", "Those of them that are streamed", &self.streams),
            ("requests_waiting", "Requests that wait in the queue to be answered", &self.waiting),
            ("models", "Models that 1min.ai lists", &self.models),
            (
                "catalog_failing",
                "Whether the last attempt to fetch the list of models failed",
                &self.is_catalog_failing,
            ),
            ("memcached_servers", "memcached servers through which relays share limits", &self.servers),
            ("memcached_servers_away", "Those of them that are away: each relay counts alone", &self.servers_away),
        ] {
            registry.register(name, help, gauge.clone());
        }
        registry.register_with_unit(
            "catalog_age",
            "Age of the list of models",
            Unit::Seconds,
            self.catalog_age.clone(),
        );
        let credits = || Unit::Other("credits".into());
        for (name, help, by_period) in [
            ("budget_limit", "What all who use the stored key may spend, where there is a limit", &self.budget_limit),
            ("budget_spent", "What they have spent of it, by all relays that serve together", &self.budget_spent),
            ("budget_reserved", "What is reserved of it for what is running here", &self.budget_reserved),
        ] {
            registry.register_with_unit(name, help, credits(), by_period.clone());
        }
    }
}
