"""Makes tests/sigv4/requests/botocore.jsonl: requests that botocore signed, for tests/sigv4_verify.rs to verify and to spoil.

usage: botocore_requests.py > botocore.jsonl      (with tests/requirements.txt installed)

The first line names the key pair, which is AWS's own example; each other line is one request: m(ethod), h(ost), t(arget),
f(ields of the head), and b(ucket) where the host names it. The clock and the dice are fixed. Nothing is sent anywhere.
"""

import datetime
import json
import os
import random
import sys
import uuid
from urllib.parse import urlsplit

for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true")

dice = random.Random(20261122)
uuid.uuid4 = lambda: uuid.UUID(int=dice.getrandbits(128), version=4)

import botocore
import botocore.auth
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config

ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PRESIGNED, SIGNED, VERSION_2 = 350, 350, 300



class Clock:
    """Stands where it is set."""

    now = 0

    @classmethod
    def turn(cls):
        # The seconds around a midnight among them.
        cls.now = dice.choice((dice.randrange(1_500_000_000, 1_800_000_000), 20_000 * 86_400 - dice.randrange(2)))

    @classmethod
    def read(cls, remove_tzinfo=True):
        at = datetime.datetime.fromtimestamp(cls.now, tz=datetime.timezone.utc)
        return at.replace(tzinfo=None) if remove_tzinfo else at


if not hasattr(botocore.auth, "get_current_datetime"):
    sys.exit("this botocore tells its time in another way: see tests/requirements.txt")
botocore.auth.get_current_datetime = Clock.read
botocore.auth.time.time = lambda: Clock.now

PIECES = list("abcXYZ019-_.~ !\"#$%&'()*+,:;<=>?@[\\]^`{|}") + ["é", "😀", "e\u0301", "%2F", "//", "/", "+", "images/", "u42"]
ENDPOINTS = [
    None, "https://files.example.com", "http://minio:9000", "http://minio:9000/base", "https://files.example.com/s3/two",
    "http://127.0.0.1:8333",
]


def text(most):
    return "".join(dice.choice(PIECES) for _ in range(dice.randrange(1, most))).strip() or "x"


def key():
    while True:
        some = dice.choice((f"images/{dice.randrange(999)}/avatar.png", text(9), f"uploads/{text(5)}/{text(5)}.pdf"))
        if not any(part in (".", "..") for part in some.split("/")):
            return some


def overrides():
    some = {
        "ResponseContentType": "image/png",
        "ResponseContentDisposition": f'attachment; filename="{text(6)}.png"',
        "ResponseCacheControl": "max-age=60, private",
        "ResponseContentLanguage": "de",
        "ResponseContentEncoding": "identity",
        "ResponseExpires": datetime.datetime(2030, 1, 1),
        "VersionId": f"{dice.getrandbits(64):x}+/=",
        "PartNumber": dice.randrange(1, 9),
    }
    return {name: value for name, value in some.items() if dice.randrange(6) == 0}


class NoBody:
    def stream(self):
        return iter(())


