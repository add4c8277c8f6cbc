//! Labels: few, and none that a client can make up.

use prometheus_client::encoding::EncodeLabelSet;

use crate::journal::{Outcome, Record};

/// The methods that are told apart; a client may invent others.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"];

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Route {
    method: &'static str,
    route: String,
}

impl Route {
    /// The route of a record, such as `POST /v1/chat/completions`.
    pub(super) fn of(route: &str) -> Self {
        let (method, route) = route.split_once(' ').unwrap_or(("", route));
        let method = METHODS.into_iter().find(|known| *known == method).unwrap_or("other");
        Self { method, route: route.to_owned() }
    }
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Done {
    method: &'static str,
    route: String,
    outcome: &'static str,
    status: String,
    error: &'static str,
}

impl Done {
    /// What became of the request of `record`, which came by `route`.
    pub(super) fn of(record: &Record, route: &Route) -> Self {
        let outcome = match record.outcome {
            Outcome::Done => "done",
            Outcome::Failed => "failed",
            Outcome::ClientLeft => "client_left",
        };
        Self {
            method: route.method,
            route: route.route.clone(),
            outcome,
            status: record.status.map(|status| status.to_string()).unwrap_or_default(),
            error: record.error.unwrap_or_default(),
        }
    }
}

/// The model that answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ByModel {
    model: String,
}

impl ByModel {
    pub(super) fn of(model: &str) -> Self {
        Self { model: model.to_owned() }
    }
}

/// Which tokens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Tokens {
    model: String,
    kind: &'static str,
    estimated: bool,
}

impl Tokens {
    pub(super) fn of(model: &str, kind: &'static str, estimated: bool) -> Self {
        Self { model: model.to_owned(), kind, estimated }
    }
}

/// Which credits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Credits {
    model: String,
    estimated: bool,
}

impl Credits {
    pub(super) fn of(model: &str, estimated: bool) -> Self {
        Self { model: model.to_owned(), estimated }
    }
}

/// `day` or `month`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Period {
    pub(super) period: &'static str,
}
