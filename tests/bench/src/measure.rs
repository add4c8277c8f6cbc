//! What Linux tells about processes and about the machine. Elsewhere there are no such figures, and tables show a dash.

use std::{fs, time::Duration};

use serde::Serialize;

/// Linux counts processor time for programs in hundredths of a second, on every machine.
const TICK: Duration = Duration::from_millis(10);

/// A process's memory, in KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Memory {
    /// What is in main memory.
    pub(crate) rss_kib: u64,
    /// The same, with a fair share of what several processes have in common.
    pub(crate) pss_kib: Option<u64>,
}

/// The machine, as far as it matters for figures.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    cores: usize,
    processor: String,
    memory_gib: Option<u64>,
    system: String,
    /// Processes that ran or waited for a core, averaged over the minute before. Much above 0 means noise.
    load_before: String,
}

/// The processor time a process has taken.
pub(crate) fn cpu(id: u32) -> Option<Duration> {
    cpu_of_stat(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
}

/// The memory a process has.
pub(crate) fn memory(id: u32) -> Option<Memory> {
    let file = |name: &str| fs::read_to_string(format!("/proc/{id}/{name}")).ok();
    let rss_kib = kib(&file("status")?, "VmRSS:")?;
    Some(Memory { rss_kib, pss_kib: file("smaps_rollup").and_then(|rollup| kib(&rollup, "Pss:")) })
}

/// The most memory a process ever had in main memory, in KiB.
pub(crate) fn highest_kib(id: u32) -> Option<u64> {
    kib(&fs::read_to_string(format!("/proc/{id}/status")).ok()?, "VmHWM:")
}

/// User and system time. The name before them may hold blanks and brackets.
fn cpu_of_stat(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    Some(TICK * (ticks()? + ticks()?))
}

/// The number after a name at the beginning of a line.
fn kib(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

impl Machine {
    /// This machine.
    pub(crate) fn look() -> Self {
        let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = file("/proc/cpuinfo");
        let processor = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        // What follows the number is the distribution's.
        let release = file("/proc/sys/kernel/osrelease").split(['-', '+']).next().unwrap_or_default().trim().to_owned();
        Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            processor: processor.map_or("unknown processor", |(_, name)| name).to_owned(),
            memory_gib: kib(&file("/proc/meminfo"), "MemTotal:").map(|kib| (kib + (1 << 19)) >> 20),
            system: format!("{} {release}", std::env::consts::OS).trim_end().to_owned(),
            load_before: file("/proc/loadavg").split_whitespace().next().unwrap_or("-").to_owned(),
        }
    }

    /// In one line.
    pub(crate) fn describe(&self) -> String {
        let Self { cores, processor, memory_gib, system, load_before } = self;
        let memory = memory_gib.map_or("-".into(), |gib| gib.to_string());
        format!("{cores} cores ({processor}), {memory} GiB memory, {system}; load before the run {load_before}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_found_behind_any_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 4 0 100 1000 200 18446744073709551615";
        assert_eq!(cpu_of_stat(stat), Some(Duration::from_secs(3)));
        assert_eq!(cpu_of_stat("7 (a) S 1"), None);
    }

    #[test]
    fn memory_is_found_by_its_name() {
        let status = "VmHWM:\t   9000 kB\nVmRSS:\t    7340 kB\n";
        assert_eq!(kib(status, "VmRSS:"), Some(7340));
        assert_eq!(kib(status, "Pss:"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_time_and_memory() {
        let id = std::process::id();
        assert!(cpu(id).is_some() && memory(id).is_some_and(|memory| memory.rss_kib > 0));
    }
}
