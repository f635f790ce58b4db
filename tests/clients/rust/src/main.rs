//! Speaks to an S3 endpoint with `object_store` or with `opendal`, the two S3 clients of the Rust world, and compares every byte.
//!
//! `rust-clients object_store|opendal` reads a job from standard input (see `tests/clients/place.rs`) and prints a line for each
//! step: `ok STEP`, or `FAILED STEP: why`.

mod job;
mod object_store_steps;
mod opendal_steps;

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let job = job::Job::from_stdin();
    let steps = job::Steps::default();
    // No TLS is spoken, yet no client can be made without somebody who could.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match std::env::args().nth(1).as_deref() {
        Some("object_store") => object_store_steps::run(&job, &steps).await,
        Some("opendal") => opendal_steps::run(&job, &steps).await,
        _ => {
            eprintln!("usage: rust-clients object_store|opendal <job.json");
            return ExitCode::from(64);
        }
    }
    steps.exit_code()
}
