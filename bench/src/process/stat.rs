//! One process as `/proc/<pid>/stat` and `/proc/<pid>/status` tell it: proc_pid_stat(5), proc_pid_status(5).

/// What `/proc/<pid>/stat` tells. Times are in clock ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) pid: u32,
    pub(super) parent: u32,
    /// User time of all its threads, those that ended included, and of the children that it has waited for.
    pub(super) user: u64,
    /// The same in the kernel.
    pub(super) system: u64,
}

impl Stat {
    /// Reads the one line. A program may call itself anything, `) R 1 (` too, so the name ends at the line's last parenthesis.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let (pid, rest) = line.split_once(" (")?;
        let (_name, rest) = rest.rsplit_once(") ")?;
        // The manual counts from 1, and these are from the third on: state, parent, …, 14 user, 15 system, 16 and 17 the children's.
        let fields: Vec<&str> = rest.split_ascii_whitespace().take(15).collect();
        let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
        Some(Self {
            pid: pid.parse().ok()?,
            parent: number(4)?.try_into().ok()?,
            user: number(14)?.saturating_add(number(16)?),
            system: number(15)?.saturating_add(number(17)?),
        })
    }
}

/// What `/proc/<pid>/status` tells of memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) resident: u64,
    pub(super) peak: u64,
}

impl Memory {
    /// Reads the lines. A process that has ended and was not waited for has none of them, and no memory.
    pub(super) fn parse(status: &str) -> Self {
        let mut memory = Self::default();
        for line in status.lines() {
            if let Some(value) = line.strip_prefix("VmRSS:") {
                memory.resident = kibibytes(value);
            } else if let Some(value) = line.strip_prefix("VmHWM:") {
                memory.peak = kibibytes(value);
            }
        }
        memory
    }
}

/// Reads `    1616 kB` as bytes.
fn kibibytes(value: &str) -> u64 {
    let number = value
        .split_ascii_whitespace()
        .next()
        .and_then(|number| number.parse::<u64>().ok());
    number.unwrap_or(0).saturating_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &str = "S 7 4242 4242 0 -1 4194560 900 80 0 0 250 130 31 12 20 0 4 0 1 2 3";

    #[test]
    fn odd_process_names_do_not_shift_the_fields() {
        for name in [
            "nginx",
            "a b",
            "nginx: worker",
            ") R 1 (",
            "((",
            "))",
            ") ",
            "1 2 3) S 9 9",
            "",
            "x\ny",
        ] {
            let stat = Stat::parse(&format!("4242 ({name}) {FIELDS}\n"));
            let expected = Stat {
                pid: 4242,
                parent: 7,
                user: 281,
                system: 142,
            };
            assert_eq!(stat, Some(expected), "{name:?}");
        }
    }

    #[test]
    fn a_line_that_is_none_is_not_read() {
        for line in [
            "",
            "4242",
            "4242 (x",
            "4242 (x) S 7",
            "x (x) S 7",
            &format!("-1 (x) {FIELDS}"),
        ] {
            assert_eq!(Stat::parse(line), None, "{line:?}");
        }
    }

    #[test]
    fn memory_is_told_in_bytes_and_no_name_takes_its_place() {
        let status = "Name:\tVmRSS:\t99 kB\nVmHWM:\t    2048 kB\nVmRSS:\t    1616 kB\nThreads:\t4\n";
        let expected = Memory {
            resident: 1616 * 1024,
            peak: 2048 * 1024,
        };
        assert_eq!(Memory::parse(status), expected);
        assert_eq!(Memory::parse("Name:\tzombie\nState:\tZ (zombie)\n"), Memory::default());
    }
}
