// `job.count` uploads of `job.size` bytes at once, half of them in the SDK's default framing (chunks with a trailer), half as
// LibreChat sends them. Then every size, and the bytes of a sample.

import { Agent } from 'node:http';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { bytesOf, client, end, job, s3, same, sha256, step } from './steps.mjs';

const Bucket = job.bucket;
const BLOCK = 65_536;
const requestHandler = { httpAgent: new Agent({ keepAlive: true, maxSockets: job.count }), requestTimeout: 120_000 };
const framings = [
  client({ requestHandler }),
  client({ requestHandler, requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' }),
];
const Key = (number) => `many/${String(number).padStart(3, '0')}`;

// Every block of every upload is different, and none is held for longer than it takes to send it.
function* blocks(number) {
  for (let at = 0; at < job.size; at += BLOCK) {
    const block = Buffer.alloc(Math.min(BLOCK, job.size - at), number);
    block.writeUInt32LE(at, 0);
    yield block;
  }
}

await step('upload', async () => {
  const upload = (number) =>
    framings[number % 2].send(
      new s3.PutObjectCommand({ Bucket, Key: Key(number), Body: Readable.from(blocks(number)), ContentLength: job.size }),
    );
  await Promise.all(Array.from({ length: job.count }, (_, number) => upload(number)));
});

await step('sizes', async () => {
  const { Contents } = await framings[1].send(new s3.ListObjectsV2Command({ Bucket, Prefix: 'many/' }));
  same('how many', Contents?.length, job.count);
  const wrong = Contents.filter((object) => object.Size !== job.size).map((object) => object.Key);
  same('of the wrong size', wrong, []);
});

await step('bytes', async () => {
  for (let number = 0; number < job.count; number += 11) {
    const expected = createHash('sha256');
    for (const block of blocks(number)) expected.update(block);
    const got = await bytesOf(await framings[1].send(new s3.GetObjectCommand({ Bucket, Key: Key(number) })));
    same(Key(number), sha256(got), expected.digest('hex'));
  }
});

// The storage of the tests is memory.
await step('delete', async () => {
  const Objects = Array.from({ length: job.count }, (_, number) => ({ Key: Key(number) }));
  const { Errors } = await framings[1].send(new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
  same('errors', Errors ?? [], []);
});
end();
