//! What single steps of the walk cost: time by criterion, and allocations, counted in the same run.
//!
//!   cargo bench -p evergate-bench [--bench micro] [-- FILTER]
//!
//! With `EVERGATE_BENCH_MICRO_JSON=FILE` the medians are written as a report that `evergate-bench report` shows. Counting costs a
//! nanosecond or so for each allocation.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    missing_docs,
    reason = "a bench that can't go on ends; criterion's macros are not used, and it has no outside"
)]

#[path = "micro/doors.rs"]
mod doors;
#[path = "micro/export.rs"]
mod export;
#[path = "micro/signing.rs"]
mod signing;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut counts = export::Counts::default();
    signing::all(&mut criterion, &mut counts);
    doors::all(&mut criterion, &mut counts);
    criterion.final_summary();
    export::write(&counts);
}
