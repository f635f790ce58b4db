//! `evergate rewrite`: text, JSON lines or a dump through standard input and output, with presigned URLs of configured
//! buckets replaced by URLs that last. Nothing else changes, byte for byte.
//!
//! `rewriter.rs` finds candidates in the stream; `link.rs` reads one, in whatever spelling of `token.rs`; `presigned.rs`
//! judges its query; `replacement.rs` makes the new one, spelled as the old one was; `tally.rs` counts. No URL is verified:
//! a stable path opens no more than its route does, and a presigned one no more than its client may (which is why the help
//! says to keep that away from what strangers wrote).

mod link;
mod presigned;
mod replacement;
mod rewriter;
mod tally;
#[cfg(test)]
mod tests;
mod token;

pub use replacement::{Gateway, Replacement, Stable, Unfit};
pub use rewriter::{RewriteError, Rewriter};
pub use tally::{Left, Tally};

use super::args::{RewriteArguments, RewriteTo};
use super::{Exit, fail, load};
use crate::clock::Clock;
use crate::config::{Config, Environment, Source};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;

/// Replacements are small; so much of them is written at once.
const OUT: usize = 256 * 1024;

/// Runs the command.
pub(super) fn run(arguments: &RewriteArguments) -> Exit {
    let environment = Environment::of_process();
    let config = match load(&Source::find(arguments.file.config.clone(), &environment), &environment) {
        Ok(loaded) => loaded.config,
        Err(exit) => return exit,
    };
    let replacement = match replacement(&config, arguments) {
        Ok(replacement) => replacement,
        Err(unfit) => return fail(Exit::Usage, &unfit),
    };
    let gateway = arguments.base.as_ref().map(crate::s3::Endpoint::authority);
    let mut rewriter = match Rewriter::new(&config, gateway, replacement) {
        Ok(rewriter) => rewriter,
        Err(error) => return fail(Exit::Software, &error),
    };
    let exit = if arguments.dry_run {
        ended(&rewriter.rewrite(io::stdin().lock(), io::sink()))
    } else {
        // Standard output as such looks for line ends in all that it is given.
        match io::stdout().as_fd().try_clone_to_owned() {
            Ok(out) => ended(&rewriter.rewrite(io::stdin().lock(), io::BufWriter::with_capacity(OUT, File::from(out)))),
            Err(error) => fail(Exit::Os, &format!("can't write to standard output: {error}")),
        }
    };
    if exit == Exit::Ok {
        // Nothing can be done about a closed terminal; what was asked for is done.
        let _ = report(rewriter.tally(), &config, arguments, &mut io::stderr());
    }
    exit
}

fn replacement(config: &Config, arguments: &RewriteArguments) -> Result<Replacement, Unfit> {
    let base = arguments.base.as_ref();
    match (arguments.to, base, arguments.client.as_deref()) {
        (RewriteTo::Gateway, Some(base), Some(client)) => {
            let now = Clock::system().now();
            let gateway = Gateway::new(config, client, base, arguments.expires, now)?;
            Ok(Replacement::Gateway(Box::new(gateway)))
        }
        (RewriteTo::Stable, ..) if arguments.client.is_some() || arguments.expires.is_some() => Err(Unfit(
            "--client and --expires are about URLs for the gateway: add --to gateway, or leave them out".into(),
        )),
        // clap asks for both.
        (RewriteTo::Gateway | RewriteTo::Stable, ..) => Ok(Replacement::Stable(Stable::new(config, base))),
    }
}

/// Returns how the command ends. Whoever closed the pipe has seen enough, as everywhere.
fn ended(result: &Result<(), RewriteError>) -> Exit {
    match result {
        Ok(()) => Exit::Ok,
        Err(RewriteError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Ok,
        Err(error @ RewriteError::Write(_)) => fail(Exit::Os, error),
        Err(error @ RewriteError::Read(_)) => fail(Exit::NoInput, error),
    }
}

fn report(tally: &Tally, config: &Config, arguments: &RewriteArguments, out: &mut impl Write) -> io::Result<()> {
    if arguments.dry_run {
        tally.write("would be replaced", out)?;
        tally.write_by_prefix(config, out)
    } else {
        tally.write("replaced", out)
    }
}
