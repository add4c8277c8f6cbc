//! What is spent and what is reserved, for each payer. No clock, no settings, no other relay: all of that is handed in.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::Arc,
};

use tokio::time::Instant;

use super::{credits::Credits, period::Periods};

/// Who has a budget.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Payer {
    /// All who use the stored key.
    All,
    /// One caller, by the name under which its things are stored.
    Owner(Arc<str>),
}

/// How long a budget lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Span {
    /// From midnight to midnight.
    Day,
    /// From the first to the first.
    Month,
}

/// What a payer may spend. Zero is no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    /// The name of the access token.
    pub(crate) token: Option<String>,
    pub(crate) per_day: Credits,
    pub(crate) per_month: Credits,
}

/// A payer and its terms, as a request brings them.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) payer: Payer,
    pub(super) terms: Terms,
}

/// A budget that has no room for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) payer: Payer,
    pub(super) span: Span,
    pub(super) limit: Credits,
    pub(super) spent: Credits,
    /// Whether it would have room if what is running cost nothing.
    pub(super) is_held: bool,
}

/// A budget that has been spent so far that somebody should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Alarm {
    pub(super) payer: Payer,
    pub(super) span: Span,
    pub(super) limit: Credits,
    pub(super) spent: Credits,
}

/// What one relay has spent, or several, and when that is forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) spent: Credits,
    pub(super) until_unix_ms: u64,
}

/// All that is known of a payer.
#[derive(Debug, Clone, Default)]
pub(super) struct Counter {
    pub(super) terms: Terms,
    pub(super) day: Total,
    pub(super) month: Total,
    pub(super) reserved: Credits,
    /// The same at the other relays that serve with this one.
    pub(super) elsewhere: Elsewhere,
    /// How far the log has been told, of the day and of the month.
    told: [Told; 2],
}

/// What the other relays have spent and reserved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Elsewhere {
    pub(super) day: Credits,
    pub(super) month: Credits,
    pub(super) reserved: Credits,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    #[default]
    Nothing,
    Nearly,
    Spent,
}

/// The books.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) counters: HashMap<Payer, Counter>,
    held: HashMap<u64, Held>,
    /// When what is reserved is let go of at the latest.
    due: BinaryHeap<Reverse<(Instant, u64)>>,
    last: u64,
}

#[derive(Debug)]
struct Held {
    payers: Vec<Payer>,
    amount: Credits,
}

impl Span {
    /// Both.
    pub(super) const BOTH: [Self; 2] = [Self::Day, Self::Month];

    /// In the words of an error.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }
}

impl Counter {
    pub(super) const fn limit(&self, span: Span) -> Credits {
        match span {
            Span::Day => self.terms.per_day,
            Span::Month => self.terms.per_month,
        }
    }

    /// What all relays have spent.
    pub(super) fn spent(&self, span: Span) -> Credits {
        match span {
            Span::Day => self.day.spent + self.elsewhere.day,
            Span::Month => self.month.spent + self.elsewhere.month,
        }
    }

    /// What all relays have reserved.
    pub(super) fn reserved(&self) -> Credits {
        self.reserved + self.elsewhere.reserved
    }

    /// Begins what is over anew. A date that was wrong for a while forgives nothing and locks nothing.
    fn roll(&mut self, now_unix_ms: u64, periods: &Periods) {
        let spans = [(&mut self.day, &mut self.elsewhere.day, periods.day)];
        let spans = spans.into_iter().chain([(&mut self.month, &mut self.elsewhere.month, periods.month)]);
        for ((total, elsewhere, period), told) in spans.zip(&mut self.told) {
            if now_unix_ms >= total.until_unix_ms {
                (total.spent, *elsewhere, *told) = (Credits::ZERO, Credits::ZERO, Told::Nothing);
            }
            total.until_unix_ms = period.until_unix_ms;
        }
    }

    /// Whether so many percent of a budget are spent; 0 percent is never.
    pub(super) fn is_warning(&self, span: Span, percent: u64) -> bool {
        let limit = self.limit(span);
        limit > Credits::ZERO && percent > 0 && self.spent(span).percent_of(limit) >= percent
    }

