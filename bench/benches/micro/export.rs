//! Counts allocations, and writes what came of a run as a report.

use criterion::{BatchSize, Criterion};
use evergate_bench::result::{Micro, Report};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::PathBuf;

/// Repetitions over which allocations are counted; what is made once does not count, as it does not in a gateway.
const COUNTED: u32 = 1_000;

/// Allocations of one operation, by the bench's name.
#[derive(Default)]
pub(crate) struct Counts(BTreeMap<String, f64>);

/// Measures one operation; `name` is `group/bench`, or one word.
pub(crate) fn measure<T>(criterion: &mut Criterion, counts: &mut Counts, name: &str, mut operation: impl FnMut() -> T) {
    with_input(criterion, counts, name, || (), |()| operation());
}

/// The same for an operation that needs something new each time, whose making is not measured.
pub(crate) fn with_input<I, T>(
    criterion: &mut Criterion,
    counts: &mut Counts,
    name: &str,
    mut input: impl FnMut() -> I,
    mut operation: impl FnMut(&I) -> T,
) {
    drop(operation(&input()));
    let mut allocations = 0.0;
    for _ in 0..COUNTED {
        let input = input();
        let counted = allocation_counter::measure(|| drop(black_box(operation(black_box(&input)))));
        allocations += u32::try_from(counted.count_total).map_or(f64::NAN, f64::from);
    }
    counts.0.insert(name.to_owned(), allocations / f64::from(COUNTED));
    if size_of::<I>() == 0 {
        let input = input();
        criterion.bench_function(name, |bencher| bencher.iter(|| operation(black_box(&input))));
    } else {
        criterion.bench_function(name, |bencher| {
            bencher.iter_batched_ref(&mut input, |input| operation(black_box(input)), BatchSize::SmallInput);
        });
    }
}

/// Writes the medians that criterion keeps of this run, where a file is named; benches that were filtered out have none.
pub(crate) fn write(counts: &Counts) {
    #[allow(clippy::disallowed_methods, reason = "criterion takes the command line for itself")]
    let Some(file) = std::env::var_os("EVERGATE_BENCH_MICRO_JSON") else {
        return;
    };
    let micro = counts.0.iter().filter_map(|(name, allocations)| {
        let estimates = folder().join(name.replace('/', "_")).join("new/estimates.json");
        let text = std::fs::read_to_string(estimates).ok()?;
        let estimates: serde_json::Value = serde_json::from_str(&text).ok()?;
        Some(Micro {
            name: name.clone(),
            nanos: estimates["median"]["point_estimate"].as_f64()?,
            allocations: Some(*allocations),
        })
    });
    let report = Report {
        micro: micro.collect(),
        ..Report::default()
    };
    evergate_bench::report::write_json(&report, &PathBuf::from(&file)).unwrap();
    eprintln!("{} micro benches are in {}", report.micro.len(), file.display());
}

/// Where criterion keeps what it measured: it looks for it in the same order.
#[allow(clippy::disallowed_methods, reason = "these are cargo's and criterion's")]
fn folder() -> PathBuf {
    std::env::var_os("CRITERION_HOME").map_or_else(
        || {
            // …/release/deps/micro-0123: the target folder is three levels up.
            let program = std::env::current_exe().unwrap();
            let target = program.ancestors().nth(3).unwrap().to_owned();
            std::env::var_os("CARGO_TARGET_DIR")
                .map_or(target, PathBuf::from)
                .join("criterion")
        },
        PathBuf::from,
    )
}
