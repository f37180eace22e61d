import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  buildApiListener,
  buildEdsCluster,
  buildRoute,
  buildSocketListener,
  fromAny,
  SnapshotCache,
  typeUrls,
} from '../index.ts';
import { assignment, cluster, listener, route, service } from '../testing/fixture.ts';

const { cluster: cds, endpoint: eds, listener: lds, route: rds } = typeUrls;

/** What an observer was told, as text. */
function recordChanges(cache: SnapshotCache): string[] {
  const changes: string[] = [];
  cache.observe(({ group, names }) => {
    for (const [typeUrl, changed] of names) {
      changes.push(`${group ?? 'shared'} ${typeUrl.split('.').at(-1)} ${[...changed].sort()}`);
    }
  });
  return changes;
}

test('an update is one change, and says exactly what is different', () => {
  const cache = new SnapshotCache();
  cache.update({ set: [cluster('same'), cluster('other'), cluster('gone')] });
  const changes = recordChanges(cache);
  cache.update({
    set: [cluster('same'), cluster('other', 2), listener('new')],
    remove: [cluster('gone'), cluster('never')],
  });
  assert.deepEqual(changes.sort(), ['shared Cluster gone,other', 'shared Listener new']);
});

test('observers see the new state, and hear nothing of what is no change or after they ended', () => {
  const cache = new SnapshotCache();
  const seen: (string | undefined)[] = [];
  const end = cache.observe(() => seen.push(cache.get(cds, 'a')?.version));
  cache.set(cluster('a'));
  cache.set(cluster('a'));
  cache.remove(cds, 'b');
  cache.clear('nobody');
  end();
  cache.set(cluster('a', 2));
  assert.deepEqual(seen, [cluster('a').version]);
});

test('a resource with another version is a change, even if the content is the same', () => {
  const cache = new SnapshotCache();
  const { typeUrl, bytes } = cluster('a');
  cache.set(fromAny({ typeUrl, value: bytes }, { version: '1' }));
  const changes = recordChanges(cache);
  cache.set(fromAny({ typeUrl, value: bytes }, { version: '2' }));
  assert.deepEqual(changes, ['shared Cluster a']);
});

test('the same version with another content is a change', () => {
  const cache = new SnapshotCache();
  const versioned = (generation: number) =>
    fromAny({ typeUrl: cds, value: cluster('a', generation).bytes }, { version: '1' });
  cache.set(versioned(1));
  const changes = recordChanges(cache);
  cache.set(versioned(2));
  assert.deepEqual(changes, ['shared Cluster a']);
});

test('a snapshot replaces a layer, and only the differences are changes', () => {
  const cache = new SnapshotCache();
  cache.setSnapshot({ group: 'g', resources: [cluster('a'), cluster('b'), listener('a')] });
  const changes = recordChanges(cache);
  cache.setSnapshot({ group: 'g', resources: [cluster('a'), cluster('b', 2), assignment('b')] });
  assert.deepEqual(changes.sort(), ['g Cluster b', 'g ClusterLoadAssignment b', 'g Listener a']);
  cache.clear('g');
  assert.deepEqual(cache.groups(), []);
  assert.deepEqual([...cache.resources('g')], []);
});

test('a group sees its own layer over the shared one, each name once', () => {
  const cache = new SnapshotCache();
  cache.update({ set: [cluster('a'), cluster('b')] });
  cache.update({ group: 'g', set: [cluster('b', 2), cluster('c'), listener('c')] });
  const seen = (group?: string, typeUrl?: string) =>
    [...cache.resources(group, typeUrl)].map(({ name }) => name).sort();
  assert.deepEqual(seen(), ['a', 'b']);
  assert.deepEqual(seen('g'), ['a', 'b', 'c', 'c']);
  assert.deepEqual(seen('g', cds), ['a', 'b', 'c']);
  assert.equal(cache.get(cds, 'b', 'g')?.version, cluster('b', 2).version);
  assert.equal(cache.get(cds, 'b')?.version, cluster('b').version);
  assert.deepEqual([...cache.view('g').wildcardNames(cds)].sort(), ['a', 'b', 'c']);
});

test('a complete service is consistent', () => {
  const cache = new SnapshotCache();
  cache.update({ set: service('a') });
  assert.ok(cache.consistent());
});

test('references that lead nowhere are found, from listener to endpoints', () => {
  const cache = new SnapshotCache();
  cache.update({
    set: [
      listener('by-name', 'no-route'),
      buildApiListener({ name: 'inline', route: { name: 'r', cluster: 'no-cluster' } }),
      buildSocketListener({ name: 'socket', address: '127.0.0.1', port: 8080, routeName: 'no-socket-route' }),
      route('r', 'no-cluster'),
      buildRoute({
        name: 'weighted',
        cluster: [
          { name: 'c', weight: 1 },
          { name: 'no-weighted', weight: 1 },
        ],
      }),
      cluster('c'),
      buildEdsCluster({ name: 'renamed', serviceName: 'no-endpoints' }),
    ],
  });
  const found = cache
    .inconsistencies()
    .map(({ typeUrl, name, missing }) => `${typeUrl} ${name} ${missing.typeUrl} ${missing.name}`);
  assert.deepEqual(
    found.sort(),
    [
      `${lds} by-name ${rds} no-route`,
      `${lds} inline ${cds} no-cluster`,
      `${lds} socket ${rds} no-socket-route`,
      `${rds} r ${cds} no-cluster`,
      `${rds} weighted ${cds} no-weighted`,
      `${cds} c ${eds} c`,
      `${cds} renamed ${eds} no-endpoints`,
    ].sort(),
  );
});

test('a group is consistent by what is in both layers', () => {
  const cache = new SnapshotCache();
  cache.update({ set: [route('a'), cluster('a'), assignment('a')] });
  cache.update({ group: 'g', set: [listener('a')] });
  assert.ok(cache.consistent('g'));
  cache.remove(rds, 'a');
  assert.ok(!cache.consistent('g'));
});

test('a group may see several layers: the first that has a resource wins, and each is told to whom it concerns', () => {
  const cache = new SnapshotCache({ layers: (group) => [...group.split('@').reverse()] });
  const view = cache.view('shop@n1');
  cache.set(assignment('a', 1));
  cache.set(assignment('a', 2), { group: 'shop' });
  assert.equal(view.get(eds, 'a')?.version, assignment('a', 2).version);
  cache.set(assignment('a', 3), { group: 'n1' });
  assert.equal(view.get(eds, 'a')?.version, assignment('a', 3).version);
  assert.equal(cache.view('shop@n2').get(eds, 'a')?.version, assignment('a', 2).version);
  assert.equal(cache.view('web').get(eds, 'a')?.version, assignment('a', 1).version);
  assert.deepEqual(
    [...cache.resources('shop@n1')].map(({ version }) => version),
    [assignment('a', 3).version],
  );
  assert.deepEqual([...view.wildcardNames(eds)], ['a']);
  assert.deepEqual(
    ['shop@n1', 'shop@n2', 'web@n1', 'shop'].map((group) => cache.sees(group, 'n1')),
    [true, false, true, false],
  );
  cache.remove(eds, 'a', { group: 'n1' });
  cache.remove(eds, 'a', { group: 'shop' });
  assert.equal(view.get(eds, 'a')?.version, assignment('a', 1).version);
});
