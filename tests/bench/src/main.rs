//! How fast and how small the relay is: the same questions to a stand-in for 1min.ai directly, through a bare
//! pass-through, and through the relay, in turns on one machine. What the relay adds is the difference to the direct
//! way; what any program in its place would add is the pass-through's.

mod ask;
mod compare;
mod failure;
mod load;
mod measure;
mod moving;
mod party;
mod passthrough;
mod plan;
mod question;
mod report;
mod run;
mod serve;
mod stat;
mod upstream;

use std::{
    fs,
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::{failure::Failure, measure::Machine, party::Programs, plan::Pace, report::Report};

/// Measures the relay beside a bare pass-through and writes a table.
#[derive(Debug, Parser)]
#[command(name = "relay-bench", args_conflicts_with_subcommands = true)]
struct Arguments {
    /// Short rounds, one of each: shows that everything works, not how fast
    #[arg(long)]
    quick: bool,
    /// How often each side takes its turn
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    rounds: Option<u16>,
    /// Writes every round's figures to this file too
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
    /// The relay to measure; else the one beside this program
    #[arg(long, value_name = "PATH")]
    relay: Option<PathBuf>,
    #[command(subcommand)]
    party: Option<PartyCommand>,
}

/// The parties that this program is itself, each in a process of its own.
#[derive(Debug, Subcommand)]
enum PartyCommand {
    /// Stands in for 1min.ai
    Upstream,
    /// Passes requests on to an upstream as they are
    PassThrough {
        /// The upstream
        address: SocketAddr,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = match arguments.party {
        Some(PartyCommand::Upstream) => upstream::run().await,
        Some(PartyCommand::PassThrough { address }) => passthrough::run(address).await,
        None => bench(arguments).await,
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "relay-bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn bench(arguments: Arguments) -> Result<(), Failure> {
    // Every party inherits it. 500 streams take 1000 descriptors of a party, and most systems begin with 1024.
    rlimit::increase_nofile_limit(u64::MAX)?;
    let bench = std::env::current_exe()?;
    let relay =
        arguments.relay.unwrap_or_else(|| bench.with_file_name(format!("1min-relay{}", std::env::consts::EXE_SUFFIX)));
    // Parties run in folders of their own.
    let relay = fs::canonicalize(&relay).map_err(|source| Failure::Missing { program: relay, source })?;
    let mut pace = if arguments.quick { Pace::QUICK } else { Pace::FULL };
    pace.rounds = arguments.rounds.map_or(pace.rounds, usize::from);
    let machine = Machine::look();
    let rows = run::run(&Programs { bench, relay }, pace).await?;
    let version = env!("CARGO_PKG_VERSION");
    let report = Report { machine, version, rounds: pace.rounds, window_seconds: pace.window.as_secs_f64(), rows };
    write!(io::stdout(), "{}", report.to_markdown())?;
    if let Some(path) = arguments.json {
        fs::write(path, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(())
}
