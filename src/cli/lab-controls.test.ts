import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startLab, testPod } from '../lab/testdata/start.ts';
import { labControls } from './lab-controls.ts';

test('the page of a lab controls the pods behind its Services, and neither others nor its own', async (t) => {
  const lab = await startLab(t);
  await lab.createService({ name: 'web-srv', selector: ['web', 'own'], ports: [{ port: 8080 }] });
  lab.createDeployment({ name: 'web', template: testPod({}, { readiness: undefined }) });
  lab.createDeployment({ name: 'own', template: testPod({}, { readiness: undefined }) });
  lab.createDeployment({ name: 'caller', template: testPod({}, { readiness: undefined }) });
  const [[pod], [own], [caller]] = await Promise.all([lab.ready('web'), lab.ready('own'), lab.ready('caller')]);
  const { view, act } = labControls(lab.stateDir, own!.name);
  const name = pod!.name;

  assert.deepEqual(await view(), {
    deployments: [{ name: 'web', services: ['default/web-srv'], replicas: 1, ready: 1, problem: '' }],
    pods: [{ name, frozen: false }],
  });
  for (const refused of [own!.name, caller!.name, 'web']) {
    await assert.rejects(act({ do: 'kill', name: refused }), { code: 'EK_LAB_UNKNOWN_NAME' });
  }
  await assert.rejects(act({ do: 'scale', name: 'caller', replicas: 0 }), { code: 'EK_LAB_UNKNOWN_NAME' });

  await act({ do: 'freeze', name });
  assert.deepEqual((await view()).pods, [{ name, frozen: true }]);
  await act({ do: 'thaw', name });
  assert.deepEqual((await view()).pods, [{ name, frozen: false }]);
  await act({ do: 'freeze', name });
  await act({ do: 'kill', name });
  await lab.waitFor('its restart', () => lab.pod(name).restarts === 1);
  assert.deepEqual((await view()).pods, [{ name, frozen: false }], 'who is started again is not frozen');

  await act({ do: 'scale', name: 'web', replicas: 0 });
  await lab.settled('web');
  assert.deepEqual((await view()).deployments[0]?.replicas, 0, 'and it can be scaled up again');
  await act({ do: 'scale', name: 'web', replicas: 1 });
  await act({ do: 'roll', name: 'web' });
  await lab.settled('web');
  assert.deepEqual(
    lab.history('web').map(({ cause }) => cause),
    ['', 'asked for on the page'],
  );
});

test('a lab that is gone is said to be', async (t) => {
  const lab = await startLab(t, { id: 'gone' });
  const { view } = labControls(lab.stateDir, undefined);
  await lab.stop();
  await assert.rejects(view(), { code: 'EK_LAB_STOPPED', message: 'the lab gone did not answer' });
});
