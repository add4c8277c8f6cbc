//! The headless program. Everything it does is in [`relay::cli`].

use std::process::ExitCode;

use relay::cli::{self, EnvironmentKey};

fn main() -> ExitCode {
    cli::run(std::env::args_os(), &EnvironmentKey)
}
