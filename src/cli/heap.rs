//! One setting of glibc's allocator, which it takes from the environment alone, before a program begins.
//!
//! By default glibc maps large blocks and gives them back when they are freed, until the first of them is: then it takes blocks of
//! that size from the heap from then on (`mallopt(3)`, `M_MMAP_THRESHOLD`). Objects of all sizes that come and go leave holes there, and the
//! process holds a multiple of what is kept for ever. So the program begins once more, with a fixed threshold in its environment
//! (`docs/adr/0008-the-program-begins-once-more.md`).

use crate::config::{Config, Environment};

/// Begins the program anew where that bounds its memory: when `config` has objects kept, and whoever started the program has said nothing of
/// glibc's settings. Returns when there is nothing to be done, or when it can't be done; then the gateway runs all the same.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) fn settle(config: &Config, environment: &Environment) {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    const THRESHOLD: &str = "MALLOC_MMAP_THRESHOLD_";
    // glibc's own default, which is fixed by being set.
    const BYTES: &str = "131072";
    // Where this is set, so may the threshold be.
    const TUNABLES: &str = "GLIBC_TUNABLES";

    let is_kept = config.routes.iter().any(|route| route.cache.is_some())
        || config.refresh.iter().any(|rule| rule.cache.is_some());
    if !is_kept
        || [THRESHOLD, TUNABLES]
            .into_iter()
            .any(|name| environment.get(name).is_some())
    {
        return;
    }
    let mut arguments = std::env::args_os();
    if let (Ok(program), Some(name)) = (std::env::current_exe(), arguments.next()) {
        // It returns only when it fails, as for a program that was deleted meanwhile.
        let _failed = Command::new(program)
            .arg0(name)
            .args(arguments)
            .env(THRESHOLD, BYTES)
            .exec();
    }
}

/// Does nothing: other allocators have no such threshold.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn settle(_config: &Config, _environment: &Environment) {}
