// Makes tests/sigv4/requests/js.jsonl: requests that the AWS SDK for JavaScript v3 signed, for tests/sigv4_verify.rs to
// verify and to spoil. The lines are those of botocore_requests.py. Nothing is sent anywhere.
//
// usage: npm install && node js_requests.mjs > js.jsonl        (node 20 or later)

import crypto from "node:crypto";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { Readable } from "node:stream";
import { mock } from "node:test";

const ID = "AKIAIOSFODNN7EXAMPLE";
const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const PRESIGNED = 500;
const SIGNED = 500;

// Mulberry32: the same dice at every run.
let state = 20261122;
const random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const below = (n) => Math.floor(random() * n);
const choice = (list) => list[below(list.length)];
const hex = (n) => Array.from({ length: n }, () => below(16).toString(16)).join("");
crypto.randomUUID = () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
globalThis.crypto.randomUUID = crypto.randomUUID;
syncBuiltinESMExports();
for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) delete process.env[name];

const S3 = await import("@aws-sdk/client-s3");
const { getSignedUrl } = await import("@aws-sdk/s3-request-presigner");
const version = createRequire(import.meta.url)("@aws-sdk/client-s3/package.json").version;

const PIECES = [..."abcXYZ019-_.~ !\"#$%&'()*+,:;<=>?@[\\]^`{|}", "é", "😀", "e\u0301", "%2F", "//", "/", "+", "images/", "u42"];
const ENDPOINTS = [undefined, "https://files.example.com", "http://minio:9000", "http://minio:9000/base", "https://files.example.com/s3/two", "http://127.0.0.1:8333"];
const text = (most) => Array.from({ length: 1 + below(most) }, () => choice(PIECES)).join("").trim() || "x";
const key = () => {
  for (;;) {
    const some = choice([() => `images/${below(999)}/avatar.png`, () => text(8), () => `uploads/${text(4)}/${text(4)}.pdf`])();
    if (!some.split("/").some((part) => part === "." || part === "..")) return some;
  }
};
const overrides = () => {
  const some = {
    ResponseContentType: "image/png",
    ResponseContentDisposition: `attachment; filename="${text(5)}.png"`,
    ResponseCacheControl: "max-age=60, private",
    ResponseContentLanguage: "de",
    ResponseExpires: new Date(1893456000000),
    VersionId: `${hex(8)}+/=`,
    PartNumber: 1 + below(8),
  };
  return Object.fromEntries(Object.entries(some).filter(() => below(6) === 0));
};
const turn = () => mock.timers.setTime(1000 * choice([1500000000 + below(300000000), 20000 * 86400 - below(2)]));
mock.timers.enable({ apis: ["Date"], now: 0 });

const clientOf = () => {
  const bucket = choice(["files", "my-bucket", "a.dotted.name"]);
  const endpoint = choice(ENDPOINTS);
  const when = choice(["WHEN_REQUIRED", "WHEN_SUPPORTED"]);
  const client = new S3.S3Client({
    region: choice(["us-east-1", "eu-west-1"]),
    endpoint,
    forcePathStyle: endpoint?.includes("127") || bucket.includes(".") || below(2) === 0,
    credentials: { accessKeyId: ID, secretAccessKey: SECRET },
    requestChecksumCalculation: when,
    responseChecksumValidation: when,
    // The real one tells of the machine.
    defaultUserAgentProvider: async () => [["aws-sdk-js", version]],
    requestHandler: {
      handle: async (request) => {
        client.sent = request;
        throw new Error("nothing is sent");
      },
    },
    maxAttempts: 1,
    logger: { debug() {}, info() {}, warn() {}, error() {}, trace() {} },
  });
  return { client, bucket, endpoint };
};
const print = (method, host, target, fields, { bucket, endpoint }) => {
  const line = { m: method, h: host, t: target, f: fields };
  if (host.startsWith(`${bucket}.`) && !endpoint?.includes(`//${host}`)) line.b = bucket;
  console.log(JSON.stringify(line));
};

