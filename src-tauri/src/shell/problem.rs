//! What is wrong, the worst first, each with enough to mend it.

use relay::{BindError, StartError};

use super::Facts;
use crate::{
    contract::{CatalogView, KeyCheck, KeyPlace, KeyView, Problem},
    port,
};

/// After how many days a list of models that can't be fetched is old.
const OLD_DAYS: i64 = 14;

/// Every problem there is.
pub(super) fn all(
    facts: &Facts,
    key: &KeyView,
    catalog: &CatalogView,
    is_demo: bool,
    set_aside: Option<&str>,
    today: &str,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(facts.start_failure.clone());
    if !is_demo {
        problems.extend(of_key(key));
        problems.extend(of_catalog(catalog, today));
    }
    problems.extend(set_aside.map(|moved_to| Problem::SettingsSetAside { moved_to: moved_to.to_owned() }));
    problems
}

/// Why the relay did not start, with who is in its way.
pub(super) fn of_start(error: &StartError) -> Problem {
    match error {
        StartError::Bind(BindError::Taken { port, .. }) => {
            Problem::PortTaken { port: *port, holder: port::holder(*port), free_port: port::next_free(*port) }
        }
        StartError::NoToken { host } => Problem::TokenMissing { host: host.clone() },
        error => Problem::StartFailed { message: error.to_string() },
    }
}

fn of_key(key: &KeyView) -> Option<Problem> {
    match (&key.check, key.place, &key.keyring_problem) {
        (KeyCheck::Refused { words }, _, _) => Some(Problem::KeyRefused { words: words.clone() }),
        (_, KeyPlace::None | KeyPlace::Session, Some(reason)) => {
            Some(Problem::KeyringUnavailable { reason: reason.clone() })
        }
        (_, KeyPlace::None, None) => Some(Problem::KeyMissing),
        _ => None,
    }
}

fn of_catalog(catalog: &CatalogView, today: &str) -> Option<Problem> {
    if catalog.is_live {
        return None;
    }
    let words = catalog.problem.clone()?;
    let is_old = days(today).zip(days(&catalog.date)).is_some_and(|(today, date)| today - date > OLD_DAYS);
    Some(if is_old { Problem::CatalogOld { date: catalog.date.clone() } } else { Problem::Unreachable { words } })
}

/// A date `YYYY-MM-DD` as a number that grows by the day, near enough to compare weeks.
fn days(date: &str) -> Option<i64> {
    let mut parts = date.split('-').map(str::parse::<i64>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    Some(year * 365 + month * 30 + day)
}
