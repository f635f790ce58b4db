//! The command line: one file a command. Last room of the house.
//!
//! Output meant for other programs goes to standard output, everything said to people to standard error.

mod args;
mod check;
mod completions;
#[cfg(feature = "embedded")]
pub mod demo;
mod exit;
mod healthcheck;
mod presign;
mod routes;
mod serve;

pub use exit::Exit;

use args::{Arguments, Command};
use clap::Parser;
use clap::error::ErrorKind;
use std::ffi::OsString;

/// Runs the program. Takes the command line, the program's name first; returns how it ended, when it has ended.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    match Arguments::try_parse_from(arguments) {
        Ok(arguments) => run(arguments.command),
        Err(error) => {
            // Nothing can be done about a closed terminal.
            let _ = error.print();
            match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Ok,
                _ => Exit::Usage,
            }
        }
    }
}

fn run(command: Command) -> Exit {
    match command {
        Command::Serve(file) => serve::run(file),
        #[cfg(feature = "embedded")]
        Command::Demo(arguments) => demo::run(arguments),
        Command::Check { file } => check::run(file),
        Command::Presign(arguments) => presign::run(arguments),
        Command::Routes(file) => routes::run(file),
        Command::Healthcheck(file) => healthcheck::run(file),
        Command::Completions { shell } => completions::run(shell),
    }
}
