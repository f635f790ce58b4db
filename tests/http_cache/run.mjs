// Runs http-cache-tests against the gateway. Prints the addresses of its buckets, one line of JSON; reads from standard
// input where the gateway is; prints what came of each test, another line of JSON.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { listen } from './bucket.mjs';
import { standsIn } from './carried.mjs';
import { reader } from './reader.mjs';
import { folder, suite } from './suite.mjs';

const { default: groups } = await suite('tests/index.mjs');
const { runTests } = await suite('client/runner.mjs');
const { makeCacheTest, testResults } = await suite('client/test.mjs');
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

// Copies, for the suite's client changes what it runs.
const tests = groups.flatMap((group) => group.tests.map((test) => ({ ...structuredClone(test), group: group.id })));

function told(results) {
  return tests.map((test) => ({
    id: test.id,
    group: test.group,
    // As the suite counts: what says nothing of its kind is required.
    kind: test.kind ?? 'required',
    outcome: OUTCOMES[determineTestResult(groups, test.id, results)[2]],
    stands_in: test.requests.some(({ response_headers: fields = [] }) => fields.some(([name]) => standsIn(name))),
    message: Array.isArray(results[test.id]) ? results[test.id].join(': ') : '',
  }));
}

// What the package itself tells of another cache.
const published = (name) => told(JSON.parse(readFileSync(new URL(`results/${name}.json`, folder))));

// Each test whose origin fails has a bucket at an address of its own: the gateway leaves an origin in peace that only fails, and
// the other tests would suffer.
const fails = (request) => request.disconnect || request.response_status?.[0] >= 500;
const troubled = tests.filter((test) => test.requests.some(fails)).map((test) => test.id);
const bucketOf = (id) => troubled.indexOf(id) + 1;

// A route of this gateway says how long an answer is good that says nothing itself: one second here, and on all other routes what the
// suite may say at most. The suite's own guide asks for that to be set aside, since a fifth of its required tests build on the one test
// which sends such an answer: they would be thought to say nothing. Here they say more: on their route it would have been kept.
const routeOf = (id) => (id === 'freshness-none' ? '/silent/' : `/${bucketOf(id)}/`);

const buckets = await Promise.all(['', ...troubled].map(listen));
console.log(JSON.stringify(buckets));

// The clocks of HTTP tick in seconds: an age that is asked for to the second is off by one where a tick falls between the server and
// the client. What should have passed, and what it builds on, is run once more, by itself.
async function runAgain(expected) {
  const surprises = told(testResults).filter(({ id, kind, outcome }) => {
    return kind === 'required' && !['passed', 'untested'].includes(outcome) && !expected.includes(id);
  });
  const wanted = new Set(surprises.map(({ id }) => id));
  for (const id of wanted) {
    for (const other of tests.find((test) => test.id === id).depends_on ?? []) {
      if (testResults[other] !== true) wanted.add(other);
    }
  }
  const again = tests.filter((test) => wanted.has(test.id));
  for (const test of again) delete testResults[test.id];
  await Promise.all(again.map((test) => makeCacheTest(structuredClone(test))));
}

createInterface({ input: process.stdin }).once('line', async (line) => {
  const { gateway, writer, expected } = JSON.parse(line);
  const places = { gateway, server: buckets[0], routeOf, bucketOf: (id) => `suite${bucketOf(id)}` };
  await runTests(groups, reader(places, writer), false, 'http://suite');
  await runAgain(expected);
  const results = { evergate: told(testResults), nginx: published('nginx'), varnish: published('varnish') };
  process.stdout.write(`${JSON.stringify(results)}\n`, () => process.exit());
});
