import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSlice } from './kube-slice.ts';
import { mergeEndpoints } from './merge-endpoints.ts';
import { type SliceEndpoint, sliceObject } from './testing/objects.ts';

interface SliceText {
  /** `POD=ADDRESS STATE`, where STATE is `ready`, `leaving` (still serving), `ending` or `starting`; default: `ready`. */
  readonly has: readonly string[];
  readonly version?: string;
  /** Seconds of the change that triggered it. */
  readonly at?: number;
}

const states: Record<string, Pick<SliceEndpoint, 'ready' | 'serving' | 'terminating'>> = {
  ready: { ready: true, serving: true, terminating: false },
  leaving: { ready: false, serving: true, terminating: true },
  ending: { ready: false, serving: false, terminating: true },
  starting: { ready: false, serving: false, terminating: false },
};

/** `a#1=…` is the pod `a` with the uid 1, `@db=…` what has the hostname `db`, `Node/n=…` the Node `n`. */
function endpointOf(text: string): SliceEndpoint {
  const [place = '', state = 'ready'] = text.split(' ');
  const [address = '', who = ''] = place.split('=').reverse();
  const [named = '', uid] = who.split('#');
  const [name = '', kind] = named.split('/').reverse();
  if (named.startsWith('@')) return { address, hostname: named.slice(1), nodeName: 'n', ...states[state] };
  return {
    address,
    ...(name === '' ? {} : { pod: name }),
    ...(uid ? { uid } : {}),
    ...(kind ? { kind } : {}),
    ...states[state],
  };
}

/** What is left, as `ADDRESS STATE` where it is not ready. */
function merged(families: string, ...texts: SliceText[]): string {
  const parts = texts.map(({ has, version = '1', at }, index) => {
    const endpoints = has.map(endpointOf);
    const object = sliceObject('shop/a', `x${index}`, endpoints, {
      addressType: endpoints[0]?.address.includes(':') ? 'IPv6' : 'IPv4',
    });
    const time =
      at === undefined ? {} : { 'endpoints.kubernetes.io/last-change-trigger-time': `2026-01-01T00:00:0${at}Z` };
    const metadata = { ...object.metadata, resourceVersion: version, annotations: time };
    const slice = readSlice({ ...object, metadata })!;
    return { slice, endpoints: slice.ports[0]!.endpoints };
  });
  const state = (conditions: object) =>
    Object.keys(states).find((name) => JSON.stringify(states[name]) === JSON.stringify(conditions))!;
  return mergeEndpoints(parts, families.split(' '))
    .map(({ address, conditions }) => `${address} ${state(conditions)}`.replace(' ready', ''))
    .join(', ');
}

const [v4, v6, both, sixFirst] = ['IPv4', 'IPv6', 'IPv4 IPv6', 'IPv6 IPv4'];

