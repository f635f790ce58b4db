// What LibreChat does with S3, call by call: a picture from memory, a document from a file, a signed URL of each, a download, a
// deletion that asks first. It names no content type, and its keys are `<base path>/<user>/<file>`.
//
// Prints the URLs as `url NAME URL`; `job.delete` has it delete what was uploaded instead.

import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesOf, client, content, end, getSignedUrl, job, s3, sameBytes, step } from './steps.mjs';

// Its settings: S3_URL_EXPIRY_SECONDS=2.
const expiresIn = 2;
const sdk = client({ requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' });
const Bucket = job.bucket;
const user = '66f0a1b2c3d4e5f601234567';
const avatar = `images/${user}/avatar-1732300000000.png`;
const document = `uploads/${user}/7c9e6679__contract (final).pdf`;
const folder = mkdtempSync(join(tmpdir(), 'librechat-'));
const picture = readFileSync(job.picture);

const signed = (Key, more = {}) => getSignedUrl(sdk, new s3.GetObjectCommand({ Bucket, Key, ...more }), { expiresIn });

if (!job.delete) {
  await step('avatar', async () => {
    await sdk.send(new s3.PutObjectCommand({ Bucket, Key: avatar, Body: picture }));
    console.log('url avatar', await signed(avatar));
  });

  await step('document', async () => {
    const file = join(folder, 'upload');
    writeFileSync(file, content(150_000, 'a document'));
    statSync(file);
    await sdk.send(new s3.PutObjectCommand({ Bucket, Key: document, Body: createReadStream(file) }));
    const ResponseContentDisposition = 'attachment; filename="contract (final).pdf"';
    const ResponseContentType = 'application/pdf';
    console.log('url document', await signed(document));
    console.log('url download', await signed(document, { ResponseContentDisposition, ResponseContentType }));
  });

  await step('read back', async () => {
    const answer = await sdk.send(new s3.GetObjectCommand({ Bucket, Key: document }));
    sameBytes('document', await bytesOf(answer), content(150_000, 'a document'));
  });
} else {
  await step('delete', async () => {
    await sdk.send(new s3.HeadObjectCommand({ Bucket, Key: avatar }));
    await sdk.send(new s3.DeleteObjectCommand({ Bucket, Key: avatar }));
    try {
      await sdk.send(new s3.HeadObjectCommand({ Bucket, Key: avatar }));
    } catch (error) {
      // The one name by which it tells that a file is gone already.
      if (error.name === 'NotFound') return;
      throw error;
    }
    throw new Error('it is still there');
  });
}
rmSync(folder, { recursive: true });
end();
