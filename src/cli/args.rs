//! The command line as clap sees it. What each command does stands in the file of its name.

use crate::s3::Endpoint;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
#[cfg(feature = "embedded")]
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A gateway in front of S3 that makes object links never go stale.
#[derive(Debug, Parser)]
#[command(name = "evergate", version, arg_required_else_help = true, after_help = EXAMPLES, max_term_width = 100)]
pub(super) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  evergate demo            see the point in ten seconds, nothing to set up
  evergate check --online  judge the configuration and what it leads to
  evergate serve --config /etc/evergate/config.yaml
  evergate presign images/u42.png --expires 10m --curl

Without --config, the file is $EVERGATE_CONFIG, ./config.yaml or
/etc/evergate/config.yaml; with none of them, the environment alone counts:
  AWS_BUCKET_NAME=files AWS_REGION=eu-central-1 \\
  AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… \\
  EVERGATE_PUBLIC_PREFIXES=images/ evergate serve

Exit codes:
   0  done                          70  a fault of the program
   1  inspect: it would be refused
  64  the command line              71  the system refuses, as for a used port
  66  a file can't be read          77  no valid credentials
  69  something does not answer     78  faults in the configuration";

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the gateway
    #[command(
        after_help = "Examples:\n  evergate serve\n  evergate serve --config /etc/evergate/config.yaml\n  EVERGATE_LOG=debug evergate serve\n\nSIGHUP and changes of the file reload it; SIGTERM and Ctrl-C finish what is in flight and end."
    )]
    Serve(ConfigFile),
    /// Show the point on one page: raw presigned URLs beside stable paths, with a built-in S3 origin
    #[cfg(feature = "embedded")]
    #[command(
        after_help = "Examples:\n  evergate demo\n  evergate demo --expiry 30s --listen 127.0.0.1:9000 --data ./pictures"
    )]
    Demo(DemoArguments),
    /// Judge a configuration without starting: exit 0, or list all faults
    #[command(
        after_help = "Examples:\n  evergate check --online\n  evergate check /etc/evergate/config.yaml && systemctl reload evergate"
    )]
    Check {
        /// Ask the origins too: credentials, reachability, region, rights, clock; at most half a minute
        #[arg(long)]
        online: bool,
        /// The file [default: as for `serve`]
        #[arg(value_hint = ValueHint::FilePath)]
        file: Option<PathBuf>,
    },
    /// Print a presigned URL for one object, signed now
    #[command(
        after_help = "Examples:\n  evergate presign images/u42.png\n  evergate presign 'report 2026.pdf' --bucket files --expires 1h --curl"
    )]
    Presign(PresignArguments),
    /// Say who signed a URL, whether it would be served, and what to change if not
    #[command(
        after_help = "Examples:\n  evergate inspect 'https://files.example.com/my-files/images/u42.png?X-Amz-Algorithm=…'\n  wl-paste | evergate inspect - --json\n\nA signed URL opens what it leads to: with \"-\" it is read from standard input and stays out of the shell's history. Nobody is asked, so that it is not told whether the object is there. Exit 0: it would be served; 1: refused."
    )]
    Inspect(InspectArguments),
    /// Replace presigned URLs in text, JSON lines or a dump by URLs that last
    #[command(
        after_help = "Examples:\n  evergate rewrite < messages.jsonl > new.jsonl\n  pg_dump chat | evergate rewrite --base https://files.example.com | psql new\n  evergate rewrite --dry-run < dump.sql\n  evergate rewrite --to gateway --client librechat --base https://files.example.com \\\n    < dump.sql > new.sql\n\nRecognises URLs of the configured buckets at their own endpoints, at AWS in every spelling, at public_hosts and s3_domains, and at --base; signed by version 4 or 2, inside JSON, SQL, HTML and XML. Everything else passes byte for byte. What was replaced and what was left, and why, is said at the end on standard error.\n\nNo signature is verified. A stable path opens no more than its route does; but with --to gateway whatever looks like a presigned URL gets a real signature: don't run that over what strangers wrote."
    )]
    Rewrite(RewriteArguments),
    /// List the routes in the order in which they are tried, clients and refresh rules
    #[command(after_help = "Example:\n  evergate routes --config /etc/evergate/config.yaml")]
    Routes(ConfigFile),
    /// Issue keys that apps sign with
    #[command(
        subcommand,
        after_help = "Example:\n  evergate client new librechat --bucket files --prefix images/ --operations read,write"
    )]
    Client(ClientCommand),
    /// Ask a running gateway's admin listener whether it is alive (for containers)
    #[command(
        after_help = "Finds the admin listener by the same configuration as `serve`. Exit 0: alive; 69: not.\n\nExample:\n  HEALTHCHECK CMD [\"/usr/local/bin/evergate\", \"healthcheck\"]"
    )]
    Healthcheck(ConfigFile),
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  evergate completions bash > /etc/bash_completion.d/evergate")]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Where the configuration is.
#[derive(Args, Clone, Debug)]
pub(super) struct ConfigFile {
    /// The configuration file
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) config: Option<PathBuf>,
}

