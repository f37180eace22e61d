// What goes wrong in a cluster, under constant calls of grpc-go and grpc-js over xds:///, with retries and wait-for-ready
// off: none of it may cost a call, but a machine that is cut off the network.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { begin, calm, reached, tallies, withoutLoss } from './faults/calls.ts';
import { streamsOfClients } from './faults/control-planes.ts';
import { fault, skip } from './faults/hooks.ts';
import { describe, difference, type LoadClient, sum } from './faults/load-client.ts';
import { copiesComeAndGo, faultsOfControlPlane } from './faults/of-control-plane.ts';
import { checkedTarget, nodeIdOf, readyPods, type Stage, setStage, settled } from './faults/stage.ts';
import { backend } from './support/echo-stage.ts';
import { until } from './support/until.ts';

const replicas = 5;
const outageMs = 30_000;
/** The kubelet of a machine that was cut off is given up after 40 s; then its pods leave the endpoints. */
const cutOffWithinMs = 100_000;
const quietMs = 5000;
/** gRPC clients ask a silent control plane for a sign of life after 5 minutes, and wait 20 s for it. */
const noticedWithinMs = 400_000;

const noApi = fault('STOP_APISERVER', 'START_APISERVER');
const cutApi = fault('CUT_API', 'PLUG_API');
const cutNode = fault('CUT_NODE', 'PLUG_NODE');

let stage: Stage;

before(async () => {
  if (skip !== false) return;
  stage = await setStage();
  await begin(stage, stage.clients);
});

after(() => stage?.close());

const deleteOne = async (count = replicas): Promise<void> => {
  const [pod] = await readyPods(stage.kubectl);
  await stage.kubectl(['delete', 'pod', pod!]);
  await settled(stage.kubectl, count);
};

const scale = async (count: number): Promise<void> => {
  await stage.kubectl(['scale', `deployment/${backend}`, `--replicas=${count}`]);
  await settled(stage.kubectl, count);
};

test('a rolling update', { skip, timeout: 600_000 }, (t) =>
  withoutLoss(t, stage, async () => {
    await stage.kubectl(['rollout', 'restart', `deployment/${backend}`]);
    await settled(stage.kubectl, replicas);
  }),
);

test('scale-in and scale-out', { skip, timeout: 600_000 }, (t) =>
  withoutLoss(t, stage, async () => {
    for (const count of [2, replicas]) await scale(count);
  }),
);

test('kubectl delete pod', { skip, timeout: 600_000 }, (t) => withoutLoss(t, stage, () => deleteOne()));

test('a machine is drained', { skip, timeout: 600_000 }, (t) =>
  withoutLoss(t, stage, async () => {
    // Only what belongs here: others may use the same cluster.
    const flags = [
      '--ignore-daemonsets',
      '--delete-emptydir-data',
      '--pod-selector=evenkeel.dev/faults',
      '--timeout=180s',
    ];
    try {
      await stage.kubectl(['drain', stage.otherNode, ...flags]);
      await settled(stage.kubectl, replicas);
      await stage.kubectl(['rollout', 'status', 'deployment/evenkeel', '--timeout=180s']);
    } finally {
      await stage.kubectl(['uncordon', stage.otherNode]);
    }
  }),
);

faultsOfControlPlane(() => stage, replicas);

test('all pods of the control plane are killed', { skip, timeout: 600_000 }, (t) =>
  withoutLoss(t, stage, async () => {
    const all = ['pods', '-l', 'app.kubernetes.io/name=evenkeel'];
    await stage.kubectl(['delete', ...all, '--grace-period=0', '--force']);
    await stage.kubectl(['rollout', 'status', 'deployment/evenkeel', '--timeout=180s']);
    // Clients come back in their own time, and before that nobody can tell them of a pod that goes. One that calls a new
    // pod is back.
    await scale(replicas + 1);
    await reached(stage);
    await scale(replicas);
  }),
);

test('the API server is away for 30 s', { skip: noApi.skip, timeout: 600_000 }, (t) =>
  withoutLoss(t, stage, async () => {
    try {
      await noApi.begin();
      await delay(outageMs);
    } finally {
      await noApi.end();
    }
    await until('the API is ready', async () =>
      (await stage.kubectl(['get', '--raw', '/readyz'])) ? true : undefined,
    );
    // Controllers and watches come back in their own time as well; a new pod that is called has passed all of them.
    await until('pods can be had', async () => {
      await scale(replicas + 1);
      return true;
    });
    await reached(stage);
    await deleteOne(replicas + 1);
    await scale(replicas);
  }),
);

test(
  'no machine reaches the API server, until all pods are taken for not ready',
  {
    skip: cutApi.skip,
    timeout: 600_000,
  },
  (t) =>
    withoutLoss(t, stage, async () => {
      try {
        await cutApi.begin();
        await until(
          'Kubernetes takes no backend for ready',
          () => readyPods(stage.kubectl),
          (pods) => pods.length === 0,
        );
      } finally {
        await cutApi.end();
      }
      await settled(stage.kubectl, replicas);
    }),
);

copiesComeAndGo(() => stage, replicas);

