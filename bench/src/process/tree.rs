//! A server as a tree of processes: master and workers, and what all of them used.

use super::ProcessError;
use super::stat::{Memory, Stat};
use crate::result::ServerUse;
use rustix::param::clock_ticks_per_second;
use std::collections::HashSet;
use std::fs;
use std::time::Duration;

/// A process with all its descendants. They are looked up anew at each reading, so that workers that come and go are counted.
#[derive(Clone, Copy, Debug)]
pub struct Tree {
    root: u32,
}

/// What a tree has used since it began, and what it holds now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// CPU time in user mode, in microseconds. The kernel counts in ticks, of 10 ms as a rule.
    pub user_micros: u64,
    /// CPU time in the kernel, in microseconds.
    pub system_micros: u64,
    /// Resident memory in bytes, summed over the processes: what they share is counted once for each.
    pub resident: u64,
    /// The sum of the most that each process ever held, in bytes, since it began or since [`Tree::forget_peak`].
    pub resident_peak: u64,
}

impl Tree {
    /// Takes the number of the server's first process.
    #[must_use]
    pub fn of(pid: u32) -> Self {
        Self { root: pid }
    }

    /// Reads what the processes used: all threads, ended ones too, and children that were waited for. A process that ends while
    /// its parent does not wait for it takes its time with it.
    ///
    /// # Errors
    /// When the first process is gone.
    pub fn usage(&self) -> Result<Usage, ProcessError> {
        let mut usage = Usage::default();
        let (mut user, mut system) = (0_u64, 0_u64);
        for stat in self.processes()? {
            user = user.saturating_add(stat.user);
            system = system.saturating_add(stat.system);
            let memory = fs::read(format!("/proc/{}/status", stat.pid));
            let memory = Memory::parse(&String::from_utf8_lossy(&memory.unwrap_or_default()));
            usage.resident = usage.resident.saturating_add(memory.resident);
            usage.resident_peak = usage.resident_peak.saturating_add(memory.peak);
        }
        usage.user_micros = micros(user);
        usage.system_micros = micros(system);
        Ok(usage)
    }

    /// Forgets the most memory that was held so far, so that the next reading tells of what happened since. Returns whether the
    /// kernel did (`/proc/<pid>/clear_refs`, for own processes or as root).
    ///
    /// # Errors
    /// When the first process is gone.
    pub fn forget_peak(&self) -> Result<bool, ProcessError> {
        let processes = self.processes()?;
        let forgotten = |stat: &Stat| fs::write(format!("/proc/{}/clear_refs", stat.pid), "5").is_ok();
        Ok(processes.iter().all(forgotten))
    }

    /// Returns the numbers of all its processes, the first one first.
    ///
    /// # Errors
    /// When the first process is gone.
    pub fn pids(&self) -> Result<Vec<u32>, ProcessError> {
        Ok(self.processes()?.into_iter().map(|stat| stat.pid).collect())
    }

    fn processes(self) -> Result<Vec<Stat>, ProcessError> {
        let root = stat_of(self.root).map_err(|source| ProcessError::Gone { pid: self.root, source })?;
        let everything: Vec<Stat> = fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter_map(|pid| stat_of(pid).ok())
            .collect();
        let mut found = vec![root];
        let mut known = HashSet::from([self.root]);
        let mut next = 0;
        while let Some(parent) = found.get(next).map(|stat| stat.pid) {
            let children = everything.iter().filter(|stat| stat.parent == parent);
            found.extend(children.filter(|stat| known.insert(stat.pid)));
            next += 1;
        }
        Ok(found)
    }
}

