// The `fetch` that the suite's client is given: tests go to the gateway's routes, what is said about tests to the suite's server.

import * as http from 'node:http';
import { said } from './bucket.mjs';
import { unpack } from './carried.mjs';

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

// `gateway` and `server` are addresses; `routeOf` names the route of a test by its id.
export function reader(gateway, server, routeOf) {
  return (url, { method = 'GET', headers = [], body } = {}) => {
    const { pathname, search } = new URL(url);
    const [, door, uuid, ...rest] = pathname.split('/');
    if (door !== 'test') return ask(server, pathname, method, headers, body);
    const about = {};
    const asked = headers.filter(([name, value]) => {
      const known = ABOUT_THE_TEST.includes(name.toLowerCase());
      if (known) about[name.toLowerCase()] = String(value);
      return !known;
    });
    said.set(uuid, about);
    const path = `${routeOf(about['test-id'])}${[uuid, ...rest].join('/')}${search}`;
    return ask(gateway, path, method, asked.map(([name, value]) => [name, String(value)]), body);
  };
}
