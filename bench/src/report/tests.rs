//! The whole report, from a fixture: `tests/fixtures/sample-report.json` is made up, after what a first look at these programs gave.

use super::targets::{Verdict, judge};
use super::{page, read, text};
use crate::result::Report;
use std::path::PathBuf;

/// The fixture, read as the command reads it.
fn sample() -> Report {
    read(&[PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sample-report.json")]).unwrap()
}
