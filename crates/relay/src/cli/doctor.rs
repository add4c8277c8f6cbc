//! `1min-relay doctor`: looks at everything the relay needs, and says what to do. Nothing it says holds a secret.

use std::{
    io::{self, Write},
    net::Ipv4Addr,
    path::Path,
    time::Duration,
};

use onemin::KeyCheck;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Context, Failure, KeyStore, SettingFlags, block_on, key_command::check, models};
use crate::{catalog::Source, listen};

/// How long what holds the port may take to say who it is, and in how many bytes.
const PATIENCE: Duration = Duration::from_secs(2);
const LARGEST_GREETING: u64 = 4 << 10;

/// How one thing is.
enum Finding {
    Good(String),
    /// Works, but is worth knowing.
    Note(String),
    Bad(String),
}

use Finding::{Bad, Good, Note};

/// Looks at everything and writes a line each; ends badly if something is wrong.
pub(super) fn run(flags: SettingFlags, keys: &dyn KeyStore) -> Result<(), Failure> {
    let context = match Context::load(flags) {
        Ok(context) => context,
        Err(failure) => {
            write("Settings", &Bad(failure.to_string()))?;
            return Err(Failure::Refused("the settings must be right before anything else can be looked at".into()));
        }
    };
    let findings = [
        ("Settings", settings(&context)),
        ("Data folder", data_folder(&context)),
        ("Key", key(&context, keys)?),
        ("Proxy", proxy(&context)),
        ("Models", catalog(&context)?),
        ("Port", port(&context, keys)?),
    ];
    findings.iter().try_for_each(|(name, finding)| write(name, finding))?;
    match findings.iter().filter(|(_, finding)| matches!(finding, Bad(_))).count() {
        0 => Ok(()),
        1 => Err(Failure::Refused("one thing is wrong".into())),
        count => Err(Failure::Refused(format!("{count} things are wrong"))),
    }
}

fn write(name: &str, finding: &Finding) -> io::Result<()> {
    let (mark, text) = match finding {
        Good(text) => ("ok  ", text),
        Note(text) => ("note", text),
        Bad(text) => ("BAD ", text),
    };
    writeln!(io::stdout(), "{mark}  {name}: {text}")
}

fn settings(context: &Context) -> Finding {
    let changed = context.resolved.origins.len();
    let file = context.places.config.as_deref().filter(|path| path.exists());
    let file = file.map_or("there is no settings file".to_owned(), |path| format!("settings file {}", path.display()));
    Good(format!("{changed} of them differ from the default or are set; {file}"))
}

fn data_folder(context: &Context) -> Finding {
    let Some(folder) = &context.places.data_dir else {
        return Note("the system names none, so nothing is kept. Set RELAY_DATA_DIR".into());
    };
    let can_write = |folder: &Path| std::fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder));
    match can_write(folder) {
        Ok(_) => Good(folder.display().to_string()),
        Err(error) => Bad(format!("{} can't be written: {error}", folder.display())),
    }
}

fn key(context: &Context, keys: &dyn KeyStore) -> Result<Finding, Failure> {
    let stored = match keys.load(&context.environment) {
        Ok(stored) => stored,
        Err(error) => return Ok(Bad(error.to_string())),
    };
    let Some(stored) = stored else {
        return Ok(Note("none is stored; each app sends your 1min.ai key as its API key".into()));
    };
    let what = format!("{}, from {}", stored.masked(), stored.place);
    Ok(match check(context, &stored.key)? {
        KeyCheck::Taken => Good(format!("{what}; 1min.ai takes it")),
        KeyCheck::Refused(words) => Bad(format!("{what}; 1min.ai does not take it: {words}")),
        KeyCheck::Unknown(why) => Bad(format!("{what}; it could not be checked: {why}")),
    })
}

fn proxy(context: &Context) -> Finding {
    match &context.settings().proxy {
        Some(proxy) => Note(format!("1min.ai is reached through {proxy}")),
        None => Good("the system's, if it has one".into()),
    }
}

fn catalog(context: &Context) -> Result<Finding, Failure> {
    let relay = context.relay_without_key()?;
    let status = block_on(relay.refresh_catalog())?;
    let count = status.models;
    let what = format!("{count} models, {}", models::origin(&status));
    let drift = models::drift(&status.drift);
    Ok(match (status.source, &status.problem) {
        (Source::Live, None) if drift.is_empty() => Good(what),
        (Source::Live, None) => Note(format!("{what}. {}", drift.join(". "))),
        _ => Bad(format!("{what}. Is {} reachable?", context.settings().api_url)),
    })
}

fn port(context: &Context, keys: &dyn KeyStore) -> Result<Finding, Failure> {
    let settings = context.settings();
    let has_key = keys.load(&context.environment).is_ok_and(|key| key.is_some());
    if let Err(exposed) = crate::relay::check_exposure(settings, has_key, false) {
        return Ok(Bad(exposed.to_string()));
    }
    let (host, port) = (settings.host, settings.port);
    Ok(match block_on(listen::bind(host, port))? {
        Ok(_) => Good(format!("{port} of {host} is free")),
        Err(error) => match block_on(is_relay(context))? {
            true => Good(format!("a relay is answering on {port} of {host}")),
            false => Bad(error.to_string()),
        },
    })
}

/// Whether what holds the port is a relay: it says so at `/`.
async fn is_relay(context: &Context) -> bool {
    let Some(address) = context.settings().host.addresses().first().copied() else { return false };
    let address = if address.is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { address };
    let ask = async {
        let mut stream = TcpStream::connect((address, context.settings().port)).await?;
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await?;
        let mut answer = Vec::new();
        stream.take(LARGEST_GREETING).read_to_end(&mut answer).await?;
        io::Result::Ok(String::from_utf8_lossy(&answer).contains("1min Relay"))
    };
    matches!(tokio::time::timeout(PATIENCE, ask).await, Ok(Ok(true)))
}
