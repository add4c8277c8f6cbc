//! How much may be asked: requests in a minute, of each 1min.ai key and of each caller, and requests at the same time, of all and
//! of each caller.
//!
//! A request is reserved with every counter it counts in, or with none; a reservation that is let go of before it was kept
//! gives back what it took, so that what is refused elsewhere, or left by its client, does not count. Time is the monotonic
//! clock's: a date that jumps changes nothing. Relays that share memcached count there as well. This room must never know HTTP.

mod counter;
mod gate;
mod name;
mod shared;
mod window;

use std::{net::IpAddr, sync::Arc, time::Duration};

use moka::sync::Cache;

use self::{
    counter::{Counters, Taken},
    gate::{Full, Gate},
    shared::SharedCounters,
    window::Refused,
};
pub(crate) use self::{
    gate::{Entry, Permit, Waiting},
    name::Name,
};
use crate::{
    clock::Clock,
    guard::owner::{Account, Owner},
    memcached::Memcached,
    policy::Policy,
    settings::Limits,
};

/// How many 1min.ai keys and callers have a counter of their own.
const MOST_KNOWN: u64 = 65_536;

/// How many addresses have one, whose keys 1min.ai has not accepted yet.
const MOST_ADDRESSES: u64 = 16_384;

/// How many keys are remembered that 1min.ai has accepted.
const MOST_ACCEPTED: u64 = 65_536;

/// How long such a key is remembered after its last request.
const ACCEPTED_FOR: Duration = Duration::from_secs(24 * 3_600);

/// The limits' counters. Cloning gives another handle to the same ones.
#[derive(Debug, Clone)]
pub(crate) struct Limiter(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    known: Counters<Name>,
    addresses: Counters<Name>,
    accepted: Cache<Account, ()>,
    gate: Gate,
    shared: SharedCounters,
}

/// Who asks, and what limits hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking<'a> {
    /// The 1min.ai key that pays.
    pub(crate) account: &'a Account,
    pub(crate) owner: &'a Owner,
    pub(crate) policy: &'a Policy,
    pub(crate) limits: &'a Limits,
    /// The other end of the connection, where the client brings a 1min.ai key of its own; `None` where the stored one pays.
    pub(crate) brings_key_from: Option<IpAddr>,
}

/// One limit that a request has to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Who is counted.
    pub(crate) name: Name,
    /// The same in the words of an error.
    pub(crate) whose: &'static str,
    /// Requests a minute.
    pub(crate) limit: u64,
}

/// What is left to whom asks, by the limit that it is nearest to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    /// Requests a minute.
    pub(crate) limit: u64,
    /// How many are left now.
    pub(crate) remaining: u64,
    /// How long until all of them are.
    pub(crate) reset: Duration,
}

/// A limit is exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exceeded {
    /// Whose limit, in the words of an error.
    pub(crate) whose: &'static str,
    pub(crate) quota: Quota,
    /// How long until there is room for one.
    pub(crate) wait: Duration,
}

/// As many are answered as may be, and as many wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crowded {
    /// Whose limit, in the words of an error.
    pub(crate) whose: &'static str,
    /// Requests at the same time.
    pub(crate) limit: u64,
}

/// A request that has its place in every counter. Dropping it gives the places back, unless it was kept.
#[derive(Debug)]
#[must_use]
pub(crate) struct Reserved {
    places: Vec<(Rule, Taken)>,
    /// The places at memcached.
    shared: Vec<shared::Taken>,
    is_kept: bool,
    /// What is to be done once 1min.ai accepts the key.
    probation: Option<Probation>,
}

/// What the calls of a request count for that follow its first one: 1min.ai limits calls, and a request may take several.
#[derive(Debug)]
pub(crate) struct Further {
    limiter: Limiter,
    /// The 1min.ai key that pays.
    name: Name,
    memcached: Option<Memcached>,
}

/// A request whose key 1min.ai has not accepted yet. It counts for the address it comes from.
#[derive(Debug)]
pub(crate) struct Probation {
    limiter: Limiter,
    account: Account,
    /// The limits that hold for an accepted key.
    rules: Vec<Rule>,
    taken: Option<Taken>,
    memcached: Option<Memcached>,
    shared: Option<shared::Taken>,
}

