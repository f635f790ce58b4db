//! Pinning: a program, or a thread of this one, stays on the cores that it is given.
//!
//! A child inherits the affinity of the thread that starts it, so a program is started from a thread that was pinned
//! before: it never runs anywhere else, not even its first instruction, and no program like `taskset` is needed.

use super::{Cores, ProcessError};
use rustix::thread::sched_setaffinity;
use std::process::{Child, Command};

/// Starts `command` pinned to `cores`; everything that it starts is pinned, too. Returns the child, of which the caller takes
/// care: nothing kills it when it is dropped.
///
/// # Errors
/// When the cores can't be had, or the program does not start.
pub fn pin(command: &mut Command, cores: &Cores) -> Result<Child, ProcessError> {
    let program = command.get_program().to_string_lossy().into_owned();
    on_cores(cores, || command.spawn())?.map_err(|source| ProcessError::Start { program, source })
}

/// Runs `work` on a thread of its own that is pinned to `cores`, and waits for it. For starting programs with
/// `tokio::process`: enter the runtime's handle inside.
///
/// # Errors
/// When the cores can't be had.
pub fn on_cores<T: Send>(cores: &Cores, work: impl FnOnce() -> T + Send) -> Result<T, ProcessError> {
    std::thread::scope(|scope| {
        let pinned = scope.spawn(|| pin_this_thread(cores).map(|()| work()));
        match pinned.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Pins the calling thread, and what it starts from now on, to `cores`.
///
/// # Errors
/// When the kernel refuses: none of the cores may be used.
pub fn pin_this_thread(cores: &Cores) -> Result<(), ProcessError> {
    sched_setaffinity(None, &cores.set()).map_err(|errno| ProcessError::Affinity {
        cores: cores.clone(),
        source: errno.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_runs_on_its_cores_alone() {
        let available = Cores::available().expect("cores");
        let last = available.one(available.count() - 1);
        let mut command = Command::new("sh");
        command.args(["-c", "grep Cpus_allowed_list /proc/$$/status"]);
        command.stdout(std::process::Stdio::piped());
        let child = pin(&mut command, &last).expect("starts");
        let output = child.wait_with_output().expect("ends");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(text.trim(), format!("Cpus_allowed_list:\t{last}"));
        assert_eq!(
            Cores::available().expect("cores"),
            available,
            "this thread is where it was"
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let available = Cores::available().expect("cores");
        let error = pin(&mut Command::new("no-such-program"), &available).expect_err("is not there");
        assert!(
            error.to_string().starts_with("no-such-program can't be started"),
            "{error}"
        );
    }
}