impl Usage {
    /// Returns what was used between `earlier` and this reading, as a round tells it: `wall` is the time between them, and
    /// `cores` how many the server may use.
    #[must_use]
    pub fn since(&self, earlier: &Self, wall: Duration, cores: usize) -> ServerUse {
        let user_micros = self.user_micros.saturating_sub(earlier.user_micros);
        let system_micros = self.system_micros.saturating_sub(earlier.system_micros);
        let used = Duration::from_micros(user_micros.saturating_add(system_micros)).as_secs_f64();
        let cores = u32::try_from(cores).unwrap_or(u32::MAX);
        let could = wall.as_secs_f64() * f64::from(cores);
        ServerUse {
            user_micros,
            system_micros,
            utilisation: if could > 0.0 { used / could } else { 0.0 },
            // The earlier reading is mostly taken after the warm-up, when the connections are there already.
            resident_before: None,
            resident: self.resident,
            resident_peak: self.resident_peak,
        }
    }
}

fn stat_of(pid: u32) -> std::io::Result<Stat> {
    // A name may be any bytes.
    let line = fs::read(format!("/proc/{pid}/stat"))?;
    Stat::parse(&String::from_utf8_lossy(&line)).ok_or_else(|| std::io::Error::other("its stat file can't be read"))
}

fn micros(ticks: u64) -> u64 {
    let per_second = clock_ticks_per_second().max(1);
    ticks.saturating_mul(1_000_000) / per_second
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::process::{Child, Command, Stdio};
    use std::time::Instant;

    /// Ends when its standard input does.
    struct Server(Child);

    impl Server {
        fn start(script: &str) -> Self {
            let mut command = Command::new("sh");
            command
                .args(["-c", script])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped());
            Self(command.spawn().expect("sh"))
        }

        fn end(mut self) {
            drop(self.0.stdin.take());
            self.0.wait().expect("ends");
        }
    }

    fn until(what: &str, mut holds: impl FnMut() -> bool) {
        let began = Instant::now();
        while !holds() {
            assert!(began.elapsed() < Duration::from_secs(20), "{what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn descendants_are_counted_with_their_parents() {
        // A grandchild that burns time until its input ends, and is waited for.
        let server = Server::start("(sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; cat'; true); true");
        let tree = Tree::of(server.0.id());
        until("three processes or more are there", || {
            tree.pids().expect("is there").len() >= 3
        });
        until("their time is seen", || {
            tree.usage().expect("is there").user_micros >= 20_000
        });
        let usage = tree.usage().expect("is there");
        assert!(
            usage.resident > 100_000 && usage.resident_peak >= usage.resident,
            "{usage:?}"
        );
        server.end();
    }

    #[test]
    fn what_children_used_stays_when_they_have_ended() {
        let burn = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        let mut server = Server::start(&format!("sh -c '{burn}'; read line; read line; true"));
        let tree = Tree::of(server.0.id());
        until("the child has ended", || {
            tree.pids().expect("is there").len() == 1 && tree.usage().expect("is there").user_micros > 0
        });
        server
            .0
            .stdin
            .as_mut()
            .expect("a pipe")
            .write_all(b"\n")
            .expect("reads");
        assert!(tree.usage().expect("is there").user_micros > 0);
        server.end();
    }

    #[test]
    fn a_process_that_is_gone_is_an_error() {
        let server = Server::start("true");
        let pid = server.0.id();
        server.end();
        assert!(matches!(Tree::of(pid).usage(), Err(ProcessError::Gone { .. })));
    }

    #[test]
    fn utilisation_is_of_all_the_cores() {
        let earlier = Usage {
            user_micros: 1_000_000,
            system_micros: 500_000,
            ..Usage::default()
        };
        let later = Usage {
            user_micros: 1_600_000,
            system_micros: 900_000,
            resident: 7,
            resident_peak: 9,
        };
        let used = later.since(&earlier, Duration::from_secs(1), 2);
        assert_eq!((used.user_micros, used.system_micros), (600_000, 400_000));
        assert!((used.utilisation - 0.5).abs() < 1e-9);
        assert_eq!((used.resident, used.resident_peak), (7, 9));
        assert!(later.since(&earlier, Duration::ZERO, 1).utilisation.abs() < 1e-9);
    }
}
