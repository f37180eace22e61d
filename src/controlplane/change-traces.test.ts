import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AdsTestClient, type StreamInfo, typeUrls } from '@evenkeel/xds';
import { ManualClock } from '../base/clock.ts';
import { startTraceStore } from '../workloads/testing/trace-store.ts';
import { type ChangeTrace, ChangeTraces } from './change-traces.ts';
import { replaceEndpointFile } from './testing/endpoint-file.ts';
import { ServeProcess } from './testing/serve-process.ts';

const { endpoint } = typeUrls;
const name = 'shop/orders:50051';
const names = new Map([[endpoint, new Set([name])]]);

/** Two streams that ask for the endpoints of a Service, one of another group. */
function follow() {
  const done: ChangeTrace[] = [];
  const clock = new ManualClock();
  const [web, job] = ['web', 'job'].map(
    (id, index) => ({ id: index, peer: `10.0.0.${index}:1`, node: { id }, group: id }) as unknown as StreamInfo,
  ) as [StreamInfo, StreamInfo];
  const traces = new ChangeTraces({
    ...{ clock, now: () => 1_000 + clock.now(), done: (trace) => done.push(trace) },
    streamsOf: (typeUrl, asked) => (typeUrl === endpoint && asked === name ? [web, job] : []),
  });
  const answers = () =>
    done.map((one) =>
      one.answers.map(({ client, sentAtMs, answeredAtMs, rejected }) => ({ client, sentAtMs, answeredAtMs, rejected })),
    );
  return { traces, clock, web, job, done, answers };
}

test('a change begins at its source and ends with the last answer', () => {
  const { traces, clock, web, job, done, answers } = follow();
  traces.began('shop/orders', 'kubernetes');
  clock.advance(5);
  traces.began('shop/orders', 'health');
  traces.cacheChanged({ group: undefined, names });
  traces.response(web, endpoint);
  traces.published(['shop/orders']);
  clock.advance(10);
  traces.response(job, endpoint);
  traces.answered(web, endpoint);
  assert.deepEqual(done, []);
  clock.advance(20);
  traces.answered(job, endpoint, 'no');
  assert.deepEqual(answers(), [
    [
      { client: 'web', sentAtMs: 1_005, answeredAtMs: 1_015, rejected: undefined },
      { client: 'job', sentAtMs: 1_015, answeredAtMs: 1_035, rejected: 'no' },
    ],
  ]);
  const [{ causes, beganAtMs, publishedAtMs, endedAtMs }] = done as unknown as [ChangeTrace];
  assert.deepEqual(
    [causes, beganAtMs, publishedAtMs, endedAtMs],
    [[['shop/orders', 'kubernetes']], 1_000, 1_005, 1_035],
  );
  assert.equal(clock.pending, 0);
});

test('only those who see a change are waited for, and not for ever', () => {
  const { traces, clock, web, job, answers } = follow();
  traces.cacheChanged({ group: 'web', names });
  traces.published(['shop/orders']);
  traces.response(job, endpoint);
  traces.answered(job, endpoint);
  // An answer to what was sent before is none to this.
  traces.answered(web, endpoint);
  assert.deepEqual(answers(), []);
  clock.advance(60_000);
  assert.deepEqual(answers(), [[{ client: 'web', sentAtMs: undefined, answeredAtMs: undefined, rejected: undefined }]]);

  traces.cacheChanged({ group: undefined, names, seenBy: () => true });
  traces.published(['shop/orders']);
  traces.response(web, endpoint);
  traces.answered(web, endpoint);
  traces.streamClosed(job);
  assert.deepEqual(
    answers()[1]?.map(({ client }) => client),
    ['web'],
  );
  // Nobody sees this one.
  traces.began('shop/other', 'kubernetes');
  traces.published(['shop/other']);
  assert.equal(answers().length, 2);
  assert.equal(clock.pending, 0);
});

test('a Service that goes is what changed, one that is rejected begins anew, and what settles is health', () => {
  const { traces, clock, web, done } = follow();
  const change = (...published: string[]) => {
    traces.cacheChanged({ group: 'web', names });
    traces.published(published);
    traces.response(web, endpoint);
    traces.answered(web, endpoint);
  };
  traces.began('shop/orders', 'file');
  traces.removed('shop/orders');
  change();
  traces.began('shop/orders', 'file');
  traces.rejected('shop/orders');
  clock.advance(1_000);
  traces.began('shop/orders', 'dns');
  change('shop/orders');
  change('shop/orders');
  assert.deepEqual(
    done.map(({ causes, beganAtMs }) => [causes, beganAtMs]),
    [
      [[['shop/orders', 'removed']], 1_000],
      [[['shop/orders', 'dns']], 2_000],
      [[['shop/orders', 'health']], 2_000],
    ],
  );
});

test('what changes without a publication, as a plan does by itself, is no change of a Service, and of none that follows', async () => {
  const { traces, clock, web, answers } = follow();
  traces.cacheChanged({ group: 'web', names });
  await Promise.resolve();
  assert.equal(clock.pending, 0);
  traces.response(web, endpoint);
  clock.advance(60_000);
  traces.published(['shop/orders']);
  traces.answered(web, endpoint);
  assert.deepEqual(answers(), []);
});

test('what is followed is bounded', () => {
  const { traces, clock, done } = follow();
  for (let change = 0; change < 150; change++) {
    traces.cacheChanged({ group: undefined, names, seenBy: () => true });
    traces.published(['shop/orders']);
  }
  assert.equal(clock.pending, 100);
  clock.advance(60_000);
  assert.equal(done.length, 100);
  traces.cacheChanged({ group: undefined, names, seenBy: () => true });
  traces.close();
  assert.equal(clock.pending, 0);
});

test('from the endpoint file to the client is one trace in the store', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-spans-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'endpoints.json');
  const orders = (address: string) =>
    replaceEndpointFile(file, [{ name: 'orders', port: 50051, endpoints: [{ address }] }]);
  await orders('10.0.0.1');
  const store = await startTraceStore(t);
  const listen = ['--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];
  const serve = new ServeProcess(['--endpoints', file, ...listen], { ...store.env, POD_NAME: 'evenkeel-0' });
  t.after(() => serve.end('SIGKILL'));
  const { xds } = await serve.listening();
  await serve.ready();
  const client = await AdsTestClient.connect(`http://${xds}`, { node: { id: 'web-1' } });
  t.after(() => client.close());
  const ads = client.sotw();
  await ads.requestResponseAck(endpoint, ['default/orders:50051']);
  await orders('10.0.0.2');
  await ads.responseAck(endpoint);

  const spans = await store.when(4, ({ localEndpoint }) => localEndpoint.serviceName === 'evenkeel');
  assert.deepEqual(spans.map(({ name: one }) => one).sort(), [
    'change default/orders',
    'endpoint web-1',
    'publish',
    'send to clients',
  ]);
  assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1);
  const [whole] = spans.filter(({ parentId }) => parentId === undefined);
  assert.equal(whole?.name, 'change default/orders');
  assert.match(JSON.stringify(whole?.tags), /"evenkeel\.causes":"\[?\\?"?file/);
  assert.equal(await serve.end('SIGTERM'), 0);
});