    fn is_worth_keeping(&self) -> bool {
        [self.reserved, self.month.spent, self.elsewhere.month, self.elsewhere.reserved] != [Credits::ZERO; 4]
    }
}

impl Ledger {
    /// The counter of a payer, in the current periods.
    pub(super) fn counter(&mut self, payer: &Payer, now_unix_ms: u64, periods: &Periods) -> &mut Counter {
        let counter = self.counters.entry(payer.clone()).or_default();
        counter.roll(now_unix_ms, periods);
        counter
    }

    /// Adds what was spent in this day and month before the start.
    pub(super) fn begin(&mut self, payer: &Payer, day: Credits, month: Credits, now_unix_ms: u64, periods: &Periods) {
        let counter = self.counter(payer, now_unix_ms, periods);
        counter.day.spent = counter.day.spent + day;
        counter.month.spent = counter.month.spent + month;
    }

    /// The same where it is known in all, and not less.
    pub(super) fn raise(&mut self, payer: &Payer, day: Credits, month: Credits, now_unix_ms: u64, periods: &Periods) {
        let counter = self.counter(payer, now_unix_ms, periods);
        counter.day.spent = counter.day.spent.max(day);
        counter.month.spent = counter.month.spent.max(month);
    }

    /// What this relay has spent in the day, in the month, and reserved, of whoever has any of it.
    pub(super) fn own(&mut self, now_unix_ms: u64, periods: &Periods) -> Vec<(Payer, [Credits; 3])> {
        let own = self.counters.iter_mut().map(|(payer, counter)| {
            counter.roll(now_unix_ms, periods);
            (payer.clone(), [counter.day.spent, counter.month.spent, counter.reserved])
        });
        own.filter(|(_, amounts)| *amounts != [Credits::ZERO; 3]).collect()
    }

    /// What the other relays have spent and reserved, in place of what was known of it.
    pub(super) fn set_elsewhere(&mut self, elsewhere: &HashMap<Payer, Elsewhere>, now_unix_ms: u64, periods: &Periods) {
        for (payer, amounts) in elsewhere {
            self.counter(payer, now_unix_ms, periods).elsewhere = *amounts;
        }
        for (payer, counter) in &mut self.counters {
            if !elsewhere.contains_key(payer) {
                counter.elsewhere = Elsewhere::default();
            }
        }
    }

    /// Reserves an amount in all budgets of a request, or in none.
    pub(super) fn hold(
        &mut self,
        lines: &[Line],
        amount: Credits,
        (now_unix_ms, periods): (u64, &Periods),
        due: Instant,
    ) -> Result<u64, Refusal> {
        if let Some(refusal) = self.lacking(lines, amount, (now_unix_ms, periods)) {
            // Who is refused is not remembered for having asked: anybody can invent any number of keys.
            self.forget_idle(lines.iter().map(|line| &line.payer));
            return Err(refusal);
        }
        self.last += 1;
        let payers: Vec<Payer> = lines.iter().map(|line| line.payer.clone()).collect();
        for payer in &payers {
            let counter = self.counter(payer, now_unix_ms, periods);
            counter.reserved = counter.reserved + amount;
        }
        self.held.insert(self.last, Held { payers, amount });
        self.due.push(Reverse((due, self.last)));
        Ok(self.last)
    }

    /// The first budget of a request that has no room for an amount.
    fn lacking(&mut self, lines: &[Line], amount: Credits, (now_unix_ms, periods): (u64, &Periods)) -> Option<Refusal> {
        for line in lines {
            let counter = self.counter(&line.payer, now_unix_ms, periods);
            counter.terms.clone_from(&line.terms);
            for span in Span::BOTH {
                let (limit, spent) = (counter.limit(span), counter.spent(span));
                let is_short = spent >= limit || spent + counter.reserved() + amount > limit;
                if limit > Credits::ZERO && is_short {
                    let is_held = spent + amount <= limit;
                    return Some(Refusal { payer: line.payer.clone(), span, limit, spent, is_held });
                }
            }
        }
        None
    }

