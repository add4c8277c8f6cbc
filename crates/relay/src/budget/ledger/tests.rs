use std::time::Duration;

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;

const NOW: u64 = 1_800_000_000_000;

const DAY: u64 = 24 * 3_600_000;

fn at(now_unix_ms: u64) -> (u64, Periods) {
    (now_unix_ms, Periods::at(now_unix_ms, &TimeZone::UTC))
}

fn line(payer: Payer, per_day: u64, per_month: u64) -> Line {
    let terms = Terms { token: None, per_day: Credits::whole(per_day), per_month: Credits::whole(per_month) };
    Line { payer, terms }
}

fn owner(name: &str) -> Payer {
    Payer::Owner(name.into())
}

/// A ledger and how it is asked in these tests.
struct Desk {
    ledger: Ledger,
    now: (u64, Periods),
    start: Instant,
}

impl Desk {
    fn new() -> Self {
        Self { ledger: Ledger::default(), now: at(NOW), start: Instant::now() }
    }

    fn hold(&mut self, lines: &[Line], credits: u64) -> Result<u64, Refusal> {
        let due = self.start + Duration::from_secs(60);
        self.ledger.hold(lines, Credits::whole(credits), (self.now.0, &self.now.1), due)
    }

    fn spend(&mut self, id: u64, lines: &[Line], credits: u64) {
        let payers: Vec<Payer> = lines.iter().map(|line| line.payer.clone()).collect();
        self.ledger.spend(id, &payers, Credits::whole(credits), self.now.0, &self.now.1);
    }

    fn pay(&mut self, lines: &[Line], credits: u64) {
        let id = self.hold(lines, 0).unwrap();
        self.spend(id, lines, credits);
        self.ledger.release(id);
    }

    fn counter(&mut self, payer: &Payer) -> Counter {
        self.ledger.counter(payer, self.now.0, &self.now.1).clone()
    }
}

#[tokio::test]
async fn what_is_reserved_is_booked_or_let_go_of() {
    let (mut desk, lines) = (Desk::new(), [line(owner("a"), 100, 0), line(Payer::All, 0, 150)]);
    let first = desk.hold(&lines, 60).unwrap();
    let refusal = desk.hold(&lines, 60).unwrap_err();
    assert_eq!((refusal.span, refusal.is_held, refusal.spent), (Span::Day, true, Credits::ZERO));
    desk.spend(first, &lines, 10);
    assert_eq!(desk.counter(&owner("a")).reserved, Credits::whole(50));
    desk.ledger.release(first);
    desk.ledger.release(first);
    let counter = desk.counter(&owner("a"));
    assert_eq!((counter.reserved, counter.spent(Span::Day)), (Credits::ZERO, Credits::whole(10)));
    assert!(!desk.hold(&lines, 91).unwrap_err().is_held);
    let second = desk.hold(&lines, 90).unwrap();
    // The bill is what counts, also where it is more than was reserved.
    desk.spend(second, &lines, 95);
    desk.ledger.release(second);
    assert_eq!(desk.hold(&lines, 0).unwrap_err().spent, Credits::whole(105));
    // Another caller has a budget of its own, and that of all together.
    let other = [line(owner("b"), 100, 0), line(Payer::All, 0, 150)];
    assert_eq!(desk.hold(&other, 46).unwrap_err().payer, Payer::All);
    assert!(desk.hold(&other, 45).is_ok());
}

#[tokio::test]
async fn a_refusal_reserves_nothing_anywhere() {
    let (mut desk, lines) = (Desk::new(), [line(owner("a"), 0, 0), line(Payer::All, 5, 0)]);
    assert!(desk.hold(&lines, 6).is_err());
    assert_eq!(desk.counter(&owner("a")).reserved, Credits::ZERO);
    assert!(desk.hold(&lines, 5).is_ok());
}

#[tokio::test]
async fn a_new_day_forgets_the_day_and_a_new_month_the_month() {
    let (mut desk, lines) = (Desk::new(), [line(owner("a"), 100, 150)]);
    desk.pay(&lines, 100);
    assert_eq!(desk.hold(&lines, 1).unwrap_err().span, Span::Day);
    desk.now = at(NOW + DAY);
    desk.pay(&lines, 50);
    assert_eq!(desk.hold(&lines, 1).unwrap_err().span, Span::Month);
    desk.now = at(NOW + 31 * DAY);
    assert!(desk.hold(&lines, 100).is_ok());
}

#[tokio::test]
async fn what_runs_over_midnight_stays_reserved_and_is_booked_in_the_new_day() {
    let (mut desk, lines) = (Desk::new(), [line(owner("a"), 100, 0)]);
    let id = desk.hold(&lines, 100).unwrap();
    desk.now = at(NOW + DAY);
    assert!(desk.hold(&lines, 1).unwrap_err().is_held);
    desk.spend(id, &lines, 40);
    desk.ledger.release(id);
    assert_eq!(desk.counter(&owner("a")).spent(Span::Day), Credits::whole(40));
}

