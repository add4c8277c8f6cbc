//! `1min-relay models`.

use std::io::{self, Write};

use onemin::{Feature, Model};
use serde_json::{Value, json};

use super::{Context, Failure, Models, block_on, table};
use crate::catalog::{CatalogStatus, Drift, Listed, Source};

/// Lists the models that may be asked.
pub(super) fn run(context: &Context, flags: &Models) -> Result<(), Failure> {
    let relay = context.relay_without_key()?;
    let status = if flags.offline { relay.status().catalog } else { block_on(relay.refresh_catalog())? };
    relay.with_models(|models| {
        let filter = flags.filter.as_deref().unwrap_or_default().to_lowercase();
        let listed: Vec<Listed<'_>> = models.listed().filter(|listed| matches(*listed, &filter)).collect();
        if flags.output.json {
            return write_json(&status, &listed);
        }
        let row = |Listed { name, model }: &Listed<'_>| {
            let credits = |name: &str| model.credits.get(name).map_or("-".to_owned(), Value::to_string);
            let tokens = |count: Option<u64>| count.map_or("-".to_owned(), |count| count.to_string());
            [
                (*name).to_owned(),
                if model.id == *name { model.name.clone() } else { format!("= {}", model.id) },
                uses(model).join(", "),
                tokens(model.context_tokens),
                tokens(model.output_tokens),
                credits("INPUT"),
                credits("OUTPUT"),
            ]
        };
        let headings = ["MODEL", "NAME", "FOR", "CONTEXT", "ANSWER", "CREDITS IN", "CREDITS OUT"];
        table::write(headings, listed.iter().map(row))?;
        let mut out = io::stdout().lock();
        writeln!(out, "\n{} models, {}.", listed.len(), origin(&status))?;
        Ok(drift(&status.drift).iter().try_for_each(|line| writeln!(out, "{line}"))?)
    })
}

/// Where the list came from, and why it is not fresh.
pub(super) fn origin(status: &CatalogStatus) -> String {
    let source = match status.source {
        Source::BuiltIn => "which came with the program",
        Source::Disk => "fetched by an earlier run",
        Source::Live => "fetched just now",
    };
    let problem = status.problem.as_ref().map(|problem| format!(" (it could not be fetched in full: {problem})"));
    format!("list of {}, {source}{}", status.date, problem.unwrap_or_default())
}

/// How the list differs from the one that came with the program, in lines.
pub(super) fn drift(drift: &Drift) -> Vec<String> {
    let line = |what: &str, ids: &Vec<String>| (!ids.is_empty()).then(|| format!("{what}: {}", ids.join(", ")));
    [
        line("New since this version of the program", &drift.new),
        line("Gone since then", &drift.retired),
        line("Aliases that lead nowhere now", &drift.dangling_aliases),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn matches(Listed { name, model }: Listed<'_>, filter: &str) -> bool {
    let texts = [name, &model.name, &model.provider, &uses(model).join(" ")];
    texts.iter().any(|text| text.to_lowercase().contains(filter))
}

/// What a model is for, in words.
fn uses(model: &Model) -> Vec<&'static str> {
    let word = |feature: &Feature| match feature {
        Feature::Chat => "chat",
        Feature::ImageGenerator => "images",
        Feature::ImageEditor => "image edits",
        Feature::ImageVariator => "image variations",
        Feature::ImageInpainter => "image masks",
        Feature::TextToSpeech => "speech",
        Feature::SpeechToText => "transcription",
        Feature::AudioTranslator => "audio translation",
    };
    let mut words: Vec<&str> = model.features.iter().map(word).collect();
    if model.can(Feature::Chat) && model.input.iter().any(|kind| kind == "image") {
        words.push("vision");
    }
    words
}

fn write_json(status: &CatalogStatus, listed: &[Listed<'_>]) -> Result<(), Failure> {
    let models: Vec<Value> =
        listed.iter().map(|Listed { name, model }| json!({"name": name, "model": model})).collect();
    Ok(writeln!(io::stdout(), "{:#}", json!({"catalog": status, "models": models}))?)
}