const presigned = async (place) => {
  const { client, bucket } = place;
  turn();
  const options = { expiresIn: choice([1, 120, 3600, 604800]) };
  const one = { Bucket: bucket, Key: key() };
  let fields = [];
  let [method, command] = choice([
    () => ["GET", new S3.GetObjectCommand({ ...one, ...overrides() })],
    () => ["GET", new S3.GetObjectCommand({ ...one, ...overrides() })],
    () => ["GET", new S3.GetObjectCommand({ ...one, ChecksumMode: "ENABLED" })],
    () => ["HEAD", new S3.HeadObjectCommand(one)],
    () => ["PUT", new S3.PutObjectCommand({ ...one, ContentType: "image/png", Metadata: { who: "u 42" } })],
    () => ["DELETE", new S3.DeleteObjectCommand(one)],
    () => ["GET", new S3.ListObjectsV2Command({ Bucket: bucket, Prefix: text(5) })],
    () => ["PUT", new S3.UploadPartCommand({ ...one, UploadId: text(3), PartNumber: 3 })],
  ])();
  if (command instanceof S3.PutObjectCommand && below(2)) {
    options.signableHeaders = new Set(["content-type"]);
    options.unhoistableHeaders = new Set(["x-amz-meta-who"]);
    fields = [["content-type", "image/png"], ["x-amz-meta-who", "u 42"]];
  }
  const url = await getSignedUrl(client, command, options);
  const [, host, target] = /^https?:\/\/([^/?]*)(.*)$/s.exec(url);
  print(method, host, target, fields, place);
};

const signed = async (place) => {
  const { client, bucket } = place;
  turn();
  const one = { Bucket: bucket, Key: key() };
  const bytes = Buffer.alloc(below(40), "a");
  const stream = () => ({ Body: Readable.from([bytes]), ContentLength: bytes.length });
  const command = choice([
    () => new S3.GetObjectCommand({ ...one, Range: "bytes=0-9", ...overrides() }),
    () => new S3.HeadObjectCommand({ ...one, IfNoneMatch: '"0a"' }),
    () => new S3.PutObjectCommand({ ...one, Body: bytes, ContentType: "text/plain;  charset=utf-8", Metadata: { a: "b  c" } }),
    () => new S3.PutObjectCommand({ ...one, ...stream(), ACL: "private" }),
    () => new S3.PutObjectCommand({ ...one, Body: bytes, ChecksumAlgorithm: "SHA256" }),
    () => new S3.DeleteObjectCommand(one),
    () => new S3.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: [{ Key: "a" }] } }),
    () => new S3.CopyObjectCommand({ ...one, CopySource: encodeURI(`${bucket}/${key()}`) }),
    () => new S3.CreateMultipartUploadCommand({ ...one, ContentType: "image/png" }),
    () => new S3.UploadPartCommand({ ...one, UploadId: text(3), PartNumber: 7, ...stream() }),
    () => new S3.CompleteMultipartUploadCommand({ ...one, UploadId: "u", MultipartUpload: { Parts: [{ ETag: "e", PartNumber: 1 }] } }),
    () => new S3.ListPartsCommand({ ...one, UploadId: "u+/=" }),
    () => new S3.AbortMultipartUploadCommand({ ...one, UploadId: "u" }),
    () => new S3.ListObjectsV2Command({ Bucket: bucket, Prefix: text(6), Delimiter: "/", MaxKeys: 9 }),
    () => new S3.GetBucketLocationCommand({ Bucket: bucket }),
    () => new S3.ListBucketsCommand({}),
  ])();
  client.sent = undefined;
  await client.send(command).catch(() => undefined);
  const { method, headers, hostname, port, path, query } = client.sent;
  const encode = (value) => encodeURIComponent(value).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const parameters = Object.entries(query ?? {}).map(([name, value]) => (value === null ? encode(name) : `${encode(name)}=${encode(value)}`));
  const target = parameters.length ? `${path}?${parameters.join("&")}` : path;
  const host = headers.host ?? (port ? `${hostname}:${port}` : hostname);
  const fields = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  print(method, host, target, fields.filter(([name]) => name !== "host"), place);
};

console.log(JSON.stringify({ by: `@aws-sdk/client-s3 ${version}`, id: ID, secret: SECRET }));
for (const [count, make] of [[PRESIGNED, presigned], [SIGNED, signed]]) {
  let one;
  for (let number = 0; number < count; number++) {
    if (number % 12 === 0) one = clientOf();
    await make(one);
  }
}
