//! The figures of a run, as a table in Markdown and as JSON with every round.

use serde::Serialize;

use crate::{
    measure::Machine,
    party::Side,
    stat::{median, spread},
};

/// What a table shows where there is no figure.
const NONE: &str = "-";

/// What is measured, and how it is written.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Label {
    /// What it is.
    pub(crate) name: &'static str,
    /// Its unit.
    pub(crate) unit: &'static str,
    /// Digits after the point.
    #[serde(skip)]
    pub(crate) digits: usize,
    /// Whether it makes sense to say what a party adds to the direct way.
    #[serde(skip)]
    pub(crate) is_additive: bool,
}

/// A row of the table: the values of all rounds, side by side.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    #[serde(flatten)]
    label: Label,
    direct: Vec<f64>,
    pass_through: Vec<f64>,
    relay: Vec<f64>,
}

/// A run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Where it ran.
    pub(crate) machine: Machine,
    /// The relay's version.
    pub(crate) version: &'static str,
    /// How often each side took its turn.
    pub(crate) rounds: usize,
    /// How long a turn counted, in seconds.
    pub(crate) window_seconds: f64,
    /// The table.
    pub(crate) rows: Vec<Row>,
}

impl Row {
    /// An empty row.
    pub(crate) fn new(label: Label) -> Self {
        Self { label, direct: Vec::new(), pass_through: Vec::new(), relay: Vec::new() }
    }

    /// Adds what a side gave in a round, if it gave anything.
    pub(crate) fn push(&mut self, side: Side, value: Option<f64>) {
        let values = match side {
            Side::Direct => &mut self.direct,
            Side::PassThrough => &mut self.pass_through,
            Side::Relay => &mut self.relay,
        };
        values.extend(value);
    }

    fn to_markdown(&self) -> String {
        let Label { name, unit, digits, is_additive } = self.label;
        let write = |value: Option<f64>| value.map_or(NONE.into(), |value| format!("{value:.digits$}"));
        let direct = median(&self.direct);
        let sides = [direct, median(&self.pass_through), median(&self.relay)];
        let added = [sides[1], sides[2]].map(|side| side.zip(direct).filter(|_| is_additive));
        let added = added.map(|pair| write(pair.map(|(side, direct)| side - direct)));
        let spread = spread(&self.relay).map_or(NONE.into(), |spread| format!("{spread:.0} %"));
        let cells: Vec<String> = sides.map(write).into_iter().chain(added).chain([spread]).collect();
        format!("| {name} | {unit} | {} |", cells.join(" | "))
    }
}

impl Report {
    /// The machine and the table.
    pub(crate) fn to_markdown(&self) -> String {
        let Self { machine, version, rounds, window_seconds, rows } = self;
        let mut lines = vec![
            format!("1min Relay {version}; {}.", machine.describe()),
            format!("Medians of {rounds} alternating rounds of {window_seconds} s."),
            String::new(),
            "| | unit | direct | pass-through | relay | added by pass-through | added by relay | spread of relay |"
                .into(),
            "|---|---|--:|--:|--:|--:|--:|--:|".into(),
        ];
        lines.extend(rows.iter().map(Row::to_markdown));
        lines.join("\n") + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATENCY: Label = Label { name: "p50", unit: "ms", digits: 2, is_additive: true };

    fn row(label: Label) -> Row {
        let mut row = Row::new(label);
        for (direct, pass_through, relay) in [(1.0, 2.0, 4.0), (1.5, 2.5, 5.0), (9.0, 2.0, 4.5)] {
            row.push(Side::Direct, Some(direct));
            row.push(Side::PassThrough, Some(pass_through));
            row.push(Side::Relay, Some(relay));
        }
        row
    }

    #[test]
    fn a_row_shows_medians_and_the_difference_of_medians() {
        assert_eq!(row(LATENCY).to_markdown(), "| p50 | ms | 1.50 | 2.00 | 4.50 | 0.50 | 3.00 | 22 % |");
        let rate = Label { digits: 0, is_additive: false, ..LATENCY };
        assert_eq!(row(rate).to_markdown(), "| p50 | ms | 2 | 2 | 4 | - | - | 22 % |");
    }

    #[test]
    fn what_was_not_measured_is_a_dash() {
        let mut row = Row::new(LATENCY);
        row.push(Side::Direct, None);
        row.push(Side::Relay, Some(1.0));
        assert_eq!(row.to_markdown(), "| p50 | ms | - | - | 1.00 | - | - | 0 % |");
    }

    #[test]
    fn a_report_is_a_table_and_json_with_every_round() {
        let report = Report {
            machine: Machine::look(),
            version: "0.0.0",
            rounds: 3,
            window_seconds: 0.5,
            rows: vec![row(LATENCY)],
        };
        let table = report.to_markdown();
        assert!(table.contains("Medians of 3 alternating rounds of 0.5 s.\n\n| | unit | direct |"), "{table}");
        assert!(table.ends_with(" 22 % |\n"), "{table}");
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["rows"][0]["name"], "p50");
        assert_eq!(json["rows"][0]["relay"], serde_json::json!([4.0, 5.0, 4.5]));
    }
}
