//! Configuration: the file as written, the environment, and the validated [`Config`] that the house is built from.
//!
//! Imports the clock, `s3/` and `sigv4/`. The only room that reads the environment. All faults are reported at once,
//! each with its line, a caret and what to write instead (DESIGN §4.9); docs/reference/config.md says the same in prose.
//!
//! text → `document` (a tree that remembers where everything stands) → `interpolate` (`${VAR}`, after parsing, so
//! that no value can become YAML) → `validate` (the shapes of `file`, judged field by field) → [`Config`].
//! With no file, `from_environment` makes the same tree from variables.

mod caching;
mod document;
mod doors;
mod environment;
mod faults;
mod fields;
mod file;
mod from_environment;
mod interpolate;
mod key_files;
mod load;
mod mask;
mod model;
mod placeholders;
mod places;
mod report;
mod secret;
mod text;
mod units;
mod url_expiry;
mod validate;
mod words;

pub use caching::*;
pub use doors::*;
pub use environment::Environment;
pub use faults::{FaultKind, Faults, Finding, Warning};
pub use key_files::{KeyFiles, KeyFilesError, KeyPart};
pub use load::{Loaded, Source, load, parse};
pub use model::*;
pub use places::{Places, Spot};
pub use units::{written_duration, written_size};
