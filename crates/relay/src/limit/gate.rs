//! How many requests are answered at the same time, of all and of each caller, and who comes next.
//!
//! Who finds no room waits in the line of its caller. When there is room, callers take turns, and of a caller's requests the
//! first that came goes first; a caller that may have no more at a time is passed over and keeps its turn. The places in all
//! lines together are bounded: where they are taken, who comes with a shorter line takes the last place of the longest one, so
//! that nobody fills the queue alone. A permit is a value, and its drop lets the next one in; so is a place in a line, and who
//! leaves it makes room. This room must never know HTTP.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::oneshot;

use super::Name;

/// The gate. Cloning gives another handle to the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Gate(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// How many may be answered at the same time; 0: no limit.
    limit: u64,
    running: u64,
    waiting: usize,
    lines: HashMap<Name, Line>,
    /// The callers of whom somebody waits; the first one's turn is next.
    turns: VecDeque<Name>,
    next_id: u64,
}

/// The requests of one caller.
#[derive(Debug, Default)]
struct Line {
    running: u64,
    waiting: VecDeque<Place>,
}

#[derive(Debug)]
struct Place {
    id: u64,
    /// How many its caller may have at the same time; 0: no limit.
    limit: u64,
    enter: oneshot::Sender<Permit>,
}

/// A request may be answered. Dropping it lets the next one in.
#[derive(Debug)]
pub(crate) struct Permit {
    gate: Gate,
    name: Name,
}

/// A request has to wait. Dropping it leaves the line.
#[derive(Debug)]
pub(crate) struct Waiting {
    gate: Gate,
    name: Name,
    id: u64,
    /// How many its caller may have at the same time.
    limit: u64,
    turn: oneshot::Receiver<Permit>,
}

/// What came of trying to enter.
#[derive(Debug)]
pub(crate) enum Entry {
    /// There was room.
    Permit(Permit),
    /// There was room to wait.
    Waiting(Waiting),
}

/// There was no room, nor was there any to wait; or the wait was too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full {
    /// Whether it is the caller's own limit that keeps the request out.
    pub(super) is_callers: bool,
    /// Requests at the same time.
    pub(super) limit: u64,
}

impl Gate {
    /// Changes how many of all may be answered at the same time, and lets in who has room now.
    pub(super) fn set_limit(&self, limit: u64) {
        self.change(|state| state.limit = limit);
    }

    /// Enters, where this caller may have `limit` at the same time (0: no limit), or else takes one of `places` to wait.
    pub(super) fn try_enter(&self, name: Name, limit: u64, places: usize) -> Result<Entry, Full> {
        let mut state = self.lock();
        let line = state.lines.get(&name);
        // Where there is room, whoever waits is kept out by its caller's own limit: nobody is overtaken but of this line.
        let is_first = line.is_none_or(|line| line.waiting.is_empty());
        if is_first && state.has_room() && state.has_room_for(&name, limit) {
            state.running += 1;
            state.lines.entry(name.clone()).or_default().running += 1;
            return Ok(Entry::Permit(Permit { gate: self.clone(), name }));
        }
        if state.waiting >= places && !state.take_last_place_of_longest(&name) {
            return Err(state.full(&name, limit));
        }
        let (enter, turn) = oneshot::channel();
        let id = state.next_id;
        state.next_id += 1;
        state.waiting += 1;
        if is_first {
            state.turns.push_back(name.clone());
        }
        state.lines.entry(name.clone()).or_default().waiting.push_back(Place { id, limit, enter });
        Ok(Entry::Waiting(Waiting { gate: self.clone(), name, id, limit, turn }))
    }

