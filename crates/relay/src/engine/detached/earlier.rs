//! Runs that this relay does not run now, by their rows: of an earlier time, or of another relay on the same store.

use std::time::Duration;

use super::{
    Made,
    lost::{is_elsewhere, is_lost},
    pulse::Watch,
    running::{KEPT, Key},
};
use crate::{
    conversation::Usage,
    error::Error,
    shared::Shared,
    store::{self, RunRecord, RunState},
};

/// How often a run that goes on elsewhere is looked at.
const PAUSE: Duration = Duration::from_secs(2);

/// What came of the latest run of this request that counts: one that goes on, or ended a moment ago. `None`: there is none, and
/// the request may be carried out.
///
/// # Errors
/// What the run failed with, if it may have been billed; `Stopped` for one that was lost; `StorageFailed` where nobody can tell.
pub(super) async fn outcome(shared: &Shared, key: &Key) -> Result<Option<Made>, Error> {
    let now_ms = shared.clock.unix_ms();
    let rows = shared.store.runs().list(now_ms).await.map_err(unreadable)?;
    let fingerprint = key.fingerprint.to_string();
    let is_of_request = |row: &RunRecord| row.owner == key.owner.as_str() && row.fingerprint == fingerprint;
    let of_request = rows.into_iter().filter(is_of_request);
    // One that goes on, of whichever try, before the one that ended last.
    let Some(mut row) = of_request.max_by_key(|row| ended(row, shared)) else { return Ok(None) };
    let began = row.created_unix_ms;
    let mut watch = Watch::new(shared.clock.instant());
    while row.state == RunState::Running && !is_lost(&row, shared) {
        if is_elsewhere(&row, shared) && watch.is_silent(shared, &row.instance).await {
            tracing::warn!(run = row.id, "the relay that ran it is gone; it was perhaps billed");
            return Err(Error::Stopped);
        }
        tokio::time::sleep(PAUSE).await;
        let found = shared.store.runs().find(&row.id, shared.clock.unix_ms()).await.map_err(unreadable)?;
        row = found.ok_or(Error::Stopped)?;
    }
    let now_ms = shared.clock.unix_ms();
    let is_recent = |since: u64| u128::from(now_ms.saturating_sub(since)) < KEPT.as_millis();
    match row.state {
        RunState::Done { ended_unix_ms } if is_recent(ended_unix_ms) => {
            let usage = row.credits.map(|credits| Usage { credits: Some(credits), ..Usage::default() });
            Ok(Some(Made { files: row.files, text: row.text, usage }))
        }
        // Whoever wants it again must say so, for it may have been billed.
        RunState::Running | RunState::Lost { .. } if is_recent(began) => Err(Error::Stopped),
        RunState::Failed { ended_unix_ms, why, is_perhaps_billed: true } if is_recent(ended_unix_ms) => {
            Err(Error::FailedBefore { why })
        }
        RunState::Running | RunState::Lost { .. } | RunState::Done { .. } | RunState::Failed { .. } => Ok(None),
    }
}

/// When a run ended, milliseconds since 1970; never, if it goes on.
fn ended(row: &RunRecord, shared: &Shared) -> u64 {
    match row.state {
        RunState::Done { ended_unix_ms } | RunState::Failed { ended_unix_ms, .. } => ended_unix_ms,
        RunState::Running if !is_lost(row, shared) => u64::MAX,
        RunState::Running | RunState::Lost { .. } => row.created_unix_ms,
    }
}

fn unreadable(failure: store::Failure) -> Error {
    store::failure("What was asked before", "Nothing was sent to 1min.ai for this.", &failure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::detached::{Fingerprint, Fingerprinting},
        guard::owner::Owner,
        store::RunKind,
    };

    const ELSEWHERE: &str = "elsewhere.1";

    /// A row of a relay elsewhere that runs this request.
    fn row(fingerprint: &Fingerprint) -> RunRecord {
        RunRecord {
            id: "run_1".into(),
            owner: Owner::local().as_str().into(),
            created_unix_ms: 0,
            expires_unix_ms: u64::MAX,
            kind: RunKind::Picture,
            model: "dall-e-3".into(),
            fingerprint: fingerprint.to_string(),
            instance: ELSEWHERE.into(),
            ends_by_unix_ms: u64::MAX,
            state: RunState::Running,
            calls: Vec::new(),
            files: Vec::new(),
            text: Some("what was made".into()),
            credits: None,
        }
    }

    fn key() -> Key {
        Key { owner: Owner::local(), fingerprint: Fingerprinting::default().finish() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_elsewhere_is_waited_for_as_long_as_its_relay_lives() {
        let (shared, key) = (Shared::of_tests(), key());
        let running = row(&key.fingerprint);
        shared.store.runs().put(&running, None, 0).await.unwrap();
        let elsewhere = async {
            // A minute and a half, in which it would be taken for gone twice.
            for _ in 0..9 {
                shared.store.beat(ELSEWHERE).await.unwrap();
                tokio::time::sleep(Duration::from_secs(10)).await;
            }
            let done = RunRecord { state: RunState::Done { ended_unix_ms: 0 }, ..running.clone() };
            shared.store.runs().put(&done, None, 0).await.unwrap();
        };
        let (outcome, ()) = tokio::join!(outcome(&shared, &key), elsewhere);
        assert_eq!(outcome.unwrap().unwrap().text.as_deref(), Some("what was made"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_whose_relay_was_killed_is_told_so_and_not_waited_for() {
        let (shared, key) = (Shared::of_tests(), key());
        shared.store.runs().put(&row(&key.fingerprint), None, 0).await.unwrap();
        shared.store.beat(ELSEWHERE).await.unwrap();
        let began = shared.clock.instant();
        assert_eq!(outcome(&shared, &key).await, Err(Error::Stopped));
        let waited = shared.clock.instant().duration_since(began);
        assert!((45..60).contains(&waited.as_secs()), "{waited:?}");
    }
}
