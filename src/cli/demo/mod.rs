//! `evergate demo`: the embedded origin, the gateway in front of it, and one page that shows both ways to its pictures.
//!
//! The page's service stands in front of the gateway's in the same process. [`Launch`] puts everything together but the
//! gateway: [`config()`] is the configuration, [`RawUrls`] signs what an app without a gateway would have stored, [`Site`] is the
//! page and what it remembers, [`DataFolder`] holds the pictures.

mod answers;
mod config;
mod data_folder;
mod launch;
mod page;
mod raw_urls;
mod service;
mod site;
mod stored;

pub use config::{BUCKET, ROUTE, config};
pub use data_folder::DataFolder;
pub use launch::{DEFAULT_LISTEN, Launch, LaunchError};
pub use raw_urls::RawUrls;
pub use service::DemoService;
pub use site::Site;

#[cfg(test)]
mod tests;

use super::args::DemoArguments;
use super::program::Foundation;
use super::{Exit, fail};
use crate::clock::Clock;
use crate::config::Environment;
use crate::listener::Limits;
use std::io::{self, Write};

/// Runs the command; returns when the demo has been ended.
pub(super) fn run(arguments: DemoArguments) -> Exit {
    let launch = match Launch::prepare(arguments.listen, arguments.expiry, arguments.data, Clock::system()) {
        Ok(launch) => launch,
        Err(error) => return fail(Exit::Os, &error),
    };
    let environment = Environment::of_process();
    // The page says what happens; a log line beside it would only be in the way.
    let opened = Foundation::lay(launch.config(), &environment, "warn").and_then(|foundation| {
        foundation.open(launch.config(), |gateways, stats| {
            launch.serve(Limits::default(), stats, move |worker| gateways.make(worker))
        })
    });
    match opened {
        Ok(program) => {
            // Nothing can be done about a closed terminal; the demo is there all the same.
            let _ = writeln!(io::stdout(), "{}", launch.greeting(program.address()));
            program.run()
        }
        Err(error) => error.end(),
    }
}
