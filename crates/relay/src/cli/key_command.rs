//! `1min-relay key`.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use onemin::{ApiKey, Client, KeyCheck};

use super::{Context, Failure, Key, KeyStore, block_on};

/// The longest line taken for a key, in bytes: far beyond any.
const LONGEST_LINE: u64 = 4 << 10;

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
        KeyCheck::Refused(words) => {
            return Err(Failure::Refused(format!("1min.ai does not take this key: {words}. Nothing was stored.")));
        }
        KeyCheck::Taken => "1min.ai takes it.".to_owned(),
        KeyCheck::Unknown(why) => format!("It is not checked yet: {why}."),
    };
    let place = keys.keep(&context.environment, &key)?;
    let mut out = io::stdout().lock();
    writeln!(out, "The key is stored in {place}. {checked}")?;
    writeln!(out, "A relay that is running takes it at its next start, or at SIGHUP.")?;
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
        KeyCheck::Taken => "1min.ai takes it".to_owned(),
        KeyCheck::Refused(words) => format!("1min.ai does not take it: {words}"),
        KeyCheck::Unknown(why) => format!("it could not be checked: {why}"),
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

/// Asks 1min.ai whether it takes the key, which costs nothing.
fn check(context: &Context, key: &ApiKey) -> Result<KeyCheck, Failure> {
    block_on(ask(context, key))?
}

/// The same for who can wait.
pub(super) async fn ask(context: &Context, key: &ApiKey) -> Result<KeyCheck, Failure> {
    let client = Client::new(&context.settings().client_options())?;
    let words = |words: String| words.trim_end_matches('.').to_owned();
    Ok(match client.check_key(key).await {
        KeyCheck::Taken => KeyCheck::Taken,
        KeyCheck::Refused(said) => KeyCheck::Refused(words(said)),
        KeyCheck::Unknown(why) => KeyCheck::Unknown(words(why)),
    })
}

/// The key as it is typed, unseen, or piped in.
fn read_key() -> io::Result<String> {
    if io::stdin().is_terminal() {
        return rpassword::prompt_password("1min.ai key (it is not shown): ");
    }
    let mut line = String::new();
    io::stdin().lock().take(LONGEST_LINE).read_line(&mut line)?;
    Ok(line)
}
