//! Who was refused and could be allowed: the origins of web pages, and the names under which the relay was asked. The window
//! offers to allow them.
//!
//! Whoever can reach the relay can make it remember names, so there are only so many, and only such as a setting could hold.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::settings::{Settings, host_name, origin};

/// The most of each kind; those that came longest ago go first.
const MOST: usize = 32;

/// The longest name, which is also the longest that DNS knows, and some for the scheme and the port of an origin.
const LONGEST: usize = 270;

/// What was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockedKind {
    /// The origin of a web page, which `allowed_origins` would let in.
    Origin,
    /// A name of this machine, which `allowed_hosts` would let in.
    Host,
}

/// Something that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocked {
    /// What it is.
    pub kind: BlockedKind,
    /// Its name as the setting takes it, such as `https://chat.example.com` or `relay.lan`.
    pub name: String,
    /// How often it came.
    pub count: u64,
    /// When it came last, in milliseconds since 1970.
    pub last_unix_ms: u64,
}

/// What was refused since the start.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<Vec<Blocked>>);

impl Refusals {
    /// Remembers something that was refused, if it is anything that could be allowed.
    pub(crate) fn add(&self, kind: BlockedKind, name: &str, now_ms: u64) {
        let read = match kind {
            BlockedKind::Origin => origin,
            BlockedKind::Host => host_name,
        };
        let Some(name) = (name.len() <= LONGEST).then(|| read(name)).flatten() else { return };
        let mut all = self.lock();
        if let Some(known) = all.iter_mut().find(|known| known.kind == kind && known.name == name) {
            known.count = known.count.saturating_add(1);
            known.last_unix_ms = now_ms;
            return;
        }
        if all.iter().filter(|known| known.kind == kind).count() >= MOST {
            let of_kind = all.iter().enumerate().filter(|(_, known)| known.kind == kind);
            if let Some((oldest, _)) = of_kind.min_by_key(|(_, known)| known.last_unix_ms) {
                all.remove(oldest);
            }
        }
        all.push(Blocked { kind, name, count: 1, last_unix_ms: now_ms });
    }

    /// All of them that these settings do not let in, the latest first.
    pub(crate) fn list(&self, settings: &Settings) -> Vec<Blocked> {
        let allowed = |kind| match kind {
            BlockedKind::Origin => &settings.allowed_origins,
            BlockedKind::Host => &settings.allowed_hosts,
        };
        let mut all = self.lock().clone();
        all.retain(|blocked| !allowed(blocked.kind).contains(&blocked.name));
        all.sort_by_key(|blocked| std::cmp::Reverse(blocked.last_unix_ms));
        all
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Blocked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(refusals: &Refusals) -> Vec<(String, u64)> {
        refusals.list(&Settings::default()).into_iter().map(|blocked| (blocked.name, blocked.count)).collect()
    }

    #[test]
    fn what_came_last_is_first_and_what_comes_again_is_counted() {
        let refusals = Refusals::default();
        refusals.add(BlockedKind::Origin, "https://Chat.example.com", 1);
        refusals.add(BlockedKind::Host, "Relay.LAN.", 2);
        refusals.add(BlockedKind::Origin, "https://chat.example.com", 3);
        assert_eq!(names(&refusals), [("https://chat.example.com".into(), 2), ("relay.lan".into(), 1)]);
        let allowing = Settings { allowed_hosts: vec!["relay.lan".into()], ..Settings::default() };
        let left = refusals.list(&allowing);
        assert_eq!((left.len(), left[0].kind), (1, BlockedKind::Origin), "who may come by now is not told");
    }

    #[test]
    fn only_what_could_be_allowed_is_remembered() {
        let refusals = Refusals::default();
        let long = format!("https://{}.example", "a".repeat(300));
        for origin in ["null", "file://", "https://a.example/<script>", "chrome-extension://abc", "", &long] {
            refusals.add(BlockedKind::Origin, origin, 1);
        }
        for host in ["", "a b", "<b>", "name\u{7}", "a,b", &"a".repeat(300)] {
            refusals.add(BlockedKind::Host, host, 1);
        }
        assert_eq!(names(&refusals), []);
    }

    #[test]
    fn nobody_makes_it_grow() {
        let refusals = Refusals::default();
        refusals.add(BlockedKind::Host, "honest.lan", 0);
        for index in 1..=1_000 {
            refusals.add(BlockedKind::Origin, &format!("https://page-{index}.example"), index);
        }
        let all = names(&refusals);
        assert_eq!(all.len(), MOST + 1);
        assert_eq!((all[0].0.as_str(), all[MOST].0.as_str()), ("https://page-1000.example", "honest.lan"));
    }
}
