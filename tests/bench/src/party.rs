//! The processes under test. Each party is a process of its own, so that its processor time and memory are its own.

use std::{
    ffi::OsStr,
    io::{self, BufRead, BufReader},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::time::Instant;

use crate::failure::Failure;

/// A made-up key, of the length of a real one.
pub(crate) const KEY: &str = "benchmark-0123456789-abcdefghijklmnopqrstuvwxyz";

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The upstream itself.
    Direct,
    /// The bare pass-through in front of it.
    PassThrough,
    /// The relay in front of it.
    Relay,
}

impl Side {
    /// In the order in which they take turns.
    pub(crate) const ALL: [Self; 3] = [Self::Direct, Self::PassThrough, Self::Relay];

    /// Its name in words and tables.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::PassThrough => "pass-through",
            Self::Relay => "relay",
        }
    }
}

/// A running party; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Party {
    process: Process,
    /// Where it serves.
    pub(crate) address: SocketAddr,
    /// From the start of the process to its first connection.
    pub(crate) start: Duration,
    /// Kept open: who closes it breaks what the party still says.
    _stdout: BufReader<ChildStdout>,
    /// The relay's working folder, empty, so that no `.env` of somebody's is read.
    _folder: TempDir,
}

/// A process that is killed when this is dropped.
#[derive(Debug)]
struct Process(Child);

/// Makes parties.
#[derive(Debug)]
pub(crate) struct Programs {
    /// This program, which is the upstream and the pass-through too.
    pub(crate) bench: PathBuf,
    /// The relay.
    pub(crate) relay: PathBuf,
}

impl Programs {
    /// A fresh upstream.
    pub(crate) fn upstream(&self) -> Result<Party, Failure> {
        Party::start(&self.bench, &["upstream"], &[])
    }

    /// A fresh party to ask on this side; what stands in front of an upstream stands in front of `upstream`.
    pub(crate) fn start(&self, side: Side, upstream: &Party) -> Result<Party, Failure> {
        let address = upstream.address.to_string();
        match side {
            Side::Direct => self.upstream(),
            Side::PassThrough => Party::start(&self.bench, &["pass-through", &address], &[]),
            Side::Relay => {
                let url = format!("http://{address}");
                // In its working folder, which goes with it.
                let data = ("RELAY_DATA_DIR", "data");
                // It is asked more often than 1min.ai allows.
                let limit = ("RELAY_REQUESTS_PER_MINUTE", "1000000000");
                let variables = [("ONE_MIN_API_URL", url.as_str()), ("ONE_MIN_API_KEY", KEY), data, limit];
                Party::start(&self.relay, &["serve", "--port", "0"], &variables)
            }
        }
    }
}

impl Party {
    fn start(program: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let began = Instant::now();
        let child = Command::new(program)
            .args(arguments.iter().map(OsStr::new))
            .current_dir(folder.path())
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // The relay writes a line a request, which costs it time but must not fill a disk.
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| Failure::Missing { program: program.to_owned(), source })?;
        let (mut process, mut said) = (Process(child), String::new());
        let stdout = process.0.stdout.take().map(BufReader::new);
        let Some(mut stdout) = stdout else { return Err(io::Error::other("no pipe to a party").into()) };
        stdout.read_line(&mut said)?;
        let Some(address) = address(&said) else {
            return Err(Failure::Silent { program: program.to_owned(), said });
        };
        TcpStream::connect(address)?;
        Ok(Self { process, address, start: began.elapsed(), _stdout: stdout, _folder: folder })
    }

    /// The id of its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.0.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The address in a line such as `1min Relay serves http://127.0.0.1:5001/v1`.
fn address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("serves http://")?;
    rest.split_once('/')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_what_parties_say() {
        let expected = Some("127.0.0.1:5001".parse().unwrap());
        assert_eq!(address("1min Relay serves http://127.0.0.1:5001/v1\n"), expected);
        assert_eq!(address("serves http://127.0.0.1:5001/\n"), expected);
        assert_eq!(address("1min-relay: the port is taken"), None);
    }
}
