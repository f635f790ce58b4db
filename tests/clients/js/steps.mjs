// What the JavaScript tests share: the job, the packages, and steps that are run one after the other, however each ends.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import { createRequire } from 'node:module';

// The packages are not beside this file but in the cache that `make test` fills.
const packages = createRequire(`${process.env.EVERGATE_TEST_NPM}/package.json`);
export const s3 = packages('@aws-sdk/client-s3');
export const { Upload } = packages('@aws-sdk/lib-storage');
export const { getSignedUrl } = packages('@aws-sdk/s3-request-presigner');

export const job = JSON.parse(readFileSync(0, 'utf8'));

// Whatever a host is called, it is here: buckets may be sub-domains of names that nobody knows.
const lookup = (_, { all }, done) => (all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4));
const httpAgent = new http.Agent({ keepAlive: true, lookup });

export function client(settings = {}) {
  return new s3.S3Client({
    region: job.region,
    endpoint: job.endpoint,
    forcePathStyle: !job.virtual_hosts,
    requestHandler: { httpAgent },
    credentials: { accessKeyId: job.access_key_id, secretAccessKey: job.secret_access_key },
    maxAttempts: 1,
    ...settings,
  });
}

// What a browser does with a URL: status, head and bytes.
export function fetched(url, method = 'GET', body = undefined) {
  return new Promise((resolve, reject) => {
    const headers = body ? { 'content-length': body.length } : {};
    const request = http.request(url, { method, headers, agent: httpAgent }, (answer) => {
      const pieces = [];
      answer.on('data', (piece) => pieces.push(piece));
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(pieces) }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

// Bytes that repeat nowhere near, so that parts in the wrong order show.
export function content(length, seed) {
  const bytes = Buffer.alloc(Math.ceil(length / 32) * 32);
  let block = createHash('sha256').update(String(seed)).digest();
  for (let at = 0; at < bytes.length; at += 32) {
    block.copy(bytes, at);
    block.writeUInt32LE((block.readUInt32LE(0) + 0x9e3779b9) >>> 0, 0);
    block.writeUInt32LE(at, 8);
  }
  return bytes.subarray(0, length);
}

export async function bytesOf(answer) {
  return Buffer.from(await answer.Body.transformToByteArray());
}

export function same(what, got, expected) {
  const [a, b] = [JSON.stringify(got), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: ${a?.slice(0, 300)}, not ${b?.slice(0, 300)}`);
}

export function sameBytes(what, got, expected) {
  same(`${what}: length`, got.length, expected.length);
  same(`${what}: digest`, sha256(got), sha256(expected));
}

// The error that a call must end with.
export async function refused(call) {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('it was not refused');
}

let failed = 0;

export async function step(name, run) {
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    const details = [error.name, error.$metadata?.httpStatusCode, error.message, error.cause?.message];
    console.log(`FAILED ${name}: ${details.filter(Boolean).join(': ').replaceAll('\n', ' ')}`);
  }
}

export function end() {
  process.exitCode = failed ? 1 : 0;
}
