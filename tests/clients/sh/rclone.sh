#!/usr/bin/env bash
# rclone: it asks for the bucket to be made, sends modification times as metadata and MD5 digests.
# shellcheck source=tests/clients/sh/steps.sh
. "$(dirname "$0")/steps.sh"

export RCLONE_CONFIG_GATE_TYPE=s3 RCLONE_CONFIG_GATE_PROVIDER=Other RCLONE_CONFIG_GATE_ENDPOINT=$ENDPOINT
export RCLONE_CONFIG_GATE_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID RCLONE_CONFIG_GATE_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY
export RCLONE_CONFIG_GATE_REGION=$AWS_REGION RCLONE_CONFIG_GATE_FORCE_PATH_STYLE=true
# Over TLS it speaks HTTP/2.
[ -z "$CA" ] || export RCLONE_CA_CERT=$CA
rclone() { command rclone --config /dev/null --quiet --retries 1 --low-level-retries 1 --s3-upload-cutoff 5Mi --s3-chunk-size 5Mi "$@"; }
# The bucket itself: below a prefix it would ask first whether the prefix is an object.
base=gate:$BUCKET

step copy
mkdir -p tree/deep
# s3s-fs lists keys as they are and says that they are encoded: a plus sign would come back as a blank.
if [ "$LISTS_ENCODED" = true ]; then small="a small ü+1.bin"; else small="a small ü-1.bin"; fi
content 100000 1 "tree/$small"
content 2000 2 "tree/deep/two (2)&.txt"
: >tree/empty
content $((11 * MIB + 17)) 3 tree/deep/large.bin
rclone copy tree "$base"
rclone copy "$base" tree.back
diff -r tree tree.back

step check
rclone check --download tree "$base"
rclone check tree "$base"

step lsf
rclone lsf --recursive --files-only "$base" | sort >listed
(cd tree && find . -type f) | sed 's#^\./##' | sort >expected
diff expected listed
rclone size --json "$base" | grep -q "\"count\":4,\"bytes\":$((102000 + 11 * MIB + 17))"

step sync
rm "tree/$small"
content 3000 4 "tree/deep/two (2)&.txt"
rclone sync tree "$base"
rclone check --download tree "$base"
[ "$(rclone lsf --recursive --files-only "$base" | wc -l)" = 3 ]

step moveto
rclone moveto "$base/empty" "$base/nothing in it"
rclone lsf "$base" | grep -qx 'nothing in it'

step delete
rclone delete "$base"
[ -z "$(rclone lsf --recursive --files-only "$base")" ]
step end
