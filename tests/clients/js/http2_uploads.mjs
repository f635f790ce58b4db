// Uploads by presigned URL over HTTP/2 that end as they should not. Prints `NAME|KEY|STATUS` for each, with status 0 when there was
// no answer. Those called `right …` are whole.

import { readFileSync } from 'node:fs';
import * as http2 from 'node:http2';
import { client, content, getSignedUrl, job, s3 } from './steps.mjs';

const sdk = client({ requestChecksumCalculation: 'WHEN_REQUIRED' });
const body = content(300_000, 'a body');
const ca = readFileSync(job.ca);

// `end` is told the stream and the session once two thirds have been sent.
const CASES = {
  'right with its length': [{ 'content-length': body.length }, (stream) => stream.end(body.subarray(200_000))],
  'reset half way': [{ 'content-length': body.length }, (stream) => stream.close(http2.constants.NGHTTP2_CANCEL)],
  'gone half way': [{ 'content-length': body.length }, (stream, session) => session.destroy()],
  'ended early': [{ 'content-length': body.length }, (stream) => stream.end()],
  'longer than said': [{ 'content-length': 200_000 }, (stream) => stream.end(body.subarray(200_000))],
  'of no said length': [{}, (stream) => stream.end(body.subarray(200_000))],
  'of no said length, reset': [{}, (stream) => stream.close(http2.constants.NGHTTP2_CANCEL)],
};

for (const [name, [headers, end]] of Object.entries(CASES)) {
  const Key = `http2/${name.replaceAll(' ', '_').replaceAll(',', '')}`;
  const url = new URL(await getSignedUrl(sdk, new s3.PutObjectCommand({ Bucket: job.bucket, Key }), { expiresIn: 60 }));
  const session = http2.connect(url.origin, { ca });
  session.on('error', () => {});
  const status = await new Promise((resolve) => {
    const stream = session.request({ ':method': 'PUT', ':path': url.pathname + url.search, ...headers });
    let answer = 0;
    stream.on('response', (fields) => (answer = fields[':status']));
    stream.on('error', () => {});
    stream.on('close', () => resolve(answer));
    stream.resume();
    stream.write(body.subarray(0, 200_000), () => setTimeout(() => end(stream, session), 50));
  });
  session.destroy();
  console.log(`${name}|${Key}|${status}`);
}
