// The AWS SDK for JavaScript v3 as apps use it. `job.checksums` is `default` or `when_required`.

import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Upload, bytesOf, client, content, end, fetched, getSignedUrl, job, refused, s3, same, sameBytes, step } from './steps.mjs';

const settings =
  job.checksums === 'when_required'
    ? { requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' }
    : {};
const sdk = client(settings);
const Bucket = job.bucket;
const prefix = `js-${job.checksums}/`;
const MIB = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), 'clients-'));

const put = (Key, Body, more = {}) => sdk.send(new s3.PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = (Key, more = {}) => sdk.send(new s3.GetObjectCommand({ Bucket, Key, ...more }));

async function roundTrip(Key, body, sent = body, more = {}) {
  await put(Key, sent, more);
  sameBytes(Key, await bytesOf(await get(Key)), body);
}

await step('buffer', async () => {
  await roundTrip(`${prefix}buffer.bin`, content(100_000, 1));
  await roundTrip(`${prefix}empty`, Buffer.alloc(0));
  await roundTrip(`${prefix}text.txt`, Buffer.from('some text'), 'some text');
});

await step('file stream', async () => {
  const body = content(300_000, 2);
  writeFileSync(join(folder, 'file'), body);
  await roundTrip(`${prefix}file.bin`, body, createReadStream(join(folder, 'file')));
});

await step('checksums of every kind', async () => {
  const body = content(200_000, 3);
  for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'SHA1', 'SHA256']) {
    await roundTrip(`${prefix}${ChecksumAlgorithm}`, body, body, { ChecksumAlgorithm });
  }
});

await step('metadata', async () => {
  const told = { ContentType: 'image/png', CacheControl: 'max-age=60', ContentDisposition: 'inline', Metadata: { colour: 'blue' } };
  await put(`${prefix}told.png`, content(1000, 4), told);
  const head = await sdk.send(new s3.HeadObjectCommand({ Bucket, Key: `${prefix}told.png` }));
  same('length', head.ContentLength, 1000);
  same('type', head.ContentType, 'image/png');
  // Sent, and not among the signed fields.
  same('caching', head.CacheControl, 'max-age=60');
  same('metadata', head.Metadata, { colour: 'blue' });
  same('a day', head.LastModified instanceof Date && !Number.isNaN(head.LastModified.getTime()), true);
  same('a tag', /^".+"$/.test(head.ETag), true);
});

await step('awkward keys', async () => {
  for (const name of ["a b+c/ü (1)!'*.txt", '100%25 & more=?.txt', 'ends with dots...', '日本語/ファイル.png']) {
    const body = content(2000, name);
    await roundTrip(`${prefix}awkward/${name}`, body);
    const listed = await sdk.send(new s3.ListObjectsV2Command({ Bucket, Prefix: `${prefix}awkward/${name}` }));
    same('listed', listed.Contents?.map((object) => object.Key), [`${prefix}awkward/${name}`]);
  }
});

await step('ranges', async () => {
  const body = content(100_000, 1);
  const ranges = [['bytes=100-199', 100, 200], ['bytes=-10', 99_990, 100_000], ['bytes=99990-', 99_990, 100_000]];
  for (const [Range, from, to] of ranges) {
    const answer = await get(`${prefix}buffer.bin`, { Range });
    same('status', answer.$metadata.httpStatusCode, 206);
    same('range', answer.ContentRange, `bytes ${from}-${to - 1}/100000`);
    sameBytes(Range, await bytesOf(answer), body.subarray(from, to));
  }
});

await step('conditions', async () => {
  const { ETag } = await sdk.send(new s3.HeadObjectCommand({ Bucket, Key: `${prefix}buffer.bin` }));
  same('still that', (await get(`${prefix}buffer.bin`, { IfMatch: ETag })).ContentLength, 100_000);
  // s3s-fs hears no conditions.
  if (!job.hears_conditions) return;
  const unchanged = await refused(get(`${prefix}buffer.bin`, { IfNoneMatch: ETag }));
  same('unchanged', unchanged.$metadata.httpStatusCode, 304);
  const changed = await refused(get(`${prefix}buffer.bin`, { IfMatch: '"another"' }));
  same('changed', [changed.name, changed.$metadata.httpStatusCode], ['PreconditionFailed', 412]);
});

await step('missing', async () => {
  const head = await refused(sdk.send(new s3.HeadObjectCommand({ Bucket, Key: `${prefix}nothing` })));
  same('HEAD', [head.name, head.$metadata.httpStatusCode], ['NotFound', 404]);
  const read = await refused(get(`${prefix}nothing`));
  same('GET', [read.name, read.$metadata.httpStatusCode], ['NoSuchKey', 404]);
});

await step('20 MiB by lib-storage', async () => {
  const body = content(20 * MIB, 5);
  const upload = new Upload({ client: sdk, params: { Bucket, Key: `${prefix}large.bin`, Body: body }, partSize: 5 * MIB, queueSize: 3 });
  await upload.done();
  sameBytes('large', await bytesOf(await get(`${prefix}large.bin`)), body);
});

