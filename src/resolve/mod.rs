//! From a permit to what exactly is asked of the origin. Fourth station of the walk.
//!
//! Imports everything up to `access/`.

mod target;

pub use target::{Overrides, Target};
