//! `evergate client new NAME`: issues a key pair for an app and prints what to write where. Nothing is stored.

use super::args::{ClientCommand, NewClientArguments};
use super::{EMBEDDED_REGION, Exit, bucket_of, fail, refuse, written};
use crate::config::{self, BucketConfig, ClientConfig, Config, Environment, FaultKind, OriginConfig, Source};
use crate::s3::KeyPrefix;
use rustls::crypto::GetRandomFailed;
use std::io::{self, Write};

/// What an access key id starts with: tells a gateway's from AWS's (`AKIA…`) at a glance.
const ID_START: &str = "EVG";
/// As long as AWS's own, since some tools insist.
const ID_LENGTH: usize = 20;
/// What `--operations` says unless it is given.
const ALL_OPERATIONS: [&str; 4] = ["read", "write", "delete", "list"];
const SECRET_LENGTH: usize = 40;
const ID_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/// 62 characters that mean nothing to shells, `.env` files, YAML and URLs: 40 of them are 238 bits.
const SECRET_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Runs the command.
pub(super) fn run(command: &ClientCommand) -> Exit {
    let ClientCommand::New(arguments) = command;
    let environment = Environment::of_process();
    let source = Source::find(arguments.file.config.clone(), &environment);
    let place = match place(arguments, &source, &environment) {
        Ok(place) => place,
        Err(exit) => return exit,
    };
    if let Err(reason) = judge(arguments) {
        return fail(Exit::Usage, &reason);
    }
    let pair = match Pair::issue() {
        Ok(pair) => pair,
        Err(GetRandomFailed) => return fail(Exit::Os, &"the system has no random numbers"),
    };
    let said = match place {
        Place::File { bucket, earlier, app } => in_file(arguments, &pair, &bucket, earlier, app.as_ref()),
        Place::Environment { app } => in_environment(&pair, app.as_ref()),
    };
    let exit = written(&io::stdout().write_all(said.as_bytes()));
    if exit == Exit::Ok {
        // Nothing can be done about a closed terminal.
        let _ = writeln!(
            io::stderr(),
            "The secret is shown this once and is stored nowhere: put it where it belongs now."
        );
    }
    exit
}

/// Where the client is to be written.
enum Place {
    /// Into the file, for this bucket; so many clients there have its name already.
    File {
        bucket: String,
        earlier: usize,
        app: Option<App>,
    },
    /// There is no file, and one bucket.
    Environment { app: Option<App> },
}

/// What the app has to know of the bucket, as far as the configuration tells.
struct App {
    bucket: String,
    region: String,
    /// What its endpoint ends in.
    base_path: String,
}

impl App {
    fn of(config: &Config, bucket: &BucketConfig) -> Self {
        let region = match &bucket.origin {
            OriginConfig::Server(server) => server.region.as_str(),
            OriginConfig::Embedded(_) => EMBEDDED_REGION,
        };
        Self {
            bucket: bucket.name.as_str().to_owned(),
            region: region.to_owned(),
            base_path: config.s3.base_path.to_string(),
        }
    }
}

fn place(arguments: &NewClientArguments, source: &Source, environment: &Environment) -> Result<Place, Exit> {
    let loaded = config::load(source, environment);
    if *source == Source::Environment {
        return in_place_of_a_file(arguments, loaded.ok().map(|loaded| loaded.config).as_ref());
    }
    let known = match (&arguments.bucket, loaded) {
        (_, Ok(loaded)) => Some(loaded.config),
        // It may well be this client that is missing.
        (Some(_), Err(faults)) if faults.kind() == FaultKind::Invalid => None,
        (_, Err(faults)) => return Err(refuse(&faults)),
    };
    let Some(config) = known else {
        // Nothing can be done about a closed terminal.
        let _ = writeln!(
            io::stderr(),
            "warning: the configuration has faults (`evergate check` lists them), so the bucket's name is taken as it is"
        );
        let bucket = arguments.bucket.clone().unwrap_or_default();
        return Ok(Place::File {
            bucket,
            earlier: 0,
            app: None,
        });
    };
    let bucket = bucket_of(&config, arguments.bucket.as_deref()).map_err(|reason| fail(Exit::Usage, &reason))?;
    let same_name = |client: &&ClientConfig| *client.name == *arguments.name;
    Ok(Place::File {
        bucket: bucket.id.as_str().to_owned(),
        earlier: config.clients.iter().filter(same_name).count(),
        app: Some(App::of(&config, bucket)),
    })
}

