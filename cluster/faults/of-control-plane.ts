import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { backend, service } from '../support/echo-stage.ts';
import { until } from '../support/until.ts';
import { inWords, reached, tallies, withoutLoss } from './calls.ts';
import { copies, copyOf, streamsByCopy } from './control-planes.ts';
import { fault, skip } from './hooks.ts';
import { difference, sum } from './load-client.ts';
import { checkedTarget, nodeIdOf, type Stage, settled, target } from './stage.ts';

const timeout = 600_000;
/** Clients had come back by then for good, or so it seemed, and knew the addresses of copies that are gone. */
const calmMs = 5_000;
/** Three failed probes in 18 s at the most, the end of the process, and clients that try again after a second or two. */
const backWithinMs = 60_000;

async function rollOut({ kubectl }: Stage, name: string): Promise<void> {
  await kubectl(['rollout', 'restart', `deployment/${name}`]);
  await kubectl(['rollout', 'status', `deployment/${name}`, '--timeout=180s']);
}

/** Faults of the control plane and of what leads to it. */
export function faultsOfControlPlane(stageNow: () => Stage, replicas: number): void {
  const frozen = fault('FREEZE', 'THAW');
  const dns = fault('STOP_DNS', 'START_DNS');
  const kubelets = fault('STOP_KUBELETS', 'START_KUBELETS');
  const rollOutBackends = async (): Promise<void> => {
    await rollOut(stageNow(), backend);
    await settled(stageNow().kubectl, replicas);
  };

  test('a rollout of the control plane, then one of the backends', { skip, timeout }, (t) =>
    withoutLoss(t, stageNow(), async () => {
      await rollOut(stageNow(), 'evenkeel');
      await delay(calmMs);
      await rollOutBackends();
    }),
  );

  // A client that looks its control plane up anew finds nobody until DNS is back: grpc-js lost 87 of 9,084 calls in one run.
  test('no DNS while both copies and then all backends are replaced', { skip: dns.skip, timeout }, (t) =>
    withoutLoss(
      t,
      stageNow(),
      async () => {
        await dns.begin();
        try {
          await rollOut(stageNow(), 'evenkeel');
          await delay(calmMs);
          await rollOutBackends();
        } finally {
          await dns.end();
        }
      },
      0.1,
    ),
  );

  test('the EndpointSlices of a Service are deleted', { skip, timeout }, (t) =>
    withoutLoss(t, stageNow(), async () => {
      const { kubectl } = stageNow();
      await kubectl(['delete', 'endpointslices', '-l', `kubernetes.io/service-name=${service}`]);
      await settled(kubectl, replicas);
    }),
  );

  test('every kubelet stops, until Kubernetes takes no backend for ready', { skip: kubelets.skip, timeout }, (t) =>
    withoutLoss(t, stageNow(), async () => {
      const { kubectl } = stageNow();
      const ready = ['-o', 'jsonpath={.items[*].endpoints[?(@.conditions.ready==true)].targetRef.name}'];
      try {
        await kubelets.begin();
        await until(
          'no endpoint is ready',
          () => kubectl(['get', 'endpointslices', '-l', `kubernetes.io/service-name=${service}`, ...ready]),
          (names) => names.trim() === '',
        );
        // Calls go on for as long as it takes clients to be told.
        await delay(calmMs);
      } finally {
        await kubelets.end();
      }
      await settled(kubectl, replicas);
    }),
  );

  test('a copy is frozen and the backends are rolled: who is back, and when', {
    skip: frozen.skip,
    timeout,
  }, async (t) => {
    const stage = stageNow();
    const { kubectl, clients } = stage;
    const copy = await copyOf(kubectl, nodeIdOf(clients[0]!.pod));
    const there = new Map(
      await Promise.all(
        clients.map(
          async (client) => [client, (await copyOf(kubectl, nodeIdOf(client.pod))).name === copy.name] as const,
        ),
      ),
    );
    const start = await tallies(clients);
    const at = { node: copy.node, container: copy.container };
    await frozen.begin(at);
    const began = performance.now();
    try {
      await delay(2_000);
      await rollOutBackends();
      await reached(stage, clients, backWithinMs);
    } finally {
      // A copy that was ended meanwhile is not there to be let go on.
      await frozen.end(at).catch(() => undefined);
    }
    t.diagnostic(
      `all clients reached all new backends ${((performance.now() - began) / 1000).toFixed(1)} s after the copy was frozen`,
    );
    for (const [index, now] of (await tallies(clients)).entries()) {
      const client = clients[index]!;
      const seen = difference(start[index]!, now);
      const where = there.get(client) ? 'the frozen copy' : 'the other copy';
      t.diagnostic(`connected to ${where}, ${inWords(client, seen)}`);
      if (!there.get(client)) assert.equal(sum(seen.failures), 0, inWords(client, seen));
    }
    await kubectl(['rollout', 'status', 'deployment/evenkeel', '--timeout=180s']);
  });
}

/** A connection is asked to move when it is 150 s old. */
const movedWithinMs = 240_000;

export function copiesComeAndGo(stageNow: () => Stage, replicas: number): void {
  test('copies 2 → 1 → 3: clients spread over all of them and lose no call', { skip, timeout }, async (t) => {
    const stage = stageNow();
    const { kubectl, keptAlive, checked } = stage;
    const scale = async (count: number): Promise<void> => {
      await kubectl(['scale', 'deployment/evenkeel', `--replicas=${count}`]);
      await kubectl(['rollout', 'status', 'deployment/evenkeel', '--timeout=180s']);
      await until(
        `${count} copies`,
        () => copies(kubectl),
        (all) => all.length === count,
      );
    };
    // More streams than two, so that chance alone hardly ever gives all of them to one copy. They make no calls: with
    // those of six clients and a rollout at once, two processors were seen to keep calls waiting past their deadline.
    await Promise.all([
      ...keptAlive.map((client) => client.connect(target)),
      ...checked.map((client) => client.connect(checkedTarget)),
    ]);
    await withoutLoss(t, stage, async () => {
      await scale(1);
      await scale(3);
      await until(
        'no copy has all streams',
        () => streamsByCopy(kubectl),
        (counts) => counts.length === 3 && Math.max(...counts) < counts.reduce((sum, count) => sum + count, 0),
        movedWithinMs,
      );
      await rollOut(stage, backend);
      await settled(kubectl, replicas);
      t.diagnostic(`streams by copy: ${(await streamsByCopy(kubectl)).join(' + ')}`);
      await scale(2);
    });
  });
}
