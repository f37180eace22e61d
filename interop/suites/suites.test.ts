import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { AdsTestClient, buildEdsCluster, typeUrls } from '@evenkeel/xds';
import { startControl } from './control.ts';
import { functionOf, GoTestEvents } from './go-test-events.ts';
import { exitCodeOf, formatResult, merged, type SuiteResult } from './result.ts';

test('a connection of the control is a server, which gives every node its own', async (t) => {
  const asked: unknown[] = [];
  const control = await startControl((by) => asked.push(by));
  t.after(() => control.stop());
  const [host, port] = control.address.split(':');
  const socket = connect({ host: host!, port: Number(port) });
  t.after(() => socket.destroy());
  const lines = createInterface({ input: socket });
  const answers = lines[Symbol.asyncIterator]();
  const say = async (message: object) => {
    socket.write(`${JSON.stringify(message)}\n`);
    return JSON.parse((await answers.next()).value!);
  };
  const { address } = await say({ test: 'Test/Foo', folder: '/x' });
  assert.deepEqual(asked, [{ test: 'Test/Foo', folder: '/x' }]);

  const client = await AdsTestClient.connect(`http://${address}`, { node: { id: 'one' } });
  t.after(() => client.close());
  const ads = client.sotw();
  const { typeUrl, bytes } = buildEdsCluster({ name: 'a' });
  const resources = [{ typeUrl, value: Buffer.from(bytes).toString('base64') }];
  assert.deepEqual(await say({ node: 'other', version: '7', resources }), {});
  assert.deepEqual((await ads.requestResponseAck(typeUrls.cluster, ['a'])).names, []);
  assert.deepEqual(await say({ node: 'one', version: '8', resources }), {});
  const { version, names } = await ads.responseAck(typeUrls.cluster);
  assert.deepEqual([version, names], ['8', ['a']]);
  assert.match((await say({ node: 'one', version: '9', resources: [{ typeUrl: '', value: '' }] })).error, /type URL/);

  const ended = ads.ended;
  socket.end();
  assert.equal((await ended).code, 14);
});

test('a control that ends takes its servers with it', async () => {
  const control = await startControl(() => {});
  const [host, port] = control.address.split(':');
  const socket = connect({ host: host!, port: Number(port) });
  socket.on('error', () => {});
  socket.write(`${JSON.stringify({ test: 'T', folder: '/' })}\n`);
  await once(socket, 'data');
  const closed = once(socket, 'close');
  await control.stop();
  await closed;
});

test('a test belongs to the function that go test can run again', () => {
  assert.deepEqual(functionOf('Test/Foo/a_case'), { name: 'Foo', pattern: '^Test$/^Foo$', isWhole: false });
  assert.deepEqual(functionOf('TestBar'), { name: 'TestBar', pattern: '^TestBar$', isWhole: true });
  assert.equal(functionOf('Test'), undefined);
});

test('functions end as go test says, and one that ended its process is unfinished', () => {
  const events = new GoTestEvents();
  const said = [
    { Action: 'run', Package: 'p', Test: 'Test/Good' },
    { Action: 'fail', Package: 'p', Test: 'Test/Good/part' },
    { Action: 'pass', Package: 'p', Test: 'Test/Good' },
    { Action: 'run', Package: 'p', Test: 'Test/Bad' },
    { Action: 'fail', Package: 'p', Test: 'Test/Bad' },
    { Action: 'run', Package: 'p', Test: 'Test/Panics' },
    { Action: 'output', Package: 'p', Test: 'Test/Panics', Output: 'panic: x\n' },
    { Action: 'fail', Package: 'p' },
    { Action: 'output', Package: 'q', Output: 'does not compile\n' },
    { Action: 'fail', Package: 'q' },
  ];
  for (const event of said) events.line(JSON.stringify(event));
  events.line('no event');
  assert.deepEqual(
    [...events.functions.values()].map(({ name, outcome }) => [name, outcome]),
    [
      ['Good', 'passed'],
      ['Bad', 'failed'],
      ['Panics', 'unfinished'],
    ],
  );
  assert.deepEqual([...events.brokenPackages.keys()], ['p', 'q']);
});

test('a suite that failed on purpose alone ends with 0, and its table says why', () => {
  const about = {
    schemaVersion: 1,
    suite: 'grpc-go',
    version: 'v1',
    go: 'go1',
    node: 'v26',
    at: '2026-11-27T00:00Z',
  } as const;
  const result: SuiteResult = {
    ...about,
    tests: [
      { package: 'a', test: 'X', outcome: 'passed' },
      { package: 'a', test: 'Y', outcome: 'on-purpose', why: 'It has to be so.' },
    ],
  };
  assert.match(
    formatResult(result),
    /\| `a` \| 1 \| 0 \| 1 \| 0 \| 0 \|\n[\s\S]*- `a` Y: on purpose\. It has to be so\./,
  );
  assert.equal(exitCodeOf(result), 0);
  assert.equal(exitCodeOf({ ...about, tests: [{ package: 'a', test: 'X', outcome: 'failed' }] }), 1);
  assert.equal(exitCodeOf({ ...about, tests: [] }), 3);
});

test('what was run replaces what was known of its packages, of the same version', () => {
  const result = (version: string, at: string, ...rows: [name: string, test: string][]): SuiteResult => ({
    ...{ schemaVersion: 1, suite: 'grpc-go', version, go: 'go1', node: 'v26', at },
    tests: rows.map(([name, test]) => ({ package: name, test, outcome: 'passed' })),
  });
  const before = result('v1', '1', ['b', 'Gone'], ['a', 'Old']);
  const now = result('v1', '2', ['c', 'New'], ['b', 'New']);
  assert.deepEqual(merged(before, now, ['b', 'c']), result('v1', '2', ['a', 'Old'], ['b', 'New'], ['c', 'New']));
  assert.deepEqual(merged({ ...before, version: 'v0' }, now, ['b', 'c']).tests.length, 2);
});

test('README.md shows the last result, and every difference is one of it', () => {
  const read = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8');
  const result: SuiteResult = JSON.parse(read('grpc-go/latest.json'));
  assert.ok(read('README.md').includes(`<!-- result -->\n${formatResult(result)}\n<!-- /result -->`));
  const onPurpose = result.tests.filter(({ outcome }) => outcome === 'on-purpose');
  const reasons = Object.fromEntries(onPurpose.map(({ package: name, test, why }) => [`${name} ${test}`, why]));
  assert.deepEqual(JSON.parse(read('differences.json')), reasons);
});
