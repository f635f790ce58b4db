//! What a run ran on, as `/proc` tells it.

use crate::result::Machine;
use std::fs;
use std::thread;

/// Reads what is known of this machine; what is not known stays empty.
pub(crate) fn read() -> Machine {
    let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let value = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map_or("", |(_, value)| value.trim()).to_owned()
    };
    let memory = value(&text("/proc/meminfo"), "MemTotal");
    let memory: u64 = memory.trim_end_matches(" kB").parse().unwrap_or_default();
    Machine {
        processor: value(&text("/proc/cpuinfo"), "model name"),
        cores: thread::available_parallelism().map_or(0, usize::from),
        memory: memory.saturating_mul(1024),
        kernel: text("/proc/sys/kernel/osrelease").trim().to_owned(),
    }
}
