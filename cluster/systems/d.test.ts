import assert from 'node:assert/strict';
import { test } from 'node:test';
import { images, partsOf, withoutCluster } from '../support/cluster.ts';
import { kubectl, run } from '../support/run.ts';
import { until } from '../support/until.ts';
import { type Manifest, manifestsOf } from './support/manifests.ts';
import { Namespace, podsIn, tally } from './support/namespace.ts';

const skip = withoutCluster('helm');

test('system D: a front, applications, a gRPC service that grows', { skip }, async (t) => {
  const here = await Namespace.create(t, 'd');
  const manifests = await manifestsOf('d', here.name);
  const named = (...names: string[]) => manifests.filter(({ metadata }) => names.includes(metadata.name));
  /** Which pods of `backend` answered that many calls through an application. */
  async function spread(app: string, backend: string, count: number): Promise<Record<string, number>> {
    const path = app === 'sample-service-js' ? 'js' : 'go';
    const answers = await here.call({ url: `http://${app}:8080/${path}/sample`, count });
    for (const { status, body } of answers) assert.equal(status, 200, body);
    return tally(answers.flatMap(({ body }) => podsIn(body, backend)));
  }

  await t.test('the front stays up while no upstream exists', async () => {
    await here.apply(named('sample-service-nginx'));
    await here.rolledOut('sample-service-nginx');
    const front = await until(
      'the front answers',
      () => here.callOnce('http://sample-service-nginx:8080/'),
      ({ status }) => status === 200,
    );
    assert.equal(JSON.parse(front.body).service, 'sample-nginx');
    assert.equal((await here.callOnce('http://sample-service-nginx:8080/go/sample')).status, 503);
    const { items } = await here.get('pods', '--selector=app=sample-service-nginx');
    assert.equal(items[0].status.containerStatuses[0].restartCount, 0);
  });

  await t.test('everything else comes, backends before applications', async () => {
    const isBackend = ({ kind, metadata }: Manifest) => kind !== 'Deployment' || /grpc/.test(metadata.name);
    await here.apply(manifests.filter(isBackend));
    await here.rolledOut('sample-service-grpc', 'grpc-aged');
    await here.apply(manifests);
    await here.rolledOut('sample-service-go', 'sample-service-js', 'go-clusterip', 'go-pick-first', 'go-aged');
  });

  await t.test('nginx, application and gRPC service in a row, and no path doubled', async () => {
    for (const path of ['go', 'js']) {
      const { status, body } = await until(
        `/${path}/sample through the front`,
        () => here.callOnce(`http://sample-service-nginx:8080/${path}/sample?name=you`),
        (answer) => answer.status === 200,
      );
      assert.equal(status, 200);
      const answer = JSON.parse(body);
      assert.equal(answer.service, `sample-${path}`);
      assert.equal(answer.path, `/${path}/sample`);
      assert.equal(answer.response.message, 'Hello, you!');
    }
  });

  const five = await here.pods('sample-service-grpc');
  for (const app of ['go-clusterip', 'go-pick-first']) {
    await t.test(`${app}: all calls on one pod of five`, async () => {
      assert.equal(five.length, 5);
      assert.equal(Object.keys(await spread(app, 'sample-service-grpc', 30)).length, 1);
    });
  }

  await t.test('headless and round_robin: exactly even', async () => {
    const even = Object.fromEntries(five.map((pod) => [pod, 6]));
    assert.deepEqual(await spread('sample-service-go', 'sample-service-grpc', 30), even);
  });

  await t.test('five become ten: without a connection age the first five only', async () => {
    await here.scale('sample-service-grpc', 10);
    assert.deepEqual(Object.keys(await spread('sample-service-go', 'sample-service-grpc', 60)).sort(), five);
  });

  await t.test('one becomes five: with an age of 10 s all five at the next reconnect', async () => {
    assert.equal(Object.keys(await spread('go-aged', 'grpc-aged', 5)).length, 1);
    await here.scale('grpc-aged', 5);
    const all = await here.pods('grpc-aged');
    await until(
      'calls on all five',
      async () => Object.keys(await spread('go-aged', 'grpc-aged', 10)).sort(),
      (names) => names.join() === all.join(),
    );
  });

  await t.test('a call of 15 s outlives a connection age of 10 s', async () => {
    await here.kubectl(['set', 'env', 'deployment/grpc-aged', 'EVENKEEL_LATENCY_MS=15000']);
    await here.rolledOut('grpc-aged');
    // Pods that drain still answer at once, for as long as the application's addresses are those.
    const statuses: number[] = [];
    await until(
      'a call of 15 s',
      async () => {
        const started = performance.now();
        statuses.push((await here.callOnce('http://go-aged:8080/go/sample')).status);
        return performance.now() - started;
      },
      (tookMs) => tookMs >= 15_000,
    );
    assert.ok(
      statuses.every((status) => status === 200),
      statuses.join(),
    );
  });
});

test('system D by Helm, the front at port 31234 of every machine', { skip }, async (t) => {
  const here = await Namespace.create(t, 'd-helm');
  const [app, front] = [partsOf(images.evenkeel), partsOf(images.nginx)];
  const install = (...options: readonly string[]) =>
    run('helm', [
      ...['upgrade', '--install', 'sample-service', 'deploy/systems/d/chart', '--namespace', here.name],
      ...['--set', 'service.type=NodePort', '--set', 'service.nodePort=31234'],
      ...['--set', `image.repository=${app.repository},image.tag=${app.tag}`],
      ...['--set', `nginxImage.repository=${front.repository},nginxImage.tag=${front.tag}`],
      ...['--set', 'replicas.grpc=2,replicas.js=0,replicas.grpcAged=0'],
      ...options,
    ]);
  await install('--wait', '--timeout=150s');

  await t.test('it answers there', async () => {
    const { items } = JSON.parse(await kubectl(['get', 'nodes', '--output=json']));
    for (const { status } of items) {
      const { address } = status.addresses.find(({ type }: { type: string }) => type === 'InternalIP');
      const answer = await until(
        `the front at ${address}`,
        () => here.callOnce(`http://${address}:31234/go/sample`),
        (given) => given.status === 200,
      );
      assert.equal(JSON.parse(answer.body).path, '/go/sample');
    }
  });

  await t.test('every Service has endpoints: selectors match labels', async () => {
    const { items } = await here.get('services');
    assert.deepEqual(items.map(({ metadata }: Manifest) => metadata.name).sort(), [
      'go-aged',
      'grpc-aged',
      'sample-service-go',
      'sample-service-grpc',
      'sample-service-js',
      'sample-service-nginx',
    ]);
    for (const name of ['sample-service-go', 'sample-service-grpc', 'sample-service-nginx']) {
      const { items: slices } = await here.get('endpointslices', `--selector=kubernetes.io/service-name=${name}`);
      assert.ok(
        slices.some(({ endpoints }: { endpoints: [] | null }) => (endpoints ?? []).length > 0),
        name,
      );
    }
  });

  await t.test('a value of the wrong type is refused before anything changes', async () => {
    await assert.rejects(install('--set', 'replicas.grpc=many'), /\/replicas\/grpc.*got string, want integer/);
  });
});
