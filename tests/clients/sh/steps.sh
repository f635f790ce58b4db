# Sourced by the tests of command line clients: folders of their own, data, and steps that end the script when they fail.
# The job comes in the environment: ENDPOINT, BUCKET, PYTHON, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, and
# CA, a file, when the endpoint is https.
# shellcheck shell=bash

set -Eeuo pipefail

WORK=$(mktemp -d "${TMPDIR:-/tmp}/clients.XXXXXX")
current=start
line=0
trap 'line=$LINENO' ERR
trap 'status=$?; rm -rf "$WORK"; [ "$status" = 0 ] || echo "FAILED $current: line $line, status $status"' EXIT
cd "$WORK"

# step NAME: what comes now. The step before has passed.
step() {
  [ "$current" = start ] || echo "ok $current"
  current=$1
}

# content BYTES SEED FILE: writes bytes that repeat nowhere near.
content() {
  "$PYTHON" -c 'import hashlib, sys; sys.stdout.buffer.write(hashlib.shake_128(sys.argv[2].encode()).digest(int(sys.argv[1])))' \
    "$1" "$2" >"$3"
}

# same_file A B: the two hold the same bytes.
same_file() {
  [ "$(sha256sum <"$1")" = "$(sha256sum <"$2")" ] || { echo "$1 and $2 differ: $(wc -c <"$1") and $(wc -c <"$2") bytes" && return 1; }
}

# fetch URL FILE: reads a URL as a browser does and prints the status.
fetch() {
  "$PYTHON" - "$1" "$2" <<'PYTHON'
import sys, urllib.error, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try:
    answer = opener.open(sys.argv[1], timeout=30)
except urllib.error.HTTPError as error:
    answer = error
with open(sys.argv[2], "wb") as file:
    file.write(answer.read())
print(answer.status)
PYTHON
}

# refused COMMAND...: passes when the command fails.
refused() { ! "$@"; }

MIB=1048576
