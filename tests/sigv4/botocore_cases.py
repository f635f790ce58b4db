"""Prints cases that botocore signed, one JSON object a line, for tests/sigv4/botocore.rs to compute again.

usage: botocore_cases.py SIGNERS CLIENTS

SIGNERS cases come from botocore's two signers for S3 (botocore.auth), fed with every awkward character; CLIENTS cases
come from a whole S3 client, so that its own encoding of keys and parameters and its addressing are compared as well.
The clock and the dice are fixed: every run prints the same. Nothing is sent anywhere.
"""

import datetime
import json
import os
import random
import sys
from hashlib import sha256
from urllib.parse import urlsplit

# Nothing of the machine's own AWS configuration may reach a case.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true")

import botocore.auth
import botocore.session
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.utils import percent_encode

dice = random.Random(20130524)

PRINTABLE = [chr(code) for code in range(0x20, 0x7F)]
UNICODE = list("éÄßñçøłŒ中文字ሴאبहไ€™“”…·¡¿ªº²½") + [
    "e\u0301", "A\u030a", "\u00a0", "\u0085", "\u200b", "\u200d", "\u202e", "\ufeff", "\ufffd", "\ufffe", "\uffff",
    "\U0001f600", "\U0001f1e9\U0001f1ea", "\U0010ffff", "\u2028", "\u3000",
]
LOOKS_ENCODED = ["%2F", "%2f", "%20", "%25", "%", "%%", "%zz", "%2e%2e", "+", "&amp;", "//", "/", "?a=b", "#x", "=", "&"]
METHODS = ["GET", "HEAD", "PUT", "DELETE"]
OVERRIDES = {
    "ResponseCacheControl": "response-cache-control",
    "ResponseContentDisposition": "response-content-disposition",
    "ResponseContentEncoding": "response-content-encoding",
    "ResponseContentLanguage": "response-content-language",
    "ResponseContentType": "response-content-type",
    "VersionId": "versionId",
}
ENDPOINTS = [
    "https://s3.eu-west-1.amazonaws.com", "https://s3.example.com", "http://minio:9000", "https://minio:8443",
    "http://minio:9000/base", "https://files.example.com/two%20words/s3", "http://[::1]:9000", "http://127.0.0.1:8333",
]
REGIONS = ["us-east-1", "eu-west-1", "auto", "garage"]


def is_key(text):
    """Whether Evergate takes it: 1 to 1,024 bytes, no control byte, no dot segment (rules 1 and 2)."""
    return (
        0 < len(text.encode()) <= 1024
        and not any(ord(char) < 0x20 or ord(char) == 0x7F for char in text)
        and not any(segment in (".", "..") for segment in text.split("/"))
    )


def awkward(most):
    """A text of up to so many pieces, each of them awkward in its own way."""
    return "".join(piece() for _ in range(dice.randrange(most + 1)))


def piece():
    kind = dice.randrange(6)
    if kind == 0:
        return dice.choice(UNICODE)
    if kind == 1:
        return dice.choice(LOOKS_ENCODED)
    if kind == 2:
        return "".join(dice.choice("abcXYZ019-_.~") for _ in range(dice.randrange(1, 9)))
    if kind == 3:
        code = dice.randrange(0x80, 0x110000)
        return chr(code) if not 0xD800 <= code < 0xE000 else "/"
    return dice.choice(PRINTABLE)


def keys():
    """First every awkward character in every place, then mixtures without end."""
    for char in PRINTABLE + UNICODE + LOOKS_ENCODED:
        yield from filter(is_key, (char, f"a{char}b", f"{char}/a", f"a/{char}", f"a/{char}/b", f"/{char}", f"{char}{char}"))
    yield from ("a" * 1024, "é" * 512, " " * 1024, "/" * 1024, "%" * 1000, "..a", "a..", "...", ".../..a")
    while True:
        key = awkward(dice.choice((3, 12, 60)))
        if is_key(key):
            yield key


