//! `evergate-bench broken`: runs the test and says how many images broke.

use super::{Outages, Plan, run};
use crate::compare::machine;
use crate::error::BenchError;
use crate::report;
use crate::result::{BrokenImages, Report};
use clap::{Args, ValueHint};
use evergate::clock::Clock;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Counts the images that break while links expire, credentials rotate and the origin has hiccups.
#[derive(Args, Debug)]
pub struct BrokenArguments {
    /// Half a minute with links that live for seconds, instead of 6 minutes with links that live for minutes.
    #[arg(long)]
    quick: bool,
    /// Viewers of each way of showing images.
    #[arg(long, value_name = "COUNT")]
    viewers: Option<usize>,
    /// How long they watch: 30s, 10m.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    duration: Option<Duration>,
    /// Of so many requests at an origin, one has a hiccup; 0 for none.
    #[arg(long, value_name = "COUNT")]
    hiccup_every: Option<u64>,
    /// Leave out the second run, at the same time, in which origins are down for a second now and then.
    #[arg(long)]
    no_outages: bool,
    /// The gateway's program; without it, `evergate` beside this program.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    gateway: Option<PathBuf>,
    /// Write the figures as JSON.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    json: Option<PathBuf>,
    /// Write a page with charts, which needs no other file.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    html: Option<PathBuf>,
}

impl BrokenArguments {
    /// Runs the command: the table goes to standard output.
    ///
    /// # Errors
    /// As [`run`], and when a file can't be written. Broken images are a result and no error.
    pub fn run(&self) -> Result<(), BenchError> {
        let gateway = match &self.gateway {
            // It is started in a folder of its own.
            Some(path) => std::path::absolute(path).unwrap_or_else(|_| path.clone()),
            None => beside_this_program(),
        };
        let mut plan = if self.quick {
            Plan::quick(gateway)
        } else {
            Plan::full(gateway)
        };
        plan.viewers = self.viewers.unwrap_or(plan.viewers);
        plan.duration = self.duration.unwrap_or(plan.duration);
        plan.hiccup_every = self.hiccup_every.unwrap_or(plan.hiccup_every);
        let down = (!self.no_outages).then(|| Plan {
            outages: Outages::Everywhere,
            ..plan.clone()
        });
        let began = Clock::system().now().to_string();
        let runtime =
            tokio::runtime::Runtime::new().map_err(|error| BenchError::said(format!("no runtime: {error}")))?;
        let broken = runtime.block_on(async {
            tokio::select! {
                broken = run_both(plan, down) => broken,
                _ = tokio::signal::ctrl_c() => Err(BenchError::said("interrupted; nothing is written")),
            }
        })?;
        let report = Report {
            began,
            machine: machine::read(),
            broken,
            ..Report::default()
        };
        if let Some(path) = &self.json {
            report::write_json(&report, path)?;
        }
        if let Some(path) = &self.html {
            report::write_html(&report, path)?;
        }
        // A closed pipe, as `head` leaves it, is no fault.
        let _ = io::stdout().lock().write_all(report::text(&report).as_bytes());
        Ok(())
    }
}

/// Runs both at the same time, each with a gateway of its own; what a calm run says comes first.
async fn run_both(calm: Plan, down: Option<Plan>) -> Result<Vec<BrokenImages>, BenchError> {
    let Some(down) = down else {
        return run(calm).await;
    };
    let (mut broken, with_outages) = tokio::try_join!(run(calm), run(down))?;
    broken.extend(with_outages);
    Ok(broken)
}

fn beside_this_program() -> PathBuf {
    let here = std::env::current_exe().unwrap_or_default();
    here.parent().unwrap_or(Path::new(".")).join("evergate")
}
