//! `1min-relay key`.

use std::io::{self, BufRead, IsTerminal, Write};

use onemin::{ApiKey, Client, Error};

use super::{Context, Failure, Key, KeyStore, block_on};

/// Stores, shows or removes the key. The key itself is never written anywhere but into its store.
pub(super) fn run(context: &Context, keys: &dyn KeyStore, command: &Key) -> Result<(), Failure> {
    match command {
        Key::Set => set(context, keys),
        Key::Status => status(context, keys),
        Key::Remove => remove(context, keys),
    }
}

fn set(context: &Context, keys: &dyn KeyStore) -> Result<(), Failure> {
    let key = ApiKey::new(read_key()?).map_err(|reason| Failure::Refused(format!("{reason}. Nothing was stored.")))?;
    let checked = match check(context, &key)? {
        Checked::Refused(words) => {
            return Err(Failure::Refused(format!("1min.ai does not take this key: {words}. Nothing was stored.")));
        }
        Checked::Taken => "1min.ai takes it.".to_owned(),
        Checked::Unknown(why) => format!("It is not checked yet: {why}."),
    };
    let place = keys.keep(&context.environment, &key)?;
    let mut out = io::stdout().lock();
    writeln!(out, "The key is stored in {place}. {checked}")?;
    if let Some(used) = keys.load(&context.environment)?.filter(|used| used.place != place) {
        writeln!(out, "But {} goes over it, and is what the relay uses.", used.place)?;
    }
    Ok(())
}

fn status(context: &Context, keys: &dyn KeyStore) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let Some(stored) = keys.load(&context.environment)? else {
        writeln!(
            out,
            "No key is stored: each app sends your 1min.ai key as its API key. To store one: 1min-relay key set"
        )?;
        return Ok(());
    };
    let checked = match check(context, &stored.key)? {
        Checked::Taken => "1min.ai takes it".to_owned(),
        Checked::Refused(words) => format!("1min.ai does not take it: {words}"),
        Checked::Unknown(why) => format!("it could not be checked: {why}"),
    };
    writeln!(out, "A key is stored in {} ({}); {checked}.", stored.place, stored.masked())?;
    Ok(())
}

fn remove(context: &Context, keys: &dyn KeyStore) -> Result<(), Failure> {
    let was_there = keys.forget(&context.environment)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", if was_there { "The stored key is removed." } else { "No key was stored." })?;
    if let Some(left) = keys.load(&context.environment)? {
        writeln!(out, "But there is one in {}, which this program does not remove.", left.place)?;
    }
    Ok(())
}

/// What 1min.ai says of a key.
#[derive(Debug)]
pub(super) enum Checked {
    Taken,
    Refused(String),
    /// Nobody can tell: it could not be asked.
    Unknown(String),
}

/// Asks 1min.ai whether it takes the key, which costs nothing.
pub(super) fn check(context: &Context, key: &ApiKey) -> Result<Checked, Failure> {
    let client = Client::new(&context.settings().client_options())?;
    let words = |error: &Error| error.to_string().trim_end_matches('.').to_owned();
    Ok(match block_on(client.check_key(key))? {
        Ok(()) => Checked::Taken,
        Err(error @ Error::Refused(_)) => Checked::Refused(words(&error)),
        Err(error) => Checked::Unknown(words(&error)),
    })
}

/// The key as it is typed, unseen, or piped in.
fn read_key() -> io::Result<String> {
    if io::stdin().is_terminal() {
        return rpassword::prompt_password("1min.ai key (it is not shown): ");
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line)
}
