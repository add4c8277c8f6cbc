use proptest::prelude::*;
use tokio::time::Instant;

use super::*;

const LONG: Duration = Duration::from_secs(3_600);

fn name(text: &str) -> Name {
    Name::of_address(format!("192.0.2.{}", u32::from(text.as_bytes()[0])).parse().unwrap())
}

fn gate(limit: u64) -> Gate {
    let gate = Gate::default();
    gate.set_limit(limit);
    gate
}

fn permit(entry: Result<Entry, Full>) -> Permit {
    match entry {
        Ok(Entry::Permit(permit)) => permit,
        other => panic!("{other:?}"),
    }
}

fn waiting(entry: Result<Entry, Full>) -> Waiting {
    match entry {
        Ok(Entry::Waiting(waiting)) => waiting,
        other => panic!("{other:?}"),
    }
}

/// The permit, if its turn has come.
fn turn(waiting: &mut Waiting) -> Option<Permit> {
    waiting.turn.try_recv().ok()
}

fn is_idle(gate: &Gate) -> bool {
    let state = gate.lock();
    (state.running, state.waiting, state.lines.len(), state.turns.len()) == (0, 0, 0, 0)
}

#[tokio::test(start_paused = true)]
async fn callers_take_turns_and_each_ones_requests_come_in_their_order() {
    let gate = gate(1);
    let first = permit(gate.try_enter(name("a"), 0, 10));
    let mut line: Vec<_> =
        ["a", "a", "a", "b", "c", "b"].iter().map(|who| (*who, waiting(gate.try_enter(name(who), 0, 10)))).collect();
    drop(first);
    let mut order = Vec::new();
    while !line.is_empty() {
        let (index, permit) =
            line.iter_mut().enumerate().find_map(|(index, (_, one))| Some((index, turn(one)?))).unwrap();
        assert!(line.iter_mut().all(|(_, one)| turn(one).is_none()), "one at a time");
        order.push(line.remove(index).0);
        drop(permit);
    }
    assert_eq!(order, ["a", "b", "c", "a", "b", "a"]);
    assert!(is_idle(&gate));
}

#[tokio::test(start_paused = true)]
async fn a_caller_at_its_own_limit_keeps_nobody_else_out_and_keeps_its_turn() {
    let gate = gate(3);
    let held = permit(gate.try_enter(name("a"), 1, 10));
    let mut own = waiting(gate.try_enter(name("a"), 1, 10));
    let others = [permit(gate.try_enter(name("b"), 1, 10)), permit(gate.try_enter(name("c"), 1, 10))];
    let mut late = waiting(gate.try_enter(name("d"), 1, 10));
    drop(held);
    let own = turn(&mut own).unwrap();
    assert!(turn(&mut late).is_none());
    drop(others);
    assert!(turn(&mut late).is_some());
    drop((own, late));
    assert!(is_idle(&gate));
}

