# Shared by every script here, and sourced, never run: where things are kept, how to speak, how to try again.
# shellcheck shell=bash

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
: "${HOME:=$(getent passwd "$(id -u)" | cut -d: -f6)}"
# Everything that set-up makes lives here: deleting this folder undoes it (except apt packages).
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/evergate
export HOME ROOT CACHE
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$CACHE/target}
# Where tests leave what people look at afterwards: screenshots, logs.
export EVERGATE_ARTEFACTS=${EVERGATE_ARTEFACTS:-$ROOT/artefacts}
# rustup's own folder, for shells that have not read its profile file.
export PATH=$PATH:$HOME/.cargo/bin

say() { printf '\033[1m%s\033[0m\n' "==> $*" | if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9;]*m//g'; fi; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Runs a command up to three times, for what depends on a network.
retry() {
  local attempt
  for attempt in 1 2 3; do
    "$@" && return 0
    [ "$attempt" = 3 ] || sleep $((attempt * 3))
  done
  return 1
}

# The folder of the virtualenv; its name holds a digest of what is installed in it, so that a changed list makes a new one.
venv_folder() {
  printf '%s/python-%s' "$CACHE" "$(sha256sum <"$ROOT/tests/requirements.txt" | cut -c1-12)"
}

# The folder of the JavaScript packages, named likewise.
npm_folder() {
  printf '%s/npm-%s' "$CACHE" "$(cat "$ROOT"/tests/clients/package*.json | sha256sum | cut -c1-12)"
}

# The program of the tests that speaks with Rust's own S3 clients (tests/clients/rust).
RUST_CLIENTS=$CARGO_TARGET_DIR/debug/rust-clients

# cargo-deny, at the version that deny.toml is written for.
CARGO_DENY_VERSION=0.20.2
cargo_deny() { printf '%s/cargo-deny-%s/bin/cargo-deny' "$CACHE" "$CARGO_DENY_VERSION"; }
