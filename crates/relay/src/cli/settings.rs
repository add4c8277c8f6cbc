//! `1min-relay settings`.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Context, Failure, KeyStore, Output, table};
use crate::settings::{Field, Origin, fields};

/// Lists every setting. Secrets are masked: a proxy's password by its own type, the key by its last four characters.
pub(super) fn run(context: &Context, keys: &dyn KeyStore, output: &Output) -> Result<(), Failure> {
    let key = keys.load(&context.environment)?;
    let key = key.map(|stored| (stored.masked(), stored.place));
    if output.json {
        let settings: Vec<Value> = fields().map(|field| object(context, field)).collect();
        let key = key.map(|(masked, place)| json!({"masked": masked, "place": place}));
        let whole = json!({
            "data_dir": context.places.data_dir,
            "settings_file": context.places.config,
            "key": key,
            "settings": settings,
        });
        return Ok(writeln!(io::stdout(), "{whole:#}")?);
    }
    let row = |field: &Field| {
        let value = (field.show)(context.settings());
        let value = if value.is_empty() { "-".to_owned() } else { value };
        [field.name.to_owned(), value, origin(context, field), field.variables.join(", "), field.help.to_owned()]
    };
    table::write(["SETTING", "VALUE", "ORIGIN", "VARIABLES", "WHAT IT IS"], fields().map(row))?;
    let mut out = io::stdout().lock();
    let path =
        |path: &Option<std::path::PathBuf>| path.as_ref().map_or("-".to_owned(), |path| path.display().to_string());
    writeln!(
        out,
        "\nSettings file: {}\nData folder:   {}",
        path(&context.places.config),
        path(&context.places.data_dir)
    )?;
    match key {
        Some((masked, place)) => writeln!(out, "1min.ai key:   {masked}, from {place}")?,
        None => writeln!(out, "1min.ai key:   none; each app sends its own")?,
    }
    Ok(())
}

fn origin(context: &Context, field: &Field) -> String {
    context
        .resolved
        .origins
        .get(field.name)
        .map_or("default".to_owned(), |origin| origin.to_string().trim_start_matches("from the ").to_owned())
}

fn object(context: &Context, field: &Field) -> Value {
    let origin: Option<&Origin> = context.resolved.origins.get(field.name);
    json!({
        "name": field.name,
        "value": (field.show)(context.settings()),
        "origin": origin.map_or(json!("default"), |origin| json!(origin)),
        "variables": field.variables,
        "allowed": field.allowed,
        "help": field.help,
    })
}
