//! `GET /metrics`: the figures, as Prometheus reads them.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header};

use crate::{
    budget::{BudgetStatus, Whose},
    error::Error,
    metrics::{Budget, Format, Now},
    shared::Shared,
};

/// The route; who may read it is the guard's.
pub(super) async fn get(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Result<Response, Error> {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let format = Format::for_reader(accept);
    let written = shared.journal.metrics().write(&now(&shared), format).map_err(|_| Error::Internal)?;
    Ok(([(header::CONTENT_TYPE, format.media_type())], written).into_response())
}

/// How things stand.
fn now(shared: &Shared) -> Now {
    let snapshot = shared.snapshot.load_full();
    let budgets = shared.budgets.statuses(&snapshot).into_iter().filter(|budget| budget.whose == Whose::All);
    let budget = |BudgetStatus { period, limit, spent, reserved, .. }| {
        // Beyond what a figure can hold to the credit, nobody counts credits.
        Budget { period, limit: limit as f64, spent, reserved }
    };
    let status = shared.status.borrow();
    let servers = status.memcached.as_deref().unwrap_or_default();
    Now {
        models: snapshot.catalog.models().len(),
        catalog_age_seconds: shared.refresh.age(&snapshot.catalog, shared.clock).as_secs(),
        is_catalog_failing: status.catalog.problem.is_some(),
        memcached: servers.len(),
        memcached_away: servers.iter().filter(|server| server.is_away).count(),
        waiting: shared.limiter.waiting(),
        budgets: budgets.map(budget).collect(),
    }
}