/// There is no file: the pair goes into the environment, even before the rest of it stands there.
fn in_place_of_a_file(arguments: &NewClientArguments, config: Option<&Config>) -> Result<Place, Exit> {
    if arguments.prefix.is_some() || arguments.operations != ALL_OPERATIONS {
        let reason = "there is no configuration file, and a client in the environment may read, write, delete and list in the \
                      whole bucket; leave out --prefix and --operations, or write ./config.yaml first, or name a file by --config";
        return Err(fail(Exit::Usage, &reason));
    }
    let known = match (config, arguments.bucket.as_deref()) {
        (Some(config), wanted) => Some((
            config,
            bucket_of(config, wanted).map_err(|reason| fail(Exit::Usage, &reason))?,
        )),
        (None, _) => None,
    };
    Ok(Place::Environment {
        app: known.map(|(config, bucket)| App::of(config, bucket)),
    })
}

/// Judges what would be a fault in the file.
fn judge(arguments: &NewClientArguments) -> Result<(), String> {
    let NewClientArguments { name, prefix, .. } = arguments;
    if !ClientConfig::is_name(name) {
        return Err(format!(
            "{name:?} can't be the name of a client: write 1 to 64 of a-z, A-Z, 0-9, - _ and ."
        ));
    }
    let Some(prefix) = prefix else { return Ok(()) };
    if prefix.starts_with('/') || prefix.contains('%') {
        return Err(format!(
            "{prefix:?} is no prefix: it is written decoded and without a \"/\" at its start"
        ));
    }
    if !prefix.is_empty() && !prefix.ends_with('/') {
        return Err(format!(
            "{prefix:?} is no prefix: it does not end in \"/\"; write {prefix}/"
        ));
    }
    KeyPrefix::parse(prefix)
        .map(drop)
        .map_err(|error| format!("{prefix:?} is no prefix: it holds {error}"))
}

/// A key pair as issued.
struct Pair {
    id: String,
    secret: String,
}

impl Pair {
    fn issue() -> Result<Self, GetRandomFailed> {
        let id = random(ID_ALPHABET, ID_LENGTH - ID_START.len())?;
        Ok(Self {
            id: format!("{ID_START}{id}"),
            secret: random(SECRET_ALPHABET, SECRET_LENGTH)?,
        })
    }
}

/// Returns so many characters of an alphabet, each as likely as any other, by the system's random numbers.
fn random(alphabet: &[u8], length: usize) -> Result<String, GetRandomFailed> {
    let source = rustls::crypto::ring::default_provider().secure_random;
    // Bytes from this on would make the first characters likelier than the last.
    let fair = 256 / alphabet.len() * alphabet.len();
    let mut text = String::with_capacity(length);
    let mut bytes = [0; 64];
    while text.len() < length {
        source.fill(&mut bytes)?;
        let chosen = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair);
        let characters = chosen.filter_map(|byte| alphabet.get(byte % alphabet.len()).copied().map(char::from));
        text.extend(characters.take(length - text.len()));
    }
    Ok(text)
}

/// The lines for a configuration file, and the environment that they need.
fn in_file(arguments: &NewClientArguments, pair: &Pair, bucket: &str, earlier: usize, app: Option<&App>) -> String {
    let Pair { id, secret } = pair;
    let name = scalar(&arguments.name);
    let variable = variable(&arguments.name, earlier);
    let bucket = scalar(bucket);
    let prefix = match arguments.prefix.as_deref() {
        None | Some("") => String::new(),
        Some(prefix) => format!(" prefix: {},", scalar(prefix)),
    };
    let operations = arguments.operations.join(", ");
    format!(
        "\
# In the configuration, below \"clients:\"
  - name: {name}
    access_key_id: {id}
    secret_access_key: ${{{variable}}}
    allow:
      - {{ bucket: {bucket},{prefix} operations: [{operations}] }}

# In the gateway's environment
{variable}={secret}

{}",
        in_app(id, app)
    )
}

/// The lines for the app's environment; the secret is not told twice.
fn in_app(id: &str, app: Option<&App>) -> String {
    let base_path = app.map_or("", |app| &app.base_path);
    let of_bucket = app.map_or(String::new(), |App { bucket, region, .. }| {
        format!("AWS_BUCKET_NAME={bucket}\nAWS_REGION={region}\n")
    });
    format!(
        "\
# In the app's environment; AWS_SECRET_ACCESS_KEY is the secret above,
# AWS_ENDPOINT_URL the gateway by the name that browsers use: https://files.example.com{base_path}
AWS_ACCESS_KEY_ID={id}
AWS_FORCE_PATH_STYLE=true
{of_bucket}"
    )
}

