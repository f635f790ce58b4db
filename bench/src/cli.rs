//! The command line: one room or file a command. Figures go to standard output, everything said to people to standard error.

use crate::broken::BrokenArguments;
use crate::error::BenchError;
use crate::report::ReportArguments;
use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Measures Evergate beside what people would use instead, and counts the images that broke.
#[derive(Debug, Parser)]
#[command(
    name = "evergate-bench",
    version,
    arg_required_else_help = true,
    args_override_self = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(Box<crate::run::Arguments>),
    Compare(crate::compare::Arguments),
    Broken(BrokenArguments),
    Origin(crate::origin::Arguments),
    Ceiling(crate::ceiling::Arguments),
    #[command(hide = true)]
    Launch(crate::contenders::LaunchArguments),
    /// Shows reports that were written before.
    Report(ReportArguments),
}

/// Runs the program. Takes the command line, the program's name first; returns how it ended: 0 when all is well, 1 when the
/// command could not do what it was asked, 2 when the command line is wrong.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nothing can be done about a closed terminal.
            let _ = error.print();
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
                _ => ExitCode::from(2),
            };
        }
    };
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), BenchError> {
    match command {
        Command::Run(arguments) => crate::run::run(*arguments),
        Command::Compare(arguments) => crate::compare::run(arguments).map(drop),
        Command::Broken(arguments) => arguments.run(),
        Command::Origin(arguments) => crate::origin::run(&arguments),
        Command::Ceiling(arguments) => crate::ceiling::run(&arguments),
        Command::Launch(arguments) => Err(crate::contenders::become_server(&arguments)),
        Command::Report(arguments) => Ok(arguments.run()?),
    }
}