def query():
    """Some decoded parameters; one of each name, as two would be refused (rule 2)."""
    names = list(OVERRIDES.values()) + ["partNumber", "X-A", "X-Amz-Expect", "x-id", "uploads", "a-b", "a"]
    some = {dice.choice(names): awkward(8) for _ in range(dice.randrange(4))}
    if dice.randrange(4) == 0:
        some.setdefault(awkward(4) or "~", awkward(4))
    # botocore signs what it was told to; these names it would set a second time.
    return {name: value for name, value in some.items() if not name.startswith("X-Amz-S")}


def headers():
    some = {
        "Range": f"bytes={dice.randrange(100)}-{dice.randrange(100, 999)}",
        "If-None-Match": f'"{dice.getrandbits(64):x}",   "{dice.getrandbits(64):x}"',
        "If-Modified-Since": "Fri, 24 May 2013 00:00:00 GMT",
        "x-amz-meta-text": "  several   spaces  " + "".join(dice.choice(PRINTABLE) for _ in range(9)),
        "Content-Type": "text/plain;  charset=utf-8",
    }
    return {name: value for name, value in some.items() if dice.randrange(2)}


def credentials():
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    text = lambda length: "".join(dice.choice(letters) for _ in range(length))
    token = text(dice.choice((16, 400))) + "==" if dice.randrange(2) else None
    return Credentials("AKIA" + text(16).upper().replace("+", "Q").replace("/", "Z"), text(40), token)


class Clock:
    """Stands where it is set."""

    now = 0

    @classmethod
    def turn(cls):
        cls.now = dice.choice((
            dice.randrange(0, 4102444800),
            # The two seconds around a midnight.
            dice.randrange(10000, 20000) * 86400 - dice.randrange(2),
        ))

    @classmethod
    def read(cls, remove_tzinfo=True):
        at = datetime.datetime.fromtimestamp(cls.now, tz=datetime.timezone.utc)
        return at.replace(tzinfo=None) if remove_tzinfo else at


if not hasattr(botocore.auth, "get_current_datetime"):
    sys.exit("this botocore tells its time in another way: see tests/requirements.txt")
botocore.auth.get_current_datetime = Clock.read


def encode_query(parameters):
    pairs = ((percent_encode(name, safe="-._~"), percent_encode(value, safe="-._~")) for name, value in parameters.items())
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def signed_by_signer(key):
    """A case of botocore.auth's signers; None for what the header form can't be asked here."""
    endpoint, bucket = dice.choice(ENDPOINTS), dice.choice(("files", "my-bucket", "a.dotted.name"))
    base = urlsplit(endpoint)
    style = "path" if base.hostname[0] in ":1" or "." in bucket else dice.choice(("path", "virtual"))
    host = base.netloc if style == "path" else f"{bucket}.{base.netloc}"
    path = base.path + (f"/{bucket}" if style == "path" else "") + "/" + percent_encode(key, safe="/~")
    creds, region = credentials(), dice.choice(REGIONS)
    expires, parameters = dice.choice((1, 120, 900, 604800)), query()
    form = dice.choice(("query", "header"))
    method = dice.choice(METHODS)
    fields = headers() if form == "header" else {}
    body = awkward(3).encode() if form == "header" and dice.randrange(2) else None
    context = {"client_config": Config(s3={"payload_signing_enabled": body is not None})}
    request = AWSRequest(method, f"{base.scheme}://{host}{path}", dict(fields), body, dict(parameters))
    request.context.update(context)
    canonical = encode_query(parameters)
    Clock.turn()
    if form == "query":
        botocore.auth.S3SigV4QueryAuth(creds, "s3", region, expires=expires).add_auth(request)
        expected = {"url": request.url}
    else:
        signer = botocore.auth.S3SigV4Auth(creds, "s3", region)
        assert signer.canonical_query_string(request) == canonical
        signer.add_auth(request)
        url = f"{base.scheme}://{host}{path}" + (f"?{canonical}" if canonical else "")
        expected = {"url": url, "headers": signing_headers(request.headers)}
    return case("signer", form, method, endpoint, style, bucket, key, parameters, fields, body, region, creds, expires, expected)


