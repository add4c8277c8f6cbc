//! When to leave a server alone: after failures in a row, until a probe succeeds. Pure, for whoever asks.

use std::time::Duration;

use tokio::time::Instant;

/// How many failures in a row open it.
pub(super) const FAILURES: u32 = 3;

/// How long to wait between two probes.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// What may be done with a server now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Ask it.
    Ask,
    /// Leave it alone.
    Wait,
    /// Leave it alone, but begin a probe: this is said once for each.
    Probe,
}

/// The state of one server.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// Failures in a row.
    failures: u32,
    /// What the last failure was; `None` after a success.
    problem: Option<String>,
    /// When to probe, once the server is left alone. `None` inside: a probe is under way.
    open: Option<Option<Instant>>,
}

impl Breaker {
    pub(super) fn verdict(&mut self, now: Instant) -> Verdict {
        match self.open {
            None => Verdict::Ask,
            Some(Some(due)) if now >= due => {
                self.open = Some(None);
                Verdict::Probe
            }
            Some(_) => Verdict::Wait,
        }
    }

    /// Notes a success; whether the server has just come back.
    pub(super) fn succeed(&mut self) -> bool {
        let was_open = self.open.is_some();
        *self = Self::default();
        was_open
    }

    /// Notes a failure; whether the server has just gone.
    pub(super) fn fail(&mut self, now: Instant, problem: String) -> bool {
        let was_open = self.open.is_some();
        self.failures = self.failures.saturating_add(1);
        self.problem = Some(problem);
        if self.failures < FAILURES {
            return false;
        }
        self.open = Some(Some(now + PAUSE));
        !was_open
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(super) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn it_opens_after_failures_in_a_row_and_one_probe_at_a_time_is_let_through() {
        let (mut breaker, start) = (Breaker::default(), Clock::system().instant());
        for _ in 1..FAILURES {
            assert!(!breaker.fail(start, "cut".into()));
        }
        assert!(!breaker.succeed(), "it was not open");
        for _ in 1..FAILURES {
            assert!(!breaker.fail(start, "cut".into()));
            assert_eq!(breaker.verdict(start), Verdict::Ask, "failures count only in a row");
        }
        assert!(breaker.fail(start, "cut".into()));
        assert_eq!((breaker.verdict(start), breaker.problem()), (Verdict::Wait, Some("cut")));
        let due = start + PAUSE;
        assert_eq!(breaker.verdict(due), Verdict::Probe);
        assert_eq!(breaker.verdict(due + PAUSE), Verdict::Wait, "one probe is under way");
        assert!(!breaker.fail(due, "refused".into()), "this is no news");
        assert_eq!(breaker.verdict(due), Verdict::Wait);
        assert_eq!(breaker.verdict(due + PAUSE), Verdict::Probe);
        assert!(breaker.succeed());
        assert_eq!((breaker.verdict(due), breaker.problem()), (Verdict::Ask, None));
    }
}
