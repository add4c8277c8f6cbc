//! Runs whose relay went away in the middle: nobody knows whether 1min.ai carried them out, so they are said to be lost and
//! perhaps billed, and are never begun again by themselves.

use std::sync::Arc;

use crate::{
    shared::Shared,
    store::{RunRecord, RunState},
};

/// Marks the runs that were lost, and says how many there are.
pub(crate) async fn mark(shared: Arc<Shared>) {
    let now_ms = shared.clock.unix_ms();
    let runs = shared.store.runs();
    let rows = match runs.list(now_ms).await {
        Ok(rows) => rows,
        Err(error) => return tracing::warn!(%error, "runs of earlier times can't be read"),
    };
    let mut lost = 0;
    for row in rows.into_iter().filter(|row| is_lost(row, &shared)) {
        let row = RunRecord { state: RunState::Lost { noticed_unix_ms: now_ms }, ..row };
        match runs.put(&row, None, now_ms).await {
            Ok(()) => lost += 1,
            Err(error) => tracing::warn!(run = row.id, %error, "a lost run can't be marked"),
        }
    }
    if lost > 0 {
        tracing::warn!(
            lost,
            "calls were lost when the relay ended, and may have been billed: see `1min-relay results`"
        );
    }
}

/// Whether the relay of a run has its data elsewhere, so that nobody here can tell whether it lives.
pub(super) fn is_elsewhere(row: &RunRecord, shared: &Shared) -> bool {
    shared.instance.is_gone(&row.instance).is_none()
}

/// Whether a run goes on no more, although its row says so. Of a relay elsewhere only the time tells.
pub(crate) fn is_lost(row: &RunRecord, shared: &Shared) -> bool {
    let is_over = || {
        if row.instance == shared.instance.name() {
            // It was stopped, and started again.
            return !shared.runs.goes_on(&row.id);
        }
        shared.instance.is_gone(&row.instance).unwrap_or(row.ends_by_unix_ms < shared.clock.unix_ms())
    };
    row.state == RunState::Running && is_over()
}
