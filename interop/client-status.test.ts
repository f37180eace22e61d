// A program on grpc-go asks the control plane for its clients as grpcdebug does, and finds all that are installed.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { typeUrls } from '@evenkeel/xds';
import { replaceEndpointFile } from '../src/controlplane/testing/endpoint-file.ts';
import { ServeProcess } from '../src/controlplane/testing/serve-process.ts';
import { clientKinds } from './driver/clients.ts';
import { echoDescriptors } from './driver/echo-descriptors.ts';
import { Fleet } from './driver/fleet.ts';
import { nodeIdOf } from './driver/live-client.ts';

interface Found {
  readonly method: string;
  readonly node: string;
  readonly resources: readonly { readonly type: string; readonly name: string; readonly configStatus: string }[];
}

const program = fileURLToPath(new URL('../build/interop/go/csds', import.meta.url));
const missing = existsSync(program) ? undefined : 'not installed; node interop/install.mjs go installs it';
const skip = process.env.EVENKEEL_REQUIRE === 'all' ? false : missing;

test('every client is found, and every state is right', { skip }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-csds-'));
  t.after(() => rm(folder, { recursive: true }));
  const descriptors = join(folder, 'echo.binpb');
  await writeFile(descriptors, echoDescriptors());
  const fleet = new Fleet();
  t.after(() => fleet.stop());
  const port = await fleet.start('a-0', '127.77.0.1', 0);
  const file = join(folder, 'endpoints.json');
  await replaceEndpointFile(file, [{ name: 'a-srv', port, endpoints: [{ address: '127.77.0.1' }] }]);
  const listen = ['--xds-listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];
  const serve = new ServeProcess(['--endpoints', file, ...listen, '--xds-client-status', 'loopback']);
  t.after(() => serve.end('SIGKILL'));
  const { xds } = await serve.listening();
  await serve.ready();

  const started: string[] = [];
  for (const kind of clientKinds.filter(({ isGateway }) => !isGateway)) {
    const reason = await kind.missing();
    if (reason !== undefined) {
      t.diagnostic(`${kind.id} is left out: ${reason}`);
      continue;
    }
    const client = await kind.start({ folder, descriptors, xdsAddress: xds, gateways: new Map() });
    t.after(() => client.stop());
    await client.process.call(['xds:///a-srv'], 4, 'csds', { waitForReady: true, deadlineMs: 20_000 });
    started.push(nodeIdOf(kind.id));
  }

  const { stdout } = await promisify(execFile)(program, [xds]);
  const found = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Found);
  for (const method of ['fetch', 'stream']) {
    const clients = found.filter((one) => one.method === method);
    assert.deepEqual(clients.map(({ node }) => node).sort(), started.toSorted());
    for (const { node, resources } of clients) {
      assert.deepEqual(new Set(resources.map(({ configStatus }) => configStatus)), new Set(['SYNCED']), node);
      for (const type of [typeUrls.listener, typeUrls.route, typeUrls.cluster, typeUrls.endpoint]) {
        assert.ok(
          resources.some((one) => one.type === type && one.name !== ''),
          `${node} ${type}`,
        );
      }
    }
  }
});
