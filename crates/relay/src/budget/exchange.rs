//! Several relays spend from the same budgets: once a second each tells the others, through one document in memcached, what
//! it has spent and reserved, and learns the same of them.
//!
//! A relay changes its own entry only, under a number that grows, and carries over what it knows of the others. So whatever
//! memcached forgets is put back by whoever is there, and an entry is never replaced by an older one. While memcached is away,
//! what was last heard of the others counts on.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{
    Budgets, Credits,
    ledger::{Elsewhere, Payer},
    period::Periods,
};
use crate::{id, memcached::Memcached, shared::Shared};

/// The name of the document.
const KEY: &str = "budgets";

/// How often another relay may be faster in writing it, before this one leaves it for the next second.
const TRIES: u32 = 5;

/// How long memcached keeps it, unless it is written again.
const KEEP: Duration = Duration::from_secs(30 * 24 * 3_600);

/// When it is written although nothing has changed, so that it is kept.
const RENEW: Duration = Duration::from_secs(24 * 3_600);

/// The same while something is reserved: what is said to be reserved counts for [`BELIEVED`] only, because who is killed can't
/// take it back.
const REMIND: Duration = Duration::from_secs(10);
const BELIEVED: Duration = Duration::from_secs(30);

/// The largest document, in bytes; memcached takes none above 1 MiB. Beyond that those who have spent least count at their own
/// relay alone.
const LARGEST: usize = 1_000_000;

/// The most other relays that are carried over, those of this month that are gone among them: the ones that were heard of last.
const MOST_RELAYS: usize = 1_000;

/// No month is longer, in milliseconds; what claims to be is no entry of a relay.
const LONGEST: u64 = 32 * 24 * 3_600_000;

/// Payers in the document: `*` is all, anything else an owner.
const ALL: &str = "*";

/// The document.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Document {
    relays: BTreeMap<String, Entry>,
}

/// What one relay says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// Grows with each change.
    sequence: u64,
    /// When its day and its month end.
    day_until_unix_ms: u64,
    month_until_unix_ms: u64,
    /// Of each payer what is spent in this day, in this month, and reserved, in thousandths of a credit.
    payers: BTreeMap<String, [u64; 3]>,
}

/// What is known of the other relays.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    /// By which name the others know this relay; it is the same after a restart.
    id: Option<String>,
    sequence: u64,
    others: HashMap<String, Heard>,
    /// When it last wrote.
    written: Option<Instant>,
    has_joined: bool,
    has_complained: bool,
    has_left_out: bool,
}

#[derive(Debug)]
struct Heard {
    entry: Entry,
    /// When it last changed.
    at: Instant,
}

/// Tells the other relays how the budgets stand here, and learns how they stand there.
pub(crate) async fn exchange(shared: &Shared) {
    let budgets = &shared.budgets;
    let mut exchange = budgets.0.exchange.lock().await;
    let memcached = shared.snapshot.load().memcached.clone();
    if let Some(memcached) = memcached {
        if exchange.id.is_none() {
            exchange.id = Some(own_id(shared).await);
        }
        exchange.talk(budgets, &memcached).await;
    } else if !exchange.others.is_empty() {
        exchange.others.clear();
    } else {
        return;
    }
    exchange.apply(budgets);
}

/// The name of this relay among those that share memcached, kept in the database.
async fn own_id(shared: &Shared) -> String {
    let fresh = id::random("");
    let own = fresh.clone();
    let known = move |connection: &mut Connection| {
        connection.execute("INSERT OR IGNORE INTO meta (name, value) VALUES ('relay', ?1)", [&own])?;
        connection.query_row("SELECT value FROM meta WHERE name = 'relay'", [], |row| row.get(0))
    };
    shared.database.run(known).await.unwrap_or(fresh)
}

