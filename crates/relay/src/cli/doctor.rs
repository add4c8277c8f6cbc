//! `1min-relay doctor`: looks at everything the relay needs, and says what to do. Nothing it says holds a secret.

mod finding;
mod network;
mod place;
mod port;
mod shared;

use std::io::{self, Write};

use serde_json::json;

use self::finding::{Finding, State};
use super::{Context, Doctor, Failure, KeyError, KeyStore, StoredKey, block_on};
use crate::settings::StoreUrl;

/// What is found, in the order in which it is told.
type Findings = Vec<Finding>;

/// Looks at everything and writes what it found; ends badly if something is wrong.
pub(super) fn run(flags: Doctor, keys: &dyn KeyStore) -> Result<(), Failure> {
    let is_json = flags.output.json;
    let findings = match Context::load(flags.settings) {
        Ok(context) => {
            // Outside of what waits: a keyring may block, and bring its own way of waiting.
            let key = keys.load(&context.environment);
            block_on(examine(&context, &key))??
        }
        Err(failure) => {
            vec![Finding::problem("Settings", failure.to_string(), "They come before all else: mend them first")]
        }
    };
    if is_json { write_json(&findings) } else { findings.iter().try_for_each(write) }?;
    match findings.iter().filter(|finding| finding.state == State::Problem).count() {
        0 => Ok(()),
        1 => Err(Failure::Refused("one thing is wrong".into())),
        count => Err(Failure::Refused(format!("{count} things are wrong"))),
    }
}

/// Looks at one thing after the other, and at the network at once: there, time goes by waiting.
async fn examine(context: &Context, key: &Result<Option<StoredKey>, KeyError>) -> Result<Findings, Failure> {
    let folder = place::data_folder(context);
    // Before there is a relay, which makes what is not there.
    let database = place::database(context);
    let relay = context.relay_without_key()?;
    let has_key = matches!(key, Ok(Some(_)));
    let (network, store, memcached, port) = tokio::join!(
        network::look(context, &relay, key),
        place::store(context, &relay),
        shared::memcached(context),
        port::look(context, &relay, has_key)
    );
    // What follows from another fault is not told as one more.
    let has_folder = folder.state != State::Problem;
    let has_database = has_folder && database.state != State::Problem;
    let mut findings = vec![settings(context), folder];
    findings.extend(Some(store).filter(|_| has_folder || context.settings().store_url != StoreUrl::DataFolder));
    findings.extend(Some(database).filter(|_| has_folder));
    if has_database {
        findings.push(shared::tokens(context, &relay, has_key).await);
    }
    findings.extend(network?);
    findings.push(memcached);
    findings.push(port);
    Ok(findings)
}

fn settings(context: &Context) -> Finding {
    let changed = context.resolved.origins.len();
    let file = context.places.config.as_deref().filter(|path| path.exists());
    let file = file.map_or("there is no settings file".to_owned(), |path| format!("settings file {}", path.display()));
    Finding::ok("Settings", format!("{changed} of them differ from the default or are set; {file}"))
}

fn write(finding: &Finding) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let Finding { name, state, text, advice } = finding;
    writeln!(out, "{:<7}  {name}: {text}", state.as_str())?;
    advice.as_ref().map_or(Ok(()), |advice| writeln!(out, "         {advice}."))
}

fn write_json(findings: &[Finding]) -> io::Result<()> {
    let is_well = findings.iter().all(|finding| finding.state != State::Problem);
    let whole = json!({"version": env!("CARGO_PKG_VERSION"), "is_well": is_well, "findings": findings});
    writeln!(io::stdout(), "{whole:#}")
}
