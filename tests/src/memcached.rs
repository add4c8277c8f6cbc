//! The real memcached, on a port of its own that it keeps when it is killed and started again.
//!
//! The relay's unit tests include this file too.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command},
};

use tempfile::TempDir;

/// A running memcached; dropping it kills it.
#[derive(Debug)]
pub struct RealMemcached {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl RealMemcached {
    /// Starts one on a port that the system chooses, and waits until it listens.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same, with arguments of memcached.
    #[must_use]
    pub fn start_with(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder for its port");
        let (child, port) = spawn("-1", arguments, folder.path().join("0"));
        Self { child, port, folder }
    }

    /// Its address, as the setting takes it.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Kills it: what it knew is gone.
    pub fn kill(&mut self) {
        // Both fail when it has ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again, empty, on the port it had.
    pub fn start_again(&mut self) {
        self.kill();
        let told = self.folder.path().join(self.child.id().to_string());
        (self.child, _) = spawn(&self.port.to_string(), &[], told);
    }

    /// Lets it hang (`STOP`): it is there, and does not answer; or go on (`CONT`).
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }
}

impl Drop for RealMemcached {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts it and waits until it has told its port, which it does when it listens.
fn spawn(port: &str, arguments: &[&str], told: PathBuf) -> (Child, u16) {
    let mut command = Command::new("memcached");
    // It refuses to be root without being told; nobody else may become another.
    command.args(["-l", "127.0.0.1", "-p", port, "-U", "0", "-t", "1", "-u", "root"]).args(arguments);
    let started = command.env("MEMCACHED_PORT_FILENAME", &told).spawn();
    let mut child = started.expect("memcached runs: it is a package of that name, which `npm test` installs on Debian");
    loop {
        let text = fs::read_to_string(&told).unwrap_or_default();
        if let Some(port) = text.lines().find_map(|line| line.strip_prefix("TCP INET: ")?.trim().parse().ok()) {
            return (child, port);
        }
        assert!(child.try_wait().expect("its state").is_none(), "memcached ended at once");
        std::thread::yield_now();
    }
}