def signing_headers(fields):
    """The headers that signing adds, by their names in lower case."""
    own = ("authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token")
    return {name.lower(): value for name, value in fields.items() if name.lower() in own}


def case(source, form, method, endpoint, style, bucket, key, parameters, fields, body, region, creds, expires, expected):
    return {
        "source": source,
        "form": form,
        "method": method,
        "endpoint": endpoint,
        "style": style,
        "bucket": bucket,
        "key": key,
        "query": list(parameters.items()),
        "headers": list(fields.items()),
        "content_sha256": None if body is None else sha256(body).hexdigest(),
        "region": region,
        "id": creds.access_key,
        "secret": creds.secret_key,
        "token": creds.token,
        "signed_at": Clock.now,
        "expires": expires,
        "expected": expected,
    }


class NoBody:
    """The body of an answer that never was."""

    def stream(self):
        return iter(())


class Client:
    """A whole S3 client that sends nothing."""

    session = botocore.session.Session()

    def __init__(self):
        # A client encodes the path of its endpoint once more; nobody means that.
        self.endpoint = dice.choice([endpoint for endpoint in ENDPOINTS if "%" not in endpoint])
        self.region, self.creds = dice.choice(REGIONS), credentials()
        self.style = "path" if urlsplit(self.endpoint).hostname[0] in ":1" else dice.choice(("path", "virtual"))
        self.client = self.session.create_client(
            "s3",
            region_name=self.region,
            endpoint_url=self.endpoint,
            aws_access_key_id=self.creds.access_key,
            aws_secret_access_key=self.creds.secret_key,
            aws_session_token=self.creds.token,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": self.style, "payload_signing_enabled": False},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )
        self.client.meta.events.register("before-send.s3", self.keep)

    def keep(self, request, **_):
        self.sent = request
        return AWSResponse(request.url, 304, {}, NoBody())

    def signed(self, key):
        operation, method = dice.choice((("get_object", "GET"), ("head_object", "HEAD")))
        chosen = {name: awkward(8) or "x" for name in OVERRIDES if dice.randrange(4) == 0}
        expires = dice.choice((1, 120, 604800))
        parameters = {OVERRIDES[name]: value for name, value in chosen.items()}
        arguments = {"Bucket": "files", "Key": key, **chosen}
        Clock.turn()
        fields = {}
        if dice.randrange(2):
            form = "query"
            expected = {"url": self.client.generate_presigned_url(operation, arguments, ExpiresIn=expires)}
        else:
            form = "header"
            arguments["Range"] = fields["range"] = "bytes=0-9"
            try:
                getattr(self.client, operation)(**arguments)
            except botocore.exceptions.ClientError:
                pass  # The 304 that stands for an answer.
            url, _, sent_query = self.sent.url.partition("?")
            canonical = "&".join(sorted(sent_query.split("&")))
            sent = {name: value.decode() if isinstance(value, bytes) else value for name, value in self.sent.headers.items()}
            expected = {"url": f"{url}?{canonical}" if canonical else url, "headers": signing_headers(sent)}
        return case(
            "client", form, method, self.endpoint, self.style, "files", key, parameters, fields, None,
            self.region, self.creds, expires, expected,
        )


def main():
    signers, clients = int(sys.argv[1]), int(sys.argv[2])
    source = keys()
    for _ in range(signers):
        print(json.dumps(signed_by_signer(next(source))))
    source = keys()
    client = None
    for number in range(clients):
        if number % 100 == 0:
            client = Client()
        print(json.dumps(client.signed(next(source))))


main()
