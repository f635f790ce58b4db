//! `evergate inspect URL`: what a link is, who signed it, whether it would be served, and what to change if not. Asks nobody:
//! the configuration and the clock are all that it goes by.

mod advice;
mod finding;
mod setting;
mod text;

use super::args::InspectArguments;
use super::{Exit, fail, load, written};
use crate::clock::Clock;
use crate::config::{Environment, Source};
use crate::gateway::links::{LinkUrl, LinkUrlError};
use finding::Finding;
use setting::Setting;
use std::io::{self, Read, Write};

/// More than any URL that is read from standard input.
const MOST_INPUT: u64 = 64 * 1024;

/// Runs the command.
pub(super) fn run(arguments: &InspectArguments) -> Exit {
    let environment = Environment::of_process();
    let loaded = match load(&Source::find(arguments.file.config.clone(), &environment), &environment) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let url = match url_of(&arguments.url) {
        Ok(url) => url,
        Err(reason) => return fail(Exit::Usage, &reason),
    };
    let finding = Setting::of(&loaded.config).find(&url, Clock::system().now());
    let mut out = io::stdout();
    let result = if arguments.json {
        finding.to_json().and_then(|text| writeln!(out, "{text}"))
    } else {
        text::write(&finding, &mut out)
    };
    match written(&result) {
        Exit::Ok => finding.exit(),
        exit => exit,
    }
}

/// Takes the URL from the command line, or from standard input where that says `-`.
fn url_of(argument: &str) -> Result<LinkUrl, String> {
    if argument != "-" {
        return parse(argument);
    }
    let mut text = String::new();
    let read = io::stdin().take(MOST_INPUT).read_to_string(&mut text);
    read.map_err(|error| format!("standard input can't be read: {error}"))?;
    parse(text.trim())
}

fn parse(text: &str) -> Result<LinkUrl, String> {
    if text.contains(char::is_whitespace) {
        return Err("that is not one URL: there are blanks or line ends in it".into());
    }
    text.parse().map_err(|error: LinkUrlError| {
        let hint = match error {
            LinkUrlError::NotAbsolute => {
                "; write the whole URL, such as https://files.example.com/my-files/a.png?X-Amz-…"
            }
            LinkUrlError::Target if text.contains('#') => "; leave out what stands behind the #",
            LinkUrlError::TooLong | LinkUrlError::Host | LinkUrlError::Target => "",
        };
        // Never repeated: it may be a bearer token.
        format!("that is not a URL that could be asked for: {error}{hint}")
    })
}

impl Finding {
    fn exit(&self) -> Exit {
        if self.served { Exit::Ok } else { Exit::Refused }
    }
}