test('a machine is cut off the network: what fails, and for how long', {
  skip: cutNode.skip,
  timeout: 1_200_000,
}, async (t) => {
  const { kubectl, otherNode, clients, keptAlive, checked } = stage;
  await begin(stage, keptAlive);
  await begin(stage, checked, checkedTarget);
  await calm([...clients, ...keptAlive, ...checked]);
  const at = { node: otherNode };
  const onNode = await kubectl([
    'get',
    'pods',
    '-o',
    `jsonpath={.items[?(@.spec.nodeName=="${otherNode}")].metadata.name}`,
  ]);
  const unreachable = onNode.split(' ').filter((name) => name.startsWith(`${backend}-`));
  // A client whose copy of the control plane is cut off with the machine is told nothing until its keepalive notices.
  const streams = await streamsOfClients(kubectl);
  const canBeTold = ({ pod }: LoadClient): boolean => streams.get(nodeIdOf(pod))?.copy.node !== otherNode;
  const isTold = clients.map(canBeTold);
  const all = [...clients, ...keptAlive, ...checked];
  const starts = await tallies(all);
  const cutAt = new Date();
  try {
    await cutNode.begin(at);
    let last = starts;
    let quietSince = Number.POSITIVE_INFINITY;
    const failing = new Set<number>();
    await until(
      'calls stop failing where a client is told',
      async () => {
        const now = await tallies(clients);
        const failed = now.map((tally, index) => sum(difference(last[index]!, tally).failures) > 0);
        // Where nobody is told, everybody's are waited for.
        const fails = failed.some((one, index) => one && (isTold[index] === true || !isTold.includes(true)));
        if (fails) failing.add(performance.now());
        if (fails || failing.size === 0) quietSince = Number.POSITIVE_INFINITY;
        else quietSince = Math.min(quietSince, performance.now());
        last = now;
        return performance.now() - quietSince > quietMs ? true : undefined;
      },
      undefined,
      cutOffWithinMs,
    ).catch((error: Error) => t.diagnostic(error.message));
  } finally {
    await cutNode.end(at);
  }
  // Copies that come and go ask clients to reconnect, minutes later too; one that did may have met the copy that was cut off.
  const streamsAfter = await until('every copy can be asked again', () => streamsOfClients(kubectl));
  const wasTold = (client: LoadClient): boolean => {
    const [before, now] = [streams, streamsAfter].map((all) => all.get(nodeIdOf(client.pod))?.name);
    return canBeTold(client) && before !== undefined && before === now;
  };
  const lostShare = new Map<LoadClient, number>();
  for (const [index, client] of all.entries()) {
    // A log that was rotated meanwhile knows the last moments only; what was counted before the cut and after it is whole.
    const history = [{ at: cutAt, ...starts[index]! }, ...(await client.history(cutAt))];
    const moments = history.slice(1).map((now, index) => ({ at: now.at, ...difference(history[index]!, now) }));
    const bad = moments.filter(({ failures }) => failures.size > 0);
    const seconds = (date: Date | undefined): string =>
      date === undefined ? '–' : `${((date.getTime() - cutAt.getTime()) / 1000).toFixed(1)} s`;
    const counted = difference(starts[index]!, await client.tally());
    const answeredThen = bad.reduce((total, { answers }) => total + sum(answers), 0);
    const what = describe(counted.failures);
    lostShare.set(client, sum(counted.failures) / (sum(counted.failures) + sum(counted.answers)));
    t.diagnostic(
      `${client.pod}: ${unreachable.length} of ${replicas} backends were unreachable; calls failed from ${seconds(bad[0]?.at)} to ` +
        `${seconds(bad.at(-1)?.at)} after the cut: ${sum(counted.failures)} (${what}); in those moments ${answeredThen} were answered; ` +
        `the copy of the control plane that it was connected to ${canBeTold(client) ? 'could be reached' : 'was cut off too'}` +
        (canBeTold(client) && !wasTold(client) ? '; it has another stream now' : ''),
    );
    assert.ok(sum(counted.answers) > 0, 'the backends that could be reached went on answering');
  }
  // With other values of the chart, such as load reports, clients may be helped in other ways as well.
  for (const [index, plain] of process.env.EVENKEEL_FAULTS_HELM === undefined ? clients.entries() : []) {
    const helped = [keptAlive[index]!, ...(wasTold(checked[index]!) ? [checked[index]!] : [])];
    for (const client of helped) {
      assert.ok(
        lostShare.get(client)! < lostShare.get(plain)!,
        `${client.pod} loses fewer of its calls than ${plain.pod}`,
      );
    }
  }
  await kubectl(['delete', 'pod', '--now', ...[...keptAlive, ...checked].map(({ pod }) => pod)]);
  await until(`${otherNode} is ready again`, async () => {
    const status = await kubectl([
      'get',
      'node',
      otherNode,
      '-o',
      'jsonpath={.status.conditions[?(@.type=="Ready")].status}',
    ]);
    return status === 'True' ? true : undefined;
  });
  await settled(kubectl, replicas);
  await reached(stage);
  // A copy that was cut off gave up its clients' connections, and they could not hear of it: their own keepalive finds out.
  const healedAt = performance.now();
  await until(
    'every client has a stream',
    () => streamsOfClients(kubectl),
    (now) => clients.every(({ pod }) => now.has(nodeIdOf(pod))),
    noticedWithinMs,
  );
  t.diagnostic(`every client has a stream ${((performance.now() - healedAt) / 1000).toFixed(1)} s after it was ready`);
  await withoutLoss(t, stage, () => deleteOne());
});
