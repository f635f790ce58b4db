//! `evergate completions`: a shell's completion script on standard output.

use super::args::Arguments;
use super::{Exit, written};
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::{self, Write};

/// Prints the script for `shell`.
pub(super) fn run(shell: Shell) -> Exit {
    // Into memory first: clap_complete panics when its writer fails.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "evergate", &mut script);
    written(&io::stdout().write_all(&script).and_then(|()| io::stdout().flush()))
}
