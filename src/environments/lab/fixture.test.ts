import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { EvenkeelError } from '../../base/errors.ts';
import { findEnvoy, howToGetEnvoy } from '../../base/find-envoy.ts';
import type { Lab } from '../../lab/index.ts';
import { startLab } from '../../lab/testdata/start.ts';
import type { Backend, ScaleObserver, SchemeId } from '../../probe/index.ts';
import { backendOf } from '../backends.ts';
import { LabFixture } from './fixture.ts';
import { setStage } from './stage.ts';

const binary = await findEnvoy();
// Where everything is required, the first use says what is missing.
const skip = binary === undefined && process.env.EVENKEEL_REQUIRE !== 'all' && `there is no Envoy: ${howToGetEnvoy}`;

/** Programs take their time on a machine that has other things to do. */
const timeout = 240_000;

async function startFixture(
  t: TestContext,
  schemes: readonly SchemeId[],
  { envoy, env = {} }: { envoy?: string | undefined; env?: NodeJS.ProcessEnv } = {},
) {
  const lab = await startLab(t);
  const stage = await setStage(lab, { schemes, replicas: 1, envoy });
  const fixture = new LabFixture(stage, env);
  t.after(() => fixture.close());
  return { lab, fixture };
}

/** What a fixture tells of a change: pods by event, and the schemes that may have called them. */
function recorder() {
  const told: { event: keyof ScaleObserver; pod: string; schemes: readonly SchemeId[] | undefined }[] = [];
  const note =
    (event: keyof ScaleObserver) =>
    ({ name, schemes }: Backend): void => {
      told.push({ event, pod: name, schemes });
    };
  return { told, observer: { ready: note('ready'), terminating: note('terminating'), ended: note('ended') } };
}

const deployments = (lab: Lab): string[] => lab.deployments().map(({ name }) => name);

// Most of their time is that of pods that drain.
suite('a lab as the place of a proof', { concurrency: true }, () => {
  test('changes the pods that schemes call, and says whose calls each can get', { timeout }, async (t) => {
    const schemes: SchemeId[] = ['clusterip-http-keepalive', 'headless-round-robin', 'headless-round-robin-max-age'];
    const { lab, fixture } = await startFixture(t, schemes);
    assert.deepEqual(deployments(lab), ['hellohttp', 'be1', 'be1-aged'], 'nothing that no scheme needs');
    const [first] = await fixture.backends('headless-round-robin');
    assert.equal(first?.zone, 'zone-a');

    const out = recorder();
    await fixture.scale(2, out.observer);
    const added = ['be1', 'be1-aged'].map((name) => lab.pods(name).map((pod) => pod.name));
    assert.deepEqual(
      out.told.map(({ event, pod }) => [event, added.findIndex((pods) => pods.includes(pod))]),
      [
        ['ready', 0],
        ['ready', 1],
      ],
    );
    assert.ok(out.told[0]?.schemes?.includes('xds'));
    assert.deepEqual(out.told[1]?.schemes, ['headless-round-robin-max-age']);
    assert.equal((await fixture.backends('clusterip-http-keepalive')).length, 1, 'no scheme over HTTP scales');

    const back = recorder();
    await fixture.scale(1, back.observer);
    assert.deepEqual(back.told.map(({ event }) => event).sort(), ['ended', 'ended', 'terminating', 'terminating']);
    const { readings, unreadable } = await fixture.calls('headless-round-robin', 'no-such-run');
    assert.deepEqual(readings.map(({ pod }) => pod).sort(), added[0]!.sort(), 'those that have ended, too');
    assert.deepEqual(unreadable, []);

    for (const kind of ['update', 'undo'] as const) {
      const before = schemes.map((scheme) => lab.pods(backendOf(scheme))[0]!.name);
      const { told, observer } = recorder();
      await fixture.rollout(kind, observer);
      for (const [index, scheme] of schemes.entries()) {
        const after = lab.pods(backendOf(scheme)).map(({ name }) => name);
        const mine = told.filter(({ pod }) => pod === before[index] || after.includes(pod));
        assert.deepEqual(
          mine.map(({ event, pod }) => [event, pod]),
          [
            ['ready', after[0]],
            ['terminating', before[index]],
            ['ended', before[index]],
          ],
        );
      }
    }
  });

  test('without an Envoy its row is skipped and says how to get one', { timeout }, async (t) => {
    const { lab, fixture } = await startFixture(t, ['l7-envoy']);
    assert.deepEqual(deployments(lab), ['be1']);
    assert.deepEqual(await fixture.target('l7-envoy'), { skipped: `There is no Envoy. ${howToGetEnvoy}` });
  });

  test('where nothing may be skipped, that is an error', { timeout }, async (t) => {
    const { fixture } = await startFixture(t, ['l7-envoy'], { env: { EVENKEEL_REQUIRE: 'all' } });
    await assert.rejects(fixture.target('l7-envoy'), (error: unknown) => {
      assert.ok(error instanceof EvenkeelError);
      assert.deepEqual([error.code, error.hint], ['EK_ENVOY_MISSING', howToGetEnvoy]);
      return true;
    });
  });

  test('an Envoy that does not start costs its row and no other', { timeout }, async (t) => {
    const { lab, fixture } = await startFixture(t, ['l7-envoy', 'xds'], { envoy: 'false' });
    await assert.rejects(fixture.target('l7-envoy'), { code: 'EK_LAB_NOT_READY' });
    assert.deepEqual(deployments(lab), ['be1', 'evenkeel']);
    assert.deepEqual(
      await fixture.target('xds').then((target) => 'target' in target && target.target),
      'xds:///be1-srv',
    );
    assert.equal((await fixture.backends('xds')).length, 1);
  });

  test('an Envoy is called through a ClusterIP, and its version is told', { skip, timeout }, async (t) => {
    const { lab, fixture } = await startFixture(t, ['l7-envoy'], { envoy: binary });
    assert.deepEqual(await fixture.target('l7-envoy'), { target: lab.service('gateway').ports[0]?.address });
    const { versions } = await fixture.conditions();
    assert.match(versions.envoy ?? '', /^\d+\.\d+\.\d+/);
  });
});
