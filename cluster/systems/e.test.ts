import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutCluster } from '../support/cluster.ts';
import { kubectl } from '../support/run.ts';
import { until } from '../support/until.ts';
import { manifestsOf } from './support/manifests.ts';
import { Namespace, podsIn, tally } from './support/namespace.ts';

const skip = withoutCluster();

test('system E: an xDS control plane and no proxy', { skip }, async (t) => {
  const here = await Namespace.create(t, 'e');
  /** The fifteen lines of the frontend. */
  async function lines(service: string): Promise<string[]> {
    const { status, body } = await here.callOnce(`http://fe-srv:8080/${service}`);
    assert.equal(status, 200, body);
    return body.split('\n');
  }
  const podsBehind = async (service: string, deployment: string) =>
    [...new Set((await lines(service)).flatMap((line) => podsIn(line, deployment)))].sort();

  await here.apply(await manifestsOf('e', here.name));
  await here.rolledOut('be1-deployment', 'be2-deployment', 'xds-deployment', 'fe-deployment');

  for (const number of [1, 2]) {
    await t.test(`GET /be${number}-srv: fifteen lines, two pods, even`, async () => {
      const deployment = `be${number}-deployment`;
      const two = await here.pods(`be${number}`);
      await until(
        'both connected',
        () => podsBehind(`be${number}-srv`, deployment),
        (pods) => pods.join() === two.join(),
      );
      const answers = await lines(`be${number}-srv`);
      assert.equal(answers.length, 15);
      for (const line of answers) assert.match(line, /^Hello unary RPC msg from hostname be\d-deployment-/);
      const counts = Object.values(tally(answers)).sort();
      assert.deepEqual(counts, [7, 8]);
    });
  }

  await t.test('two become ten, and nothing is restarted', async () => {
    const frontend = await here.pods('fe');
    await here.scale('be1-deployment', 10);
    const ten = await here.pods('be1');
    await until(
      'all ten answer',
      () => podsBehind('be1-srv', 'be1-deployment'),
      (pods) => pods.join() === ten.join(),
    );
    assert.deepEqual(await here.pods('fe'), frontend);
    await here.scale('be1-deployment', 2);
  });

  await t.test('the control plane can be reached at a port of every machine', async () => {
    const { spec } = await here.get('service', 'xds-srv');
    assert.equal(spec.type, 'NodePort');
    assert.equal(spec.ports[0].port, 18_000);
    assert.ok(spec.ports[0].nodePort >= 30_000);
  });

  await t.test('the Kubernetes API in place of DNS: the same answers, by the least rights', async () => {
    await here.apply(await manifestsOf('e-kubernetes-api', here.name));
    await here.rolledOut('xds-deployment');
    await here.scale('be2-deployment', 4);
    const four = await here.pods('be2');
    await until(
      'all four answer',
      () => podsBehind('be2-srv', 'be2-deployment'),
      (pods) => pods.join() === four.join(),
    );
    const account = `--as=system:serviceaccount:${here.name}:xds`;
    const may = (verb: string, what: string, where: string) =>
      kubectl(['auth', 'can-i', verb, what, account, `--namespace=${where}`]).then(
        () => true,
        () => false,
      );
    assert.equal(await may('watch', 'services', here.name), true);
    assert.equal(await may('watch', 'endpointslices', here.name), true);
    for (const what of ['secrets', 'pods', 'configmaps', 'nodes'])
      assert.equal(await may('get', what, here.name), false);
    assert.equal(await may('list', 'services', 'kube-system'), false);
    assert.equal(await may('update', 'services', here.name), false);
  });
});
