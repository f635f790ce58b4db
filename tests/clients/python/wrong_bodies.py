"""Uploads whose body is not what was signed, over raw sockets, with a signer that shares no code with anybody's.

Prints for each case `NAME|KEY|STATUS|CODE|EXPECTED CODE`, with status 0 when there was no answer. Cases called `right …` are
proof that the signer is right: the same body without its fault.
"""

import base64
import binascii
import datetime
import hashlib
import hmac
import re
import socket
import struct
import sys
import urllib.parse
import json

job = json.load(sys.stdin)
HOST = job["endpoint"].removeprefix("http://")
EMPTY = hashlib.sha256(b"").hexdigest()
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
# Larger than what a gateway holds back, so that the fault shows late.
BODY = hashlib.shake_128(b"a body").digest(300_000)
CHUNK = 65_536


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Upload:
    """One signed PUT: its head, and what signs its chunks."""

    def __init__(self, key, payload, headers, query=""):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        self.scope = f"{now[:8]}/{job['region']}/s3/aws4_request"
        self.date = now
        path = "/" + job["bucket"] + "/" + urllib.parse.quote(key)
        signed = {"host": HOST, "x-amz-date": now, "x-amz-content-sha256": payload, **headers}
        names = sorted(signed)
        canonical = "\n".join(
            ["PUT", path, query]
            + [f"{name}:{signed[name]}" for name in names]
            + ["", ";".join(names), payload]
        )
        secret = ("AWS4" + job["secret_access_key"]).encode()
        for part in self.scope.split("/"):
            secret = mac(secret, part)
        self.secret = secret
        text = f"AWS4-HMAC-SHA256\n{now}\n{self.scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        self.signature = mac(secret, text).hex()
        self.head = f"PUT {path}{'?' + query if query else ''} HTTP/1.1\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in signed.items()
        )
        self.head += (
            f"authorization: AWS4-HMAC-SHA256 Credential={job['access_key_id']}/{self.scope}, "
            f"SignedHeaders={';'.join(names)}, Signature={self.signature}\r\n"
        )

    def sign_chunk(self, data):
        text = "\n".join(
            ["AWS4-HMAC-SHA256-PAYLOAD", self.date, self.scope, self.signature, EMPTY, hashlib.sha256(data).hexdigest()]
        )
        self.signature = mac(self.secret, text).hex()
        return self.signature

    def sign_trailer(self, line):
        digest = hashlib.sha256(line.encode()).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256-TRAILER", self.date, self.scope, self.signature, digest])
        return mac(self.secret, text).hex()


def crc32(data):
    return base64.b64encode(binascii.crc32(data).to_bytes(4, "big")).decode()


def flip(text):
    """Another hexadecimal or base64 text of the same form."""
    return ("b" if text[0] != "b" else "c") + text[1:]


def chunked(upload, kind, data=BODY, wrong=None):
    """An aws-chunked body; `wrong` names what is wrong with it."""
    out = bytearray()
    pieces = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)] + [b""]
    for number, piece in enumerate(pieces):
        last_data = number == len(pieces) - 2
        extension = ""
        if kind != UNSIGNED_TRAILER:
            signature = upload.sign_chunk(piece)
            bad = (wrong == "first" and number == 0) or (wrong == "last" and last_data) or (wrong == "end" and not piece)
            extension = ";chunk-signature=" + (flip(signature) if bad else signature)
        if wrong == "data" and last_data:
            piece = piece[:-1] + bytes([piece[-1] ^ 1])
        size = "zz" if wrong == "size" and last_data else f"{len(piece):x}"
        size = "fffffffffffffffff" if wrong == "huge" and last_data else size
        out += f"{size}{extension}\r\n".encode()
        if piece:
            out += piece + b"\r\n"
    if kind != SIGNED:
        checksum = crc32(data)
        line = f"x-amz-checksum-crc32:{flip(checksum) if wrong == 'checksum' else checksum}"
        if wrong != "no trailer":
            out += line.encode() + b"\r\n"
        if kind == SIGNED_TRAILER:
            signature = upload.sign_trailer(line + "\n")
            out += b"x-amz-trailer-signature:" + (flip(signature) if wrong == "trailer" else signature).encode() + b"\r\n"
    out += b"\r\n"
    if wrong == "more":
        out += b"5\r\nhello\r\n0\r\n\r\n"
    return bytes(out)


