"""boto3 as apps use it. With `ca` in the job the endpoint is https, and uploads go out in chunks with an unsigned trailer."""

import io
import logging
import os
import tempfile
import urllib.error
import urllib.request
import ssl

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from botocore.exceptions import ClientError
from steps import content, end, job, same, same_bytes, step

MIB = 1024 * 1024
BUCKET = job["bucket"]
PREFIX = "boto3-tls/" if job.get("ca") else "boto3/"
logging.getLogger("botocore").addHandler(logging.NullHandler())


def client(**settings):
    return boto3.client(
        "s3",
        endpoint_url=job["endpoint"],
        region_name=job["region"],
        aws_access_key_id=job["access_key_id"],
        aws_secret_access_key=job["secret_access_key"],
        verify=job.get("ca"),
        config=Config(
            s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, proxies={}, read_timeout=30, **settings
        ),
    )


s3 = client(signature_version="s3v4")
# What boto3 takes by itself for presigning in us-east-1.
s3_v2 = client(signature_version="s3")
IN_PARTS = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=3)


def read(key, **more):
    return s3.get_object(Bucket=BUCKET, Key=key, **more)["Body"].read()


def fetch(url, method="GET", data=None, headers=None):
    request = urllib.request.Request(url, data=data, headers=headers or {}, method=method)
    context = ssl.create_default_context(cafile=job["ca"]) if job.get("ca") else None
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), *([urllib.request.HTTPSHandler(context=context)] if context else [])
    )
    return opener.open(request, timeout=30)


@step
def put_and_get():
    for name, body in [("bytes", content(100_000, 1)), ("empty", b""), ("text ü+1.txt", b"some text")]:
        s3.put_object(Bucket=BUCKET, Key=PREFIX + name, Body=body)
        same_bytes(name, read(PREFIX + name), body)
    s3.put_object(Bucket=BUCKET, Key=PREFIX + "file", Body=io.BytesIO(content(300_000, 2)))
    same_bytes("file", read(PREFIX + "file"), content(300_000, 2))


@step
def checksums_of_every_kind():
    for kind in ["CRC32", "SHA1", "SHA256"]:
        s3.put_object(Bucket=BUCKET, Key=PREFIX + kind, Body=content(70_000, kind), ChecksumAlgorithm=kind)
        same_bytes(kind, read(PREFIX + kind), content(70_000, kind))


@step
def metadata():
    told = {"ContentType": "image/png", "CacheControl": "max-age=60", "Metadata": {"colour": "blue"}}
    s3.put_object(Bucket=BUCKET, Key=PREFIX + "told.png", Body=content(1000, 3), **told)
    head = s3.head_object(Bucket=BUCKET, Key=PREFIX + "told.png")
    same("length", head["ContentLength"], 1000)
    same("type", head["ContentType"], "image/png")
    same("caching", head.get("CacheControl"), "max-age=60")
    same("metadata", head["Metadata"], {"colour": "blue"})


@step
def range_():
    answer = s3.get_object(Bucket=BUCKET, Key=PREFIX + "bytes", Range="bytes=10-19")
    same("status", answer["ResponseMetadata"]["HTTPStatusCode"], 206)
    same_bytes("range", answer["Body"].read(), content(100_000, 1)[10:20])


@step
def missing():
    for call, code in [(s3.head_object, "404"), (s3.get_object, "NoSuchKey")]:
        try:
            call(Bucket=BUCKET, Key=PREFIX + "nothing")
        except ClientError as error:
            same("code", error.response["Error"]["Code"], code)
            same("status", error.response["ResponseMetadata"]["HTTPStatusCode"], 404)
        else:
            raise AssertionError("nothing was found")


@step
def multipart():
    body = content(12 * MIB + 17, 4)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "large.bin")
        with open(path, "wb") as file:
            file.write(body)
        s3.upload_file(path, BUCKET, PREFIX + "large.bin", Config=IN_PARTS)
        s3.download_file(BUCKET, PREFIX + "large.bin", path + ".back", Config=IN_PARTS)
        with open(path + ".back", "rb") as file:
            same_bytes("large", file.read(), body)


@step
def copy():
    s3.copy_object(Bucket=BUCKET, Key=PREFIX + "copy ü", CopySource={"Bucket": BUCKET, "Key": PREFIX + "text ü+1.txt"})
    same_bytes("copy", read(PREFIX + "copy ü"), b"some text")
    # In parts, by UploadPartCopy.
    s3.copy({"Bucket": BUCKET, "Key": PREFIX + "large.bin"}, BUCKET, PREFIX + "large copy.bin", Config=IN_PARTS)
    same_bytes("large copy", read(PREFIX + "large copy.bin"), content(12 * MIB + 17, 4))


# s3s-fs lists keys as they are and says that they are encoded: a plus sign would come back as a blank.
NAMES = ["1", "2", "3", "a b+ü&.txt" if job["lists_encoded"] else "a b-ü&.txt", "sub/4"]


@step
def list_():
    keys = [PREFIX + "list/" + name for name in NAMES]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=BUCKET, Prefix=PREFIX + "list/", PaginationConfig={"PageSize": 2}
    )
    same("keys", [item["Key"] for page in pages for item in page.get("Contents", [])], keys)
    level = s3.list_objects(Bucket=BUCKET, Prefix=PREFIX + "list/", Delimiter="/")
    same("folders", [item["Prefix"] for item in level["CommonPrefixes"]], [PREFIX + "list/sub/"])


@step
def presign_v4():
    url = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": PREFIX + "text ü+1.txt"}, ExpiresIn=60)
    same("its version", "X-Amz-Signature=" in url, True)
    same("bytes", fetch(url).read(), b"some text")
    params = {"Bucket": BUCKET, "Key": PREFIX + "bytes", "ResponseContentDisposition": 'attachment; filename="b.bin"'}
    answer = fetch(s3.generate_presigned_url("get_object", Params=params, ExpiresIn=60))
    same("disposition", answer.headers["content-disposition"], 'attachment; filename="b.bin"')
    same_bytes("with a disposition", answer.read(), content(100_000, 1))
    params = {"Bucket": BUCKET, "Key": PREFIX + "presigned"}
    url = s3.generate_presigned_url("put_object", Params=params, ExpiresIn=60)
    same("PUT", fetch(url, "PUT", content(5000, 5), {"content-type": ""}).status, 200)
    same_bytes("presigned", read(PREFIX + "presigned"), content(5000, 5))


@step
def presign_v2():
    url = s3_v2.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": PREFIX + "bytes"}, ExpiresIn=60)
    same("its version", "AWSAccessKeyId=" in url and "Signature=" in url, True)
    same_bytes("bytes", fetch(url).read(), content(100_000, 1))
    try:
        fetch(url.replace("/bytes?", "/file?"))
    except urllib.error.HTTPError as error:
        same("another key", error.code, 403)
    else:
        raise AssertionError("a signature for another key was taken")


@step
def buckets():
    s3.head_bucket(Bucket=BUCKET)
    same("listed", BUCKET in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]], True)


@step
def delete():
    keys = [{"Key": PREFIX + "list/" + name} for name in NAMES]
    answer = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": keys})
    same("deleted", sorted(item["Key"] for item in answer["Deleted"]), [key["Key"] for key in keys])
    same("left", s3.list_objects_v2(Bucket=BUCKET, Prefix=PREFIX + "list/").get("Contents", []), [])
    s3.delete_object(Bucket=BUCKET, Key=PREFIX + "bytes")
    same("gone", s3.list_objects_v2(Bucket=BUCKET, Prefix=PREFIX + "bytes")["KeyCount"], 0)


end()
