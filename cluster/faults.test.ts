// What goes wrong in a cluster, under constant calls of grpc-go and grpc-js over xds:///, with retries and wait-for-ready
// off: none of it may cost a call, but a machine that is cut off the network.
import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { outcomeOf } from '../test/support/outcome.ts';
import { machinesOfStreams } from './faults/control-planes.ts';
import { describe, difference, type LoadClient, sum, type Tally } from './faults/load-client.ts';
import {
  checkedTarget,
  nodeIdOf,
  readyPods,
  readySince,
  type Stage,
  setStage,
  settled,
  target,
} from './faults/stage.ts';
import { images, without, withoutCluster } from './support/cluster.ts';
import { backend } from './support/echo-stage.ts';
import { until } from './support/until.ts';

const ratePerSecond = 200;
/** A machine that starts pods answers late; what is asked is whether calls are lost. */
const deadlineMs = 10_000;
/** How often something is done where what went wrong was the machine. */
const mostAttempts = 3;
const replicas = 5;
const outageMs = 30_000;
/** The kubelet of a machine that was cut off is given up after 40 s; then its pods leave the endpoints. */
const cutOffWithinMs = 100_000;
const quietMs = 5000;

const skip =
  withoutCluster() || without(images.clients, 'no test clients: name their image with EVENKEEL_CLIENTS_IMAGE');

/** A command for a fault that no Kubernetes API can make; without it the test is skipped. */
const machine = (variable: string): { readonly command: string | undefined; readonly skip: string | false } => {
  const command = process.env[`EVENKEEL_CLUSTER_${variable}`];
  return { command, skip: skip || without(command, `name the command with EVENKEEL_CLUSTER_${variable}`) };
};
const stopApi = machine('STOP_APISERVER');
const startApi = machine('START_APISERVER');
const cutApi = machine('CUT_API');
const plugApi = machine('PLUG_API');
const cutNode = machine('CUT_NODE');
const plugNode = machine('PLUG_NODE');

let stage: Stage;

before(async () => {
  if (skip !== false) return;
  stage = await setStage();
  await begin(stage.clients);
});

after(() => stage?.close());

const tallies = (clients = stage.clients): Promise<Tally[]> => Promise.all(clients.map((client) => client.tally()));

/** Lets these call, from now on; resolves once they reach every backend. */
async function begin(clients: readonly LoadClient[], called = target): Promise<void> {
  await Promise.all(clients.map((client) => client.begin(called, ratePerSecond, deadlineMs)));
  await reached(await tallies(clients), clients);
}

/** Resolves once every client has been answered by every backend that is ready now, since those tallies. */
async function reached(since: readonly Tally[], clients = stage.clients): Promise<void> {
  const pods = await readyPods(stage.kubectl);
  await until(`every client reaches ${pods.join(', ')}`, async () => {
    const now = await tallies(clients);
    const all = now.every((tally, index) => {
      const { answers } = difference(since[index]!, tally);
      return pods.every((pod) => answers.has(pod));
    });
    return all ? true : undefined;
  });
}

/**
 * Makes something happen while the clients call; afterwards they must reach every backend and have lost no call.
 *
 * A machine that lets nobody run for the length of a deadline loses calls that nothing else is wrong with. Where all that
 * were lost were too slow, it is done again; what loses calls every time is found by that too.
 */
async function withoutLoss(t: TestContext, happen: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const start = await tallies();
    const readyBefore = await readySince(stage.kubectl);
    const began = performance.now();
    await happen();
    const tookMs = performance.now() - began;
    await reached(await tallies());
    const readyAfter = await readySince(stage.kubectl);
    const seen = (await tallies()).map((now, index) => difference(start[index]!, now));
    const lines = seen.map(({ answers, failures }, index) =>
      `${stage.clients[index]!.pod}: ${sum(answers)} answered, ${sum(failures)} failed ${describe(failures)}`.trimEnd(),
    );
    t.diagnostic(`${(tookMs / 1000).toFixed(1)} s; ${lines.join('; ')}`);
    const lost = seen.flatMap(({ failures }) => [...failures.keys()]);
    const onlySlow = lost.length > 0 && lost.every((message) => message.startsWith('DEADLINE_EXCEEDED'));
    if (readyAfter !== readyBefore) {
      t.diagnostic(`Kubernetes gave machines up meanwhile: ready since ${readyBefore} then ${readyAfter}`);
    }
    if (onlySlow && attempt < mostAttempts) continue;
    for (const [index, { failures }] of seen.entries()) assert.equal(sum(failures), 0, lines[index]!);
    for (const { answers } of seen) assert.ok(sum(answers) > 0, lines.join('; '));
    return;
  }
}

async function sh(command: string): Promise<void> {
  const { code, stderr, stdout } = await outcomeOf('sh', ['-c', command]);
  assert.equal(code, 0, `${command}: ${stderr}${stdout}`);
}

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
  withoutLoss(t, async () => {
    await stage.kubectl(['rollout', 'restart', `deployment/${backend}`]);
    await settled(stage.kubectl, replicas);
  }),
);

test('scale-in and scale-out', { skip, timeout: 600_000 }, (t) =>
  withoutLoss(t, async () => {
    for (const count of [2, replicas]) await scale(count);
  }),
);

test('kubectl delete pod', { skip, timeout: 600_000 }, (t) => withoutLoss(t, () => deleteOne()));