/// What `demo` takes.
#[cfg(feature = "embedded")]
#[derive(Args, Debug)]
pub(super) struct DemoArguments {
    /// Where to listen; when the default is in use, a free port is taken
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    pub(super) listen: Option<SocketAddr>,
    /// How long the raw presigned URLs live
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = parse_expiry)]
    pub(super) expiry: Duration,
    /// Keep the pictures in this folder [default: a temporary folder, removed at the end]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(super) data: Option<PathBuf>,
}

/// What `presign` takes.
#[derive(Args, Debug)]
pub(super) struct PresignArguments {
    /// The object's key, as stored (not percent-encoded)
    pub(super) key: String,
    /// The bucket's name in the configuration; may be left out when there is only one
    #[arg(short, long, value_name = "NAME")]
    pub(super) bucket: Option<String>,
    /// How long the URL lives, up to 7d [default: the bucket's url_expiry]
    #[arg(short, long, value_name = "DURATION", value_parser = parse_expiry)]
    pub(super) expires: Option<Duration>,
    /// Print a curl command instead of the bare URL
    #[arg(long)]
    pub(super) curl: bool,
    /// Where the configuration is.
    #[command(flatten)]
    pub(super) file: ConfigFile,
}

/// What `rewrite` takes.
#[derive(Args, Debug)]
pub(super) struct RewriteArguments {
    /// What to replace by: paths that routes serve, or URLs presigned with a client's key that refresh rules keep alive
    #[arg(long, value_enum, default_value_t = RewriteTo::Stable)]
    pub(super) to: RewriteTo,
    /// The gateway's URL, such as `https://files.example.com`; without it stable paths begin with /
    #[arg(long, value_name = "URL", value_parser = parse_base, required_if_eq("to", "gateway"))]
    pub(super) base: Option<Endpoint>,
    /// The client that signs, by its name or access key id
    #[arg(long, value_name = "NAME", required_if_eq("to", "gateway"))]
    pub(super) client: Option<String>,
    /// How long URLs for the gateway live by themselves, up to 7d [default: the bucket's url_expiry]
    #[arg(long, value_name = "DURATION", value_parser = parse_expiry)]
    pub(super) expires: Option<Duration>,
    /// Write nothing to standard output; count by bucket and by the keys' first segment
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Where the configuration is.
    #[command(flatten)]
    pub(super) file: ConfigFile,
}

/// What presigned URLs are replaced by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RewriteTo {
    /// Stable paths
    Stable,
    /// URLs presigned afresh, for the gateway
    Gateway,
}

/// What `client` does.
#[derive(Debug, Subcommand)]
pub(super) enum ClientCommand {
    /// Issue a key pair, and print what to write into the configuration and the environment
    #[command(
        after_help = "Examples:\n  evergate client new librechat\n  evergate client new backup --bucket files --prefix documents/ --operations read,list\n\nThe secret is printed once and stored nowhere. Without a configuration file, the lines are environment variables."
    )]
    New(NewClientArguments),
}

/// What `client new` takes.
#[derive(Args, Debug)]
pub(super) struct NewClientArguments {
    /// What the client is called in logs and metrics, such as the app's name
    pub(super) name: String,
    /// The bucket's name in the configuration; may be left out when there is only one
    #[arg(short, long, value_name = "NAME")]
    pub(super) bucket: Option<String>,
    /// What the keys start with, ending in "/" [default: the whole bucket]
    #[arg(short, long)]
    pub(super) prefix: Option<String>,
    /// What it may do
    #[arg(
        short,
        long,
        value_delimiter = ',',
        value_parser = ["read", "write", "delete", "list", "all"],
        default_value = "read,write,delete,list"
    )]
    pub(super) operations: Vec<String>,
    /// Where the configuration is.
    #[command(flatten)]
    pub(super) file: ConfigFile,
}

/// What `inspect` takes.
#[derive(Args, Debug)]
pub(super) struct InspectArguments {
    /// The URL, in quotes; "-" reads it from standard input
    pub(super) url: String,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Where the configuration is.
    #[command(flatten)]
    pub(super) file: ConfigFile,
}

#[cfg(feature = "embedded")]
fn parse_address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "not an address to listen on; write an IP address and a port: 127.0.0.1:8080 or [::1]:8080".into())
}

fn parse_base(text: &str) -> Result<Endpoint, String> {
    Endpoint::parse(text).map_err(|_| "not the URL of a gateway; write it like https://files.example.com".into())
}

fn parse_expiry(text: &str) -> Result<Duration, String> {
    const WEEK: Duration = Duration::from_hours(7 * 24);
    let life =
        humantime::parse_duration(text).map_err(|error| format!("{error}; write a duration such as 90s, 10m or 7d"))?;
    if life.as_secs() == 0 || life.subsec_nanos() != 0 {
        return Err("SigV4 counts in whole seconds, at least one; write 1s or more".into());
    }
    if life > WEEK {
        return Err("SigV4 allows at most 7 days; write 7d or less".into());
    }
    Ok(life)
}
