// The suite's own server behind the address of a bucket: what it answers for a test is the object of that test's name.

import * as http from 'node:http';
import { suite } from './suite.mjs';
import { pack } from './carried.mjs';

const { default: answerTest } = await suite('server/handle-test.mjs');
const { default: takeConfig } = await suite('server/handle-config.mjs');
const { default: tellState } = await suite('server/handle-state.mjs');

// What the client of each test said last about the test itself: the number of the request, by the test's uuid. The gateway would
// drop it, and is told nothing of it.
export const said = new Map();

function serve(request, response) {
  const [, door, ...path] = request.url.split('/');
  if (door === 'config') return takeConfig(path, request, response);
  if (door === 'state') return tellState(path, request, response);
  // `/suite/test/…`: the bucket, and the route's prefix.
  const [, uuid, ...rest] = path;
  const [test] = uuid.split('?');
  // The suite's server puts its own path into some fields, which the client compares with the path that it asked for.
  request.url = `/test/${[uuid, ...rest].join('/')}`;
  Object.assign(request.headers, said.get(test));
  const end = response.end.bind(response);
  response.end = (body) => {
    if (!response.headersSent) pack(response);
    // A body under a coding that nobody knows ends with its connection (RFC 9112 §6.3), which the suite's server leaves open.
    if (response.hasHeader('transfer-encoding')) response.shouldKeepAlive = false;
    end(body);
  };
  request.resume();
  return answerTest([test], request, response);
}

// Listens on a free port of the loopback; returns its address.
export function listen() {
  const server = http.createServer({ keepAliveTimeout: 60_000 }, serve);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`127.0.0.1:${server.address().port}`));
  });
}
