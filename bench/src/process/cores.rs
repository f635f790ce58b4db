//! Which cores: a set of logical processors, as `taskset -c` writes it.

use super::ProcessError;
use rustix::thread::{CpuSet, sched_getaffinity};
use std::fmt;
use std::str::FromStr;

/// Logical processors by number, in order, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cores(Vec<usize>);

impl Cores {
    /// Returns the cores that this process may use.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub fn available() -> Result<Self, ProcessError> {
        let set = sched_getaffinity(None).map_err(|errno| ProcessError::Gone {
            pid: std::process::id(),
            source: errno.into(),
        })?;
        Ok(Self((0..CpuSet::MAX_CPU).filter(|core| set.is_set(*core)).collect()))
    }

    /// Parts these cores in two: the first `server` for the server, the others for the load. Where nothing would be left for the
    /// load, both have to share, and the load gets all of them: [`Cores::overlaps`] tells.
    ///
    /// # Errors
    /// When there are fewer than `server` cores, or `server` is 0.
    pub fn split(&self, server: usize) -> Result<(Self, Self), ProcessError> {
        if server == 0 || server > self.0.len() {
            return Err(ProcessError::TooFewCores {
                wanted: server,
                available: self.0.len(),
            });
        }
        let (first, others) = self.0.split_at(server);
        let load = if others.is_empty() { first } else { others };
        Ok((Self(first.to_vec()), Self(load.to_vec())))
    }

    /// Says whether a core is in both sets.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.0.iter().any(|core| other.0.contains(core))
    }

    /// Returns how many cores there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Returns the numbers, lowest first.
    #[must_use]
    pub fn numbers(&self) -> &[usize] {
        &self.0
    }

    /// Returns one of them, as a set: the one for the thread with this index, round and round.
    #[must_use]
    pub fn one(&self, index: usize) -> Self {
        Self(
            self.0
                .iter()
                .copied()
                .cycle()
                .skip(index % self.0.len().max(1))
                .take(1)
                .collect(),
        )
    }

    pub(super) fn set(&self) -> CpuSet {
        let mut set = CpuSet::new();
        for core in &self.0 {
            set.set(*core);
        }
        set
    }
}

impl FromStr for Cores {
    type Err = ProcessError;

    /// Reads `0,2-3`.
    fn from_str(text: &str) -> Result<Self, ProcessError> {
        let wrong = || ProcessError::NotCores(text.to_owned());
        let number = |part: &str| match part.trim().parse::<usize>() {
            Ok(core) if core < CpuSet::MAX_CPU => Ok(core),
            _ => Err(wrong()),
        };
        let mut cores = Vec::new();
        for part in text.split(',') {
            match part.split_once('-') {
                None => cores.push(number(part)?),
                Some((first, last)) => cores.extend(number(first)?..=number(last)?),
            }
        }
        cores.sort_unstable();
        cores.dedup();
        if cores.is_empty() {
            return Err(wrong());
        }
        Ok(Self(cores))
    }
}

impl fmt::Display for Cores {
    /// Writes `0,2,3`.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, core) in self.0.iter().enumerate() {
            if index > 0 {
                to.write_str(",")?;
            }
            write!(to, "{core}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cores(text: &str) -> Cores {
        text.parse().expect("cores")
    }

    #[test]
    fn lists_are_read_as_taskset_reads_them() {
        assert_eq!(cores("3,0-1,1").numbers(), [0, 1, 3]);
        assert_eq!(cores("0-2").to_string(), "0,1,2");
        for bad in ["", "a", "1-", "-1", "3-1", "1,,2", "99999", "0-99999"] {
            assert!(bad.parse::<Cores>().is_err(), "{bad}");
        }
    }

    #[test]
    fn server_and_load_get_cores_of_their_own() {
        let (server, load) = cores("0-3").split(1).expect("split");
        assert_eq!((server.to_string(), load.to_string()), ("0".into(), "1,2,3".into()));
        assert!(!server.overlaps(&load));
        let (server, load) = cores("0-1").split(2).expect("split");
        assert!(server.overlaps(&load));
        assert!(cores("0-1").split(3).is_err());
        assert!(cores("0-1").split(0).is_err());
    }

    #[test]
    fn threads_take_cores_in_turn() {
        let all = cores("1,2");
        let taken: Vec<_> = (0..3).map(|index| all.one(index).to_string()).collect();
        assert_eq!(taken, ["1", "2", "1"]);
    }
}
