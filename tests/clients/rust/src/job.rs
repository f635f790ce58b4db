//! What is to be done, and how it went.

use serde::Deserialize;
use std::cell::Cell;
use std::error::Error;
use std::process::ExitCode;

/// Where to, and with which keys.
#[derive(Deserialize)]
pub struct Job {
    pub endpoint: String,
    pub region: String,
    pub bucket: String,
    pub access_key_id: String,
    pub secret_access_key: String,
}

impl Job {
    /// Reads the job.
    ///
    /// # Panics
    /// When there is none.
    pub fn from_stdin() -> Self {
        serde_json::from_reader(std::io::stdin()).expect("a job on standard input")
    }
}

/// What a step returns.
pub type Outcome = Result<(), Box<dyn Error>>;

/// Prints how each step went and counts those that failed.
#[derive(Default)]
pub struct Steps {
    failed: Cell<u32>,
}

impl Steps {
    /// Runs one step and goes on, however it ends.
    pub async fn step(&self, name: &str, step: impl Future<Output = Outcome>) {
        match step.await {
            Ok(()) => println!("ok {name}"),
            Err(error) => {
                self.failed.set(self.failed.get() + 1);
                println!("FAILED {name}: {}", chain(error.as_ref()).replace('\n', " "));
            }
        }
    }

    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(u8::from(self.failed.get() > 0))
    }
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

/// Fails with what was expected and what came, cut short.
pub fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, expected: &T) -> Outcome {
    if got == expected {
        return Ok(());
    }
    let cut = |value: &T| format!("{value:?}").chars().take(200).collect::<String>();
    Err(format!("{what}: {}, not {}", cut(got), cut(expected)).into())
}

/// Bytes that repeat nowhere near, so that parts in the wrong order show.
pub fn content(length: usize, seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
    let mut bytes = Vec::with_capacity(length + 3);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
