//! nginx: a bare `return 302`, a proxy without and with a cache, a redirect that is signed by our own script, and the static files
//! that are the unsigned origin. Each with what its manual advises: long-lived connections on both sides, sendfile, a
//! buffered access log.

use super::ground::Ground;
use super::launch::Program;
use crate::error::BenchError;
use crate::origin::{BUCKET, COUNT_PATH, KeyPair, REGION};
use evergate::clock::Clock;
use evergate::sigv4::AmzDate;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::ffi::OsString;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

/// Where Debian puts the module that runs JavaScript.
const NJS_MODULE: &str = "/usr/lib/nginx/modules/ngx_http_js_module.so";

/// What it is set up as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// `return 302`, with a `Location` as long as a signed URL.
    Redirect,
    /// 302 to a URL that a script signs.
    Script,
    /// `proxy_pass` to the unsigned origin.
    Proxy,
    /// The same with `proxy_cache` for `/c/`.
    Cache,
    /// The unsigned origin: files below the ground's folder.
    Files,
}

/// Says what is not installed; `None` when nothing is missing.
pub(super) fn missing(role: Role) -> Option<String> {
    if super::launch::find_program("nginx").is_none() {
        return Some("nginx is not installed (Debian: nginx-light)".to_owned());
    }
    let needs_script = role == Role::Script && !Path::new(NJS_MODULE).is_file();
    needs_script.then(|| "nginx's JavaScript module is not installed (Debian: libnginx-mod-http-js)".to_owned())
}

/// Writes the configuration into `folder` and returns how nginx is started. `http2`: over HTTP/2 alone, which this
/// version can't tell from HTTP/1.1 in the clear.
///
/// # Errors
/// When a file can't be written, or nginx is not there.
pub(super) fn program(
    ground: &Ground,
    folder: &Path,
    listen: SocketAddr,
    workers: usize,
    role: Role,
    http2: bool,
) -> Result<Program, BenchError> {
    let path = super::launch::find_program("nginx").ok_or_else(|| BenchError::said("nginx is not installed"))?;
    let failed = |source| BenchError::File {
        what: format!("the configuration of nginx can't be written to {}", folder.display()),
        source,
    };
    if role == Role::Script {
        fs::write(folder.join("sign.js"), script(ground)?).map_err(failed)?;
    }
    let file = folder.join("nginx.conf");
    fs::write(&file, text(ground, folder, listen, workers, role, http2)?).map_err(failed)?;
    let arguments: [OsString; 6] = [
        "-p".into(),
        folder.into(),
        "-e".into(),
        "stderr".into(),
        "-c".into(),
        file.into(),
    ];
    Ok(Program::new(path, arguments))
}

fn text(
    ground: &Ground,
    folder: &Path,
    listen: SocketAddr,
    workers: usize,
    role: Role,
    http2: bool,
) -> Result<String, BenchError> {
    let folder = folder.display();
    // As root the workers would become another user, to whom the folder is closed.
    let user = if rustix::process::geteuid().is_root() {
        "user root;"
    } else {
        ""
    };
    let module = if role == Role::Script {
        format!("load_module {NJS_MODULE};")
    } else {
        String::new()
    };
    let http2 = if http2 { " http2" } else { "" };
    let plain = ground.plain.map(|plain| plain.to_string()).unwrap_or_default();
    let upstream = match role {
        Role::Proxy | Role::Cache => format!(
            "upstream origin {{ server {plain}; keepalive 256; keepalive_requests 100000000; keepalive_timeout 1h; }}
  proxy_http_version 1.1;
  proxy_set_header Connection \"\";"
        ),
        Role::Redirect | Role::Script | Role::Files => String::new(),
    };
    let (outside, inside) = match role {
        Role::Redirect => {
            let (front, back) = ground.location_around_path()?;
            (
                String::new(),
                format!("location /r/ {{ return 302 \"{front}$uri{back}\"; }}"),
            )
        }
        Role::Script => (
            "js_import sign from sign.js;".to_owned(),
            "location /r/ { js_content sign.redirect; }".to_owned(),
        ),
        Role::Proxy => (String::new(), "location / { proxy_pass http://origin; }".to_owned()),
        Role::Cache => (
            format!(
                "proxy_cache_path {folder}/cache levels=1:2 keys_zone=objects:64m max_size=2g inactive=1d use_temp_path=off;"
            ),
            "location / { proxy_pass http://origin; }
    location /c/ { proxy_pass http://origin; proxy_cache objects; proxy_cache_valid 200 1d; proxy_cache_lock on; }"
                .to_owned(),
        ),
        Role::Files => {
            let files = ground.folder.join("files");
            let files = files.display();
            (
                String::new(),
                format!(
                    "location = {COUNT_PATH} {{ stub_status; }}
    location /c/ {{ alias {files}/; }}
    location /s/ {{ alias {files}/; }}"
                ),
            )
        }
    };
    Ok(format!(
        "{module}
{user}
daemon off;
worker_processes {workers};
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 16384; }}
http {{
  types {{ image/png png; }}
  access_log /dev/null combined buffer=64k flush=1s;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_timeout 1h;
  keepalive_requests 100000000;
  server_tokens off;
  open_file_cache max=200000 inactive=1d;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {upstream}
  {outside}
  server {{
    listen {listen} reuseport backlog=4096{http2};
    {inside}
  }}
}}
"
    ))
}

/// The script, with the key of the day in it: deriving it is not what is measured.
fn script(ground: &Ground) -> Result<String, BenchError> {
    let [pair, _] = KeyPair::of_origin();
    let date = AmzDate::of(Clock::system().now());
    let day = date.day();
    let mut key = format!("AWS4{}", pair.secret).into_bytes();
    for part in [day, REGION, "s3", "aws4_request"] {
        // Can't fail: HMAC takes keys of any length.
        let mac = Hmac::<Sha256>::new_from_slice(&key);
        let mut mac = mac.map_err(|error| BenchError::said(format!("no signing key can be derived: {error}")))?;
        mac.update(part.as_bytes());
        key = mac.finalize().into_bytes().to_vec();
    }
    let scope = format!("{day}/{REGION}/s3/aws4_request");
    let credential = format!("{}%2F{}", pair.id, scope.replace('/', "%2F"));
    let expires = super::ground::EXPIRY.as_secs().to_string();
    let prefix = format!("/{BUCKET}/{}", ground.long_prefix);
    let host = ground.signed.to_string();
    let values = [
        ("@KEY@", &hex::encode(key)),
        ("@HOST@", &host),
        ("@PREFIX@", &prefix),
        ("@SCOPE@", &scope),
        ("@CREDENTIAL@", &credential),
        ("@EXPIRES@", &expires),
    ];
    let template = include_str!("sign.js").to_owned();
    Ok(values
        .iter()
        .fold(template, |script, (name, value)| script.replace(name, value)))
}
