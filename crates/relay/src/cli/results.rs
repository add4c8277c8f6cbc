//! `1min-relay results`.

use std::io::{self, Write};

use serde_json::json;

use super::{Context, Failure, GetResult, KeyStore, Results, block_on, table};
use crate::{Run, RunOutcome};

/// Lists what was made, or gets it.
pub(super) fn run(context: &Context, keys: &dyn KeyStore, flags: &Results) -> Result<(), Failure> {
    let relay = context.relay(keys)?;
    if let Some(GetResult::Get { id, to }) = &flags.get {
        let written = block_on(relay.write_results(id, to))??;
        let mut out = io::stdout().lock();
        written.iter().try_for_each(|path| writeln!(out, "{}", path.display()))?;
        return Ok(());
    }
    let runs = block_on(relay.runs())??;
    if flags.output.json {
        return write_json(&runs);
    }
    if runs.is_empty() {
        writeln!(io::stdout(), "Nothing is kept. Pictures, speech and transcripts are, once they are made.")?;
        return Ok(());
    }
    let headings = ["RUN", "BEGAN (UTC)", "MAKES", "MODEL", "FILES", "CREDITS", "STATE"];
    table::write(headings, runs.iter().map(row))?;
    writeln!(io::stdout(), "\n`1min-relay results get RUN` writes its files into this folder.")?;
    Ok(())
}

fn row(run: &Run) -> [String; 7] {
    let files = match run.unfetched {
        0 => run.files.len().to_string(),
        missing => format!("{} ({missing} not fetched yet)", run.files.len()),
    };
    [
        run.id.clone(),
        time(run.began_unix_ms),
        run.kind.to_owned(),
        run.model.clone(),
        files,
        run.credits.map_or("-".to_owned(), |credits| credits.to_string()),
        state(run),
    ]
}

fn state(run: &Run) -> String {
    match &run.outcome {
        RunOutcome::Running => "running".into(),
        RunOutcome::Done => "done".into(),
        RunOutcome::Lost if run.is_fetchable => "lost, perhaps billed; `get` asks 1min.ai for it".into(),
        RunOutcome::Lost => "lost, perhaps billed".into(),
        RunOutcome::Failed { why, is_perhaps_billed: false } => format!("failed: {why}"),
        RunOutcome::Failed { why, is_perhaps_billed: true } => format!("failed, perhaps billed: {why}"),
    }
}

fn time(unix_ms: u64) -> String {
    let time = i64::try_from(unix_ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    time.unwrap_or_default().strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn write_json(runs: &[Run]) -> Result<(), Failure> {
    let object = |run: &Run| {
        let (state, why) = match &run.outcome {
            RunOutcome::Running => ("running", None),
            RunOutcome::Done => ("done", None),
            RunOutcome::Lost => ("lost", None),
            RunOutcome::Failed { why, .. } => ("failed", Some(why)),
        };
        let is_perhaps_billed = match &run.outcome {
            RunOutcome::Lost => true,
            RunOutcome::Failed { is_perhaps_billed, .. } => *is_perhaps_billed,
            RunOutcome::Running | RunOutcome::Done => false,
        };
        json!({
            "id": run.id, "began": time(run.began_unix_ms), "kind": run.kind, "model": run.model, "state": state,
            "why": why, "is_perhaps_billed": is_perhaps_billed, "files": run.files, "unfetched": run.unfetched, "is_fetchable": run.is_fetchable,
            "credits": run.credits,
        })
    };
    let list: Vec<_> = runs.iter().map(object).collect();
    writeln!(io::stdout(), "{:#}", json!(list))?;
    Ok(())
}
