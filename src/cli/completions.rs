//! `evergate completions`: a shell's completion script on standard output.

use super::Exit;
use super::args::Arguments;
use clap::CommandFactory;
use clap_complete::Shell;

/// Prints the script for `shell`.
pub(super) fn run(shell: Shell) -> Exit {
    clap_complete::generate(shell, &mut Arguments::command(), "evergate", &mut std::io::stdout());
    Exit::Ok
}