/// The lines for a gateway that has no file.
fn in_environment(pair: &Pair, app: Option<&App>) -> String {
    let Pair { id, secret } = pair;
    format!(
        "\
# In the gateway's environment
EVERGATE_CLIENT_ACCESS_KEY_ID={id}
EVERGATE_CLIENT_SECRET_ACCESS_KEY={secret}

{}",
        in_app(id, app)
    )
}

/// The variable that holds a client's secret; not that of an earlier key of the same client.
fn variable(name: &str, earlier: usize) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    let name: String = name.chars().map(plain).collect();
    let start = if name.starts_with(|c: char| c.is_ascii_digit()) {
        "CLIENT_"
    } else {
        ""
    };
    match earlier {
        0 => format!("{start}{name}_SECRET_KEY"),
        earlier => format!("{start}{name}_SECRET_KEY_{}", earlier + 1),
    }
}

/// Text as it stands in the file: in quotes unless it is plain, a dollar sign doubled.
fn scalar(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    let bare = text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.bytes().all(plain);
    if bare && !text.eq_ignore_ascii_case("null") {
        return text.to_owned();
    }
    serde_json::Value::from(text.replace('$', "$$")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::ConfigFile;
    use std::collections::HashSet;
    use std::path::Path;

    fn arguments(name: &str, prefix: Option<&str>) -> NewClientArguments {
        NewClientArguments {
            name: name.into(),
            bucket: None,
            prefix: prefix.map(String::from),
            operations: vec!["read".into(), "list".into()],
            file: ConfigFile { config: None },
        }
    }

    #[test]
    fn what_is_issued_is_random_and_harmless() {
        let mut seen = HashSet::new();
        for _ in 0..200 {
            let Pair { id, secret } = Pair::issue().unwrap();
            assert!(id.len() == 20 && id.starts_with("EVG") && id.bytes().all(|b| ID_ALPHABET.contains(&b)));
            assert!(secret.len() == 40 && secret.bytes().all(|b| b.is_ascii_alphanumeric()));
            assert!(seen.insert(id) && seen.insert(secret));
        }
        let many = random(b"ab", 10_000).unwrap();
        let a = many.bytes().filter(|byte| *byte == b'a').count();
        assert!((4_500..5_500).contains(&a), "{a}");
    }

    #[test]
    fn the_lines_are_a_configuration() {
        let file = "buckets: { files: { name: my-files, region: us-east-1 } }\nclients:\n";
        for (name, prefix, earlier) in [
            ("librechat", None, 0),
            ("librechat", Some("images/"), 1),
            ("9-lives.x", Some("große bilder/$HOME \"x\"/"), 0),
            ("null", Some(""), 0),
        ] {
            let arguments = arguments(name, prefix);
            judge(&arguments).unwrap();
            let pair = Pair::issue().unwrap();
            let said = in_file(&arguments, &pair, "files", earlier, None);
            let (lines, rest) = said.split_once("\n\n").unwrap();
            let (variable, value) = rest.lines().nth(1).unwrap().split_once('=').unwrap();
            assert_eq!(value, pair.secret);
            assert_eq!(said.matches(&pair.secret).count(), 1);
            let environment: Environment = [(variable, value)].into_iter().collect();
            let loaded = config::parse(&format!("{file}{lines}\n"), Path::new("x.yaml"), &environment).unwrap();
            let [client] = &*loaded.config.clients else {
                panic!("one client")
            };
            assert_eq!(
                (&*client.name, client.credential.access_key_id().as_str()),
                (name, &*pair.id)
            );
            assert_eq!(client.allow[0].prefix.as_str(), prefix.unwrap_or_default());
        }
        assert_eq!(variable("a", 0), "A_SECRET_KEY");
        assert_eq!(variable("a", 2), "A_SECRET_KEY_3");
        assert_eq!(variable("9-lives.x", 0), "CLIENT_9_LIVES_X_SECRET_KEY");
    }

    #[test]
    fn what_the_file_would_refuse_is_refused() {
        for (name, prefix) in [
            ("", None),
            ("two words", None),
            ("a", Some("images")),
            ("a", Some("/images/")),
            ("a", Some("../")),
        ] {
            assert!(judge(&arguments(name, prefix)).is_err(), "{name} {prefix:?}");
        }
    }
}
