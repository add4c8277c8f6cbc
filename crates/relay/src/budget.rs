//! How many credits may be spent, in a day and in a month: by one caller, and by all who use the stored key.
//!
//! What a call should cost is reserved before it is made, and what 1min.ai charged is booked in its place after; what was
//! not billed is let go of. So budgets are passed by no more than the error of the estimates of what is running. This room
//! must never know what is asked for, nor how clients are told.

mod credits;
mod exchange;
mod learned;
mod ledger;
mod period;
mod price;
mod start;
mod status;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::tz::TimeZone;
use onemin::{Feature, FeatureRequest, Model};
use tokio::{sync::watch, time::timeout};

pub use self::status::{BudgetStatus, Whose};
use self::{
    credits::Credits,
    exchange::Exchange,
    learned::Learned,
    ledger::{Alarm, Ledger, Line, Payer, Refusal},
    period::Periods,
};
pub(crate) use self::{exchange::exchange, start::keep};
use crate::{clock::Clock, conversation::Usage, error::Error, guard::Caller, policy::Policy, shared::Snapshot};

/// How long the first requests wait to learn what was spent before the start.
const PATIENCE: Duration = Duration::from_secs(2);

/// All budgets. Cloning gives another handle to the same ones.
#[derive(Debug, Clone)]
pub(crate) struct Budgets(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    books: Mutex<Books>,
    learned: Learned,
    clock: Clock,
    /// Whether it is known what was spent before the start.
    is_begun: watch::Sender<bool>,
    exchange: tokio::sync::Mutex<Exchange>,
}

/// The ledger, and the periods it was last used in.
#[derive(Debug, Default)]
struct Books {
    ledger: Ledger,
    zone: Option<TimeZone>,
    periods: Option<Periods>,
}

/// What is reserved for a call, or for several. Dropping it lets go of what was not booked.
#[derive(Debug)]
pub(crate) struct Reservation {
    budgets: Budgets,
    id: u64,
    payers: Vec<Payer>,
    percent: u64,
    amount: Credits,
    /// What a client is told of budgets that are nearly spent.
    warning: Option<String>,
}

/// What something should cost, in credits.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Price {
    /// By 1min.ai's list.
    pub(crate) listed: f64,
    /// The same, corrected by what it has billed.
    pub(crate) credits: f64,
}

impl Budgets {
    /// Budgets of which nothing is spent.
    pub(crate) fn new(clock: Clock) -> Self {
        Self(Arc::new(Inner {
            books: Mutex::default(),
            learned: Learned::default(),
            clock,
            is_begun: watch::Sender::new(false),
            exchange: tokio::sync::Mutex::default(),
        }))
    }

    /// Waits until it is known what was spent before the start, which is in the database; not for long.
    pub(crate) async fn begun(&self) {
        if !*self.0.is_begun.borrow() {
            let mut is_begun = self.0.is_begun.subscribe();
            let _ = timeout(PATIENCE, is_begun.wait_for(|is_begun| *is_begun)).await;
        }
    }

    /// Refuses a caller whose budget is spent, before anything else of its request is looked at.
    ///
    /// # Errors
    /// `BudgetSpent`.
    pub(crate) fn check(&self, caller: &Caller, snapshot: &Snapshot) -> Result<(), Error> {
        let lines = lines(caller, snapshot);
        let mut books = self.books();
        let (now_unix_ms, periods) = self.now(&mut books, snapshot);
        match books.ledger.spent_of(&lines, now_unix_ms, &periods) {
            Some(refusal) => Err(refused(&refusal, Credits::ZERO, &caller.policy, &periods, snapshot)),
            None => Ok(()),
        }
    }

    /// Reserves what so many calls should cost, one after the other at worst: until they are over, and no longer than they
    /// may take.
    ///
    /// # Errors
    /// `BudgetSpent`; `BudgetShort` where there is less left than that.
    pub(crate) fn reserve(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        credits: f64,
        calls: u32,
    ) -> Result<Reservation, Error> {
        let (lines, amount) = (lines(caller, snapshot), Credits::of(credits));
        let (now, percent) = (self.0.clock.instant(), snapshot.settings.limits.budget_warning_percent);
        let mut books = self.books();
        let (now_unix_ms, periods) = self.now(&mut books, snapshot);
        books.ledger.release_due(now);
        let due = now + snapshot.settings.total_timeout.saturating_mul(calls.max(1));
        let id = books
            .ledger
            .hold(&lines, amount, (now_unix_ms, &periods), due)
            .map_err(|refusal| refused(&refusal, amount, &caller.policy, &periods, snapshot))?;
        let payers: Vec<Payer> = lines.into_iter().map(|line| line.payer).collect();
        let alarms = books.ledger.alarms(&payers, percent);
        let zone = snapshot.settings.limits.time_zone();
        let words = alarms.iter().map(|alarm| words(alarm, &caller.policy, &periods, &zone)).collect::<Vec<_>>();
        let warning = (!words.is_empty()).then(|| words.join(" "));
        Ok(Reservation { budgets: self.clone(), id, payers, percent, amount, warning })
    }

    /// What a chat should cost, with an answer of this many tokens, or of as many as it usually has.
    pub(crate) fn chat(&self, listed: Option<&Model>, model: &str, usage: Usage, pictures: usize) -> f64 {
        let listed = price::chat(listed, usage.prompt_tokens, usage.completion_tokens, pictures);
        self.0.learned.corrected(model, Feature::Chat, listed)
    }

    /// How many tokens an answer should have, if it may have `most`.
    pub(crate) fn answer_tokens(&self, model: &str, most: Option<u64>) -> u64 {
        self.0.learned.answer_tokens(model, most)
    }

