//! `evergate-bench`: how fast the gateway is beside what people would use instead, and how many images broke.
//!
//! The rooms: `load/` makes requests and times them, `process/` reads what the server used, `contenders/` starts those who are
//! compared in front of one `origin/`, `broken/` counts broken images, `report/` says what came of it. What they tell each other is
//! in `result.rs`; `cli.rs` is the command line, with one file or room a command.

pub mod broken;
pub mod ceiling;
pub mod cli;
pub mod compare;
pub mod contenders;
pub mod error;
pub mod load;
pub mod origin;
pub mod process;
pub mod progress;
pub mod report;
pub mod result;
pub mod run;
