// When Kubernetes' word is doubted, over a real list and watch.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { RecordingObserver } from '../testing/recording-observer.ts';
import type { KubernetesDiscoveryOptions } from './kubernetes-discovery.ts';
import { FakeApiServer } from './testing/fake-api-server.ts';
import { discoveryOf } from './testing/fake-driver.ts';
import { serviceObject, sliceObject } from './testing/objects.ts';

const selecting = (name: string) => serviceObject(`shop/${name}`, { selector: { app: name } });

/** An API server with the Service `shop/a` and one slice, and a discovery that has listed it. */
async function start(t: TestContext, options: KubernetesDiscoveryOptions = {}) {
  const fake = await FakeApiServer.start();
  t.after(() => fake.stop());
  fake.apply('services', selecting('a'));
  fake.apply('endpointslices', sliceObject('shop/a', 'x1', [{ address: '10.0.0.1' }]));
  const observer = new RecordingObserver();
  const discovery = discoveryOf(fake, options);
  t.after(() => discovery.stop());
  await discovery.start(observer);
  await observer.until('it is synced', ({ isSynced }) => isSynced);
  await fake.until(() => fake.count('services', 'watch') > 0 && fake.count('endpointslices', 'watch') > 0);
  const problems = (name = 'a'): string => `${observer.services.get(`shop/${name}`)?.problems ?? ''}`;
  const ready = (name = 'a'): number | undefined =>
    observer.services.get(`shop/${name}`)?.ports[0]?.endpoints.filter(({ conditions }) => conditions.ready).length;
  return { fake, observer, problems, ready };
}

test('a slice that is deleted takes no endpoint away before Kubernetes has written the next', async (t) => {
  const { fake, observer, problems, ready } = await start(t);
  fake.delete('endpointslices', 'shop/a-x1');
  await observer.until('it is told', () => /deleted/.test(problems()));
  assert.equal(ready(), 1);
  fake.apply('endpointslices', sliceObject('shop/a', 'x2', [{ address: '10.0.0.2' }]));
  await observer.until('the new one is told', () => problems() === '');
  fake.apply('endpointslices', sliceObject('shop/a', 'x2', [], { ports: null }));
  await observer.until('an empty one is believed', () => ready() === 0);
});

test('a slice that nobody writes again is believed to be gone after a while', async (t) => {
  const { fake, observer, ready } = await start(t, { sliceGraceMs: 50 });
  fake.delete('endpointslices', 'shop/a-x1');
  await observer.until('it is believed', () => ready() === 0);
  assert.ok(observer.events.some((event) => event.kind === 'upsert' && /deleted/.test(`${event.service.problems}`)));
});

test('a Service that is deleted and made again is never told without endpoints', async (t) => {
  const { fake, observer } = await start(t);
  fake.delete('services', 'shop/a');
  await observer.until('it is removed', ({ services }) => !services.has('shop/a'));
  fake.delete('endpointslices', 'shop/a-x1');
  fake.apply('services', selecting('a'));
  await observer.until('it is there again', ({ services }) => services.has('shop/a'));
  fake.apply('endpointslices', sliceObject('shop/a', 'x2', [{ address: '10.0.0.2' }]));
  const addresses = () => observer.services.get('shop/a')?.ports[0]?.endpoints.map(({ address }) => address);
  await observer.until('its first slice is told', () => addresses()?.join() === '10.0.0.2');
  for (const event of observer.events) {
    if (event.kind === 'upsert') assert.equal(event.service.ports[0]?.endpoints.length, 1);
  }
});

test('where every node is lost at once endpoints are kept; one Service that fails is believed', async (t) => {
  const { fake, observer, problems, ready } = await start(t, { sightTimes: { momentMs: 50 } });
  const write = (name: string, isReady: boolean): void => {
    const endpoints = ['node-1', 'node-2'].map((nodeName, index) => ({
      address: `10.0.${name.charCodeAt(0)}.${index}`,
      pod: `${name}-${index}`,
      nodeName,
      ready: isReady,
      serving: isReady,
      terminating: false,
    }));
    fake.apply('endpointslices', sliceObject(`shop/${name}`, 'x1', endpoints));
  };
  fake.apply('services', selecting('b'));
  for (const name of ['a', 'b']) write(name, true);
  await observer.until('both are told', () => ready('a') === 2 && ready('b') === 2);
  write('a', false);
  await observer.until('the one is believed', () => ready('a') === 0);
  write('a', true);
  await observer.until('it is back', () => ready('a') === 2);

  for (const name of ['a', 'b']) write(name, false);
  await observer.until('both are kept', () => [problems('a'), problems('b')].every((said) => /lost sight/.test(said)));
  assert.deepEqual([ready('a'), ready('b')], [2, 2]);
  for (const name of ['a', 'b']) write(name, true);
  await observer.until('Kubernetes sees them', () => problems('a') === '' && problems('b') === '');
});