impl Document {
    /// Leaves out the payers who have spent least in the month, until it has at most so many bytes; what was spent in all stays.
    /// Gives how many were left out.
    fn fit(&mut self, largest: usize) -> usize {
        let mut bytes_now = size(self);
        if bytes_now <= largest {
            return 0;
        }
        let mut payers: Vec<(bool, u64, String, String, usize)> = Vec::new();
        for (relay, entry) in &self.relays {
            for (name, amounts) in &entry.payers {
                // A pair takes as many bytes as an entry and its comma, or one more than the only one.
                let bytes = size(&(name, amounts)).saturating_sub(1);
                payers.push((name == ALL, amounts[1], relay.clone(), name.clone(), bytes));
            }
        }
        payers.sort_unstable();
        let mut left_out = 0;
        for (is_all, _, relay, name, bytes) in payers {
            if bytes_now <= largest || is_all {
                break;
            }
            if let Some(entry) = self.relays.get_mut(&relay) {
                entry.payers.remove(&name);
            }
            bytes_now = bytes_now.saturating_sub(bytes);
            left_out += 1;
        }
        left_out
    }
}

/// How many bytes a value takes in the document.
fn size(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).map_or(0, |text| text.len())
}

impl Exchange {
    async fn talk(&mut self, budgets: &Budgets, memcached: &Memcached) {
        for _ in 0..TRIES {
            let Ok(read) = memcached.read(KEY).await else { return };
            let cas = read.as_ref().map(|(_, cas)| *cas);
            // What nobody can read is written anew.
            let document = read.and_then(|(text, _)| serde_json::from_slice(&text).ok()).unwrap_or_default();
            let Some(document) = self.merge(budgets, &document) else { return };
            let Ok(text) = serde_json::to_vec(&document) else { return };
            match memcached.replace(KEY, &text, cas, KEEP).await {
                Ok(true) => {
                    self.written = Some(budgets.0.clock.instant());
                    return;
                }
                // Another relay was faster.
                Ok(false) => {}
                Err(_) => return,
            }
        }
    }

    /// Learns what is new in the document, and gives it as it should be; `None`: it is so already.
    fn merge(&mut self, budgets: &Budgets, document: &Document) -> Option<Document> {
        let id = self.id.clone()?;
        let now = budgets.0.clock.instant();
        let (now_unix_ms, periods) = budgets.periods(&mut budgets.books());
        let is_current = |entry: &Entry| {
            let until = entry.month_until_unix_ms;
            now_unix_ms < until && until - now_unix_ms <= LONGEST
        };
        self.others.retain(|_, heard| is_current(&heard.entry));
        for (name, entry) in document.relays.iter().filter(|(name, entry)| **name != id && is_current(entry)) {
            if self.others.get(name).is_none_or(|heard| heard.entry.sequence < entry.sequence) {
                self.others.insert(name.clone(), Heard { entry: entry.clone(), at: now });
            }
        }
        self.forget_oldest(MOST_RELAYS);
        let known = document.relays.get(&id);
        if let Some(entry) = known {
            self.meet(budgets, entry);
        }
        let own = self.own(budgets, now_unix_ms, &periods);
        let is_lost = |(name, heard): (&String, &Heard)| {
            document.relays.get(name).is_none_or(|entry| entry.sequence < heard.entry.sequence)
        };
        let is_changed = known.is_none_or(|known| Entry { sequence: own.sequence, ..known.clone() } != own);
        if !is_changed && !self.is_due(&own, now) && !self.others.iter().any(is_lost) {
            return None;
        }
        self.sequence = self.sequence.max(now_unix_ms).saturating_add(1);
        let own = Entry { sequence: self.sequence, ..own };
        let others = self.others.iter().map(|(name, heard)| (name.clone(), heard.entry.clone()));
        let mut document = Document { relays: others.chain([(id, own)]).collect() };
        let callers = document.fit(LARGEST);
        if callers > 0 && !std::mem::replace(&mut self.has_left_out, true) {
            tracing::warn!(
                callers,
                "too many to share all budgets: those who spent least count at their own relay alone"
            );
        }
        Some(document)
    }

