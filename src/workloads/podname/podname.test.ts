import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callsOf } from '../testing/calls.ts';
import { spawnWorkload, startChild } from '../testing/child.ts';
import { get } from '../testing/http.ts';
import { testSettings } from '../testing/settings.ts';
import { callInALoop } from './loop.ts';
import { serverBothOptions } from './options.ts';
import { startServerBoth } from './server.ts';

test('one process answers its name over both protocols', async (t) => {
  const settings = testSettings(serverBothOptions, { grpcPort: '0', podName: 'server-1' });
  const server = await startServerBoth(settings);
  t.after(() => server.stop(0));
  const { status, body, headers } = await get(server.addresses.http!, '/');
  assert.deepEqual([status, body, headers['evenkeel-pod']], [200, 'server-1', 'server-1']);
  assert.match(String(headers['content-type']), /^text\/plain/);
  const client = spawnWorkload(t, ['client-grpc', '--target', server.addresses.grpc!, '--count', '1']);
  assert.equal(await client.nextLine(), '#1: server-1');
  assert.equal(await client.exited, 0);
});

test('the clients number their lines, print errors on them, and go on', async (t) => {
  const settings = (port: string, grpcPort: string) =>
    testSettings(serverBothOptions, { port, grpcPort, podName: 'server-1' });
  const first = await startServerBoth(settings('0', '0'));
  const [http, grpc] = [first.addresses.http!, first.addresses.grpc!];
  const clients = [
    spawnWorkload(t, ['client-http', '--url', `http://${http}/`, '--interval-ms', '10']),
    spawnWorkload(t, ['client-grpc', '--target', grpc, '--interval-ms', '10']),
  ];
  for (const client of clients) {
    assert.equal(await client.nextLine(), '#1: server-1');
    assert.equal(await client.nextLine(), '#2: server-1');
  }
  await first.stop(0);
  let numbers = await Promise.all(clients.map((client) => lineThat(client, 'error: ')));
  const again = await startServerBoth(settings(http.split(':')[1]!, grpc.split(':')[1]!));
  t.after(() => again.stop(0));
  const later = await Promise.all(clients.map((client) => lineThat(client, 'server-1')));
  assert.ok(later.every((number, index) => number > numbers[index]!));
  numbers = later;
  for (const client of clients) {
    client.process.kill('SIGTERM');
    assert.equal(await client.exited, 0);
  }

  /** Reads on until a line starts so; its number. Every number must be one more than the one before. */
  async function lineThat(client: (typeof clients)[number], start: string): Promise<number> {
    let last: number | undefined;
    for (;;) {
      const [, number, rest] = /^#(\d+): (.+)$/.exec(await client.nextLine())!;
      if (last !== undefined) assert.equal(Number(number), last + 1);
      last = Number(number);
      if (rest!.startsWith(start)) return last;
    }
  }
});

test('the HTTP client keeps its connection only when it is told to', async (t) => {
  const server = await startChild(t, ['server'], { EVENKEEL_GRPC_PORT: '0', POD_NAME: 'server-1' });
  const connections = async (...flags: string[]) => {
    const run = `run${flags.join('')}`;
    const url = `http://${server.ready.http}/`;
    const client = spawnWorkload(t, [
      'client-http',
      '--url',
      url,
      '--count',
      '4',
      '--interval-ms',
      '1',
      '--run',
      run,
      ...flags,
    ]);
    assert.equal(await client.exited, 0, client.errors());
    return (await callsOf(server.ready.admin!, run)).connections;
  };
  assert.equal(await connections(), 4);
  assert.equal(await connections('--keep-alive'), 1);
});

test('the loop stops at once when it is told to', async () => {
  const stop = new AbortController();
  const lines: string[] = [];
  const settings = { intervalMs: 600_000, count: 0, deadlineMs: 1, run: '' };
  const print = (line: string) => {
    lines.push(line);
    stop.abort();
  };
  await callInALoop(settings, async () => 'server-1', { signal: stop.signal, print });
  assert.deepEqual(lines, ['#1: server-1']);
});
