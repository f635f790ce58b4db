//! `evergate serve`: the gateway, with its configuration loaded again whenever it changes.

use super::program::{self, Foundation, Program, StartError};
use super::settled::Embedded;
use super::{Exit, fail, heap, load};
use crate::config::{self, Config, Environment, Loaded, Source};
use crate::gateway::reload::{Cause, Hangups, Pace, ReloadWatch, WatchedFiles};
use crate::gateway::{Furniture, Running};
use crate::listener::{self, Limits};
use crate::telemetry::DEFAULT_FILTER;
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;

/// Runs the command. Takes the file as named on the command line; returns when the gateway has ended.
pub(super) fn run(file: Option<PathBuf>) -> Exit {
    let hangups = match Hangups::catch() {
        Ok(hangups) => hangups,
        Err(error) => return fail(Exit::Os, &error),
    };
    let environment = Environment::of_process();
    let source = Source::find(file, &environment);
    // Looked at before it is loaded, so that no change falls between.
    let files = WatchedFiles::new(match &source {
        Source::File(path) => vec![path.clone()],
        Source::Environment => vec![],
    });
    let loaded = match load(&source, &environment) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    heap::settle(&loaded.config, &environment);
    match start(&source, environment, hangups, files, loaded) {
        Ok((program, watch)) => {
            let exit = program.run();
            drop(watch);
            exit
        }
        Err(error) => error.end(),
    }
}

fn start(
    source: &Source,
    environment: Environment,
    hangups: Hangups,
    files: WatchedFiles,
    loaded: Loaded,
) -> Result<(Program, ReloadWatch), StartError> {
    files.set(loaded.files);
    let mut foundation = Foundation::lay(&loaded.config, &environment, DEFAULT_FILTER)?;
    let furniture = foundation.furniture.clone();
    let events = furniture.telemetry.events();
    for warning in &loaded.warnings {
        events.config_warning(warning);
    }
    let mut reload = Reload {
        source: source.clone(),
        environment,
        files: files.clone(),
        started_with: loaded.config.clone(),
        running: foundation.running.clone(),
        embedded: std::mem::take(&mut foundation.embedded),
        furniture,
    };
    let settings = &loaded.config.listener;
    let program = foundation.open(&loaded.config, |gateways, stats| {
        listener::serve(settings, Limits::default(), stats, move |worker| gateways.make(worker))
    })?;
    let watch = ReloadWatch::start(hangups, files, Pace::default(), move |cause| reload.run(&cause))?;
    Ok((program, watch))
}

/// What a reload needs, on the thread of its own.
struct Reload {
    source: Source,
    environment: Environment,
    files: WatchedFiles,
    started_with: Config,
    running: Running,
    embedded: Embedded,
    furniture: Furniture,
}

impl Reload {
    fn run(&mut self, cause: &Cause) {
        let events = self.furniture.telemetry.events();
        let loaded = match config::load(&self.source, &self.environment) {
            Ok(loaded) => loaded,
            Err(faults) => {
                // The file that is missing may be one that no configuration named before.
                self.files.set(faults.files().iter().cloned());
                return events.config_rejected(&faults);
            }
        };
        // Before anything that takes time: a file that is named for the first time may change meanwhile.
        self.files.set(loaded.files);
        for warning in &loaded.warnings {
            events.config_warning(warning);
        }
        for setting in fixed_at_start(&self.started_with, &loaded.config) {
            events.config_warning(&format!("`{setting}` has changed; it takes a restart to follow"));
        }
        if let Err(error) = program::replace(&self.running, &mut self.embedded, &self.furniture, &loaded.config) {
            return events.config_rejected(&error);
        }
        events.config_reloaded(cause, &loaded.config);
    }
}

/// Returns the settings that differ between the configuration of the start and a new one, and that sockets, threads, the
/// object cache and the log's shape were made with.
fn fixed_at_start(old: &Config, new: &Config) -> Vec<&'static str> {
    let admin = |config: &Config| {
        let admin = config.admin.as_ref()?;
        let exposed = |token: &Option<SecretString>| token.as_ref().map(|token| token.expose_secret().to_owned());
        let tokens = [&admin.token, &admin.events_token].map(exposed);
        Some((admin.address, tokens, admin.sns_topics.clone()))
    };
    let differing = [
        ("listen", old.listener.address != new.listener.address),
        ("tls", old.listener.tls != new.listener.tls),
        (
            "trusted_proxies",
            old.listener.trusted_proxies != new.listener.trusted_proxies,
        ),
        (
            "max_connections",
            old.listener.max_connections != new.listener.max_connections,
        ),
        ("workers", old.listener.workers != new.listener.workers),
        ("drain", old.listener.drain != new.listener.drain),
        ("admin", admin(old) != admin(new)),
        ("object_cache", old.object_cache != new.object_cache),
        ("log.format", old.log.format != new.log.format),
    ];
    differing
        .into_iter()
        .filter_map(|(setting, differs)| differs.then_some(setting))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn fixed(settings: &str) -> Vec<&'static str> {
        let config = |settings: &str| {
            let text = format!(
                "{settings}\nbuckets: {{ files: {{ name: my-files, region: eu-central-1 }} }}\nroutes: [{{ path: /a/, bucket: files, prefix: a/, access: public, \
                 cache: {{}} }}]\n"
            );
            let secrets = [("ONE", "one-secret-of-many"), ("OTHER", "another-secret-of-many")];
            let loaded = config::parse(&text, Path::new("config.yaml"), &secrets.into_iter().collect());
            loaded.unwrap_or_else(|faults| panic!("{faults}")).config
        };
        let started = "admin: { listen: 127.0.0.1:9901, token: ${ONE}, events_token: ${OTHER} }";
        fixed_at_start(&config(started), &config(settings))
    }

    #[test]
    fn what_takes_a_restart_is_named() {
        let admin = "admin: { listen: 127.0.0.1:9901, token: ${ONE}, events_token: ${OTHER}";
        let topic = "sns_topics: [arn:aws:sns:eu-central-1:123456789012:events]";
        for (settings, named) in [
            (format!("{admin} }}\nauto_limit: 512KiB\nurl_cache: off"), &[][..]),
            (format!("{admin}, {topic} }}"), &["admin"]),
            (
                "admin: { listen: 127.0.0.1:9901, token: ${ONE} }".to_owned(),
                &["admin"],
            ),
            (
                "admin: { listen: 127.0.0.1:9901, token: ${OTHER}, events_token: ${ONE} }".to_owned(),
                &["admin"],
            ),
            ("admin: off".to_owned(), &["admin"]),
            (format!("{admin} }}\nobject_cache: {{ max: 64MiB }}"), &["object_cache"]),
            (
                format!("{admin} }}\nobject_cache: {{ disk: {{ folder: cache, max: 1GiB }} }}\nworkers: 2"),
                &["workers", "object_cache"],
            ),
        ] {
            assert_eq!(fixed(&settings), named, "{settings}");
        }
    }
}