    /// Forgets the relays that were not heard of for longest, where there are more than `most`.
    fn forget_oldest(&mut self, most: usize) {
        let mut sequences: Vec<u64> = self.others.values().map(|heard| heard.entry.sequence).collect();
        sequences.sort_unstable_by(|one, other| other.cmp(one));
        let Some(first_too_many) = sequences.get(most).copied() else { return };
        self.others.retain(|_, heard| heard.entry.sequence > first_too_many);
        if !std::mem::replace(&mut self.has_left_out, true) {
            tracing::warn!(most, "more relays have spent from the budgets than can be shared; the oldest are left out");
        }
    }

    /// This relay's own entry, as memcached has it: after a start it may know more than the database does.
    fn meet(&mut self, budgets: &Budgets, entry: &Entry) {
        let is_foreign = entry.sequence > self.sequence;
        self.sequence = self.sequence.max(entry.sequence);
        if !std::mem::replace(&mut self.has_joined, true) {
            let mut books = budgets.books();
            let (now_unix_ms, periods) = budgets.periods(&mut books);
            for (name, [day, month, _]) in &entry.payers {
                let of =
                    |amount: u64, until: u64, own: u64| Credits::of_thousandths(if until == own { amount } else { 0 });
                let day = of(*day, entry.day_until_unix_ms, periods.day.until_unix_ms);
                let month = of(*month, entry.month_until_unix_ms, periods.month.until_unix_ms);
                books.ledger.raise(&payer(name), day, month, now_unix_ms, &periods);
            }
        } else if is_foreign && !std::mem::replace(&mut self.has_complained, true) {
            tracing::warn!("another relay with the same data folder spends from the same budgets: give each its own");
        }
    }

    /// What this relay says of itself.
    fn own(&self, budgets: &Budgets, now_unix_ms: u64, periods: &Periods) -> Entry {
        let mut books = budgets.books();
        books.ledger.release_due(budgets.0.clock.instant());
        let payers = books.ledger.own(now_unix_ms, periods);
        let payers = payers.into_iter().map(|(payer, amounts)| (name(&payer), amounts.map(Credits::thousandths)));
        Entry {
            sequence: self.sequence,
            day_until_unix_ms: periods.day.until_unix_ms,
            month_until_unix_ms: periods.month.until_unix_ms,
            payers: payers.collect(),
        }
    }

    /// Whether it is time to say the same again.
    fn is_due(&self, own: &Entry, now: Instant) -> bool {
        let has_reserved = own.payers.values().any(|[_, _, reserved]| *reserved > 0);
        let after = if has_reserved { REMIND } else { RENEW };
        self.written.is_none_or(|at| now.duration_since(at) >= after)
    }

    /// Lets what the others have spent and reserved count here.
    fn apply(&self, budgets: &Budgets) {
        let now = budgets.0.clock.instant();
        let mut books = budgets.books();
        let (now_unix_ms, periods) = budgets.periods(&mut books);
        let mut elsewhere: HashMap<Payer, Elsewhere> = HashMap::new();
        for Heard { entry, at } in self.others.values() {
            let is_believed = now.duration_since(*at) < BELIEVED;
            for (name, [day, month, reserved]) in &entry.payers {
                let sum = elsewhere.entry(payer(name)).or_default();
                let add = |sum: &mut Credits, amount: u64, counts: bool| {
                    *sum = *sum + Credits::of_thousandths(if counts { amount } else { 0 });
                };
                add(&mut sum.day, *day, now_unix_ms < entry.day_until_unix_ms);
                add(&mut sum.month, *month, now_unix_ms < entry.month_until_unix_ms);
                add(&mut sum.reserved, *reserved, is_believed);
            }
        }
        books.ledger.set_elsewhere(&elsewhere, now_unix_ms, &periods);
    }
}

fn payer(name: &str) -> Payer {
    if name == ALL { Payer::All } else { Payer::Owner(name.into()) }
}

fn name(payer: &Payer) -> String {
    match payer {
        Payer::All => ALL.to_owned(),
        Payer::Owner(owner) => owner.to_string(),
    }
}

#[cfg(test)]
mod tests;