for (const [what, families, slices, expected] of [
  ['a pod with one address of each family', both, [{ has: ['a=10.0.0.1'] }, { has: ['a=fd00::1'] }], '10.0.0.1'],
  ['the same, IPv6 first', sixFirst, [{ has: ['a=10.0.0.1'] }, { has: ['a=fd00::1'] }], 'fd00::1'],
  [
    'only addresses of the second family',
    sixFirst,
    [{ has: [] }, { has: ['a=10.0.0.1', 'b=10.0.0.2'] }],
    '10.0.0.1, 10.0.0.2',
  ],
  [
    'one pod of three with both',
    sixFirst,
    [{ has: ['a=10.0.0.1', 'b=10.0.0.2', 'c=10.0.0.3'] }, { has: ['b=fd00::2'] }],
    '10.0.0.1, 10.0.0.3, fd00::2',
  ],
  ['a family that is not asked for', v4, [{ has: ['a=10.0.0.1'] }, { has: ['b=fd00::2'] }], '10.0.0.1'],
  ['the other one', v6, [{ has: ['a=10.0.0.1'] }, { has: ['b=fd00::2'] }], 'fd00::2'],
  ['pods by uid', both, [{ has: ['a#1=10.0.0.1'] }, { has: ['a#1=fd00::1'] }], '10.0.0.1'],
  [
    'a pod made again under its name',
    both,
    [{ has: ['a#1=10.0.0.1 ending'] }, { has: ['a#2=fd00::1'] }],
    '10.0.0.1 ending, fd00::1',
  ],
  ['a hand-made slice without uid', both, [{ has: ['a#1=10.0.0.1'] }, { has: ['a=fd00::1'] }], '10.0.0.1'],
  ['the other way round', sixFirst, [{ has: ['a#1=10.0.0.1'] }, { has: ['a=fd00::1'] }], 'fd00::1'],
  ['nodes', both, [{ has: ['Node/n=10.0.0.1'] }, { has: ['Node/n=fd00::1'] }], '10.0.0.1'],
  ['a node and a pod of one name', both, [{ has: ['Node/n=10.0.0.1'] }, { has: ['n=fd00::1'] }], '10.0.0.1, fd00::1'],
  [
    'hostnames',
    both,
    [{ has: ['@db=10.0.0.1', '@db=10.0.0.2'] }, { has: ['@db=fd00::1', '@x=fd00::2'] }],
    '10.0.0.1, 10.0.0.2, fd00::2',
  ],
  ['nothing that says who it is', both, [{ has: ['10.0.0.1'] }, { has: ['fd00::1'] }], '10.0.0.1, fd00::1'],
  ['an address that another pod has now', v4, [{ has: ['old=10.0.0.1 ending', 'new=10.0.0.1'] }], '10.0.0.1'],
  ['the same in the other order', v4, [{ has: ['new=10.0.0.1', 'old=10.0.0.1 ending'] }], '10.0.0.1'],
  [
    'the old pod in a slice written later',
    v4,
    [{ has: ['new=10.0.0.1'] }, { has: ['old=10.0.0.1 ending'], version: '9', at: 9 }],
    '10.0.0.1',
  ],
  ['the old pod still serves', v4, [{ has: ['old=10.0.0.1 leaving', 'new=10.0.0.1 starting'] }], '10.0.0.1 leaving'],
  ['a StatefulSet pod made again at once', v4, [{ has: ['a#1=10.0.0.1 ending', 'a#2=10.0.0.1'] }], '10.0.0.1'],
  ['an address with a pod and without one', v4, [{ has: ['a=10.0.0.1 ending'] }, { has: ['10.0.0.1'] }], '10.0.0.1'],
  [
    'a pod that moves',
    v4,
    [
      { has: ['a=10.0.0.1'], version: '5' },
      { has: ['a=10.0.0.1 starting'], version: '12' },
    ],
    '10.0.0.1 starting',
  ],
  [
    'back',
    v4,
    [
      { has: ['a=10.0.0.1'], version: '12' },
      { has: ['a=10.0.0.1 starting'], version: '5' },
    ],
    '10.0.0.1',
  ],
  [
    'its old slice written later for another reason',
    v4,
    [
      { has: ['a=10.0.0.1'], version: '20', at: 1 },
      { has: ['a=10.0.0.1 starting'], version: '12', at: 2 },
    ],
    '10.0.0.1 starting',
  ],
  ['slices of one age', v4, [{ has: ['a=10.0.0.1'] }, { has: ['a=10.0.0.1 leaving'] }], '10.0.0.1 leaving'],
  [
    'slices of one age, the other order',
    v4,
    [{ has: ['a=10.0.0.1 leaving'] }, { has: ['a=10.0.0.1'] }],
    '10.0.0.1 leaving',
  ],
  [
    'versions that are no numbers',
    v4,
    [
      { has: ['a=10.0.0.1'], version: 'b' },
      { has: ['a=10.0.0.1 starting'], version: 'c' },
    ],
    '10.0.0.1',
  ],
] as const) {
  test(`slices are merged: ${what}`, () => {
    assert.equal(merged(families, ...slices), expected);
  });
}

test('two ports of one pod are two endpoints', () => {
  const part = (suffix: string, port: number) => {
    const object = sliceObject('shop/a', suffix, [{ address: '10.0.0.1', pod: 'a' }], {
      ports: [{ name: 'grpc', port }],
    });
    const slice = readSlice({ ...object, metadata: { ...object.metadata, resourceVersion: '1' } })!;
    return { slice, endpoints: slice.ports[0]!.endpoints };
  };
  const found = mergeEndpoints([part('x2', 50_052), part('x1', 50_051)], ['IPv4', 'IPv6']);
  assert.deepEqual(
    found.map(({ port }) => port),
    [50_051, 50_052],
  );
});