test('a machine is drained', { skip, timeout: 600_000 }, (t) =>
  withoutLoss(t, async () => {
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

test('a rollout of the control plane', { skip, timeout: 600_000 }, (t) =>
  withoutLoss(t, async () => {
    await stage.kubectl(['rollout', 'restart', 'deployment/evenkeel']);
    await stage.kubectl(['rollout', 'status', 'deployment/evenkeel', '--timeout=180s']);
    await deleteOne();
  }),
);

test('all pods of the control plane are killed', { skip, timeout: 600_000 }, (t) =>
  withoutLoss(t, async () => {
    const all = ['pods', '-l', 'app.kubernetes.io/name=evenkeel'];
    await stage.kubectl(['delete', ...all, '--grace-period=0', '--force']);
    await stage.kubectl(['rollout', 'status', 'deployment/evenkeel', '--timeout=180s']);
    // Clients come back in their own time, and before that nobody can tell them of a pod that goes. One that calls a new
    // pod is back.
    await scale(replicas + 1);
    await reached(await tallies());
    await scale(replicas);
  }),
);

test('the API server is away for 30 s', { skip: stopApi.skip || startApi.skip, timeout: 600_000 }, (t) =>
  withoutLoss(t, async () => {
    try {
      await sh(stopApi.command!);
      await delay(outageMs);
    } finally {
      await sh(startApi.command!);
    }
    await until('the API is ready', async () =>
      (await stage.kubectl(['get', '--raw', '/readyz'])) ? true : undefined,
    );
    // Controllers and watches come back in their own time as well; a new pod that is called has passed all of them.
    await until('pods can be had', async () => {
      await scale(replicas + 1);
      return true;
    });
    await reached(await tallies());
    await deleteOne(replicas + 1);
    await scale(replicas);
  }),
);

test(
  'no machine reaches the API server, until all pods are taken for not ready',
  {
    skip: cutApi.skip || plugApi.skip,
    timeout: 600_000,
  },
  (t) =>
    withoutLoss(t, async () => {
      try {
        await sh(cutApi.command!);
        await until(
          'Kubernetes takes no backend for ready',
          () => readyPods(stage.kubectl),
          (pods) => pods.length === 0,
        );
      } finally {
        await sh(plugApi.command!);
      }
      await settled(stage.kubectl, replicas);
    }),
);

test('a machine is cut off the network: what fails, and for how long', {
  skip: cutNode.skip || plugNode.skip,
  timeout: 600_000,
}, async (t) => {
  const { kubectl, otherNode, clients, keptAlive, checked } = stage;
  await begin(keptAlive);
  await begin(checked, checkedTarget);
  const at = (command: string | undefined): string => command!.replaceAll('{node}', otherNode);
  const onNode = await kubectl([
    'get',
    'pods',
    '-o',
    `jsonpath={.items[?(@.spec.nodeName=="${otherNode}")].metadata.name}`,
  ]);
  const unreachable = onNode.split(' ').filter((name) => name.startsWith(`${backend}-`));
  // A client whose copy of the control plane is cut off with the machine is told nothing until its keepalive notices.
  const machines = await machinesOfStreams(kubectl);
  const canBeTold = ({ pod }: LoadClient): boolean => machines.get(nodeIdOf(pod)) !== otherNode;
  const isTold = clients.map(canBeTold);
  const start = await tallies();
  const cutAt = new Date();
  try {
    await sh(at(cutNode.command));
    let last = start;
    let quietSince = Number.POSITIVE_INFINITY;
    const failing = new Set<number>();
    await until(
      'calls stop failing where a client is told',
      async () => {
        const now = await tallies();
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
    await sh(at(plugNode.command));
  }
  const lost = new Map<LoadClient, number>();
  for (const client of [...clients, ...keptAlive, ...checked]) {
    const history = await client.history(cutAt);
    const moments = history.slice(1).map((now, index) => ({ at: now.at, ...difference(history[index]!, now) }));
    const bad = moments.filter(({ failures }) => failures.size > 0);
    const seconds = (date: Date | undefined): string =>
      date === undefined ? '–' : `${((date.getTime() - cutAt.getTime()) / 1000).toFixed(1)} s`;
    const counted = difference(history[0]!, history.at(-1)!);
    const answeredThen = bad.reduce((total, { answers }) => total + sum(answers), 0);
    const what = describe(counted.failures);
    lost.set(client, sum(counted.failures));
    t.diagnostic(
      `${client.pod}: ${unreachable.length} of ${replicas} backends were unreachable; calls failed from ${seconds(bad[0]?.at)} to ` +
        `${seconds(bad.at(-1)?.at)} after the cut: ${sum(counted.failures)} (${what}); in those moments ${answeredThen} were answered; ` +
        `the copy of the control plane that it is connected to ${canBeTold(client) ? 'could be reached' : 'was cut off too'}`,
    );
    assert.ok(sum(counted.answers) > 0, 'the backends that could be reached went on answering');
  }
  for (const [index, plain] of clients.entries()) {
    const helped = [keptAlive[index]!, ...(canBeTold(checked[index]!) ? [checked[index]!] : [])];
    for (const client of helped) {
      assert.ok(lost.get(client)! < lost.get(plain)!, `${client.pod} loses fewer calls than ${plain.pod}`);
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
  await reached(await tallies());
  await withoutLoss(t, () => deleteOne());
});
