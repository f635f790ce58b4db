#!/usr/bin/env bash
# The AWS command line, version 1.
# shellcheck source=tests/clients/sh/steps.sh
. "$(dirname "$0")/steps.sh"

export AWS_MAX_ATTEMPTS=1 AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=$WORK/config
# Parts of 8 MiB are its default; presigning with version 4 is asked for, since its default is 2.
aws() { "$PYTHON" "$(dirname "$PYTHON")/aws" --endpoint-url "$ENDPOINT" "$@"; }
base=s3://$BUCKET/awscli

step cp
content 100000 1 small
content $((9 * MIB + 17)) 2 large
aws s3 cp --quiet small "$base/a small ü.bin"
aws s3 cp --quiet large "$base/large.bin"
aws s3 cp --quiet "$base/a small ü.bin" small.back
aws s3 cp --quiet "$base/large.bin" large.back
same_file small small.back
same_file large large.back

step ls
aws s3 ls "$base/" >listed
grep -q ' 100000 a small ü.bin$' listed
grep -q " $((9 * MIB + 17)) large.bin$" listed
aws s3 ls | grep -q " $BUCKET$"

step mv
aws s3 mv --quiet "$base/a small ü.bin" "$base/moved/small.bin"
aws s3 ls --recursive "$base/" | grep -q ' 100000 awscli/moved/small.bin$'
refused aws s3 ls "$base/a small ü.bin"

step sync
mkdir -p tree/deep tree.back
content 1000 3 tree/one
content 2000 4 "tree/deep/two (2).txt"
aws s3 sync --quiet tree "$base/tree"
aws s3 sync --quiet "$base/tree" tree.back
diff -r tree tree.back
rm tree/one
aws s3 sync --quiet --delete tree "$base/tree"
refused aws s3 ls "$base/tree/one"

step presign
url=$(aws s3 presign "$base/moved/small.bin" --expires-in 60)
[ "$(fetch "$url" fetched)" = 200 ]
same_file small fetched
printf '[default]\ns3 =\n  signature_version = s3v4\n  addressing_style = path\n' >"$AWS_CONFIG_FILE"
url=$(aws s3 presign "$base/moved/small.bin" --expires-in 60)
[[ $url == *X-Amz-Signature=* ]]
[ "$(fetch "$url" fetched)" = 200 ]
same_file small fetched

step rm
aws s3 rm --quiet --recursive "$base/"
refused aws s3 ls --recursive "$base/"
step end
