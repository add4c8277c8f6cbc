//! Beside the requests: what was spent before the start, which the usage in the database tells, and what other relays spend.

use std::{sync::Arc, time::Duration};

use super::{Budgets, Credits, exchange, ledger::Payer};
use crate::{shared::Shared, usage};

/// How often relays tell each other what they spend.
const EVERY: Duration = Duration::from_secs(1);

/// Learns what was spent before the start, and from then on what other relays spend.
pub(crate) async fn keep(shared: Arc<Shared>) {
    let budgets = &shared.budgets;
    if !*budgets.0.is_begun.borrow() {
        begin(&shared).await;
        // Before the first request, if they are within reach.
        exchange(&shared).await;
        budgets.0.is_begun.send_replace(true);
    }
    loop {
        exchange(&shared).await;
        tokio::time::sleep(EVERY).await;
    }
}

async fn begin(shared: &Shared) {
    let budgets = &shared.budgets;
    let (_, periods) = budgets.now(&mut budgets.books(), &shared.snapshot.load());
    let (day, month) = (periods.day.since_unix_ms, periods.month.since_unix_ms);
    let spent = shared.database.run(move |connection| {
        let spent = (usage::spent(connection, day)?, usage::spent(connection, month)?);
        Ok(spent)
    });
    match spent.await {
        Ok((day, month)) => budgets.begin(&day, &month),
        Err(error) => tracing::warn!(%error, "budgets begin at 0: it is not known what was spent before the start"),
    }
}

impl Budgets {
    /// Adds what was spent in the current day and month.
    fn begin(&self, day: &usage::Spent, month: &usage::Spent) {
        let mut books = self.books();
        let (now_unix_ms, periods) = self.periods(&mut books);
        let mut begin = |payer, day: f64, month: f64| {
            books.ledger.begin(&payer, Credits::of(day), Credits::of(month), now_unix_ms, &periods);
        };
        begin(Payer::All, day.in_all, month.in_all);
        for (owner, month) in &month.by_owner {
            let day = day.by_owner.get(owner).copied().unwrap_or_default();
            begin(Payer::Owner(owner.as_str().into()), day, *month);
        }
    }
}