class Client:
    session = botocore.session.Session()

    def __init__(self, version):
        self.endpoint = dice.choice(ENDPOINTS)
        self.style = "path" if self.endpoint and "127" in self.endpoint else dice.choice(("path", "virtual"))
        # Without dots for the certificate, or with them, which makes the path style by itself.
        self.bucket = dice.choice(("files", "my-bucket", "a.dotted.name"))
        when = dice.choice(("when_required", "when_supported"))
        self.client = self.session.create_client(
            "s3",
            region_name=dice.choice(("us-east-1", "eu-west-1")),
            endpoint_url=self.endpoint,
            aws_access_key_id=ID,
            aws_secret_access_key=SECRET,
            config=Config(
                # The real one tells of the machine.
                user_agent="Botocore",
                signature_version=version,
                s3={"addressing_style": self.style, "payload_signing_enabled": dice.choice((None, True, False))},
                request_checksum_calculation=when,
                response_checksum_validation=when,
            ),
        )
        self.client.meta.events.register("before-send.s3", self.keep)

    def keep(self, request, **_):
        self.sent = request
        return AWSResponse(request.url, 304, {}, NoBody())

    def line(self, method, url, fields):
        parts = urlsplit(url)
        target = url[url.index(parts.netloc) + len(parts.netloc):]
        line = {"m": method, "h": parts.netloc, "t": target, "f": fields}
        if parts.netloc.startswith(self.bucket + ".") and parts.netloc != urlsplit(self.endpoint or "").netloc:
            line["b"] = self.bucket
        print(json.dumps(line, ensure_ascii=False, separators=(",", ":")))

    def presigned(self):
        Clock.turn()
        expires = dice.choice((1, 120, 3600, 604800))
        fields = []
        kind = dice.randrange(10)
        if kind < 7:
            operation, method = dice.choice((("get_object", "GET"), ("get_object", "GET"), ("head_object", "HEAD")))
            arguments = {"Bucket": self.bucket, "Key": key(), **overrides()}
            if dice.randrange(8) == 0:
                arguments.update(Range="bytes=0-9", IfMatch='"a,  b"')
                fields = [["range", "bytes=0-9"], ["if-match", '"a,  b"']]
            if dice.randrange(4) == 0:
                arguments["ChecksumMode"] = "ENABLED"
                fields.append(["x-amz-checksum-mode", "ENABLED"])
        elif kind < 8:
            operation, method = "put_object", "PUT"
            arguments = {"Bucket": self.bucket, "Key": key(), "ContentType": "image/png", "Metadata": {"who": "u 42"}}
            fields = [["content-type", "image/png"], ["x-amz-meta-who", "u 42"]]
        elif kind < 9:
            operation, method, arguments = "delete_object", "DELETE", {"Bucket": self.bucket, "Key": key()}
        else:
            operation, method, arguments = "list_objects_v2", "GET", {"Bucket": self.bucket, "Prefix": text(5)}
        url = self.client.generate_presigned_url(operation, arguments, ExpiresIn=expires)
        self.line(method, url, fields)

    def version_2(self):
        Clock.turn()
        operation, method = dice.choice((("get_object", "GET"), ("get_object", "GET"), ("head_object", "HEAD")))
        arguments = {"Bucket": self.bucket, "Key": key(), **overrides()}
        if dice.randrange(4) == 0:
            arguments["ChecksumMode"] = "ENABLED"
        url = self.client.generate_presigned_url(operation, arguments, ExpiresIn=dice.choice((120, 3600, 315360000)))
        self.line(method, url, [])

    def signed(self):
        Clock.turn()
        one = {"Bucket": self.bucket, "Key": key()}
        body = bytes(dice.randrange(40))
        operation, arguments = dice.choice((
            ("get_object", {**one, "Range": "bytes=0-9", **overrides()}),
            ("head_object", {**one, "IfNoneMatch": '"0a"'}),
            ("put_object", {**one, "Body": body, "ContentType": "text/plain;  charset=utf-8", "Metadata": {"a": "b  c"}}),
            ("put_object", {**one, "Body": body, "ACL": "private", "ContentMD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}),
            ("delete_object", one),
            ("delete_objects", {"Bucket": self.bucket, "Delete": {"Objects": [{"Key": "a"}]}}),
            ("copy_object", {**one, "CopySource": {"Bucket": self.bucket, "Key": key()}}),
            ("create_multipart_upload", {**one, "ContentType": "image/png"}),
            ("upload_part", {**one, "UploadId": text(4), "PartNumber": 7, "Body": body}),
            ("list_parts", {**one, "UploadId": "u+/="}),
            ("abort_multipart_upload", {**one, "UploadId": "u"}),
            ("list_objects_v2", {"Bucket": self.bucket, "Prefix": text(6), "Delimiter": "/", "MaxKeys": 9}),
            ("list_multipart_uploads", {"Bucket": self.bucket}),
            ("get_bucket_location", {"Bucket": self.bucket}),
            ("head_bucket", {"Bucket": self.bucket}),
            ("list_buckets", {}),
        ))
        try:
            getattr(self.client, operation)(**arguments)
        except Exception:  # The 304 that stands for an answer.
            pass
        fields = [[name.lower(), value.decode("latin-1") if isinstance(value, bytes) else value] for name, value in self.sent.headers.items()]
        self.line(self.sent.method, self.sent.url, fields)


print(json.dumps({"by": f"botocore {botocore.__version__}", "id": ID, "secret": SECRET}))
for version, count, make in (("s3v4", PRESIGNED, Client.presigned), ("s3", VERSION_2, Client.version_2), ("s3v4", SIGNED, Client.signed)):
    for number in range(count):
        if number % 12 == 0:
            client = Client(version)
        make(client)
