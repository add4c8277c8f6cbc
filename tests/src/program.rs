//! The real program in a process of its own, for what only a process can show.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use tempfile::NamedTempFile;

/// Where the program is; cargo builds it beside the test's own folder.
#[must_use]
pub fn path() -> PathBuf {
    let test = std::env::current_exe().expect("this test's path");
    let folder = test.ancestors().nth(2).expect("the target folder");
    let path = folder.join(format!("1min-relay{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is missing: run `cargo build -p one-min-relay` first", path.display());
    path
}

/// A running `1min-relay`; dropping it kills it.
#[derive(Debug)]
pub struct Program {
    child: Child,
    /// What it has said so far, line by line.
    pub said: Vec<String>,
    stdout: BufReader<std::process::ChildStdout>,
    /// A file, because a pipe that nobody reads would fill up and stop the program.
    stderr: NamedTempFile,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// All of its output.
    pub stdout: String,
    /// All of its log and errors.
    pub stderr: String,
}

/// The program with these arguments, in `folder`, with nothing but these variables; it keeps its things in `folder/data`.
#[must_use]
pub fn command(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(path());
    command.args(arguments).current_dir(folder).env_clear().env("RELAY_DATA_DIR", folder.join("data"));
    command.envs(variables.iter().copied());
    command
}

/// Runs the program to its end.
#[must_use]
pub fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let output = command(folder, arguments, variables).output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ended { status: output.status, stdout: text(output.stdout), stderr: text(output.stderr) }
}

impl Program {
    /// Starts the program and waits until it serves.
    #[must_use]
    pub fn serve(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let arguments: Vec<&str> = ["--port", "0"].iter().chain(arguments).copied().collect();
        Self::serve_without_port(folder, &arguments, variables)
    }

    /// The same on the port that its settings say.
    #[must_use]
    pub fn serve_without_port(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let arguments: Vec<&str> = ["serve"].iter().chain(arguments).copied().collect();
        Self::start(command(folder, &arguments, variables))
    }

    /// Starts a command that becomes the program, and waits until it serves.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        let stderr = NamedTempFile::new().expect("a file for its log");
        let log = stderr.reopen().expect("the file again");
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the program starts");
        let stdout = BufReader::new(child.stdout.take().expect("its output"));
        let mut program = Self { child, said: Vec::new(), stdout, stderr };
        program.read_line();
        program
    }

    /// Reads the next line it says.
    pub fn read_line(&mut self) -> &str {
        let mut line = String::new();
        let length = self.stdout.read_line(&mut line).expect("its output is text");
        assert!(length > 0, "the program ended; it said {:?}", self.said);
        self.said.push(line.trim_end().to_owned());
        self.said.last().expect("a line")
    }

    /// The base address it said it serves.
    #[must_use]
    pub fn base_url(&self) -> &str {
        let first = self.said.first().expect("a first line");
        first.strip_prefix("1min Relay serves ").unwrap_or_else(|| panic!("no address: {first}"))
    }

    /// Waits until its log holds `text`.
    pub async fn wait_for_log(&self, text: &str) {
        let log = || std::fs::read_to_string(self.stderr.path()).expect("its log is text");
        let written = async {
            while !log().contains(text) {
                tokio::task::yield_now().await;
            }
        };
        crate::within(written).await;
    }

    /// The id of its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits for its end.
    #[must_use]
    pub fn end(mut self) -> Ended {
        let mut stdout = self.said.join("\n");
        self.stdout.read_to_string(&mut stdout).expect("its output is text");
        let status = self.child.wait().expect("its end");
        let stderr = std::fs::read_to_string(self.stderr.path()).expect("its log is text");
        Ended { status, stdout, stderr }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
