import assert from 'node:assert/strict';
import { test } from 'node:test';
import { images, partsOf, withoutCluster } from '../support/cluster.ts';
import { run } from '../support/run.ts';
import { until } from '../support/until.ts';
import { type Manifest, manifestsOf } from './support/manifests.ts';
import { Namespace, tally } from './support/namespace.ts';

const skip = withoutCluster('helm');

/** The write-up's clients call once a second; ten times as often they say the same sooner. */
function hurried(manifest: Manifest): Manifest {
  const [container] = manifest.spec.template.spec.containers;
  return {
    ...manifest,
    spec: {
      ...manifest.spec,
      template: {
        ...manifest.spec.template,
        spec: {
          ...manifest.spec.template.spec,
          containers: [{ ...container, args: [...container.args, '--interval-ms=100'] }],
        },
      },
    },
  };
}

test('system B: one server, two protocols, clients that call for ever', { skip }, async (t) => {
  const here = await Namespace.create(t, 'b');
  const { repository, tag } = partsOf(images.evenkeel);
  const install = (...options: readonly string[]) =>
    run('helm', [
      ...['upgrade', '--install', 'evenkeel', 'deploy/chart/evenkeel', '--namespace', here.name, '--wait'],
      // One copy and rights in this namespace only.
      ...['--set', `image.repository=${repository},image.tag=${tag},replicas=1,kubernetes.namespaces={${here.name}}`],
      ...options,
    ]);
  const installed = install();

  const manifests = await manifestsOf('b-even', here.name);
  const isClient = ({ kind, metadata }: Manifest) => kind === 'Deployment' && metadata.name.startsWith('client-');
  await here.apply(manifests.filter((manifest) => !isClient(manifest)));
  await here.rolledOut('server');
  await installed;
  // A gRPC client that starts before all servers are ready knows only those that DNS had then.
  await here.apply(manifests.filter(isClient).map(hurried));
  const servers = await here.pods('server');

  /** What the lines of a client name, without the first ones, among which there may be errors. */
  async function answersOf(client: string, lines: number): Promise<Record<string, number>> {
    const log = await until(
      `${lines} answers of ${client}`,
      () => here.kubectl(['logs', `deployment/${client}`]),
      (text) => text.split('\n').length > lines + 30,
    );
    const numbered = log
      .trim()
      .split('\n')
      .map((line) => /^#(\d+): (\S+)$/.exec(line));
    const last = numbered.slice(-lines);
    for (const [at, match] of last.entries()) {
      assert.ok(match, `${client}: ${log.slice(-1000)}`);
      assert.equal(Number(match[1]), Number(last[0]![1]) + at);
    }
    return tally(last.map((match) => match![2]!));
  }

  await t.test('HTTP with new connections spreads', async () => {
    assert.deepEqual(Object.keys(await answersOf('client-http', 60)).sort(), servers);
  });

  for (const client of ['client-grpc', 'client-http-keep-alive']) {
    await t.test(`${client} is pinned to one pod behind the ClusterIP`, async () => {
      assert.equal(Object.keys(await answersOf(client, 60)).length, 1);
    });
  }

  for (const client of ['client-grpc-headless', 'client-grpc-xds']) {
    await t.test(`${client} is exactly even`, async () => {
      const answers = await answersOf(client, 60);
      assert.deepEqual(answers, Object.fromEntries(servers.map((name) => [name, 20])));
    });
  }

  await t.test('the client over xds:/// gets to new pods, the one over DNS does not', async () => {
    await here.scale('server', 5);
    const five = await here.pods('server');
    await until(
      'calls on all five',
      async () => Object.keys(await answersOf('client-grpc-xds', 20)).sort(),
      (names) => names.join() === five.join(),
    );
    assert.deepEqual(Object.keys(await answersOf('client-grpc-headless', 20)).sort(), servers);
  });

  const noEnvoy =
    images.envoy === undefined && process.env.EVENKEEL_REQUIRE !== 'all' && 'EVENKEEL_ENVOY_IMAGE is not set';
  await t.test('through a proxy that understands calls both spread', { skip: noEnvoy }, async () => {
    const services = [`${here.name}/server:50051`, `${here.name}/server:8080`];
    await install(
      '--set-json',
      `config.gateways=${JSON.stringify([{ name: 'edge', listen: '0.0.0.0:8080', services }])}`,
    );
    const all = await manifestsOf('b-l7', here.name);
    const added = all.filter(({ metadata }) => /envoy|l7/.test(metadata.name));
    await here.apply(added.filter((manifest) => !isClient(manifest)));
    await here.rolledOut('envoy');
    await here.apply(added.filter(isClient).map(hurried));
    const pods = await here.pods('server');
    for (const client of ['client-http-l7', 'client-grpc-l7']) {
      const answers = await answersOf(client, 60);
      assert.deepEqual(Object.keys(answers).sort(), pods);
      for (const calls of Object.values(answers)) assert.ok(calls >= 60 / pods.length / 2, JSON.stringify(answers));
    }
  });
});
