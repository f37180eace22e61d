// Clients that know client_side_weighted_round_robin weigh pods by what these say of themselves; who does not, and grpc-js, calls them
// in turn.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { replaceEndpointFile } from '../src/controlplane/testing/endpoint-file.ts';
import type { ServeProcess } from '../src/controlplane/testing/serve-process.ts';
import { type ClientId, clientKinds } from './driver/clients.ts';
import type { LiveClient } from './driver/live-client.ts';
import { serveClients } from './driver/serve-clients.ts';
import { Pods } from './features/pods.ts';

const requireAll = process.env.EVENKEEL_REQUIRE === 'all';
const target = 'xds:///orders';
/** Weights count once a pod has said them for this long: the default of the policy. */
const blackoutMs = 10_000;
/** Of 400 calls, to the pod that is busy to 90 %, where the other is to 30 %. */
const expected: Readonly<Partial<Record<ClientId, readonly [least: number, most: number]>>> = {
  ...{ go: [70, 130], java: [70, 130], python: [70, 130], 'envoy-sotw': [70, 130] },
  // It is not told to: it would lose calls (src/controlplane/client-form.ts).
  node: [200, 200],
};
const kinds = clientKinds.filter(({ id }) => expected[id] !== undefined);
const reasons = new Map(await Promise.all(kinds.map(async ({ id, missing }) => [id, await missing()] as const)));

const folder = await mkdtemp(join(tmpdir(), 'evenkeel-utilization-'));
const clients: LiveClient[] = [];
const answers = new Map<ClientId, Promise<Record<string, number>>>();
let pods: Pods;
let serve: ServeProcess;

before(async () => {
  pods = await Pods.start();
  const file = join(folder, 'endpoints.json');
  const endpoints = (['busy', 'idle'] as const).map((pod) => ({ address: pods.addressOf(pod), pod }));
  await replaceEndpointFile(file, [{ name: 'orders', port: pods.port, endpoints, balance: 'utilization' }]);
  const served = await serveClients(folder, file);
  serve = served.serve;
  for (const kind of kinds) {
    if (!requireAll && reasons.get(kind.id) !== undefined) continue;
    // What grpc-js needs to weigh pods if it were told to; the others do not know it.
    const env = { GRPC_EXPERIMENTAL_XDS_WRR_LB: 'true' };
    const answered = kind.start({ ...served.surroundings, env }).then((client) => {
      clients.push(client);
      return callsOf(client);
    });
    answered.catch(() => {});
    answers.set(kind.id, answered);
  }
});

after(async () => {
  await Promise.allSettled(answers.values());
  await Promise.all(clients.map((client) => client.stop()));
  await serve?.end('SIGTERM');
  pods?.close();
  await rm(folder, { recursive: true });
});

/** 400 calls by pod, once the pods have said for long enough how busy they are. */
async function callsOf({ process }: LiveClient): Promise<Record<string, number>> {
  await process.connect([target]);
  const call = async (count: number) => {
    const { backends, failures } = await process.call([target], count, 'run', {
      waitForReady: true,
      deadlineMs: 30_000,
    });
    assert.deepEqual(failures, {});
    return backends[target] ?? {};
  };
  while (Object.keys(await call(4)).length < 2) await sleep(50);
  await sleep(blackoutMs);
  await call(4);
  // Weights are looked at once a second.
  await sleep(1_500);
  return call(400);
}

suite('balance: utilization', () => {
  for (const { id } of kinds) {
    test(id, { skip: requireAll ? false : (reasons.get(id) ?? false) }, async () => {
      const { busy = 0, idle = 0 } = await answers.get(id)!;
      const [least, most] = expected[id]!;
      assert.equal(busy + idle, 400);
      assert.ok(busy >= least && busy <= most, `${busy} of 400 to the busy pod`);
    });
  }
});
