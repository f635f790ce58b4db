//! How the program ends: exit codes after BSD's `sysexits.h`, so that scripts can tell the reasons apart.

use std::process::ExitCode;

/// Why a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done: 0.
    Ok,
    /// What was asked about would be refused: 1. Nothing has failed.
    Refused,
    /// The command line makes no sense: 64 (`EX_USAGE`).
    Usage,
    /// A named input file can't be read: 66 (`EX_NOINPUT`).
    NoInput,
    /// Something that the command needs does not answer, such as a health check's listener: 69 (`EX_UNAVAILABLE`).
    Unavailable,
    /// A fault of the program: 70 (`EX_SOFTWARE`).
    Software,
    /// The operating system refuses, such as an address that is in use: 71 (`EX_OSERR`).
    Os,
    /// No permission: no valid credentials to sign with: 77 (`EX_NOPERM`).
    NoPermission,
    /// The configuration has faults: 78 (`EX_CONFIG`).
    Config,
}

impl Exit {
    /// Returns the code that the shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Refused => 1,
            Self::Usage => 64,
            Self::NoInput => 66,
            Self::Unavailable => 69,
            Self::Software => 70,
            Self::Os => 71,
            Self::NoPermission => 77,
            Self::Config => 78,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
