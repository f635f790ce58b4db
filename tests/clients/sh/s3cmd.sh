#!/usr/bin/env bash
# s3cmd: asks for policies, CORS and ACLs and lives without them; signs URLs with version 2.
# shellcheck source=tests/clients/sh/steps.sh
. "$(dirname "$0")/steps.sh"

host=${ENDPOINT#http://}
cat >s3cfg <<CONFIG
[default]
access_key = $AWS_ACCESS_KEY_ID
secret_key = $AWS_SECRET_ACCESS_KEY
host_base = $host
host_bucket = $host
bucket_location = $AWS_REGION
use_https = False
max_retries = 1
multipart_chunk_size_mb = 5
CONFIG
s3cmd() { command s3cmd --config="$WORK/s3cfg" --quiet --no-progress "$@"; }
loudly() { command s3cmd --config="$WORK/s3cfg" --no-progress "$@"; }
base=s3://$BUCKET/s3cmd

step put
content 100000 1 small
content $((11 * MIB + 17)) 2 large
s3cmd put small "$base/a small ü+1.bin"
s3cmd put large "$base/large.bin"

step get
s3cmd get "$base/a small ü+1.bin" small.back
s3cmd get "$base/large.bin" large.back
same_file small small.back
same_file large large.back

step ls
loudly ls "$base/" >listed
grep -q " 100000 .*$base/a small ü+1.bin$" listed
grep -q " $((11 * MIB + 17)) .*$base/large.bin$" listed
loudly ls | grep -q "s3://$BUCKET$"

step info
loudly info "$base/large.bin" >info
grep -q "File size: *$((11 * MIB + 17))" info

step cp
s3cmd cp "$base/a small ü+1.bin" "$base/copy"
s3cmd get "$base/copy" copy.back
same_file small copy.back

step signurl
url=$(loudly signurl "$base/copy" +60)
[[ $url == *AWSAccessKeyId=* ]]
[ "$(fetch "$url" fetched)" = 200 ]
same_file small fetched

step del
s3cmd del "$base/copy"
s3cmd del --recursive --force "$base/"
[ -z "$(loudly ls --recursive "$base/")" ]
step end