    /// Forgets those of some payers of whom there is nothing to remember.
    fn forget_idle<'a>(&mut self, payers: impl IntoIterator<Item = &'a Payer>) {
        for payer in payers {
            if self.counters.get(payer).is_some_and(|counter| !counter.is_worth_keeping()) {
                self.counters.remove(payer);
            }
        }
    }

    /// The first budget of a request that is spent.
    pub(super) fn spent_of(&mut self, lines: &[Line], now_unix_ms: u64, periods: &Periods) -> Option<Refusal> {
        lines.iter().find_map(|line| {
            // Who has spent nothing is not remembered for having asked.
            let counter = self.counters.get_mut(&line.payer)?;
            counter.roll(now_unix_ms, periods);
            counter.terms.clone_from(&line.terms);
            Span::BOTH.into_iter().find_map(|span| {
                let (limit, spent) = (counter.limit(span), counter.spent(span));
                let is_spent = limit > Credits::ZERO && spent >= limit;
                is_spent.then(|| Refusal { payer: line.payer.clone(), span, limit, spent, is_held: false })
            })
        })
    }

    /// Books what was charged, and takes it off what is reserved for it.
    pub(super) fn spend(&mut self, id: u64, payers: &[Payer], amount: Credits, now_unix_ms: u64, periods: &Periods) {
        self.reduce(id, amount);
        for payer in payers {
            let counter = self.counter(payer, now_unix_ms, periods);
            counter.day.spent = counter.day.spent + amount;
            counter.month.spent = counter.month.spent + amount;
        }
    }

    /// Lets go of what is still reserved.
    pub(super) fn release(&mut self, id: u64) {
        self.reduce(id, Credits::MOST);
        if let Some(held) = self.held.remove(&id) {
            self.forget_idle(&held.payers);
        }
    }

    /// Lets go of what has been reserved for longer than anything runs: whoever does not read its answer must not hold the
    /// budget of others.
    pub(super) fn release_due(&mut self, now: Instant) {
        while let Some(Reverse((due, id))) = self.due.peek().copied() {
            // What has been let go of already is passed over, so that the heap holds little more than what runs.
            if due > now && self.held.contains_key(&id) {
                return;
            }
            self.due.pop();
            self.release(id);
        }
    }

    /// Forgets payers of whom there is nothing to remember any more.
    pub(super) fn tidy(&mut self, now_unix_ms: u64, periods: &Periods) {
        self.counters.retain(|_, counter| {
            counter.roll(now_unix_ms, periods);
            counter.is_worth_keeping()
        });
    }

    /// The budgets of some payers of which so many percent are spent.
    pub(super) fn alarms(&self, payers: &[Payer], percent: u64) -> Vec<Alarm> {
        let counters = payers.iter().filter_map(|payer| Some((payer, self.counters.get(payer)?)));
        let both = counters.flat_map(|counter| Span::BOTH.map(|span| (counter, span)));
        both.filter(|((_, counter), span)| counter.is_warning(*span, percent))
            .map(|((payer, counter), span)| {
                let (limit, spent) = (counter.limit(span), counter.spent(span));
                Alarm { payer: payer.clone(), span, limit, spent }
            })
            .collect()
    }

    /// Those of them that the log has not been told of in this period: once when they come near their end, once at it.
    pub(super) fn news(&mut self, alarms: Vec<Alarm>) -> Vec<Alarm> {
        let mut alarms = alarms;
        alarms.retain(|alarm| {
            let Some(counter) = self.counters.get_mut(&alarm.payer) else { return false };
            let told = &mut counter.told[alarm.span as usize];
            let now = if alarm.spent >= alarm.limit { Told::Spent } else { Told::Nearly };
            let is_news = now > *told;
            *told = now.max(*told);
            is_news
        });
        alarms
    }

    fn reduce(&mut self, id: u64, amount: Credits) {
        let Some(held) = self.held.get_mut(&id) else { return };
        let part = held.amount.min(amount);
        held.amount = held.amount.less(part);
        for payer in &held.payers {
            if let Some(counter) = self.counters.get_mut(payer) {
                counter.reserved = counter.reserved.less(part);
            }
        }
    }
}

#[cfg(test)]
mod tests;
