//! The program `1min-relay`. The desktop application's executable runs the same, with a key source of its own.

mod key;
mod serve;

use std::{
    ffi::OsString,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};

pub use key::{EnvironmentKey, KeyError, KeySource};

use crate::settings::{Environment, Settings, Sources};

/// OpenAI-compatible relay in front of 1min.ai.
#[derive(Debug, Parser)]
#[command(name = "1min-relay", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the relay until it is stopped (Ctrl+C or SIGTERM).
    Serve(Serve),
}

/// The flags of `serve`. They go over the environment, and that over a `.env` file in the working folder.
#[derive(Debug, Args)]
struct Serve {
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
    /// Answer from a built-in stand-in for 1min.ai: no key, no credits, no network
    #[cfg(feature = "demo")]
    #[arg(long)]
    demo: bool,
}

/// Why the program ended badly.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Setting(#[from] crate::settings::SettingError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Setup(#[from] onemin::SetupError),
    #[error(transparent)]
    Start(#[from] crate::StartError),
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Runs the program with these arguments (the first one is the program's name) and this source of the stored key.
pub fn run(arguments: impl IntoIterator<Item = OsString>, keys: &dyn KeySource) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(usage) => {
            let _ = usage.print();
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2));
        }
    };
    let Command::Serve(flags) = arguments.command;
    match serve(flags, keys) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "1min-relay: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn serve(flags: Serve, keys: &dyn KeySource) -> Result<(), Failure> {
    let environment = Environment::of_process().with_dot_env(Path::new(".env"))?;
    #[cfg(feature = "demo")]
    let is_demo = flags.demo;
    #[cfg(not(feature = "demo"))]
    let is_demo = false;
    // The demo reads no key: it must not be able to spend anything.
    let key = if is_demo { None } else { keys.load(&environment)? };
    let settings = Settings::resolve(&Sources { flags: flags.into_settings(), environment })?;
    serve::run(settings, key, is_demo)
}

impl Serve {
    fn into_settings(self) -> Vec<(String, String)> {
        let named = [("host", self.host), ("port", self.port), ("log", self.log)];
        let named = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        self.set.into_iter().chain(named).collect()
    }
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    let known = || crate::settings::FIELDS.iter().map(|field| field.name).collect::<Vec<_>>().join(", ");
    let (name, value) = text.split_once('=').ok_or_else(|| format!("write NAME=VALUE; the names are {}", known()))?;
    if crate::settings::FIELDS.iter().all(|field| field.name != name) {
        return Err(format!("there is no setting {name}; the names are {}", known()));
    }
    Ok((name.to_owned(), value.to_owned()))
}
