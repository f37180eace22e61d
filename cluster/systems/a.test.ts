import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutCluster } from '../support/cluster.ts';
import { run } from '../support/run.ts';
import { until } from '../support/until.ts';
import { manifestsOf } from './support/manifests.ts';
import { Namespace, podsIn, tally } from './support/namespace.ts';

const skip = withoutCluster('make');

test('system A: a gateway in front of two backends', { skip }, async (t) => {
  const here = await Namespace.create(t, 'a');
  const make = (target: string) =>
    run('make', ['-C', 'deploy/systems/a', target, `NAMESPACE=${here.name}`, 'NPM=true']);

  await t.test('one command deploys it, and again', async () => {
    await make('deploy');
    assert.match(await make('deploy'), /unchanged/);
    await here.apply(await manifestsOf('a-canary', here.name));
    await here.rolledOut('hellogrpc', 'hellogrpc-v2', 'hellohttp', 'helloserve');
    // A gateway that started while backends were still starting knows only those that DNS had then, or none.
    await here.restart('helloserve');
  });

  await t.test('GET /hellogrpc answers what the write-up has, through one channel, in turn', async () => {
    const answers = await here.call({ url: 'http://serve-svc/hellogrpc?name=you', count: 80 });
    const parsed = answers.map(({ body }) => JSON.parse(body));
    for (const answer of parsed) {
      assert.deepEqual(Object.keys(answer), ['name', 'version', 'hostname', 'response']);
      assert.deepEqual(Object.keys(answer.response), ['version', 'hostname']);
      assert.equal(answer.name, 'you');
      assert.equal(answer.version, 'v1-helloserve');
    }
    assert.equal(new Set(parsed.map(({ hostname }) => hostname)).size, 3);
    const backends = tally(parsed.map(({ response }) => response.hostname));
    assert.deepEqual(Object.keys(backends).sort(), [...(await here.pods('hellogrpc'))]);
    // Each gateway goes round exactly; three of them end their rounds at different pods.
    for (const calls of Object.values(backends)) assert.ok(calls >= 17 && calls <= 23, JSON.stringify(backends));
    const versions = tally(parsed.map(({ response }) => response.version));
    assert.deepEqual(Object.keys(versions).sort(), ['v1-hellogrpc', 'v2-hellogrpc']);
  });

  await t.test('GET /hellohttp reaches all three by new connections', async () => {
    const answers = await here.call({ url: 'http://serve-svc/hellohttp', count: 60 });
    const [first] = answers.map(({ body }) => JSON.parse(body));
    assert.equal(first.name, '');
    assert.equal(first.response.version, 'v1-hellohttp');
    assert.equal(new Set(answers.flatMap(({ body }) => podsIn(body, 'hellohttp'))).size, 3);
  });

  await t.test('redeploy makes new pods', async () => {
    const before = await here.pods('hellohttp');
    await make('redeploy');
    const after = await until(
      'the old pods are gone',
      () => here.pods('hellohttp'),
      (pods) => pods.length === 3 && pods.every((pod) => !before.includes(pod)),
    );
    assert.equal(after.length, 3);
  });

  await t.test('without a backend the gateway says who is missing and does not hang', async () => {
    await here.scale('hellogrpc', 0);
    await here.scale('hellogrpc-v2', 0);
    const { body } = await until(
      'the gateway notices',
      () => here.callOnce('http://serve-svc/hellogrpc'),
      ({ status }) => status === 503,
    );
    const failure = JSON.parse(body);
    assert.equal(failure.upstream, 'dns:///grpc-svc:8000');
    assert.equal(failure.grpcStatus, 'UNAVAILABLE');
  });
});
