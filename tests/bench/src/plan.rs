//! What is measured under load: a table of cases, and the figures that are read off each.

use std::time::Duration;

use crate::{ask::Ask, load::Round, report::Label, stat::percentile};

/// How long and how often everything is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// How often each side takes its turn.
    pub(crate) rounds: usize,
    /// How long a turn lasts before it counts.
    pub(crate) warm_up: Duration,
    /// How long it counts.
    pub(crate) window: Duration,
    /// How often each program is started.
    pub(crate) starts: usize,
}

impl Pace {
    /// Good enough to compare.
    pub(crate) const FULL: Self =
        Self { rounds: 5, warm_up: Duration::from_millis(500), window: Duration::from_secs(3), starts: 20 };

    /// Good enough to see that everything works.
    pub(crate) const QUICK: Self =
        Self { rounds: 1, warm_up: Duration::from_millis(100), window: Duration::from_millis(500), starts: 3 };
}

/// One load, and what is read off it.
#[derive(Debug)]
pub(crate) struct Case {
    /// The question.
    pub(crate) ask: Ask,
    /// Connections that ask it side by side.
    pub(crate) connections: usize,
    /// The rows it gives.
    pub(crate) figures: &'static [Figure],
}

/// A row of the table.
#[derive(Debug)]
pub(crate) struct Figure {
    /// Its name and unit.
    pub(crate) label: Label,
    /// Reads it off a round.
    pub(crate) read: fn(&Round) -> Option<f64>,
}

/// All of them, in the order of the table.
pub(crate) const CASES: &[Case] = &[
    Case {
        ask: Ask::Whole,
        connections: 1,
        figures: &[
            rate("whole answers, 1 connection"),
            time("whole answers, 1 connection: p50", |round| milliseconds(&round.latencies, 50)),
            time("whole answers, 1 connection: p99", |round| milliseconds(&round.latencies, 99)),
        ],
    },
    Case {
        ask: Ask::Whole,
        connections: 32,
        figures: &[
            rate("whole answers, 32 connections"),
            time("whole answers, 32 connections: p50", |round| milliseconds(&round.latencies, 50)),
            time("whole answers, 32 connections: p99", |round| milliseconds(&round.latencies, 99)),
            Figure {
                label: Label {
                    name: "CPU of 1000 whole answers, 32 connections",
                    unit: "s",
                    digits: 3,
                    is_additive: false,
                },
                read: |round| Some(round.cpu?.as_secs_f64() * 1e3 / count(round.latencies.len())?),
            },
        ],
    },
    Case { ask: Ask::Whole, connections: 256, figures: &[rate("whole answers, 256 connections")] },
    Case {
        ask: Ask::Short,
        connections: 1,
        figures: &[
            time("first chunk, 1 connection: p50", |round| milliseconds(&round.first_chunks, 50)),
            time("first chunk, 1 connection: p99", |round| milliseconds(&round.first_chunks, 99)),
        ],
    },
    Case {
        ask: Ask::Short,
        connections: 32,
        figures: &[
            time("first chunk, 32 connections: p50", |round| milliseconds(&round.first_chunks, 50)),
            time("first chunk, 32 connections: p99", |round| milliseconds(&round.first_chunks, 99)),
        ],
    },
    Case {
        ask: Ask::Long,
        connections: 64,
        figures: &[
            chunk_rate("chunks, 64 streams"),
            Figure {
                label: Label { name: "CPU of 1000 chunks, 64 streams", unit: "ms", digits: 1, is_additive: false },
                read: |round| Some(round.cpu?.as_secs_f64() * 1e6 / count(round.chunks)?),
            },
        ],
    },
    Case { ask: Ask::Long, connections: 500, figures: &[chunk_rate("chunks, 500 streams")] },
];

const fn rate(name: &'static str) -> Figure {
    let label = Label { name, unit: "answers/s", digits: 0, is_additive: false };
    Figure { label, read: |round| Some(count(round.latencies.len())? / round.seconds) }
}

const fn chunk_rate(name: &'static str) -> Figure {
    let label = Label { name, unit: "chunks/s", digits: 0, is_additive: false };
    Figure { label, read: |round| Some(count(round.chunks)? / round.seconds) }
}

const fn time(name: &'static str, read: fn(&Round) -> Option<f64>) -> Figure {
    Figure { label: Label { name, unit: "ms", digits: 3, is_additive: true }, read }
}

/// A count to divide with; none of nothing.
fn count(number: usize) -> Option<f64> {
    (number > 0).then_some(number as f64)
}

fn milliseconds(ascending: &[Duration], percent: usize) -> Option<f64> {
    percentile(ascending, percent).map(|time| time.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All figures of the cases that ask `ask` on so many connections, read off a round.
    fn read(ask: Ask, connections: usize, round: &Round) -> Vec<Option<f64>> {
        let cases = CASES.iter().filter(|case| case.ask == ask && case.connections == connections);
        cases.flat_map(|case| case.figures).map(|figure| (figure.read)(round)).collect()
    }

    #[test]
    fn figures_are_read_off_a_round() {
        let round = Round {
            seconds: 2.0,
            latencies: (1..=100).map(Duration::from_millis).collect(),
            first_chunks: Vec::new(),
            chunks: 1000,
            cpu: Some(Duration::from_millis(500)),
        };
        assert_eq!(read(Ask::Whole, 32, &round), [Some(50.0), Some(50.0), Some(99.0), Some(5.0)]);
        assert_eq!(read(Ask::Long, 64, &round), [Some(500.0), Some(500.0)]);
        assert_eq!(read(Ask::Short, 1, &round), [None, None]);
    }

    #[test]
    fn a_round_without_answers_has_no_figures() {
        let figures = read(Ask::Whole, 32, &Round { seconds: 1.0, ..Round::default() });
        assert!(figures.iter().all(Option::is_none), "{figures:?}");
    }
}
