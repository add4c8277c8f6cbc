//! `1min-relay token`.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde_json::json;

use super::{Context, Failure, Output, table};
use crate::{
    clock::Clock,
    database,
    token::{self, NewToken, Secret, Token as MadeToken, TokenError, TokenInfo},
};

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Makes a token and writes its secret, this once; a running relay knows it within a second
    Add(Box<Add>),
    /// Lists the tokens; secrets are kept nowhere
    List(Output),
    /// Revokes a token; a running relay refuses it within a second
    Revoke(Revoke),
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// A name for it, such as that of the person or program
    name: String,
    /// The only models that may be asked with it; all of them if left out
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    models: Option<Vec<String>>,
    /// Requests a minute; 0 for no limit. Limits left out are those of the settings for each caller
    #[arg(long, value_name = "NUMBER")]
    requests_per_minute: Option<u64>,
    /// Requests at the same time; 0 for no limit
    #[arg(long, value_name = "NUMBER")]
    concurrent: Option<u64>,
    /// Credits that may be spent in a day; 0 for no limit
    #[arg(long, value_name = "NUMBER")]
    credits_per_day: Option<u64>,
    /// Credits that may be spent in a month; 0 for no limit
    #[arg(long, value_name = "NUMBER")]
    credits_per_month: Option<u64>,
    /// When it ends: after so many hours, days or weeks (12h, 30d, 4w), with the end of a day (2026-12-31), or never
    #[arg(long, value_name = "WHEN", default_value = "never")]
    expires: String,
    /// Put it into this file, which several relays share (`RELAY_TOKENS_FILE`), and not into the data folder
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(super) struct Revoke {
    /// Its name or its id
    #[arg(value_name = "NAME|ID")]
    name: String,
    /// Take it out of this file
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
}

/// Makes, lists or revokes tokens, also beside a relay that runs.
pub(super) fn run(context: &Context, command: &Token) -> Result<(), Failure> {
    match command {
        Token::Add(flags) => add(context, flags),
        Token::List(output) => list(context, output),
        Token::Revoke(flags) => revoke(context, flags),
    }
}

fn add(context: &Context, flags: &Add) -> Result<(), Failure> {
    let now_unix_ms = Clock::system().unix_ms();
    let zone = context.settings().limits.time_zone();
    let new = NewToken {
        name: flags.name.clone(),
        models: flags.models.clone(),
        requests_per_minute: flags.requests_per_minute,
        concurrent_requests: flags.concurrent,
        credits_per_day: flags.credits_per_day,
        credits_per_month: flags.credits_per_month,
        expires_unix_ms: expires(&flags.expires, now_unix_ms, zone)?,
    };
    let (token, secret) = MadeToken::make(new, now_unix_ms)?;
    keep(context, flags, &token)?;
    // Before anything else that may fail: it is shown this once.
    if let Err(error) = show(&token.info, &secret, flags.output.json) {
        return Err(Failure::Refused(take_back(context, flags, &token, &error)));
    }
    // The token is made and shown; what is said beside it changes nothing of that.
    let _ = explain(context, &token.info, flags.output.json);
    Ok(())
}

fn keep(context: &Context, flags: &Add, token: &MadeToken) -> Result<(), Failure> {
    match &flags.file {
        Some(path) => token::file::insert(path, token)?,
        None => {
            if !token::row::insert(&connection(context)?, token).map_err(failed)? {
                return Err(TokenError::NameTaken { name: token.info.name.clone() }.into());
            }
        }
    }
    Ok(())
}

/// Writes the secret alone to the output, so that it can be piped.
fn show(info: &TokenInfo, secret: &Secret, is_json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if is_json {
        let mut object = json!(info);
        object["token"] = json!(secret.reveal());
        writeln!(out, "{object:#}")?;
    } else {
        writeln!(out, "{}", secret.reveal())?;
    }
    out.flush()
}

/// Revokes a token that nobody has seen, and says so.
fn take_back(context: &Context, flags: &Add, token: &MadeToken, error: &io::Error) -> String {
    let TokenInfo { id, name, .. } = &token.info;
    let is_taken_back = match &flags.file {
        Some(path) => token::file::remove(path, id).is_ok(),
        None => connection(context).is_ok_and(|connection| token::row::remove(&connection, id).is_ok()),
    };
    let what = "the secret could not be written to the output";
    if is_taken_back {
        format!("{what} ({error}), so the token {name} was taken back. Add it again where the output can be read.")
    } else {
        format!(
            "{what} ({error}), and the token {name} could not be taken back. Revoke it: 1min-relay token revoke {name}"
        )
    }
}

/// Says beside the output what to know of a token.
fn explain(context: &Context, info: &TokenInfo, is_json: bool) -> Result<(), Failure> {
    if !is_json {
        let end = when(info.expires_unix_ms, &context.settings().limits.time_zone());
        let name = &info.name;
        writeln!(
            io::stderr(),
            "This is the token {name}. Enter it as the API key of an app; it is not shown again. It ends: {end}."
        )?;
    }
    say_unknown_models(context, info)
}

/// A model that is not in the list may come with the next one, or be a slip of the pen.
fn say_unknown_models(context: &Context, info: &TokenInfo) -> Result<(), Failure> {
    let Some(names) = &info.models else { return Ok(()) };
    let relay = context.relay_without_key()?;
    let unknown: Vec<&str> = relay.with_models(|models| {
        names.iter().filter(|name| models.find_any(name).is_none()).map(String::as_str).collect()
    });
    if !unknown.is_empty() {
        writeln!(io::stderr(), "1min.ai lists no such model as far as is known here: {}.", unknown.join(", "))?;
    }
    Ok(())
}

