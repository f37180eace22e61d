import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../base/clock.ts';
import { KubeModel } from './kube-model.ts';
import { readService } from './kube-service.ts';
import { readSlice } from './kube-slice.ts';
import type { ApiObject } from './testing/fake-api-server.ts';
import { serviceObject, sliceObject } from './testing/objects.ts';

const graceMs = 20_000;
const key = 'shop/a';

let version = 0;
function versioned(object: ApiObject) {
  version += 1;
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}

function slice(suffix: string, address: string, ...pods: string[]) {
  const endpoints = pods.map((pod, index) => ({ address: `${address}${index + 1}`, pod }));
  return readSlice(
    versioned(sliceObject(key, suffix, endpoints, { addressType: address.includes(':') ? 'IPv6' : 'IPv4' })),
  )!;
}

function service(spec: object = {}) {
  return readService(versioned(serviceObject(key, { selector: { app: 'a', tier: 'x' }, ...spec })))!;
}

function modelOf(one: ReturnType<typeof service>, ...slices: ReturnType<typeof slice>[]) {
  const clock = new ManualClock();
  const changes: string[][] = [];
  const model = new KubeModel(clock, graceMs, () => changes.push([...model.dirty]));
  model.setService(one);
  for (const each of slices) model.setSlice(each, undefined);
  model.dirty.clear();
  const addresses = () =>
    model
      .read(key)!
      .ports[0]!.endpoints.map(({ address }) => address)
      .join(' ');
  return { clock, model, changes, addresses, problems: () => model.read(key)!.problems };
}

test('the endpoints of slices that were deleted are kept until there is a new one', () => {
  const [x1, x2] = [slice('x1', '10.0.1.', 'p', 'q'), slice('x2', '10.0.2.', 'r')];
  const { model, addresses, problems, clock } = modelOf(service(), x1, x2);
  model.deleteSlice(x1);
  assert.equal(addresses(), '10.0.2.1', 'another slice says what there is');
  model.deleteSlice(x2);
  assert.equal(addresses(), '10.0.1.1 10.0.1.2 10.0.2.1');
  assert.deepEqual(problems(), [
    'its IPv4 EndpointSlices were deleted and Kubernetes has written no new one yet: the endpoints in them are kept, at most 20 s',
  ]);
  const x3 = slice('x3', '10.0.1.', 'p');
  model.setSlice(x3, undefined);
  assert.deepEqual([addresses(), problems()], ['10.0.1.1', []]);
  clock.advance(1_000);
  model.deleteSlice(x3);
  assert.equal(addresses(), '10.0.1.1', 'what was deleted before the new slice is over');
});

test('an empty slice is believed at once, and so is one that becomes empty', () => {
  const x1 = slice('x1', '10.0.1.', 'p');
  const { model, addresses } = modelOf(service(), x1);
  model.setSlice(slice('x1', '10.0.1.'), x1);
  assert.equal(addresses(), '');
  const other = modelOf(service(), x1);
  other.model.deleteSlice(x1);
  other.model.setSlice(slice('x2', '10.0.1.'), undefined);
  assert.equal(other.addresses(), '');
});

test('they are kept for a while only', () => {
  const x1 = slice('x1', '10.0.1.', 'p');
  const { clock, model, addresses, changes, problems } = modelOf(service(), x1);
  model.deleteSlice(x1);
  model.dirty.clear();
  clock.advance(graceMs - 1);
  assert.deepEqual([addresses(), changes], ['10.0.1.1', []]);
  clock.advance(1);
  assert.deepEqual([addresses(), changes, problems()], ['', [[key]], []]);
  assert.equal(clock.pending, 0);
});

test('each family has slices of its own', () => {
  const dual = service({ ipFamilies: ['IPv4', 'IPv6'] });
  const [x4, x6] = [slice('x4', '10.0.1.', 'p', 'q'), slice('x6', 'fd00::', 'q')];
  const { model, addresses } = modelOf(dual, x4, x6);
  model.deleteSlice(x4);
  assert.equal(addresses(), '10.0.1.1 10.0.1.2');
  model.deleteSlice(x6);
  model.setSlice(slice('x5', '10.0.1.', 'p'), undefined);
  assert.equal(addresses(), '10.0.1.1 fd00::1');
  model.setService(service());
  assert.equal(addresses(), '10.0.1.1', 'a family that the Service has no more');
});

for (const [what, before, after] of [
  ['without a selector', { selector: null }, { selector: null }],
  ['whose selector was taken away', {}, { selector: null }],
  ['that selects other pods now', {}, { selector: { app: 'b' } }],
] as const) {
  test(`nothing is kept for a Service ${what}`, () => {
    const x1 = slice('x1', '10.0.1.', 'p');
    const { model, addresses } = modelOf(service(before), x1);
    model.deleteSlice(x1);
    model.setService(service(after));
    assert.equal(addresses(), '');
  });
}

for (const order of ['service', 'slices', 'replaced'] as const) {
  test(`a Service that is made again keeps its endpoints until its first slice comes (${order} first)`, () => {
    const old = service();
    const x1 = slice('x1', '10.0.1.', 'p');
    const { model, addresses, clock } = modelOf(old, x1);
    if (order === 'slices') model.deleteSlice(x1);
    model.deleteService(old);
    if (order === 'service') model.deleteSlice(x1);
    assert.equal(model.read(key), undefined);
    clock.advance(500);
    model.setService(service());
    if (order === 'replaced') model.deleteSlice(x1);
    assert.equal(addresses(), '10.0.1.1');
    model.setSlice(slice('x2', '10.0.1.'), undefined);
    assert.equal(addresses(), '');
    clock.advance(graceMs);
    assert.equal(clock.pending, 0);
  });

  test(`a Service that is made again for other pods does not (${order} first)`, () => {
    const old = service();
    const x1 = slice('x1', '10.0.1.', 'p');
    const { model, addresses } = modelOf(old, x1);
    if (order === 'slices') model.deleteSlice(x1);
    model.deleteService(old);
    if (order === 'service') model.deleteSlice(x1);
    model.setService(service({ selector: { app: 'other' } }));
    if (order === 'replaced') model.deleteSlice(x1);
    assert.equal(addresses(), '');
  });
}

test('a slice that is given to another Service leaves the first', () => {
  const x1 = slice('x1', '10.0.1.', 'p');
  const { model, addresses, clock } = modelOf(service(), x1);
  model.setSlice({ ...x1, service: 'shop/b' }, x1);
  assert.equal(addresses(), '10.0.1.1');
  assert.deepEqual([...model.dirty], [key, 'shop/b']);
  clock.advance(graceMs);
  assert.equal(addresses(), '');
});
