//! From a source to a [`Config`]: finds the file, reads it, has it judged.

use super::document::{self, Node};
use super::environment::Environment;
use super::faults::{FaultKind, Faults, Finding, Place, Warning};
use super::from_environment;
use super::model::Config;
use super::places::Places;
use super::report::{Report, Wrong};
use super::validate;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The variable that names the file.
const FILE_VARIABLE: &str = "EVERGATE_CONFIG";
/// Where a file is looked for when none is named.
pub(super) const PLACES: [&str; 2] = ["./config.yaml", "/etc/evergate/config.yaml"];
/// The most bytes that a configuration may hold; anything larger is some other file.
const MAX_BYTES: u64 = 1024 * 1024;

/// Where the configuration comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file, and the variables that it refers to.
    File(PathBuf),
    /// Environment variables alone.
    Environment,
}

impl Source {
    /// Finds the source: the file named explicitly (`--config`) or by `EVERGATE_CONFIG`, else `./config.yaml`, else
    /// `/etc/evergate/config.yaml`, else the environment alone. A file that is named need not exist; loading says so.
    #[must_use]
    pub fn find(explicit: Option<PathBuf>, env: &Environment) -> Self {
        Self::find_among(explicit, env, &PLACES.map(Path::new))
    }

    fn find_among(explicit: Option<PathBuf>, env: &Environment, places: &[&Path]) -> Self {
        explicit
            .or_else(|| env.get(FILE_VARIABLE).map(PathBuf::from))
            // A file that can't be looked at is still meant: reading it will say why.
            .or_else(|| {
                let there = |place: &&&Path| place.try_exists().unwrap_or(true);
                places.iter().find(there).map(|place| place.to_path_buf())
            })
            .map_or(Self::Environment, Self::File)
    }
}

/// A configuration, and what came up on the way.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// What works but is probably not meant.
    pub warnings: Vec<Warning>,
    /// Where each setting stands.
    pub places: Places,
    /// Files that were read: the configuration, `file:` secrets, TLS certificate and key. A change in one of them calls
    /// for a reload.
    pub files: Vec<PathBuf>,
}

/// Reads and judges a configuration.
///
/// # Errors
/// The file can't be read ([`FaultKind::Unreadable`]), or all that is wrong with it.
pub fn load(source: &Source, env: &Environment) -> Result<Loaded, Faults> {
    match source {
        Source::Environment => judge("environment", "", Path::new(""), env, |report| {
            Ok(from_environment::document(report))
        }),
        Source::File(path) => {
            let text = read(path).map_err(|error| unreadable(path, &error))?;
            let mut judged = parse(&text, path, env);
            let files = match &mut judged {
                Ok(loaded) => &mut loaded.files,
                Err(faults) => &mut faults.files,
            };
            files.insert(0, path.clone());
            judged
        }
    }
}

/// Judges a configuration's text. `path` names it in findings, and its folder is where relative paths start; the
/// configuration file itself is not read, the secrets and TLS files that it names are.
///
/// # Errors
/// All that is wrong with it.
pub fn parse(text: &str, path: &Path, env: &Environment) -> Result<Loaded, Faults> {
    let folder = path.parent().unwrap_or(Path::new(""));
    judge(&path.display().to_string(), text, folder, env, |report| {
        let mut root = document::parse(text, report)?;
        // What is missing from the whole file is missing nowhere in particular.
        root.place = Place::Whole;
        from_environment::warn_unused(text, report);
        Ok(root)
    })
}

fn judge(
    name: &str,
    text: &str,
    folder: &Path,
    env: &Environment,
    document: impl FnOnce(&mut Report<'_>) -> Result<Node, (Place, Wrong)>,
) -> Result<Loaded, Faults> {
    let mut report = Report::new(name, text, folder, env);
    let judged = match document(&mut report) {
        Ok(root) => {
            let places = Places::of(name, &root);
            validate::config(&root, &mut report).map(|config| (config, places))
        }
        Err((place, wrong)) => {
            report.wrong(&place, wrong);
            None
        }
    };
    let ((config, places), warnings, files) = report.finish(judged)?;
    Ok(Loaded {
        config,
        warnings,
        places,
        files,
    })
}

fn read(path: &Path) -> io::Result<String> {
    if path.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8 text"))
}

fn unreadable(path: &Path, error: &io::Error) -> Faults {
    let remedy = match error.kind() {
        io::ErrorKind::NotFound => "name a file that exists, by --config or EVERGATE_CONFIG",
        io::ErrorKind::PermissionDenied => "let the gateway's user read it",
        _ => "name a YAML file, by --config or EVERGATE_CONFIG",
    };
    let fault = Finding::new(
        &path.display().to_string().into(),
        &[],
        Place::Whole,
        format!("the configuration can't be read: {error}"),
        remedy.into(),
    );
    Faults::new(FaultKind::Unreadable, vec![fault], Vec::new(), vec![path.to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_found_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("first.yaml"), folder.path().join("second.yaml"));
        let places: [&Path; 2] = [&first, &second];
        let named = Environment::from_iter([(FILE_VARIABLE, "/named.yaml")]);
        let bare = Environment::from_iter([(FILE_VARIABLE, "")]);
        let file = |path: &Path| Source::File(path.to_owned());

        assert_eq!(Source::find_among(None, &bare, &places), Source::Environment);
        fs::write(&second, "").unwrap();
        assert_eq!(Source::find_among(None, &bare, &places), file(&second));
        fs::write(&first, "").unwrap();
        assert_eq!(Source::find_among(None, &bare, &places), file(&first));
        assert_eq!(
            Source::find_among(None, &named, &places),
            file(Path::new("/named.yaml"))
        );
        assert_eq!(
            Source::find_among(Some("x.yaml".into()), &named, &places),
            file(Path::new("x.yaml"))
        );
    }

    #[test]
    fn settings_are_found_where_they_stand_or_belong() {
        let text = "buckets:\n  files:\n    name: files\n    region: eu-west-1\nroutes:\n  - { path: /a/, bucket: files, prefix: a/, access: public }\n";
        let spots = |path: &str| {
            let loaded = parse(text, Path::new("dir/config.yaml"), &Environment::default()).unwrap();
            let spot = loaded.places.find(path);
            (spot.to_string(), spot.is_written())
        };
        let at = |spot: &str, written| (format!("dir/config.yaml{spot}"), written);
        assert_eq!(spots("buckets.files.region"), at(":4:13", true));
        assert_eq!(spots("buckets.files.path_style"), at(":2:3", false));
        assert_eq!(spots("routes.0.prefix"), at(":6:41", true));
        assert_eq!(spots("nothing.at.all"), at("", false));

        let env = Environment::from_iter([("AWS_BUCKET_NAME", "files"), ("AWS_REGION", "eu-west-1")]);
        let loaded = load(&Source::Environment, &env).unwrap();
        let spot = loaded.places.find("buckets.files.region");
        assert_eq!(
            (spot.to_string().as_str(), spot.variable()),
            ("environment: AWS_REGION", Some("AWS_REGION"))
        );
        assert_eq!(
            loaded.places.find("buckets.files.path_style").to_string(),
            "environment"
        );
    }
}