def streaming(key, kind, wrong=None, decoded=len(BODY), query="", cut=None):
    headers = {"content-encoding": "aws-chunked", "x-amz-decoded-content-length": str(decoded)}
    if kind != SIGNED:
        headers["x-amz-trailer"] = "x-amz-checksum-crc32"
    upload = Upload(key, kind, headers, query)
    body = chunked(upload, kind, wrong=wrong)
    return upload.head + f"content-length: {len(body)}\r\n\r\n", body[:cut] if cut else body


def large(key):
    """What no gateway holds in memory until it knows."""
    data = hashlib.shake_128(b"a large body").digest(8 * 1024 * 1024)
    headers = {
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": str(len(data)),
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    upload = Upload(key, UNSIGNED_TRAILER, headers)
    body = chunked(upload, UNSIGNED_TRAILER, data, "data")
    return upload.head + f"content-length: {len(body)}\r\n\r\n", body


def plain(key, body=BODY, payload=None, headers=None, cut=None, query=""):
    upload = Upload(key, payload or hashlib.sha256(body).hexdigest(), headers or {}, query)
    return upload.head + f"content-length: {len(body)}\r\n\r\n", body[:cut] if cut else body


def http_chunked(key, whole):
    """The same with HTTP's own chunks around, as clients in JavaScript send streams."""
    headers = {
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": str(len(BODY)),
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    upload = Upload(key, UNSIGNED_TRAILER, headers)
    inner = chunked(upload, UNSIGNED_TRAILER)
    body = b"".join(f"{len(inner[at:at + 9000]):x}\r\n".encode() + inner[at : at + 9000] + b"\r\n" for at in range(0, len(inner), 9000))
    return upload.head + "transfer-encoding: chunked\r\n\r\n", body + (b"0\r\n\r\n" if whole else b"")


def send(head, body, end):
    """Sends and returns status and code. `end`: `wait` for the answer, `close` our half first, or `vanish`."""
    host, port = HOST.split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        try:
            connection.sendall(head.encode() + body)
            if end == "vanish":
                # Closed with a reset, as when a machine is switched off.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return 0, "vanished"
            if end == "close":
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused early: the answer may be there all the same
        answer = b""
        try:
            while b"\r\n\r\n" not in answer or not complete(answer):
                piece = connection.recv(65_536)
                if not piece:
                    break
                answer += piece
        except OSError:
            pass
    status = re.match(rb"HTTP/1\.1 (\d+)", answer)
    code = re.search(rb"<Code>(\w+)</Code>", answer)
    if not code and re.search(rb"(?i)\r\nconnection: close\r\n", answer):
        # A body that was read to its end is no reason to close.
        return int(status[1]), "closes"
    return int(status[1]) if status else 0, code[1].decode() if code else "-"


def complete(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    return length is not None and len(body) >= int(length[1])


WRONG_MD5 = base64.b64encode(hashlib.md5(b"another body").digest()).decode()
OTHER_HASH = hashlib.sha256(b"another body").hexdigest()
# name: (what is sent, how it ends, the error's code)
CASES = {
    "right signed chunks": (lambda key: streaming(key, SIGNED), "wait", "-"),
    "right signed trailer": (lambda key: streaming(key, SIGNED_TRAILER), "wait", "-"),
    "right unsigned trailer": (lambda key: streaming(key, UNSIGNED_TRAILER), "wait", "-"),
    "right unsigned trailer in HTTP chunks": (lambda key: http_chunked(key, True), "wait", "-"),
    "right hash": (lambda key: plain(key), "wait", "-"),
    "right unsigned payload": (lambda key: plain(key, payload="UNSIGNED-PAYLOAD"), "wait", "-"),
    "first chunk signature": (lambda key: streaming(key, SIGNED, "first"), "wait", "SignatureDoesNotMatch"),
    "last chunk signature": (lambda key: streaming(key, SIGNED, "last"), "wait", "SignatureDoesNotMatch"),
    "signature of the end": (lambda key: streaming(key, SIGNED, "end"), "wait", "SignatureDoesNotMatch"),
    "a byte of the last chunk": (lambda key: streaming(key, SIGNED, "data"), "wait", "SignatureDoesNotMatch"),
    "a byte under a signed trailer": (lambda key: streaming(key, SIGNED_TRAILER, "data"), "wait", "SignatureDoesNotMatch"),
    "a byte under an unsigned trailer": (lambda key: streaming(key, UNSIGNED_TRAILER, "data"), "wait", "BadDigest"),
    "a byte of 8 MiB": (lambda key: large(key), "wait", "BadDigest"),
    "trailer signature": (lambda key: streaming(key, SIGNED_TRAILER, "trailer"), "wait", "SignatureDoesNotMatch"),
    "signed trailer checksum": (lambda key: streaming(key, SIGNED_TRAILER, "checksum"), "wait", "BadDigest"),
    "unsigned trailer checksum": (lambda key: streaming(key, UNSIGNED_TRAILER, "checksum"), "wait", "BadDigest"),
    "no trailer": (lambda key: streaming(key, UNSIGNED_TRAILER, "no trailer"), "wait", "MalformedTrailerError"),
    "chunk size that is none": (lambda key: streaming(key, UNSIGNED_TRAILER, "size"), "wait", "InvalidRequest"),
    "chunk size past all bounds": (lambda key: streaming(key, UNSIGNED_TRAILER, "huge"), "wait", "InvalidRequest"),
    "more behind the end": (lambda key: streaming(key, UNSIGNED_TRAILER, "more"), "wait", "InvalidRequest"),
    "decoded length too large": (lambda key: streaming(key, SIGNED, decoded=len(BODY) + 1), "wait", "IncompleteBody"),
    "decoded length too small": (lambda key: streaming(key, SIGNED, decoded=len(BODY) - 1), "wait", "IncompleteBody"),
    "wrong hash": (lambda key: plain(key, payload=OTHER_HASH), "wait", "XAmzContentSHA256Mismatch"),
    "wrong MD5": (lambda key: plain(key, payload="UNSIGNED-PAYLOAD", headers={"content-md5": WRONG_MD5}), "wait", "BadDigest"),
    "wrong checksum header": (lambda key: plain(key, payload="UNSIGNED-PAYLOAD", headers={"x-amz-checksum-crc32": crc32(b"another body")}), "wait", "BadDigest"),
    "short, closed, hashed": (lambda key: plain(key, cut=200_000), "close", "IncompleteBody"),
    "short, closed, unsigned": (lambda key: plain(key, payload="UNSIGNED-PAYLOAD", cut=200_000), "close", "IncompleteBody"),
    "short, closed, in chunks": (lambda key: streaming(key, SIGNED, cut=200_000), "close", "IncompleteBody"),
    "HTTP chunks without an end": (lambda key: http_chunked(key, False), "close", "IncompleteBody"),
    "vanishes, hashed": (lambda key: plain(key, cut=200_000), "vanish", "vanished"),
    "vanishes, unsigned": (lambda key: plain(key, payload="UNSIGNED-PAYLOAD", cut=200_000), "vanish", "vanished"),
    "vanishes, in chunks": (lambda key: streaming(key, UNSIGNED_TRAILER, cut=200_000), "vanish", "vanished"),
    "vanishes before the trailer": (lambda key: streaming(key, UNSIGNED_TRAILER, cut=-40), "vanish", "vanished"),
}

upload_id = job.get("upload_id")
query = urllib.parse.urlencode({"partNumber": "1", "uploadId": upload_id}) if upload_id else ""
if query:
    CASES = {
        "part with a wrong chunk signature": (lambda key: streaming(key, SIGNED, "last", query=query), "wait", "SignatureDoesNotMatch"),
        "part with a wrong hash": (lambda key: plain(key, payload=OTHER_HASH, query=query), "wait", "XAmzContentSHA256Mismatch"),
        "part that is cut short": (lambda key: plain(key, cut=200_000, query=query), "close", "IncompleteBody"),
        "part whose sender vanishes": (lambda key: streaming(key, UNSIGNED_TRAILER, query=query, cut=200_000), "vanish", "vanished"),
    }
for name, (request, end, expected) in CASES.items():
    if name not in job.get("only", CASES):
        continue
    key = job["key"] if query else "bodies/" + name.replace(" ", "_").replace(",", "")
    head, body = request(key)
    status, code = send(head, body, end)
    print(f"{name}|{key}|{status}|{code}|{expected}", flush=True)
