"""What boto3 makes of being refused: the right error by name, also while it is still sending."""

import boto3
from botocore.client import Config
from botocore.exceptions import ClientError
from steps import content, end, job, same, step

MIB = 1024 * 1024
BUCKET = job["bucket"]


def client(secret=job["secret_access_key"]):
    return boto3.client(
        "s3",
        endpoint_url=job["endpoint"],
        region_name=job["region"],
        aws_access_key_id=job["access_key_id"],
        aws_secret_access_key=secret,
        verify=job.get("ca"),
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, proxies={}, read_timeout=30),
    )


reader = client()


def assert_refused(code, status, call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        got = (error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"])
        same("error", got, (code, status))
    else:
        raise AssertionError("it was not refused")


@step
def uploads_without_leave():
    for size in [10, MIB, 8 * MIB]:
        assert_refused("AccessDenied", 403, reader.put_object, Bucket=BUCKET, Key="a", Body=content(size, 1))
        same("body", reader.get_object(Bucket=BUCKET, Key="there")["Body"].read(), b"some text")


@step
def other_things_without_leave():
    assert_refused("AccessDenied", 403, reader.delete_object, Bucket=BUCKET, Key="there")
    assert_refused("AccessDenied", 403, reader.list_objects_v2, Bucket=BUCKET)
    # Key by key, as S3 does it.
    answer = reader.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "there"}]})
    same("errors", [(error["Key"], error["Code"]) for error in answer["Errors"]], [("there", "AccessDenied")])


@step
def a_bucket_that_is_not_there():
    assert_refused("NoSuchBucket", 404, reader.get_object, Bucket="no-such-bucket", Key="a")


@step
def a_wrong_secret():
    assert_refused("SignatureDoesNotMatch", 403, client("another").get_object, Bucket=BUCKET, Key="there")


end()