await step('a stream of unknown length by lib-storage', async () => {
  const body = content(7 * MIB + 1, 6);
  const stream = new PassThrough();
  const upload = new Upload({ client: sdk, params: { Bucket, Key: `${prefix}unknown.bin`, Body: stream }, partSize: 5 * MIB });
  const done = upload.done();
  for (let at = 0; at < body.length; at += 65_536) stream.write(body.subarray(at, at + 65_536));
  stream.end();
  await done;
  sameBytes('unknown', await bytesOf(await get(`${prefix}unknown.bin`)), body);
});

await step('multipart by hand, listed and given up', async () => {
  const Key = `${prefix}given up.bin`;
  const { UploadId } = await sdk.send(new s3.CreateMultipartUploadCommand({ Bucket, Key }));
  await sdk.send(new s3.UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: content(5 * MIB, 7) }));
  const parts = await sdk.send(new s3.ListPartsCommand({ Bucket, Key, UploadId }));
  same('parts', parts.Parts?.map((part) => [part.PartNumber, part.Size]), [[1, 5 * MIB]]);
  await sdk.send(new s3.AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  same('gone', (await refused(sdk.send(new s3.HeadObjectCommand({ Bucket, Key })))).name, 'NotFound');
});

await step('list in pages', async () => {
  for (const name of ['1', '2', '3', 'sub/4', 'sub/5']) await put(`${prefix}list/${name}`, name);
  const keys = [];
  for await (const page of s3.paginateListObjectsV2({ client: sdk, pageSize: 2 }, { Bucket, Prefix: `${prefix}list/` })) {
    keys.push(...(page.Contents ?? []).map((object) => object.Key));
  }
  same('keys', keys, ['1', '2', '3', 'sub/4', 'sub/5'].map((name) => `${prefix}list/${name}`));
  const level = await sdk.send(new s3.ListObjectsV2Command({ Bucket, Prefix: `${prefix}list/`, Delimiter: '/' }));
  same('bucket', level.Name, Bucket);
  same('folders', level.CommonPrefixes?.map((folder) => folder.Prefix), [`${prefix}list/sub/`]);
  const old = await sdk.send(new s3.ListObjectsCommand({ Bucket, Prefix: `${prefix}list/sub/` }));
  same('version 1', old.Contents?.map((object) => object.Size), [5, 5]);
});

await step('copy', async () => {
  const CopySource = `${Bucket}/${prefix}${encodeURIComponent("buffer.bin")}`;
  await sdk.send(new s3.CopyObjectCommand({ Bucket, Key: `${prefix}copy.bin`, CopySource }));
  sameBytes('copy', await bytesOf(await get(`${prefix}copy.bin`)), content(100_000, 1));
});

await step('presigned with a disposition', async () => {
  const ResponseContentDisposition = 'attachment; filename="a name (1).bin"';
  const command = new s3.GetObjectCommand({ Bucket, Key: `${prefix}buffer.bin`, ResponseContentDisposition, ResponseContentType: 'text/plain' });
  const answer = await fetched(await getSignedUrl(sdk, command, { expiresIn: 60 }));
  same('status', answer.status, 200);
  same('disposition', answer.headers['content-disposition'], ResponseContentDisposition);
  same('type', answer.headers['content-type']?.split(';')[0], 'text/plain');
  sameBytes('presigned', answer.body, content(100_000, 1));
});

await step('presigned PUT', async () => {
  const Key = `${prefix}presigned put.bin`;
  const url = await getSignedUrl(sdk, new s3.PutObjectCommand({ Bucket, Key }), { expiresIn: 60 });
  const answer = await fetched(url, 'PUT', content(70_000, 8));
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.body}`);
  sameBytes('put', await bytesOf(await get(Key)), content(70_000, 8));
});

await step('buckets', async () => {
  await sdk.send(new s3.HeadBucketCommand({ Bucket }));
  const { Buckets } = await sdk.send(new s3.ListBucketsCommand({}));
  same('listed', Buckets?.some((bucket) => bucket.Name === Bucket), true);
  await sdk.send(new s3.GetBucketLocationCommand({ Bucket }));
});

await step('batch delete', async () => {
  const keys = ['1', '2', '3', 'sub/4', 'sub/5'].map((name) => `${prefix}list/${name}`);
  const Delete = { Objects: keys.map((Key) => ({ Key })) };
  const answer = await sdk.send(new s3.DeleteObjectsCommand({ Bucket, Delete }));
  same('deleted', answer.Deleted?.map((object) => object.Key).sort(), keys);
  same('errors', answer.Errors ?? [], []);
  const left = await sdk.send(new s3.ListObjectsV2Command({ Bucket, Prefix: `${prefix}list/` }));
  same('left', left.Contents?.length ?? 0, 0);
});

await step('delete', async () => {
  await sdk.send(new s3.DeleteObjectCommand({ Bucket, Key: `${prefix}buffer.bin` }));
  same('gone', (await refused(sdk.send(new s3.HeadObjectCommand({ Bucket, Key: `${prefix}buffer.bin` })))).name, 'NotFound');
  await sdk.send(new s3.DeleteObjectCommand({ Bucket, Key: `${prefix}buffer.bin` }));
});

rmSync(folder, { recursive: true });
end();