    /// Changes something, and lets in who has room then.
    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.lock().waiting
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let entering = {
            let mut state = self.lock();
            change(&mut state);
            state.let_in()
        };
        // Outside of the lock: a permit that nobody takes any more comes back at once.
        for (enter, name) in entering {
            drop(enter.send(Permit { gate: self.clone(), name }));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    const fn has_room(&self) -> bool {
        self.limit == 0 || self.running < self.limit
    }

    fn has_room_for(&self, name: &Name, limit: u64) -> bool {
        limit == 0 || self.lines.get(name).is_none_or(|line| line.running < limit)
    }

    fn full(&self, name: &Name, limit: u64) -> Full {
        let is_callers = !self.has_room_for(name, limit) || self.limit == 0;
        Full { is_callers, limit: if is_callers { limit } else { self.limit } }
    }

    /// Lets in all who have room, each caller in its turn.
    fn let_in(&mut self) -> Vec<(oneshot::Sender<Permit>, Name)> {
        let mut entering = Vec::new();
        while self.waiting > 0 && self.has_room() {
            let has_turn = |name: &Name| self.lines.get(name).is_some_and(Line::has_next);
            let Some(name) = self.turns.iter().position(has_turn).and_then(|index| self.turns.remove(index)) else {
                break;
            };
            let Some(line) = self.lines.get_mut(&name) else { continue };
            let Some(place) = line.waiting.pop_front() else { continue };
            line.running += 1;
            self.running += 1;
            self.waiting -= 1;
            if !line.waiting.is_empty() {
                self.turns.push_back(name.clone());
            }
            entering.push((place.enter, name));
        }
        entering
    }

    /// Takes the last place of the longest line, whose holder is told by it, if that line stays no shorter than this
    /// caller's becomes.
    fn take_last_place_of_longest(&mut self, name: &Name) -> bool {
        let length = |name: &Name| self.lines.get(name).map_or(0, |line| line.waiting.len());
        let own = length(name);
        let longest = self.turns.iter().max_by_key(|name| length(name)).filter(|name| length(name) > own + 1).cloned();
        let line = longest.and_then(|name| self.lines.get_mut(&name));
        let is_taken = line.and_then(|line| line.waiting.pop_back()).is_some();
        if is_taken {
            self.waiting -= 1;
        }
        is_taken
    }

    /// A request of this caller is over.
    fn leave(&mut self, name: &Name) {
        self.running = self.running.saturating_sub(1);
        if let Some(line) = self.lines.get_mut(name) {
            line.running = line.running.saturating_sub(1);
        }
        self.forget_if_idle(name);
    }

    /// Whoever waits in this place waits no more.
    fn leave_line(&mut self, name: &Name, id: u64) {
        let Some(line) = self.lines.get_mut(name) else { return };
        let Some(index) = line.waiting.iter().position(|place| place.id == id) else { return };
        line.waiting.remove(index);
        self.waiting -= 1;
        if line.waiting.is_empty() {
            self.turns.retain(|turn| turn != name);
        }
        self.forget_if_idle(name);
    }

    fn forget_if_idle(&mut self, name: &Name) {
        if self.lines.get(name).is_some_and(|line| line.running == 0 && line.waiting.is_empty()) {
            self.lines.remove(name);
        }
    }
}

impl Line {
    /// Whether the first who waits may enter, as far as its caller is concerned.
    fn has_next(&self) -> bool {
        self.waiting.front().is_some_and(|place| place.limit == 0 || self.running < place.limit)
    }
}

impl Waiting {
    /// Waits for its turn, but no longer than this.
    pub(super) async fn turn(&mut self, longest: Duration) -> Result<Permit, Full> {
        match tokio::time::timeout(longest, &mut self.turn).await {
            Ok(Ok(permit)) => Ok(permit),
            // Another has its place, or it took too long.
            Ok(Err(_)) | Err(_) => Err(self.gate.lock().full(&self.name, self.limit)),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // The next of the line may be let in where this one was not: its caller's limit may be another by now.
        self.gate.change(|state| state.leave_line(&self.name, self.id));
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.change(|state| state.leave(&self.name));
    }
}

#[cfg(test)]
mod tests;
