"""Stores objects with boto3, as an app would.

Reads one JSON document on standard input:
    {"endpoint": ..., "region": ..., "bucket": ..., "access_key_id": ..., "secret_access_key": ...,
     "objects": [{"key": ..., "body_hex": ..., "content_type": null | ...}]}
and prints {"stored": N, "refused": [[key, message], ...]}: what the origin itself would not take.
"""

import json
import sys

import boto3
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError

job = json.load(sys.stdin)
s3 = boto3.client(
    "s3",
    endpoint_url=job["endpoint"],
    region_name=job["region"],
    aws_access_key_id=job["access_key_id"],
    aws_secret_access_key=job["secret_access_key"],
    config=Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        retries={"max_attempts": 2},
        proxies={},
    ),
)
try:
    s3.create_bucket(Bucket=job["bucket"])
except ClientError as error:
    if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
        raise

refused = {}
for item in job["objects"]:
    extra = {"ContentType": item["content_type"]} if item.get("content_type") else {}
    try:
        s3.put_object(Bucket=job["bucket"], Key=item["key"], Body=bytes.fromhex(item["body_hex"]), **extra)
    except (ClientError, BotoCoreError) as error:
        refused[item["key"]] = str(error)

# An origin may answer 200 and fold two keys into one: only what reads back after all were stored counts.
for item in job["objects"]:
    if item["key"] in refused:
        continue
    try:
        if s3.get_object(Bucket=job["bucket"], Key=item["key"])["Body"].read() != bytes.fromhex(item["body_hex"]):
            refused[item["key"]] = "reads back as something else"
    except (ClientError, BotoCoreError) as error:
        refused[item["key"]] = "does not read back: " + str(error)

json.dump({"stored": len(job["objects"]) - len(refused), "refused": sorted(refused.items())}, sys.stdout)
