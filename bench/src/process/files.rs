//! How many files, and so connections, this process may have open: 10,000 idle connections need more than the usual 1,024.

use super::ProcessError;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Lets this process, and the programs that it starts from now on, have `wanted` files open at once. A higher limit stays.
///
/// # Errors
/// When the hard limit is lower.
pub fn allow_open_files(wanted: u64) -> Result<(), ProcessError> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    let raised = Rlimit {
        current: Some(wanted),
        // Root may raise the hard limit, too.
        maximum: limit.maximum.map(|most| most.max(wanted)),
    };
    setrlimit(Resource::Nofile, raised).map_err(|_| ProcessError::TooManyFiles {
        wanted,
        most: limit.maximum.unwrap_or(u64::MAX),
    })
}
