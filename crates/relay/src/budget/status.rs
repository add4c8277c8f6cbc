//! How budgets stand, for people.

use jiff::tz::TimeZone;
use serde::Serialize;

use super::{
    credits::Credits,
    ledger::{Counter, Ledger, Payer, Span, Terms},
    period::{self, Periods},
};
use crate::{policy::Policy, settings::Limits, shared::Snapshot};

/// The owner of what is stored for all who use the stored key without an access token.
const LOCAL: &str = "local";

/// How one budget stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BudgetStatus {
    /// Whose it is.
    pub whose: Whose,
    /// `day` or `month`.
    pub period: &'static str,
    /// Credits that are spent, by all relays that serve together.
    pub spent: f64,
    /// Credits that are reserved for what is running.
    pub reserved: f64,
    /// Credits that may be spent.
    pub limit: u64,
    /// Whether so much is spent that the settings want a warning.
    pub is_warning: bool,
    /// When it begins anew, milliseconds since 1970.
    pub until_unix_ms: u64,
    /// The same in words, such as `2026-12-01 00:00 Europe/Berlin`.
    pub until: String,
}

/// Whose a budget is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Whose {
    /// Of all who use the stored key.
    All,
    /// Of all who use it without an access token.
    Local,
    /// Of an access token.
    Token {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
    },
    /// Of somebody who brings a 1min.ai key.
    Key {
        /// What tells it from others; not the key.
        id: String,
    },
}

/// Every budget with a limit of whoever has been here, that of all first.
pub(super) fn of(ledger: &mut Ledger, now_unix_ms: u64, periods: &Periods, snapshot: &Snapshot) -> Vec<BudgetStatus> {
    let limits = &snapshot.settings.limits;
    if snapshot.key.is_some() {
        ledger.counter(&Payer::All, now_unix_ms, periods).terms = terms_of_all(limits);
    }
    // Theirs are known although none of them has been here.
    let local = Payer::Owner(LOCAL.into());
    if let Some(counter) = ledger.counters.get_mut(&local).filter(|counter| counter.terms.token.is_none()) {
        counter.terms = terms_of(&snapshot.callers);
    }
    let mut payers: Vec<Payer> = ledger.counters.keys().cloned().collect();
    payers.sort();
    let zone = limits.time_zone();
    let mut statuses = Vec::new();
    for payer in payers {
        let counter = ledger.counter(&payer, now_unix_ms, periods);
        for span in Span::BOTH.into_iter().filter(|span| counter.limit(*span) > Credits::ZERO) {
            statuses.push(BudgetStatus {
                whose: whose(&payer, counter),
                period: span.as_str(),
                spent: counter.spent(span).as_f64(),
                reserved: counter.reserved().as_f64(),
                limit: counter.limit(span).rounded_up(),
                is_warning: counter.is_warning(span, limits.budget_warning_percent),
                until_unix_ms: end(span, periods),
                until: until(span, periods, &zone),
            });
        }
    }
    statuses
}

/// What all who use the stored key may spend together.
pub(super) fn terms_of_all(limits: &Limits) -> Terms {
    let (per_day, per_month) = (Credits::whole(limits.credits_per_day), Credits::whole(limits.credits_per_month));
    Terms { token: None, per_day, per_month }
}

/// What a caller may spend.
pub(super) fn terms_of(policy: &Policy) -> Terms {
    let (per_day, per_month) = (Credits::whole(policy.credits_per_day), Credits::whole(policy.credits_per_month));
    Terms { token: policy.token.clone(), per_day, per_month }
}

/// When a budget begins anew, in words.
pub(super) fn until(span: Span, periods: &Periods, zone: &TimeZone) -> String {
    period::words(end(span, periods), zone)
}

const fn end(span: Span, periods: &Periods) -> u64 {
    match span {
        Span::Day => periods.day.until_unix_ms,
        Span::Month => periods.month.until_unix_ms,
    }
}

fn whose(payer: &Payer, counter: &Counter) -> Whose {
    match (payer, &counter.terms.token) {
        (Payer::All, _) => Whose::All,
        (Payer::Owner(id), Some(name)) => Whose::Token { id: id.to_string(), name: name.clone() },
        (Payer::Owner(id), None) if &**id == LOCAL => Whose::Local,
        (Payer::Owner(id), None) => Whose::Key { id: id.to_string() },
    }
}
