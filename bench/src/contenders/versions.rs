//! Which programs were compared, in which version.

use super::launch::find_program;
use std::path::Path;
use std::process::Command;

/// Returns a line for each program that is installed: `nginx version: nginx/1.22.1`.
#[must_use]
pub fn versions(gateway: &Path) -> Vec<String> {
    let mut lines: Vec<String> = first_line(gateway, "--version").into_iter().collect();
    for (name, option) in [("nginx", "-v"), ("varnishd", "-V"), ("haproxy", "-v")] {
        lines.extend(find_program(name).and_then(|path| first_line(&path, option)));
    }
    lines.push(format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")));
    lines
}

/// Some write it to standard output, some to standard error.
fn first_line(program: &Path, option: &str) -> Option<String> {
    let output = Command::new(program).arg(option).output().ok()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    said.lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .map(str::to_owned)
}