#[tokio::test]
async fn a_date_that_was_wrong_for_a_while_locks_nothing() {
    let (mut desk, lines) = (Desk::new(), [line(owner("a"), 100, 0)]);
    desk.now = at(NOW + 400 * DAY);
    desk.pay(&lines, 100);
    desk.now = at(NOW);
    assert!(desk.hold(&lines, 1).is_err(), "going back forgives nothing");
    desk.now = at(NOW + DAY);
    assert!(desk.hold(&lines, 1).is_ok());
}

#[tokio::test]
async fn what_is_held_for_too_long_is_let_go_of_and_its_bill_still_counts() {
    let (mut desk, lines) = (Desk::new(), [line(owner("a"), 100, 0)]);
    let id = desk.hold(&lines, 100).unwrap();
    desk.ledger.release_due(desk.start + Duration::from_secs(59));
    assert!(desk.hold(&lines, 1).is_err());
    desk.ledger.release_due(desk.start + Duration::from_secs(60));
    let other = desk.hold(&lines, 50).unwrap();
    desk.spend(id, &lines, 30);
    desk.ledger.release(id);
    let counter = desk.counter(&owner("a"));
    assert_eq!((counter.reserved, counter.day.spent), (Credits::whole(50), Credits::whole(30)));
    desk.ledger.release(other);
}

#[tokio::test]
async fn who_has_spent_nothing_is_not_remembered() {
    let mut desk = Desk::new();
    for number in 0..1_000 {
        let lines = [line(owner(&number.to_string()), 0, 0)];
        assert!(desk.ledger.spent_of(&lines, NOW, &at(NOW).1).is_none());
        let id = desk.hold(&lines, 5).unwrap();
        desk.ledger.release(id);
    }
    desk.ledger.release_due(desk.start);
    let Ledger { counters, held, due, .. } = &desk.ledger;
    assert_eq!((counters.len(), held.len(), due.len()), (0, 0, 0));
}

#[tokio::test]
async fn a_warning_is_news_once_a_period() {
    let (mut desk, lines) = (Desk::new(), [line(owner("a"), 100, 0)]);
    let news = |desk: &mut Desk, credits| {
        desk.pay(&lines, credits);
        let alarms = desk.ledger.alarms(&[owner("a")], 80);
        (alarms.len(), desk.ledger.news(alarms).len())
    };
    assert_eq!(news(&mut desk, 79), (0, 0));
    assert_eq!(news(&mut desk, 1), (1, 1));
    assert_eq!(news(&mut desk, 10), (1, 0));
    assert_eq!(news(&mut desk, 10), (1, 1), "the end is news again");
    desk.now = at(NOW + DAY);
    assert_eq!(news(&mut desk, 80), (1, 1));
    assert!(desk.ledger.alarms(&[owner("a")], 0).is_empty());
}

proptest! {
    /// Whatever is reserved, booked and let go of: what is spent and reserved passes no limit as long as no bill is more than
    /// was reserved for it, and nothing stays reserved in the end.
    #[test]
    fn no_limit_is_passed(steps in prop::collection::vec((0_u8..4, 0_u64..60, 0_u64..3), 1..200)) {
        let mut desk = Desk::new();
        let lines = |owner_of: u64| {
            [line(owner(&owner_of.to_string()), 100, 300), line(Payer::All, 200, 500)]
        };
        let mut running: Vec<(u64, u64, u64)> = Vec::new();
        for (step, credits, who) in steps {
            match step {
                0 | 1 => running.extend(desk.hold(&lines(who), credits).ok().map(|id| (id, who, credits))),
                2 => if let Some((id, who, reserved)) = running.pop() {
                    desk.spend(id, &lines(who), reserved.min(credits));
                    desk.ledger.release(id);
                },
                _ => if running.len() > 1 {
                    let (id, ..) = running.remove(0);
                    desk.ledger.release(id);
                },
            }
            for (payer, day, month) in [(owner("0"), 100, 300), (owner("1"), 100, 300), (Payer::All, 200, 500)] {
                let counter = desk.counter(&payer);
                let reserved = counter.reserved();
                prop_assert!(counter.spent(Span::Day) + reserved <= Credits::whole(day));
                prop_assert!(counter.spent(Span::Month) + reserved <= Credits::whole(month));
            }
        }
        running.into_iter().for_each(|(id, ..)| desk.ledger.release(id));
        prop_assert!(desk.ledger.counters.values().all(|counter| counter.reserved == Credits::ZERO));
    }
}

#[tokio::test]
async fn who_is_refused_is_not_remembered() {
    let mut desk = Desk::new();
    for id in 0..100 {
        assert!(desk.hold(&[line(Payer::All, 0, 0), line(owner(&id.to_string()), 10, 0)], 11).is_err());
    }
    assert!(desk.ledger.counters.is_empty(), "{:?}", desk.ledger.counters);
    desk.pay(&[line(owner("a"), 10, 0)], 5);
    assert!(desk.hold(&[line(owner("a"), 10, 0)], 6).is_err());
    assert_eq!(desk.counter(&owner("a")).spent(Span::Day), Credits::whole(5), "what was spent is");
}
