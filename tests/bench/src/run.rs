//! A run: starts the parties, lets them take turns, and collects the rows of the table.

use std::{
    io::{self, Write},
    sync::Arc,
};

use crate::{
    ask::Ask,
    failure::Failure,
    load::{self, Load},
    measure::{self, Memory},
    moving,
    party::{Party, Programs, Side},
    plan::{CASES, Case, Pace},
    question::Question,
    report::{Label, Row},
};

/// Streams that are open while memory is measured.
const HELD: usize = 500;

/// The sides that have a process in front of the upstream.
const FRONTS: [Side; 2] = [Side::PassThrough, Side::Relay];

/// The parties of a run. The direct side is the upstream itself.
struct Parties {
    upstream: Party,
    fronts: Vec<(Side, Party)>,
}

impl Parties {
    fn start(programs: &Programs, upstream: Party) -> Result<Self, Failure> {
        let mut fronts = Vec::new();
        for side in FRONTS {
            fronts.push((side, programs.start(side, &upstream)?));
        }
        Ok(Self { upstream, fronts })
    }

    fn get(&self, side: Side) -> &Party {
        self.fronts.iter().find(|front| front.0 == side).map_or(&self.upstream, |front| &front.1)
    }
}

/// Measures everything.
pub(crate) async fn run(programs: &Programs, pace: Pace) -> Result<Vec<Row>, Failure> {
    let upstream = programs.upstream()?;
    // First, while no second relay shares pages with the one that is measured.
    tell("memory")?;
    let memory = measure_memory(programs, &upstream, pace.rounds).await?;
    tell("large files")?;
    let large = moving::measure(programs, &upstream, pace.rounds).await?;
    tell("starts")?;
    let starts = measure_starts(programs, &upstream, pace.starts)?;
    let parties = Parties::start(programs, upstream)?;
    let mut rows = Vec::new();
    for case in CASES {
        tell(&format!("{:?} answers, connections: {}", case.ask, case.connections))?;
        rows.extend(measure_case(&parties, case, pace).await?);
    }
    rows.extend(memory);
    rows.extend(large);
    rows.extend([memory_after(&parties), starts]);
    Ok(rows)
}

/// Each side takes its turn, round after round.
async fn measure_case(parties: &Parties, case: &Case, pace: Pace) -> Result<Vec<Row>, Failure> {
    let Pace { rounds, warm_up, window, .. } = pace;
    let load = Load { connections: case.connections, warm_up, window };
    let mut questions = Vec::new();
    for side in Side::ALL {
        let party = parties.get(side);
        let question = Question::new(case.ask, side, party.address)?;
        load::ask_once(party.address, &question).await?;
        questions.push((side, party, Arc::new(question)));
    }
    let mut rows: Vec<Row> = case.figures.iter().map(|figure| Row::new(figure.label)).collect();
    for _ in 0..rounds {
        for (side, party, question) in &questions {
            let round = load::run(party, question, load).await?;
            for (row, figure) in rows.iter_mut().zip(case.figures) {
                row.push(*side, (figure.read)(&round));
            }
        }
    }
    Ok(rows)
}

const fn in_mib(name: &'static str) -> Label {
    Label { name, unit: "MiB", digits: 1, is_additive: false }
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

/// What parties have that served all cases.
fn memory_after(parties: &Parties) -> Row {
    let mut row = Row::new(in_mib("memory after the load (RSS)"));
    for side in FRONTS {
        row.push(side, measure::memory(parties.get(side).id()).map(|memory| mib(memory.rss_kib)));
    }
    row
}

/// What fresh parties have before they are asked anything, and what each open stream adds.
async fn measure_memory(programs: &Programs, upstream: &Party, rounds: usize) -> Result<[Row; 3], Failure> {
    let open = Label { name: "memory of an open stream (RSS, 500 open)", unit: "KiB", digits: 1, is_additive: false };
    let [mut idle, mut idle_pss, mut open] =
        [in_mib("memory at rest (RSS)"), in_mib("memory at rest (PSS)"), open].map(Row::new);
    for _ in 0..rounds {
        for side in FRONTS {
            let party = programs.start(side, upstream)?;
            let fresh = measure::memory(party.id());
            idle.push(side, fresh.map(|memory| mib(memory.rss_kib)));
            idle_pss.push(side, fresh.and_then(|memory| memory.pss_kib).map(mib));
            open.push(side, memory_of_stream(side, &party).await?);
        }
    }
    Ok([idle, idle_pss, open])
}

/// The first streams bring in code and what is shared by all; what later ones add is counted.
async fn memory_of_stream(side: Side, party: &Party) -> Result<Option<f64>, Failure> {
    let (short, held) =
        (Question::new(Ask::Short, side, party.address)?, Question::new(Ask::Held, side, party.address)?);
    load::ask_once(party.address, &short).await?;
    let before = measure::memory(party.id());
    let streams = load::hold(party.address, &Arc::new(held), HELD).await?;
    let during = measure::memory(party.id());
    drop(streams);
    let rss = |memory: Memory| memory.rss_kib as f64;
    Ok(during.zip(before).map(|(during, before)| (rss(during) - rss(before)) / HELD as f64))
}

/// From the start of a process to its first connection.
fn measure_starts(programs: &Programs, upstream: &Party, starts: usize) -> Result<Row, Failure> {
    let mut row = Row::new(Label { name: "start to open port", unit: "ms", digits: 1, is_additive: false });
    for _ in 0..starts {
        for side in FRONTS {
            row.push(side, Some(programs.start(side, upstream)?.start.as_secs_f64() * 1e3));
        }
    }
    Ok(row)
}

/// What is being done, for who waits.
fn tell(what: &str) -> io::Result<()> {
    writeln!(io::stderr(), "measuring: {what}")
}
