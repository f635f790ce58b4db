//! The entry. Everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    evergate_bench::cli::main(std::env::args_os())
}