    /// Learns from what a chat was billed.
    pub(crate) fn learn_chat(&self, listed: Option<&Model>, model: &str, usage: Usage, pictures: usize) {
        let Some(billed) = usage.credits else { return };
        let listed = price::chat(listed, usage.prompt_tokens, usage.completion_tokens, pictures);
        self.0.learned.learn(model, Feature::Chat, listed, billed, Some(usage.completion_tokens));
    }

    /// What a call of a feature should cost. `seconds` is how long the sound is that it hears.
    pub(crate) fn feature(&self, listed: Option<&Model>, request: &FeatureRequest, seconds: Option<f64>) -> Price {
        let listed = price::feature(listed, request, seconds);
        Price { listed, credits: self.0.learned.corrected(&request.model, request.feature, listed) }
    }

    /// Learns from what a call was billed that the list has at `listed`.
    pub(crate) fn learn_feature(&self, request: &FeatureRequest, listed: f64, billed: f64) {
        self.0.learned.learn(&request.model, request.feature, listed, billed, None);
    }

    /// How every budget stands that has a limit.
    pub(crate) fn statuses(&self, snapshot: &Snapshot) -> Vec<BudgetStatus> {
        let mut books = self.books();
        let (now_unix_ms, periods) = self.now(&mut books, snapshot);
        books.ledger.release_due(self.0.clock.instant());
        status::of(&mut books.ledger, now_unix_ms, &periods, snapshot)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time, and the periods it is in.
    fn now(&self, books: &mut Books, snapshot: &Snapshot) -> (u64, Periods) {
        let zone = &snapshot.settings.limits.time_zone;
        if books.zone != *zone {
            (books.zone, books.periods) = (zone.clone(), None);
        }
        self.periods(books)
    }

    /// The same where the time zone is the last one.
    fn periods(&self, books: &mut Books) -> (u64, Periods) {
        let now_unix_ms = self.0.clock.unix_ms();
        match &books.periods {
            Some(periods) if periods.hold_at(now_unix_ms) => (now_unix_ms, periods.clone()),
            _ => {
                let periods = Periods::at(now_unix_ms, &books.zone.clone().unwrap_or_else(TimeZone::system));
                books.periods = Some(periods.clone());
                // A new day: time to forget.
                books.ledger.tidy(now_unix_ms, &periods);
                (now_unix_ms, periods)
            }
        }
    }
}

impl Reservation {
    /// Books what a call was charged. What is reserved beyond that stays so until this is dropped.
    pub(crate) fn spend(&self, credits: f64) {
        let amount = Credits::of(credits);
        let mut books = self.budgets.books();
        let (now_unix_ms, periods) = self.budgets.periods(&mut books);
        books.ledger.spend(self.id, &self.payers, amount, now_unix_ms, &periods);
        let alarms = books.ledger.alarms(&self.payers, self.percent);
        let news = books.ledger.news(alarms);
        drop(books);
        news.iter().for_each(tell);
    }

    /// What was reserved.
    pub(crate) fn credits(&self) -> f64 {
        self.amount.as_f64()
    }

    /// What a client is told of budgets that are nearly spent.
    pub(crate) fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budgets.books().ledger.release(self.id);
    }
}

/// The budgets that a caller spends from. Who brings a key of its own spends nothing of the stored one.
fn lines(caller: &Caller, snapshot: &Snapshot) -> Vec<Line> {
    let (limits, policy) = (&snapshot.settings.limits, &caller.policy);
    let own = Line { payer: Payer::Owner(caller.owner.as_str().into()), terms: status::terms_of(policy) };
    let all = snapshot.key.is_some().then(|| Line { payer: Payer::All, terms: status::terms_of_all(limits) });
    [Some(own), all].into_iter().flatten().collect()
}

fn refused(refusal: &Refusal, amount: Credits, policy: &Policy, periods: &Periods, snapshot: &Snapshot) -> Error {
    let Refusal { payer, span, limit, spent, is_held } = refusal;
    let whose = whose(payer, policy);
    let (limit, period) = (limit.rounded_up(), span.as_str());
    let until = status::until(*span, periods, &snapshot.settings.limits.time_zone());
    if *spent >= Credits::whole(limit) {
        return Error::BudgetSpent { whose, limit, period, until };
    }
    let (left, reckoned) = (Credits::whole(limit).less(*spent).rounded_down(), amount.rounded_up());
    Error::BudgetShort { whose, limit, period, until, left, reckoned, is_held: *is_held }
}

fn words(alarm: &Alarm, policy: &Policy, periods: &Periods, zone: &TimeZone) -> String {
    let Alarm { payer, span, limit, spent } = alarm;
    format!(
        "{} of {} credits a {} are spent of the budget of {}; it begins anew at {}.",
        spent.rounded_up(),
        limit.rounded_up(),
        span.as_str(),
        whose(payer, policy),
        status::until(*span, periods, zone)
    )
}

fn whose(payer: &Payer, policy: &Policy) -> &'static str {
    match payer {
        Payer::All => "this relay",
        Payer::Owner(_) => policy.whose(),
    }
}

/// The one line of the log, once a period when a budget is nearly spent and once when it is.
fn tell(alarm: &Alarm) {
    let Alarm { payer, span, limit, spent } = alarm;
    let whose = match payer {
        Payer::All => "this relay",
        Payer::Owner(owner) => owner,
    };
    let (period, limit_credits, spent_credits) = (span.as_str(), limit.rounded_up(), spent.rounded_up());
    if spent >= limit {
        tracing::warn!(whose, period, limit_credits, spent_credits, "a budget is spent, requests are refused");
    } else {
        tracing::warn!(whose, period, limit_credits, spent_credits, "a budget is nearly spent");
    }
}

#[cfg(test)]
mod tests;
