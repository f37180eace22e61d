// What the address costs by which clients find the control plane: clients of five makers that know its headless Service,
// beside clients that know its cluster IP, while its copies are replaced. README.md says how to read the figures.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readyPods, settled } from '../../cluster/faults/stage.ts';
import { backend, echoBackends, installControlPlane, service } from '../../cluster/support/echo-stage.ts';
import { createNamespace, deleteNamespace } from '../../cluster/support/namespace.ts';
import { kubectl as kubectlAnywhere } from '../../cluster/support/run.ts';
import { clientKinds } from '../../interop/driver/clients.ts';
import { echoDescriptors } from '../../interop/driver/echo-descriptors.ts';
import type { LiveClient } from '../../interop/driver/live-client.ts';
import type { Load } from '../../interop/driver/load.ts';
import { answered, failed, podsOf, since, type Tally } from '../../interop/driver/tally.ts';
import { readArguments } from '../../scripts/arguments.mjs';

const usage = `Usage: node bench/cluster/addresses.ts [options]
Replaces the copies of the control plane, then the backends, in the cluster of the
current kubeconfig, under calls of clients that know its headless Service and of
clients that know its cluster IP. Runs where pods' addresses can be reached.
  --rounds N   rollouts of the control plane (default 3)
  --rate N     calls a second of each client (default 50)
  --no-dns     also with the cluster's DNS servers away: stops those of kube-system
Example:
  node bench/cluster/addresses.ts --rounds 1 --no-dns`;

const { values } = readArguments(usage, {
  rounds: { type: 'number', default: 3 },
  rate: { type: 'number', default: 50 },
  'no-dns': { type: 'boolean', default: false },
});

const replicas = 4;
const deadlineMs = 10_000;
const patienceMs = 240_000;
/** Chart 0.1 gave clients the headless one. */
const addresses = { headless: 'evenkeel', 'cluster IP': 'evenkeel-xds' } as const;
/** Envoy needs a listener of its own for each, and re-resolves names by itself: one of the two transports for each address. */
const envoys = { headless: 'envoy-sotw', 'cluster IP': 'envoy-delta' } as const;
const gateways = new Map([
  ['envoy-sotw', '127.0.0.1:21080'],
  ['envoy-delta', '127.0.0.1:21081'],
] as const);

interface Caller {
  readonly name: string;
  readonly client: LiveClient;
  readonly target: string;
  readonly load: Load;
}

const { name: namespace, kubectl } = await createNamespace('ek-bench-addresses');
const folder = await mkdtemp(join(tmpdir(), 'evenkeel-addresses-'));
const callers: Caller[] = [];

async function startCallers(): Promise<void> {
  const descriptors = join(folder, 'echo.binpb');
  await writeFile(descriptors, echoDescriptors());
  for (const [address, host] of Object.entries(addresses)) {
    for (const kind of clientKinds) {
      if (kind.isGateway && kind.id !== envoys[address as keyof typeof envoys]) continue;
      const reason = await kind.missing();
      if (reason !== undefined) {
        console.error(`${kind.id}: skipped, ${reason}`);
        continue;
      }
      const scheme = kind.isGateway ? '' : 'dns:///';
      const xdsAddress = `${scheme}${host}.${namespace}:18000`;
      const client = await kind.start({ folder, descriptors, xdsAddress, gateways });
      const target = kind.isGateway ? service : `xds:///${service}.${namespace}`;
      const load = client.process.load([target], values.rate, 'addresses', { deadlineMs });
      callers.push({ name: `${kind.isGateway ? 'envoy' : kind.id}, ${address}`, client, target, load });
    }
  }
}

/** Milliseconds until each client has been answered by every backend that is ready now. */
async function reached(): Promise<ReadonlyMap<string, number>> {
  const pods = new Set(await readyPods(kubectl));
  const found = callers.map(async ({ name, load, target }) => {
    const before = load.tally;
    const ms = await load.until((tally) => pods.isSubsetOf(podsOf(since(before, tally), target)), patienceMs);
    return [name, ms ?? Number.POSITIVE_INFINITY] as const;
  });
  return new Map(await Promise.all(found));
}

async function rollOut(name: string): Promise<void> {
  await kubectl(['rollout', 'restart', `deployment/${name}`]);
  await kubectl(['rollout', 'status', `deployment/${name}`, '--timeout=180s']);
}

async function rollOutBackends(): Promise<void> {
  await rollOut(backend);
  await settled(kubectl, replicas);
}

/** What each client lost while something happened, and how long after it all of them knew the newest backends. */
async function measure(what: string, happen: () => Promise<void>): Promise<void> {
  const before = new Map<string, Tally>(callers.map(({ name, load }) => [name, load.tally]));
  await happen();
  const late = await reached();
  console.log(`\n${what} (load average ${loadavg()[0]!.toFixed(1)})`);
  console.log('| client | calls | failed | knew the newest pods after | how they failed |');
  console.log('| --- | ---: | ---: | ---: | --- |');
  for (const { name, load } of callers) {
    const seen = since(before.get(name)!, load.tally);
    const kinds = new Map<string, number>();
    for (const [message, count] of Object.entries(seen.failures)) {
      const kind = message.replaceAll(/[\d.:]*\d/g, '…').slice(0, 60);
      kinds.set(kind, (kinds.get(kind) ?? 0) + count);
    }
    const failures = [...kinds].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${count} × ${kind}`);
    const cells = [name, answered(seen) + failed(seen), failed(seen), `${(late.get(name)! / 1000).toFixed(1)} s`];
    console.log(`| ${cells.join(' | ')} | ${failures.slice(0, 2).join('; ')} |`);
  }
}

async function scaleDns(count: number): Promise<void> {
  await kubectlAnywhere(['-n', 'kube-system', 'scale', 'deployment/coredns', `--replicas=${count}`]);
}

try {
  const services = [`${namespace}/${service}:50051`];
  const listeners = [...gateways].map(([name, listen]) => ({ name, listen, services }));
  await installControlPlane(namespace, [namespace], '--set-json', `config.gateways=${JSON.stringify(listeners)}`);
  const items = echoBackends(namespace, replicas);
  await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await settled(kubectl, replicas);
  await startCallers();
  await reached();
  for (let round = 1; round <= values.rounds; round++) {
    // 3 to 12 s, in equal steps.
    const waitMs = 3_000 + (9_000 * (round - 1)) / Math.max(1, values.rounds - 1);
    await measure(`rollout of the control plane, ${(waitMs / 1000).toFixed(1)} s later of the backends`, async () => {
      await rollOut('evenkeel');
      await delay(waitMs);
      await rollOutBackends();
    });
  }
  if (values['no-dns']) {
    await measure('no DNS: rollout of the control plane, then of the backends, then DNS again', async () => {
      await scaleDns(0);
      try {
        await kubectlAnywhere([
          '-n',
          'kube-system',
          'wait',
          'pod',
          '-l',
          'k8s-app=kube-dns',
          '--for=delete',
          '--timeout=60s',
        ]);
        await rollOut('evenkeel');
        await rollOutBackends();
      } finally {
        await scaleDns(2);
      }
    });
  }
} finally {
  await Promise.all(callers.map(({ client }) => client.stop()));
  await deleteNamespace(namespace);
  await rm(folder, { recursive: true });
}
