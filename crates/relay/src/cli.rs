//! The program `1min-relay`. The desktop application's executable runs the same, with a key store of its own.

mod context;
mod doctor;
mod key;
mod key_command;
mod models;
mod results;
mod serve;
mod settings;
mod table;
mod token;
mod usage;

use std::{
    ffi::OsString,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;

pub use key::{EnvironmentKey, KeyError, KeyStore, StoredKey, key_of_environment};

use context::Context;

/// OpenAI-compatible relay in front of 1min.ai.
#[derive(Debug, Parser)]
#[command(name = "1min-relay", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the relay until it is stopped (Ctrl+C or SIGTERM)
    Serve(Serve),
    /// Lists the models that can be asked
    Models(Models),
    /// Lists the settings, their values and where each came from
    Settings(Output),
    /// Lists what was made and is kept, and gets it
    Results(Results),
    /// Shows what was asked and what it cost, or deletes it
    Usage(Usage),
    /// Stores, shows or removes the 1min.ai key
    #[command(subcommand)]
    Key(Key),
    /// Makes, lists and revokes access tokens, with which others may use the stored key
    #[command(subcommand)]
    Token(token::Token),
    /// Looks for what keeps the relay from working
    Doctor(Doctor),
}

/// The flags of `serve`. They go over the environment, that over a `.env` file in the working folder, and that over the
/// settings file.
#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    settings: SettingFlags,
    /// Answer from a built-in stand-in for 1min.ai: no key, no credits, no network
    #[cfg(feature = "demo")]
    #[arg(long)]
    demo: bool,
}

/// The flags that are settings.
#[derive(Debug, Default, Args)]
struct SettingFlags {
    #[arg(
        long,
        value_name = "ADDRESS",
        help = "Address to listen on: localhost (127.0.0.1 and ::1) or an IP address [RELAY_HOST; localhost]"
    )]
    host: Option<String>,
    #[arg(long, value_name = "PORT", help = "Port to listen on; 0 takes a free one [PORT; 5001]")]
    port: Option<String>,
    #[arg(
        long,
        value_name = "LEVEL",
        help = "Which log lines are written: off, error, warn, info, debug, trace [RELAY_LOG; info]"
    )]
    log: Option<String>,
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = name_and_value, help = "Any other setting, such as idle_timeout=60")]
    set: Vec<(String, String)>,
}

/// How a list is written.
#[derive(Debug, Args)]
struct Output {
    /// Write JSON instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Doctor {
    #[command(flatten)]
    settings: SettingFlags,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
struct Models {
    /// Only models whose name, maker or use holds this text
    filter: Option<String>,
    /// Do not fetch the list: show the one that is there
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
struct Results {
    #[command(subcommand)]
    get: Option<GetResult>,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Subcommand)]
enum GetResult {
    /// Writes the files of a run into a folder; what could not be fetched from 1min.ai is fetched now
    Get {
        /// The run's id, as the list has it
        id: String,
        /// The folder to write into
        #[arg(long, default_value = ".", value_name = "FOLDER")]
        to: PathBuf,
    },
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
struct Usage {
    #[command(subcommand)]
    change: Option<ChangeUsage>,
    /// What to put together; `request` lists each one that is still kept
    #[arg(long, value_enum, default_value = "day")]
    by: UsageBy,
    /// The first day, such as 2026-11-01
    #[arg(long, value_name = "DATE", value_parser = date)]
    since: Option<Date>,
    /// The last day
    #[arg(long, value_name = "DATE", value_parser = date)]
    until: Option<Date>,
    /// Write CSV instead of a table
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum UsageBy {
    Day,
    Model,
    Token,
    Dialect,
    Request,
}

#[derive(Debug, Subcommand)]
enum ChangeUsage {
    /// Deletes what was asked and what it cost, for good
    Delete {
        /// Keep what came in on this day and later; without it nothing is kept
        #[arg(long, value_name = "DATE", value_parser = date)]
        before: Option<Date>,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
enum Key {
    /// Stores the key that is typed or piped in; never give it as an argument, which other users can see
    Set,
    /// Says whether there is a key, where it is, and whether 1min.ai takes it
    Status,
    /// Removes the stored key
    Remove,
}

/// Why the program ended badly.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Setting(#[from] crate::settings::SettingError),
    #[error(transparent)]
    File(#[from] crate::settings::FileError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Setup(#[from] onemin::SetupError),
    #[error(transparent)]
    Start(#[from] crate::StartError),
    #[error(transparent)]
    Relay(#[from] crate::Error),
    #[error(transparent)]
    Database(#[from] crate::database::DatabaseError),
    #[error(transparent)]
    Token(#[from] crate::token::TokenError),
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Runs the program with these arguments (the first one is the program's name) and this store of the key.
pub fn run(arguments: impl IntoIterator<Item = OsString>, keys: &dyn KeyStore) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(usage) => {
            let _ = usage.print();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2));
        }
    };
    let done = match arguments.command {
        Command::Serve(flags) => serve(flags, keys),
        Command::Models(flags) => {
            Context::load(SettingFlags::default()).and_then(|context| models::run(&context, &flags))
        }
        Command::Settings(output) => {
            Context::load(SettingFlags::default()).and_then(|context| settings::run(&context, keys, &output))
        }
        Command::Results(flags) => {
            Context::load(SettingFlags::default()).and_then(|context| results::run(&context, keys, &flags))
        }
        Command::Usage(flags) => {
            Context::load(SettingFlags::default()).and_then(|context| usage::run(&context, &flags))
        }
        Command::Key(command) => {
            Context::load(SettingFlags::default()).and_then(|context| key_command::run(&context, keys, &command))
        }
        Command::Token(command) => {
            Context::load(SettingFlags::default()).and_then(|context| token::run(&context, &command))
        }
        Command::Doctor(flags) => doctor::run(flags, keys),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has had enough of it.
        Err(Failure::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "1min-relay: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn serve(flags: Serve, keys: &dyn KeyStore) -> Result<(), Failure> {
    let context = Context::load_to_start(flags.settings)?;
    #[cfg(feature = "demo")]
    let is_demo = flags.demo;
    #[cfg(not(feature = "demo"))]
    let is_demo = false;
    // The demo reads no key: it must not be able to spend anything.
    let key = if is_demo { None } else { keys.load(&context.environment)?.map(|stored| stored.key) };
    serve::run(context, keys, key, is_demo)
}

impl SettingFlags {
    fn into_settings(self) -> Vec<(String, String)> {
        let named = [("host", self.host), ("port", self.port), ("log", self.log)];
        let named = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        self.set.into_iter().chain(named).collect()
    }
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    let known = || crate::settings::fields().map(|field| field.name).collect::<Vec<_>>().join(", ");
    let (name, value) = text.split_once('=').ok_or_else(|| format!("write NAME=VALUE; the names are {}", known()))?;
    if crate::settings::fields().all(|field| field.name != name) {
        return Err(format!("there is no setting {name}; the names are {}", known()));
    }
    Ok((name.to_owned(), value.to_owned()))
}

/// A day, as people and the usage write it.
fn date(text: &str) -> Result<Date, String> {
    Date::strptime("%Y-%m-%d", text).map_err(|_| "write a day such as 2026-11-01".to_owned())
}

/// A runtime for a command that asks something and ends.
fn block_on<T>(work: impl Future<Output = T>) -> io::Result<T> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work))
}
