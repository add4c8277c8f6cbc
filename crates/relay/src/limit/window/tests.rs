use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

fn at(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[test]
fn a_full_window_says_how_long_to_wait_and_then_lets_one_in() {
    let mut window = Window::default();
    assert_eq!(window.try_take(at(5_900), 2).unwrap(), Taken { second: 5, used: 1, reset: at(60_100) });
    assert_eq!(window.try_take(at(30_000), 2).unwrap().used, 2);
    let refused = window.try_take(at(40_500), 2).unwrap_err();
    // The first leaves at 66 s, the second at 91 s.
    assert_eq!(refused, Refused { wait: at(25_500), reset: at(50_500) });
    assert!(window.try_take(at(65_999), 2).is_err());
    assert_eq!(window.try_take(at(66_000), 2).unwrap().used, 2);
}

#[test]
fn what_is_given_back_does_not_count_and_is_not_given_back_twice_too_late() {
    let mut window = Window::default();
    let taken = window.try_take(at(1_000), 1).unwrap();
    window.give_back(taken.second);
    assert_eq!(window.try_take(at(1_000), 1).unwrap().used, 1);
    // Long after, the same bucket is another second's.
    window.try_take(at(1_000 + SPAN_S * 1_000), 1).unwrap();
    window.give_back(taken.second);
    assert!(window.try_take(at(1_000 + SPAN_S * 1_000), 1).is_err());
    window.give_back(u64::MAX);
}

#[test]
fn a_lowered_limit_waits_until_enough_has_left() {
    let mut window = Window::default();
    for second in 0..10 {
        window.try_take(at(second * 1_000), 10).unwrap();
    }
    // Eight of ten must leave: the eighth does at 7 + 61 s.
    assert_eq!(window.try_take(at(10_000), 3).unwrap_err().wait, at(58_000));
}

#[test]
fn a_clock_that_stands_still_jumps_far_or_is_read_too_early_forgives_nothing() {
    let mut window = Window::default();
    for _ in 0..3 {
        window.try_take(at(500), 3).unwrap();
    }
    assert!(window.try_take(at(500), 3).is_err());
    assert!(window.try_take(at(0), 3).is_err());
    let far = at(u64::from(u32::MAX) * 1_000);
    assert_eq!(window.try_take(far, 3).unwrap().used, 1);
    // What was read before another took, and comes in after it, counts at the later time.
    assert_eq!(window.try_take(at(1_000), 3).unwrap().second, far.as_secs());
}

#[derive(Debug, Clone)]
enum Step {
    Take,
    GiveBackLast,
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => Just(Step::Take),
        1 => Just(Step::GiveBackLast),
        3 => (0_u64..1_500).prop_map(Step::Wait),
        1 => (0_u64..130_000).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 0..600)
}

proptest! {
    #[test]
    fn no_minute_has_more_than_the_limit_and_who_waits_as_told_gets_in(limit in 1_u64..12, steps in steps()) {
        let (mut window, mut now) = (Window::default(), 0);
        // When each that counts was let through, and all that a minute may hold of them.
        let mut passed: VecDeque<u64> = VecDeque::new();
        for step in steps {
            match step {
                Step::Wait(milliseconds) => now += milliseconds,
                Step::GiveBackLast => {
                    if let Some(last) = passed.pop_back() {
                        window.give_back(last / 1_000);
                    }
                }
                Step::Take => match window.try_take(at(now), limit) {
                    Ok(taken) => {
                        passed.push_back(now);
                        let minute = passed.iter().filter(|then| **then + 60_000 > now).count() as u64;
                        prop_assert!(minute <= limit);
                        prop_assert!(taken.used >= minute && taken.used <= limit);
                    }
                    Err(Refused { wait, reset }) => {
                        let held = passed.iter().filter(|then| **then + 61_000 > now).count() as u64;
                        prop_assert!(held >= limit, "refused with {held} of {limit}");
                        prop_assert!(wait > Duration::ZERO && wait <= reset && reset <= at(61_000));
                        prop_assert!(window.clone().try_take(at(now) + wait - at(1), limit).is_err());
                        prop_assert!(window.clone().try_take(at(now) + wait, limit).is_ok());
                    }
                },
            }
        }
    }
}