fn list(context: &Context, output: &Output) -> Result<(), Failure> {
    let mut infos: Vec<TokenInfo> =
        token::row::all(&context.known_database()?).map_err(failed)?.into_iter().map(|token| token.info).collect();
    if let Some(path) = &context.settings().tokens_file {
        infos.extend(token::file::all(path)?);
    }
    if output.json {
        writeln!(io::stdout(), "{:#}", json!(infos))?;
        return Ok(());
    }
    if infos.is_empty() {
        writeln!(io::stdout(), "There is no token. To make one: 1min-relay token add NAME")?;
        return Ok(());
    }
    let (zone, now) = (context.settings().limits.time_zone(), Clock::system().unix_ms());
    let row = |info: &TokenInfo| {
        let end = when(info.expires_unix_ms, &zone);
        [
            info.name.clone(),
            info.id.clone(),
            when(Some(info.created_unix_ms), &zone),
            if info.is_expired(now) { format!("{end} (over)") } else { end },
            info.models.as_ref().map_or("all".to_owned(), |models| models.join(", ")),
            limits(info),
            if info.is_shared { "shared file" } else { "this machine" }.to_owned(),
        ]
    };
    let headings = ["NAME", "ID", "MADE", "ENDS", "MODELS", "LIMITS", "FROM"];
    Ok(table::write(headings, infos.iter().map(row))?)
}

/// The limits that are the token's own, in words.
fn limits(info: &TokenInfo) -> String {
    let word = |limit: Option<u64>, of: &str| match limit? {
        0 => Some(format!("any {of}")),
        limit => Some(format!("{limit} {of}")),
    };
    let words = [
        word(info.requests_per_minute, "a minute"),
        word(info.concurrent_requests, "at once"),
        word(info.credits_per_day, "credits a day"),
        word(info.credits_per_month, "credits a month"),
    ];
    let words: Vec<String> = words.into_iter().flatten().collect();
    if words.is_empty() { "as every caller".to_owned() } else { words.join(", ") }
}

fn revoke(context: &Context, flags: &Revoke) -> Result<(), Failure> {
    let name = flags.name.as_str();
    let was_there = match &flags.file {
        Some(path) => token::file::remove(path, name)?,
        None => token::row::remove(&context.known_database()?, name).map_err(failed)?,
    };
    if was_there {
        writeln!(io::stdout(), "The token is revoked.")?;
        return Ok(());
    }
    if let Some(path) = context.settings().tokens_file.as_ref().filter(|_| flags.file.is_none())
        && token::file::all(path)?.iter().any(|info| info.is_called(name))
    {
        return Err(TokenError::Shared { path: path.clone() }.into());
    }
    Err(Failure::Refused("there is no token of that name or id; 1min-relay token list shows those there are".into()))
}

fn connection(context: &Context) -> Result<rusqlite::Connection, Failure> {
    Ok(database::connect(context.data_dir()?).map_err(TokenError::from)?)
}

fn failed(error: rusqlite::Error) -> TokenError {
    TokenError::Database { cause: format!("the tokens can't be read or written: {error}") }
}

/// When a token ends that ends so, in milliseconds since 1970.
fn expires(text: &str, now_unix_ms: u64, zone: TimeZone) -> Result<Option<u64>, Failure> {
    if text == "never" {
        return Ok(None);
    }
    let unix_ms = after(text, now_unix_ms).or_else(|| {
        // With the end of that day.
        let end = text.parse::<Date>().ok()?.tomorrow().ok()?.to_zoned(zone).ok()?;
        Some(end.timestamp())
    });
    match unix_ms.and_then(|end| u64::try_from(end.as_millisecond()).ok()) {
        Some(end) => Ok(Some(end)),
        None => Err(Failure::Refused(format!(
            "--expires is \"{text}\". It must be a number of hours, days or weeks such as 12h, 30d or 4w, a day such as \
             2026-12-31, or never."
        ))),
    }
}

/// So many hours, days or weeks from now.
fn after(text: &str, now_unix_ms: u64) -> Option<Timestamp> {
    let (unit, seconds) =
        [("h", 3_600), ("d", 86_400), ("w", 604_800)].into_iter().find(|(unit, _)| text.ends_with(unit))?;
    let count: i64 = text.strip_suffix(unit)?.parse().ok().filter(|count| *count > 0)?;
    let now = Timestamp::from_millisecond(i64::try_from(now_unix_ms).ok()?).ok()?;
    now.checked_add(SignedDuration::from_secs(count.checked_mul(seconds)?)).ok()
}

fn when(unix_ms: Option<u64>, zone: &TimeZone) -> String {
    let Some(unix_ms) = unix_ms else { return "never".to_owned() };
    let time =
        i64::try_from(unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::MAX);
    time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    #[test]
    fn an_end_is_a_span_a_day_or_never() {
        let berlin = || TimeZone::get("Europe/Berlin").unwrap();
        let end = |text| expires(text, NOW, berlin()).ok();
        assert_eq!(end("never"), Some(None));
        assert_eq!(end("12h"), Some(Some(NOW + 12 * 3_600_000)));
        assert_eq!(end("30d"), Some(Some(NOW + 30 * 86_400_000)));
        assert_eq!(end("2w"), Some(Some(NOW + 14 * 86_400_000)));
        // The end of the day, where days begin an hour before UTC's.
        assert_eq!(when(end("2027-12-31").unwrap(), &TimeZone::UTC), "2027-12-31 23:00");
        for wrong in [
            "",
            "d",
            "0d",
            "-1d",
            "1.5d",
            "30",
            "soon",
            "2027-02-30",
            "31.12.2027",
            "99999999999999999999d",
            "9223372036854775807w",
        ] {
            assert_eq!(end(wrong), None, "{wrong}");
        }
    }
}