impl Limiter {
    /// A limiter that has let nothing through yet.
    pub(crate) fn new(clock: Clock) -> Self {
        Self(Arc::new(Inner {
            known: Counters::new(MOST_KNOWN, clock),
            addresses: Counters::new(MOST_ADDRESSES, clock),
            accepted: Cache::builder().max_capacity(MOST_ACCEPTED).time_to_idle(ACCEPTED_FOR).build(),
            gate: Gate::default(),
            shared: SharedCounters::new(clock),
        }))
    }

    /// Puts the limit of all requests at the same time in force; those that wait are let in if they have room now. What else is
    /// limited comes with each request.
    pub(crate) fn set_limits(&self, limits: &Limits) {
        self.0.gate.set_limit(limits.concurrent_requests);
    }

    /// Lets a request in to be answered, or into the queue.
    ///
    /// # Errors
    /// [`Crowded`] when both are full.
    pub(crate) fn enter(&self, asking: &Asking<'_>) -> Result<Entry, Crowded> {
        let name = self.new_from(asking).map_or_else(|| Name::Caller(asking.owner.clone()), Name::of_address);
        let places = usize::try_from(asking.limits.queue_length).unwrap_or(usize::MAX);
        let entry = self.0.gate.try_enter(name, asking.policy.concurrent_requests, places);
        entry.map_err(|full| Crowded::new(full, asking.policy))
    }

    /// How many requests wait in the queue.
    pub(crate) fn waiting(&self) -> usize {
        self.0.gate.waiting()
    }

    /// Whether 1min.ai has not accepted the key yet, which the client brings.
    pub(crate) fn is_new(&self, asking: &Asking<'_>) -> bool {
        self.new_from(asking).is_some()
    }

    /// The address of a client whose key 1min.ai has not accepted yet. Invented keys must not pass for callers, of whom one
    /// client could be any number.
    fn new_from(&self, asking: &Asking<'_>) -> Option<IpAddr> {
        asking.brings_key_from.filter(|_| self.0.accepted.get(asking.account).is_none())
    }

    /// Reserves a place with every counter that a request counts in, here and at memcached where relays share it, or with none.
    ///
    /// # Errors
    /// [`Exceeded`] when one of them is full.
    pub(crate) async fn admit(&self, asking: &Asking<'_>, memcached: Option<&Memcached>) -> Result<Reserved, Exceeded> {
        let mut reserved = self.reserve(asking)?;
        let Some(memcached) = memcached else { return Ok(reserved) };
        let until = self.0.shared.deadline(memcached);
        for (rule, _) in &reserved.places {
            match self.0.shared.try_take(memcached, &rule.name.to_string(), rule.limit, until).await {
                Ok(taken) => reserved.shared.extend(taken),
                // What was taken before, here and there, is given back as this returns.
                Err(refused) => return Err(rule.exceeded(refused)),
            }
        }
        if let Some(probation) = &mut reserved.probation {
            probation.memcached = Some(memcached.clone());
        }
        Ok(reserved)
    }

    /// What the further calls of a request count for; `None` where its key has no limit, or is not accepted yet.
    pub(crate) fn further(&self, reserved: &Reserved, memcached: Option<&Memcached>) -> Option<Further> {
        let is_key = |name: &&Name| matches!(name, Name::StoredKey | Name::Account(_));
        let name = reserved.places.iter().map(|(rule, _)| &rule.name).find(is_key)?.clone();
        Some(Further { limiter: self.clone(), name, memcached: memcached.cloned() })
    }

    /// Reserves a place with every counter here that a request counts in, or with none.
    ///
    /// # Errors
    /// [`Exceeded`] when one of them is full.
    fn reserve(&self, asking: &Asking<'_>) -> Result<Reserved, Exceeded> {
        let Some(address) = self.new_from(asking) else { return self.reserve_by(known_rules(asking), &self.0.known) };
        let mut reserved = self.reserve_by(address_rules(asking, address), &self.0.addresses)?;
        reserved.probation = Some(Probation {
            limiter: self.clone(),
            account: asking.account.clone(),
            rules: known_rules(asking),
            taken: None,
            memcached: None,
            shared: None,
        });
        Ok(reserved)
    }

    fn reserve_by(&self, rules: Vec<Rule>, counters: &Counters<Name>) -> Result<Reserved, Exceeded> {
        let places = Vec::with_capacity(rules.len());
        let mut reserved = Reserved { places, shared: Vec::new(), is_kept: false, probation: None };
        for rule in rules {
            match counters.of(rule.name.clone()).try_take(rule.limit) {
                Ok(taken) => reserved.places.push((rule, taken)),
                // What was taken before is given back as this returns.
                Err(refused) => return Err(rule.exceeded(refused)),
            }
        }
        Ok(reserved)
    }
}

