// The grpc-go client by the same cases as the one of Node; skipped where it is not built.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { schemes } from '../schemes/schemes.ts';
import { TestPod } from '../testing/test-pod.ts';
import { ClientProcess } from './client-process.ts';
import { findGoClient, howToGetGoClient } from './find-go-client.ts';

const timeout = 120_000;
const goClient = await findGoClient({ ...process.env, EVENKEEL_REQUIRE: '' });
const skip = goClient === undefined && howToGetGoClient;

test('a client that is named and cannot be run, and one that is nowhere', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-go-'));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.equal(await findGoClient({}, folder), undefined);
  await assert.rejects(findGoClient({ EVENKEEL_REQUIRE: 'all' }, folder), { code: 'EK_GO_CLIENT_MISSING' });
  const impostor = join(folder, 'impostor');
  writeFileSync(impostor, '#!/bin/sh\necho hello\n', { mode: 0o755 });
  for (const EVENKEEL_GO_CLIENT of [impostor, join(folder, 'nothing')]) {
    await assert.rejects(findGoClient({ EVENKEEL_GO_CLIENT }), {
      code: 'EK_USAGE',
      location: { field: 'EVENKEEL_GO_CLIENT' },
    });
  }
});

test('grpc-go makes paced calls and says who answered, where, and when', { skip, timeout }, async (t) => {
  const pods = await Promise.all(['a', 'b'].map((name) => TestPod.start(name, '127.0.0.1', 0)));
  t.after(() => Promise.all(pods.map((pod) => pod.stop())));
  const [a] = pods;
  const config = { scheme: schemes['clusterip-grpc'], channelOptions: {} };
  const client = new ClientProcess({ ...config, target: `127.0.0.1:${a!.port}` }, {}, goClient!.path);
  t.after(() => client.close());
  await client.configured();
  assert.equal(await client.open(20_000), undefined);
  const result = await client.run({ run: 'r', ratePerSecond: 200, deadlineMs: 20_000, calls: 40 }).result;
  assert.deepEqual([result.calls, result.records.length, a!.calls('r'), result.connections], [40, 40, 40, 1]);
  for (const { dueAt, sentAt, endedAt, ...call } of result.records) {
    assert.deepEqual(call, { status: 'OK', pod: 'a', peer: `127.0.0.1:${a!.port}` });
    assert.ok(dueAt <= sentAt && sentAt <= endedAt);
    assert.ok(Math.abs(endedAt - (performance.timeOrigin + performance.now())) < 60_000, 'the shared clock');
  }
  const due = result.records.map(({ dueAt }) => dueAt).sort((x, y) => x - y);
  assert.ok(due.at(-1)! - due[0]! >= 39 * 5 - 2, 'no call is due before its time');

  const untilAnswered = await client.run({
    ...{ run: 'u', ratePerSecond: 100, deadlineMs: 20_000, untilAnswered: ['a'] },
  }).result;
  assert.equal(untilAnswered.calls, a!.calls('u'));
  const enough = Promise.withResolvers<void>();
  const active = client.run({ run: 's', ratePerSecond: 200, deadlineMs: 20_000 }, () => {
    if (active.records.length >= 5) enough.resolve();
  });
  await enough.promise;
  active.stop();
  const stopped = await active.result;
  assert.equal(stopped.records.length, stopped.calls);
  assert.deepEqual(stopped.opened, [], 'the connection was there before');
});

test('what fails has the status and the words of grpc-go', { skip, timeout }, async (t) => {
  const slow = await TestPod.start('slow', '127.0.0.1', 0, { latencyMs: 5000 });
  const failing = await TestPod.start('failing', '127.0.0.1', 0, { failEvery: 1 });
  t.after(() => Promise.all([slow.stop(), failing.stop()]));
  const statusOf = async (target: string): Promise<string> => {
    const config = { scheme: schemes['clusterip-grpc'], channelOptions: {}, target };
    const client = new ClientProcess(config, {}, goClient!.path);
    await client.open(20_000);
    const { records } = await client.run({ run: 'r', ratePerSecond: 10, deadlineMs: 200, calls: 1 }).result;
    await client.close();
    return `${records[0]!.status}: ${records[0]!.error}`;
  };
  assert.match(await statusOf(`127.0.0.1:${slow.port}`), /^DEADLINE_EXCEEDED: /);
  assert.match(await statusOf(`127.0.0.1:${failing.port}`), /^UNAVAILABLE: as told|^DEADLINE_EXCEEDED/);
  const nobody = new ClientProcess(
    { scheme: schemes['clusterip-grpc'], channelOptions: {}, target: '127.0.0.1:1' },
    {},
    goClient!.path,
  );
  assert.match((await nobody.open(300)) ?? '', /Failed to connect/);
  await nobody.close();
});
