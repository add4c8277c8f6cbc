//! The stand-in as a program: `mock-onemin [--port PORT]`.

use std::io::{self, Write};

use clap::Parser;
use mock_onemin::Mock;

/// A stand-in for 1min.ai on a loopback port.
#[derive(Parser)]
struct Arguments {
    /// The port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let mock = Mock::start(arguments.port).await?;
    writeln!(io::stdout(), "standing in for 1min.ai on {}", mock.url())?;
    tokio::signal::ctrl_c().await
}