/// The limits of a caller whose key is known to be good: its own first, because it is the one that is met more often.
fn known_rules(asking: &Asking<'_>) -> Vec<Rule> {
    let Asking { account, owner, policy, .. } = asking;
    let (key, whose) = match asking.brings_key_from {
        Some(_) => (Name::Account((*account).clone()), "your 1min.ai key"),
        None => (Name::StoredKey, "this relay"),
    };
    let caller =
        Rule { name: Name::Caller((*owner).clone()), whose: policy.whose(), limit: policy.requests_per_minute };
    let key = Rule { name: key, whose, limit: asking.limits.requests_per_minute };
    [caller, key].into_iter().filter(|rule| rule.limit > 0).collect()
}

/// The limit of all callers of an address whose keys are not known to be good: together, what one key may.
fn address_rules(asking: &Asking<'_>, address: IpAddr) -> Vec<Rule> {
    let whose = "your address, until 1min.ai has accepted your key,";
    let rule = Rule { name: Name::of_address(address), whose, limit: asking.limits.requests_per_minute };
    [rule].into_iter().filter(|rule| rule.limit > 0).collect()
}

impl Crowded {
    fn new(full: Full, policy: &Policy) -> Self {
        Self { whose: if full.is_callers { policy.whose() } else { "this relay" }, limit: full.limit }
    }
}

impl Waiting {
    /// Waits until the request may be answered.
    ///
    /// # Errors
    /// [`Crowded`] when that takes too long, or another needed its place in the queue.
    pub(crate) async fn permit(&mut self, policy: &Policy, limits: &Limits) -> Result<Permit, Crowded> {
        self.turn(limits.queue_wait).await.map_err(|full| Crowded::new(full, policy))
    }
}

impl Rule {
    fn exceeded(&self, refused: Refused) -> Exceeded {
        let quota = Quota { limit: self.limit, remaining: 0, reset: refused.reset };
        Exceeded { whose: self.whose, quota, wait: refused.wait }
    }
}

impl Reserved {
    /// What is left by the limit that is nearest; `None` where nothing is limited.
    pub(crate) fn quota(&self) -> Option<Quota> {
        let quota = |limit: u64, used, reset| Quota { limit, remaining: limit.saturating_sub(used), reset };
        let own = self.places.iter().map(|(rule, taken)| quota(rule.limit, taken.used, taken.reset));
        let shared = self.shared.iter().map(|taken| quota(taken.limit, taken.used, taken.reset));
        shared.chain(own).min_by_key(|quota| quota.remaining)
    }

    /// The request goes on, and counts. Where its key is new here, the answer of 1min.ai decides for whom.
    pub(crate) fn keep(mut self) -> Option<Probation> {
        self.is_kept = true;
        self.shared.iter_mut().for_each(shared::Taken::keep);
        let mut probation = self.probation.take()?;
        probation.taken = self.places.pop().map(|(_, taken)| taken);
        probation.shared = self.shared.pop();
        Some(probation)
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if !self.is_kept {
            self.places.iter().for_each(|(_, taken)| taken.give_back());
        }
    }
}

impl Further {
    /// Counts one more call. It is under way: where the minute is full, those that come next wait for longer.
    pub(crate) fn charge(&self) {
        self.limiter.0.charge(self.name.clone(), self.memcached.as_ref());
    }
}

impl Inner {
    /// Counts what was let through elsewhere, whatever the limit.
    fn charge(&self, name: Name, memcached: Option<&Memcached>) {
        if let Some(memcached) = memcached {
            self.shared.charge(memcached.clone(), name.to_string());
        }
        self.known.of(name).charge();
    }
}

impl Probation {
    /// 1min.ai has accepted the key: from now on it has counters of its own, and what it has just asked counts there instead.
    pub(crate) fn end(self) {
        let Self { limiter: Limiter(inner), account, rules, taken, memcached, shared } = self;
        inner.accepted.insert(account, ());
        rules.into_iter().for_each(|rule| inner.charge(rule.name, memcached.as_ref()));
        if let Some(taken) = taken {
            taken.give_back();
        }
        if let Some(shared) = shared {
            shared.give_back();
        }
    }
}

#[cfg(test)]
mod tests;
