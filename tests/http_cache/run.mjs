// Runs http-cache-tests against the gateway. Prints the addresses of its buckets, one line of JSON; reads the gateway's from standard
// input; prints what came of each test, another line of JSON.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { listen } from './bucket.mjs';
import { reader } from './reader.mjs';
import { folder, suite } from './suite.mjs';

const { default: groups } = await suite('tests/index.mjs');
const { runTests, getResults } = await suite('client/runner.mjs');
const { determineTestResult } = await suite('lib/display.mjs');

// What the suite's own pages tell apart.
const OUTCOMES = {
  '-': 'untested',
  '✅': 'passed',
  '⛔️': 'failed',
  '⚠️': 'failed',
  Y: 'passed',
  N: 'failed',
  '🔹': 'set-up failed',
  '⁉️': 'harness failed',
  '⚪️': 'dependency failed',
  '↻': 'retried',
};

const tests = groups.flatMap((group) => group.tests.map((test) => ({ ...test, group: group.id })));

function told(results) {
  return tests.map((test) => ({
    id: test.id,
    group: test.group,
    // As the suite counts: what says nothing of its kind is required.
    kind: test.kind ?? 'required',
    outcome: OUTCOMES[determineTestResult(groups, test.id, results)[2]],
    message: Array.isArray(results[test.id]) ? results[test.id].join(': ') : '',
  }));
}

// What the package itself tells of another cache.
const published = (name) => told(JSON.parse(readFileSync(new URL(`results/${name}.json`, folder))));

// Each test whose origin fails has a bucket at an address of its own: the gateway leaves an origin in peace that only fails, and
// the other tests would suffer.
const fails = (request) => request.disconnect || request.response_status?.[0] >= 500;
const troubled = tests.filter((test) => test.requests.some(fails)).map((test) => test.id);

// A route of this gateway says how long an answer is good that says nothing itself. One test asks for such an answer, and as the
// suite's own guide tells, that a cache has a rule for it has to be set aside.
function routeOf(id) {
  return id === 'freshness-none' ? '/silent/' : `/${troubled.indexOf(id) + 1}/`;
}

const buckets = await Promise.all(['', ...troubled].map(listen));
console.log(JSON.stringify(buckets));

createInterface({ input: process.stdin }).once('line', async (gateway) => {
  const [server] = buckets;
  await runTests(groups, reader(gateway, server, routeOf), false, 'http://suite');
  const results = { evergate: told(getResults()), nginx: published('nginx'), varnish: published('varnish') };
  process.stdout.write(`${JSON.stringify(results)}\n`, () => process.exit());
});
