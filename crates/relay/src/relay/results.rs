//! What runs made, for whoever looks after the relay: every owner's, also while another relay runs on the same folder.

use std::{
    io,
    path::{Path, PathBuf},
};

use futures_util::TryStreamExt;
use onemin::FeatureAnswer;
use tokio::io::AsyncWriteExt;

use super::Relay;
use crate::{
    engine::{
        detached::{self, Fetched, lost},
        results,
    },
    error::Error,
    shared::Shared,
    store::{self, RunCall, RunKind, RunRecord, RunState},
};

/// A call that was run to its end although its client may have left.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// When it began, milliseconds since 1970.
    pub began_unix_ms: u64,
    /// What it makes: `picture`, `speech`, `transcript`.
    pub kind: &'static str,
    /// The model that was asked.
    pub model: String,
    /// What became of it.
    pub outcome: RunOutcome,
    /// The names of its files that are kept; `GET /results/<name>` has them.
    pub files: Vec<String>,
    /// How many files 1min.ai made that could not be fetched yet.
    pub unfetched: usize,
    /// Whether there may be more that can be had from 1min.ai, at no cost.
    pub is_fetchable: bool,
    /// Credits, where 1min.ai said so.
    pub credits: Option<f64>,
}

/// What became of a [`Run`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunOutcome {
    /// It goes on.
    Running,
    /// It is complete.
    Done,
    /// Its relay ended in the middle; it may have been billed.
    Lost,
    /// It failed.
    Failed {
        /// Why.
        why: String,
        /// Whether it may have been billed all the same.
        is_perhaps_billed: bool,
    },
}

impl Relay {
    /// Every run that is kept, the newest first.
    ///
    /// # Errors
    /// `StorageFailed` where they can't be read.
    pub async fn runs(&self) -> Result<Vec<Run>, Error> {
        let now_ms = self.shared.clock.unix_ms();
        let rows = self.shared.store.runs().list(now_ms).await.map_err(unreadable)?;
        Ok(rows.into_iter().map(|row| self.told(row)).collect())
    }

    /// Writes what a run made into `folder`, and says where. What 1min.ai made and could not be fetched is fetched now, also for a
    /// run that was lost after 1min.ai had begun it; that costs nothing.
    ///
    /// # Errors
    /// `ResultNotFound`; `NotFetched`, with what could be had written; `StorageFull` or `StorageFailed`.
    pub async fn write_results(&self, id: &str, folder: &Path) -> Result<Vec<PathBuf>, Error> {
        let shared = &self.shared;
        let found = shared.store.runs().find(id, shared.clock.unix_ms()).await.map_err(unreadable)?;
        let mut row = found.ok_or(Error::ResultNotFound)?;
        // One that goes on is its relay's alone.
        let goes_on = row.state == RunState::Running && !lost::is_lost(&row, shared);
        let fetched = if goes_on { Ok(()) } else { fetch_missing(shared, &mut row).await };
        tokio::fs::create_dir_all(folder).await.map_err(|error| unwritable(&error))?;
        let mut written = Vec::new();
        for file in &row.files {
            let path = folder.join(&file.name);
            write(shared, &file.name, &path).await?;
            written.push(path);
        }
        if let Some(text) = &row.text {
            let path = folder.join(format!("{}.txt", row.id));
            tokio::fs::write(&path, text).await.map_err(|error| unwritable(&error))?;
            written.push(path);
        }
        fetched.map(|()| written)
    }

    fn told(&self, row: RunRecord) -> Run {
        let is_lost = lost::is_lost(&row, &self.shared);
        let unfetched = if row.kind == RunKind::Transcript { 0 } else { row.calls.iter().map(missing).sum() };
        Run {
            kind: row.kind.as_str(),
            outcome: match row.state {
                RunState::Running if is_lost => RunOutcome::Lost,
                RunState::Running => RunOutcome::Running,
                RunState::Done { .. } => RunOutcome::Done,
                RunState::Lost { .. } => RunOutcome::Lost,
                RunState::Failed { why, is_perhaps_billed, .. } => RunOutcome::Failed { why, is_perhaps_billed },
            },
            id: row.id,
            began_unix_ms: row.created_unix_ms,
            model: row.model,
            files: row.files.into_iter().map(|file| file.name).collect(),
            is_fetchable: unfetched > 0 || row.calls.iter().any(is_open),
            unfetched,
            credits: row.credits,
        }
    }
}

/// How many files of a call are not kept.
fn missing(call: &RunCall) -> usize {
    call.results.len().saturating_sub(call.kept)
}

/// Whether 1min.ai had begun a call, and nobody knows what came of it.
const fn is_open(call: &RunCall) -> bool {
    call.uuid.is_some() && call.results.is_empty()
}

/// Fetches what 1min.ai made and nobody has kept yet.
async fn fetch_missing(shared: &Shared, row: &mut RunRecord) -> Result<(), Error> {
    let client = shared.snapshot.load().upstream.clone();
    let mut outcome = Ok(());
    for index in 0..row.calls.len() {
        let Some(call) = row.calls.get(index).cloned() else { continue };
        let answer = match ask(shared, &call).await {
            Ok(answer) => answer,
            Err(error) => {
                outcome = outcome.and(Err(error));
                continue;
            }
        };
        if let Some(call) = row.calls.get_mut(index) {
            call.results.clone_from(&answer.results);
        }
        if row.kind == RunKind::Transcript {
            // What it gives is no file but the words themselves.
            row.text = Some(answer.results.join("\n")).filter(|text| !text.is_empty());
        }
        let files = if row.kind == RunKind::Transcript { 0 } else { answer.results.len() };
        for file in call.kept..files {
            let kept = async {
                let Fetched { content, media_type } = detached::fetch(&shared.spool, &client, &answer, file).await?;
                detached::keep(shared, row, &content, &media_type).await
            };
            match kept.await {
                Ok(kept) => {
                    row.files.push(kept);
                    if let Some(call) = row.calls.get_mut(index) {
                        call.kept += 1;
                    }
                }
                // What is kept of a call is its first files: the others wait for their turn.
                Err(error) => {
                    outcome = outcome.and(Err(error));
                    break;
                }
            }
        }
        let put = shared.store.runs().put(row, None, shared.clock.unix_ms()).await;
        put.map_err(unreadable)?;
    }
    outcome
}

/// What a call gave: as it was noted, or, where the relay ended before, as 1min.ai says now.
async fn ask(shared: &Shared, call: &RunCall) -> Result<FeatureAnswer, Error> {
    let (snapshot, noted) = (shared.snapshot.load_full(), call.clone());
    if let (Some(uuid), true, Some(key)) = (&call.uuid, is_open(call), &snapshot.key) {
        return Ok(snapshot.upstream.result(key, uuid).await?.unwrap_or_default());
    }
    let RunCall { uuid, results, temporary_url, .. } = noted;
    Ok(FeatureAnswer { uuid, results, temporary_url, ..FeatureAnswer::default() })
}

async fn write(shared: &Shared, name: &str, path: &Path) -> Result<(), Error> {
    let (_, mut opened) = results::open(shared, name).await?;
    let written = async {
        let mut file = tokio::fs::File::create(path).await?;
        while let Some(bytes) = opened.stream.try_next().await.map_err(io::Error::other)? {
            file.write_all(&bytes).await?;
        }
        file.flush().await
    };
    written.await.map_err(|error| unwritable(&error))
}

fn unreadable(failure: store::Failure) -> Error {
    store::failure("What was made", "It stays where it is.", &failure)
}

fn unwritable(error: &io::Error) -> Error {
    store::io_failure("What was made", "It stays where it is.", error)
}
