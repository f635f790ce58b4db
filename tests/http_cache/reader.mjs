// The `fetch` that the suite's client is given: tests go to the gateway's routes, what is said about tests to the suite's server.

import * as http from 'node:http';
import { createRequire } from 'node:module';
import { said } from './bucket.mjs';
import { unpack } from './carried.mjs';

const packages = createRequire(`${process.env.EVERGATE_TEST_NPM}/package.json`);
const s3 = packages('@aws-sdk/client-s3');
const { getSignedUrl } = packages('@aws-sdk/s3-request-presigner');

const ABOUT_THE_TEST = ['test-name', 'test-id', 'req-num'];
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });

class Fields {
  constructor(fields) {
    this.fields = new Map();
    for (const [name, value] of fields) {
      const before = this.fields.get(name);
      this.fields.set(name, before === undefined ? value : `${before}, ${value}`);
    }
  }

  get(name) {
    return this.fields.get(name.toLowerCase()) ?? null;
  }

  has(name) {
    return this.fields.has(name.toLowerCase());
  }

  forEach(each) {
    this.fields.forEach((value, name) => each(value, name));
  }

  [Symbol.iterator]() {
    return this.fields[Symbol.iterator]();
  }
}

function pairs(raw) {
  const found = [];
  for (let at = 0; at < raw.length; at += 2) found.push([raw[at].toLowerCase(), raw[at + 1]]);
  return found;
}

function ask(host, path, method, headers, body) {
  const [hostname, port] = host.split(':');
  return new Promise((resolve, reject) => {
    const fields = [...headers, ...(body === undefined ? [] : [['Content-Length', String(Buffer.byteLength(body))]])];
    const request = http.request({ hostname, port, path, method, agent, setHost: false }, (answer) => {
      const pieces = [];
      answer.on('data', (piece) => pieces.push(piece));
      answer.on('error', reject);
      answer.on('end', () => {
        resolve({
          status: answer.statusCode,
          statusText: answer.statusMessage,
          headers: new Fields(unpack(pairs(answer.rawHeaders))),
          text: async () => Buffer.concat(pieces).toString(),
        });
      });
    });
    request.on('error', reject);
    request.setHeader('Host', host);
    for (const [name, value] of fields) request.appendHeader(name, value);
    request.end(body);
  });
}

// Where a client of the S3 endpoint sends what it writes or deletes: routes are for readers.
async function written(places, writer, method, id, key) {
  const command = method === 'PUT' ? s3.PutObjectCommand : s3.DeleteObjectCommand;
  const client = new s3.S3Client({
    region: 'us-east-1',
    endpoint: `http://${places.gateway}`,
    forcePathStyle: true,
    credentials: writer,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const url = new URL(await getSignedUrl(client, new command({ Bucket: places.bucketOf(id), Key: key }), { expiresIn: 60 }));
  return `${url.pathname}${url.search}`;
}

// `places`: the addresses of the gateway and of the suite's server, and what a test's route and bucket are called, by its id.
// `writer`: the key pair of a client of the gateway.
export function reader(places, writer) {
  return async (url, { method = 'GET', headers = [], body } = {}) => {
    const { pathname, search } = new URL(url);
    const [, door, uuid, ...rest] = pathname.split('/');
    if (door !== 'test') return ask(places.server, pathname, method, headers, body);
    const about = {};
    const asked = headers.filter(([name, value]) => {
      const known = ABOUT_THE_TEST.includes(name.toLowerCase());
      if (known) about[name.toLowerCase()] = String(value);
      return !known;
    });
    said.set(uuid, about);
    const id = about['test-id'];
    const name = [uuid, ...rest].join('/');
    const writes = method === 'PUT' || method === 'DELETE';
    const path = writes
      ? await written(places, writer, method, id, `test/${name}`)
      : `${places.routeOf(id)}${name}${search}`;
    return ask(places.gateway, path, method, asked.map(([field, value]) => [field, String(value)]), body);
  };
}
