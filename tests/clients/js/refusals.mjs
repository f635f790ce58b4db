// What the SDK for JavaScript makes of being refused: the right error by name, also while it is still sending, and a clock that
// is wrong put right.

import { client, content, end, job, refused, s3, same, step } from './steps.mjs';

const Bucket = job.bucket;
const reader = client();
const MIB = 1024 * 1024;

async function assertRefused(call, name, status) {
  const error = await refused(call);
  same('error', [error.name, error.$metadata?.httpStatusCode], [name, status]);
}

for (const size of [10, MIB, 8 * MIB]) {
  await step(`upload of ${size} bytes without leave`, async () => {
    const Body = content(size, 1);
    await assertRefused(reader.send(new s3.PutObjectCommand({ Bucket, Key: 'a', Body })), 'AccessDenied', 403);
    // The connection, or another one, is good for more.
    await reader.send(new s3.GetObjectCommand({ Bucket, Key: 'there' })).then((answer) => answer.Body.transformToString());
  });
}

await step('other things without leave', async () => {
  await assertRefused(reader.send(new s3.DeleteObjectCommand({ Bucket, Key: 'there' })), 'AccessDenied', 403);
  await assertRefused(reader.send(new s3.ListObjectsV2Command({ Bucket })), 'AccessDenied', 403);
  await assertRefused(reader.send(new s3.CreateMultipartUploadCommand({ Bucket, Key: 'a' })), 'AccessDenied', 403);
  // What only clients with `operations: [all]` are let through to, is not there for the others.
  await assertRefused(reader.send(new s3.GetBucketPolicyCommand({ Bucket })), 'NotImplemented', 501);
});

await step('a bucket that is not there', async () => {
  await assertRefused(reader.send(new s3.GetObjectCommand({ Bucket: 'no-such-bucket', Key: 'a' })), 'NoSuchBucket', 404);
});

await step('a wrong secret', async () => {
  const credentials = { accessKeyId: job.access_key_id, secretAccessKey: 'another' };
  const sdk = client({ credentials });
  const call = sdk.send(new s3.GetObjectCommand({ Bucket, Key: 'there' }));
  await assertRefused(call, 'SignatureDoesNotMatch', 403);
});

await step('a clock that is wrong', async () => {
  for (const systemClockOffset of [-1_800_000, 1_800_000]) {
    // The SDK learns from the refusal and its Date how wrong it is.
    const sdk = client({ systemClockOffset, maxAttempts: 2 });
    await sdk.send(new s3.HeadObjectCommand({ Bucket, Key: 'there' })).catch((error) => error);
    const answer = await sdk.send(new s3.GetObjectCommand({ Bucket, Key: 'there' }));
    same('body', await answer.Body.transformToString(), 'some text');
  }
});
end();