#[tokio::test(start_paused = true)]
async fn the_queue_is_bounded_and_nobody_fills_it_alone() {
    let gate = gate(1);
    let held = permit(gate.try_enter(name("a"), 0, 3));
    let mut greedy: Vec<_> = (0..3).map(|_| waiting(gate.try_enter(name("a"), 0, 3))).collect();
    let full = Full { is_callers: false, limit: 1 };
    assert_eq!(gate.try_enter(name("a"), 0, 3).map(drop), Err(full));
    let mut modest = waiting(gate.try_enter(name("b"), 0, 3));
    assert_eq!(greedy[2].turn(LONG).await.map(drop), Err(full), "its place is another's");
    assert_eq!(gate.try_enter(name("b"), 0, 3).map(drop), Err(full), "two and one: that is fair");
    assert_eq!(gate.try_enter(name("c"), 0, 0).map(drop), Ok(()), "two and none is not");
    drop(held);
    drop(turn(&mut greedy[0]).unwrap());
    drop(turn(&mut modest).unwrap());
    drop((greedy, modest));
    assert!(is_idle(&gate));
    assert!(matches!(gate.try_enter(name("c"), 0, 0), Ok(Entry::Permit(_))), "without a queue one enters all the same");
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_or_leaves_makes_room() {
    let gate = gate(1);
    let held = permit(gate.try_enter(name("a"), 0, 2));
    let (mut patient, leaving) = (waiting(gate.try_enter(name("a"), 0, 2)), waiting(gate.try_enter(name("b"), 0, 2)));
    drop(leaving);
    let mut last = waiting(gate.try_enter(name("c"), 0, 2));
    let began = Instant::now();
    let full = patient.turn(Duration::from_secs(30)).await.unwrap_err();
    assert_eq!((full, began.elapsed()), (Full { is_callers: false, limit: 1 }, Duration::from_secs(30)));
    drop(patient);
    drop(held);
    assert!(turn(&mut last).is_some());
    // One that leaves in the moment it is let in passes its permit on.
    let held = permit(gate.try_enter(name("a"), 0, 2));
    let (gone, mut next) = (waiting(gate.try_enter(name("a"), 0, 2)), waiting(gate.try_enter(name("b"), 0, 2)));
    drop(held);
    drop(gone);
    assert!(turn(&mut next).is_some());
    drop((last, next));
    assert!(is_idle(&gate));
}

#[tokio::test(start_paused = true)]
async fn a_changed_limit_counts_at_once_for_those_who_wait_and_those_who_run() {
    let gate = gate(0);
    let held: Vec<_> = (0..3).map(|_| permit(gate.try_enter(name("a"), 0, 9))).collect();
    gate.set_limit(2);
    let mut next = waiting(gate.try_enter(name("b"), 0, 9));
    gate.set_limit(3);
    assert!(turn(&mut next).is_none());
    gate.set_limit(4);
    let entered = turn(&mut next).unwrap();
    let mut own = waiting(gate.try_enter(name("b"), 1, 9));
    gate.set_limit(0);
    assert!(turn(&mut own).is_none(), "its caller's limit holds");
    assert_eq!(own.turn(Duration::ZERO).await.map(drop), Err(Full { is_callers: true, limit: 1 }));
    drop((held, entered, next, own));
    assert!(is_idle(&gate));
}

#[derive(Debug, Clone)]
enum Step {
    Come(usize),
    Finish(usize),
    Leave(usize),
    Limit(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => (0_usize..4).prop_map(Step::Come),
        3 => any::<usize>().prop_map(Step::Finish),
        1 => any::<usize>().prop_map(Step::Leave),
        1 => (1_u64..6).prop_map(Step::Limit),
    ];
    prop::collection::vec(step, 0..200)
}

proptest! {
    #[test]
    fn no_limit_is_exceeded_nobody_waits_beside_a_free_place_and_nothing_is_left_behind(
        own in 1_u64..4, places in 0_usize..6, steps in steps(),
    ) {
        let (gate, mut limit) = (gate(3), 3);
        let mut inside: Vec<(usize, Permit)> = Vec::new();
        let mut line: Vec<(usize, Waiting)> = Vec::new();
        for step in steps {
            match step {
                Step::Come(who) => match gate.try_enter(name(["a", "b", "c", "d"][who]), own, places) {
                    Ok(Entry::Permit(permit)) => {
                        inside.push((who, permit));
                        prop_assert!(inside.len() as u64 <= limit);
                    }
                    Ok(Entry::Waiting(waiting)) => line.push((who, waiting)),
                    Err(_) => {}
                },
                Step::Finish(index) if !inside.is_empty() => drop(inside.swap_remove(index % inside.len())),
                Step::Leave(index) if !line.is_empty() => drop(line.remove(index % line.len())),
                Step::Finish(_) | Step::Leave(_) => {}
                Step::Limit(new) => {
                    limit = new;
                    gate.set_limit(new);
                }
            }
            for (who, waiting) in &mut line {
                inside.extend(turn(waiting).map(|permit| (*who, permit)));
            }
            line.retain(|(_, waiting)| gate.lock().lines.get(&waiting.name).is_some_and(|line| line.waiting.iter().any(|place| place.id == waiting.id)));
            let of = |who: usize| inside.iter().filter(|(one, _)| *one == who).count() as u64;
            prop_assert!((0..4).all(|who| of(who) <= own));
            prop_assert!(line.len() <= places);
            prop_assert_eq!(gate.lock().waiting, line.len());
            prop_assert_eq!(gate.lock().running, inside.len() as u64);
            let has_room = (inside.len() as u64) < limit;
            prop_assert!(!has_room || line.iter().all(|(who, _)| of(*who) >= own), "somebody waits beside a free place");
        }
        drop((inside, line));
        prop_assert!(is_idle(&gate));
    }
}
