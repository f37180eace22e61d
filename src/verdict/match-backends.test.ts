import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Matchable, matchBackends, type Seen, type Wanted } from './match-backends.ts';

const address = (n: number): string => `10.0.0.${n}:80`;
const six = (n: number): string => `[fd00::${n}]:80`;

/** A name that answered at these addresses all the time, or from second to second. */
function seen(name: string, at: readonly string[] = [], calls = 100, [firstAt, lastAt] = [0, 10]): Seen {
  return { name, calls, at: at.map((peer) => ({ peer, firstAt, lastAt })) };
}

interface Case {
  readonly title: string;
  readonly seen: readonly Seen[];
  /** Addresses, addresses and names, or more. */
  readonly wanted?: readonly (string | readonly [string, string] | Wanted)[];
  readonly more?: Partial<Matchable>;
  readonly found: {
    readonly by: 'name' | 'address' | 'count';
    readonly expected: number | null;
    readonly reached: readonly number[];
    readonly silent?: readonly string[];
    readonly silentCount?: number;
    readonly unexpected?: readonly string[];
    readonly doubt?: string;
    readonly worst?: boolean;
  };
}

const two = [address(1), address(2)];
const dual = { families: true } as const;
const peer = { byPeer: true } as const;

const cases: readonly Case[] = [
  {
    title: 'names by the addresses they came from',
    seen: [seen('a', [address(1)]), seen('b', [address(2)])],
    wanted: two,
    found: { by: 'address', expected: 2, reached: [100, 100] },
  },
  {
    title: 'a replaced backend: two answered, one of them is not expected, and one that is did not',
    seen: [seen('a', [address(1)]), seen('old', [address(3)])],
    wanted: two,
    found: { by: 'address', expected: 2, reached: [100], silent: [address(2)], unexpected: ['old'] },
  },
  {
    title: 'the same by peer',
    seen: [seen(address(1), [address(1)]), seen(address(3), [address(3)])],
    wanted: two,
    more: peer,
    found: { by: 'address', expected: 2, reached: [100], silent: [address(2)], unexpected: [address(3)] },
  },
  {
    title: 'by name, as Kubernetes gives it, even where the addresses say nothing',
    seen: [seen('pod-a', ['10.9.9.9:80']), seen('pod-c', ['10.9.9.9:80'])],
    wanted: [
      [address(1), 'pod-a'],
      [address(2), 'pod-b'],
    ],
    found: { by: 'name', expected: 2, reached: [100], silent: ['pod-b'], unexpected: ['pod-c'] },
  },
  {
    title: 'one more than is expected',
    seen: [seen('a', [address(1)]), seen('b', [address(2)]), seen('stale', [address(7)])],
    wanted: two,
    found: { by: 'address', expected: 2, reached: [100, 100], unexpected: ['stale'] },
  },
  {
    title: 'nobody ought to answer',
    seen: [seen('a', [address(1)])],
    wanted: [],
    more: { known: true },
    found: { by: 'name', expected: 0, reached: [], unexpected: ['a'] },
  },
  {
    title: 'a process that was replaced at its address is one backend',
    seen: [seen('a', [address(1)]), seen('b', [address(2)], 60, [0, 6]), seen('b2', [address(2)], 40, [7, 10])],
    wanted: two,
    found: { by: 'address', expected: 2, reached: [100, 100] },
  },
  {
    title: 'two proxies with five backends behind them: only names count',
    seen: ['a', 'b', 'c', 'd', 'e'].map((name) => seen(name, two)),
    wanted: two,
    found: { by: 'count', expected: null, reached: [100, 100, 100, 100, 100] },
  },
  {
    title: 'of two proxies one got no call: who is behind it is not known',
    seen: [seen('a', [address(1)]), seen('b', [address(1)])],
    wanted: two,
    found: { by: 'count', expected: null, reached: [100, 100], silent: [address(2)], silentCount: 0, doubt: 'unused' },
  },
  {
    title: 'one server at two addresses of one family is one backend where it gives a name',
    seen: [seen('a', two)],
    wanted: two,
    found: { by: 'address', expected: 1, reached: [100] },
  },
  {
    title: 'a virtual address: names are counted',
    seen: [seen('a', [address(1)]), seen('b', [address(1)])],
    wanted: [address(1)],
    more: { known: false, count: 3 },
    found: { by: 'count', expected: 3, reached: [100, 100], silentCount: 1 },
  },
  {
    title: 'a virtual address without names hides who answers',
    seen: [seen(address(1), [address(1)])],
    wanted: [address(1)],
    more: { ...peer, known: false },
    found: { by: 'count', expected: null, reached: [100], doubt: 'hidden' },
  },
  {
    title: 'more names than there are said to be',
    seen: ['a', 'b', 'c'].map((name) => seen(name)),
    more: { known: false, count: 2 },
    found: { by: 'count', expected: 2, reached: [100, 100, 100], doubt: 'surplus' },
  },
  {
    title: 'more addresses in DNS than there are said to be',
    seen: [seen('a', [address(1)]), seen('b', [address(2)])],
    wanted: [...two, address(3)],
    more: { count: 2 },
    found: { by: 'address', expected: 2, reached: [100, 100], silent: [address(3)], doubt: 'contradiction' },
  },
  {
    title: 'fewer addresses in DNS than there are said to be',
    seen: [seen('a', [address(1)]), seen('b', [address(2)])],
    wanted: two,
    more: { count: 3 },
    found: { by: 'address', expected: 3, reached: [100, 100], silentCount: 1 },
  },
  {
    title: 'one host with both families, by peer',
    seen: [seen('[::1]:80', ['[::1]:80']), seen('127.0.0.1:80', ['127.0.0.1:80'])],
    wanted: ['[::1]:80', '127.0.0.1:80'],
    more: { ...peer, ...dual, known: false },
    found: { by: 'count', expected: null, reached: [100, 100], doubt: 'hidden' },
  },
  {
    title: 'pods with both families, called by one: all are reached',
    seen: [seen('a', [six(1)]), seen('b', [six(2)])],
    wanted: [...two, six(1), six(2)],
    more: dual,
    found: { by: 'address', expected: 2, reached: [100, 100] },
  },
  {
    title: 'pods with both families, names join the addresses',
    seen: [seen('a', [address(1), six(1)]), seen('b', [address(2), six(2)])],
    wanted: [...two, six(1), six(2)],
    more: dual,
    found: { by: 'address', expected: 2, reached: [100, 100] },
  },
  {
    title: 'pods with both families, one called by none of its own',
    seen: [seen('a', [address(1), six(1)])],
    wanted: [...two, six(1), six(2)],
    more: dual,
    found: { by: 'address', expected: 2, reached: [100], silent: [address(2)] },
  },
  {
    title: 'pods with both families by peer: the most uneven pairs',
    seen: [...two, six(1), six(2)].map((at, index) => seen(at, [at], 100 + index)),
    wanted: [...two, six(1), six(2)],
    more: { ...peer, ...dual },
    found: { by: 'address', expected: 2, reached: [101 + 103, 100 + 102], worst: true },
  },
  {
    title: 'pods with both families by peer, some addresses without calls: nothing is claimed',
    seen: [address(1), six(1)].map((at) => seen(at, [at])),
    wanted: [...two, six(1), six(2)],
    more: { ...peer, ...dual },
    found: { by: 'address', expected: 2, reached: [200], doubt: 'families', worst: true },
  },
  {
    title: 'not as many addresses of one family as of the other: those without calls may be backends of their own',
    seen: [seen('a', [address(1)]), seen('b', [address(2)])],
    wanted: [...two, six(3)],
    more: dual,
    found: { by: 'address', expected: 2, reached: [100, 100], doubt: 'families' },
  },
  {
    title: 'endpoints of xDS are backends of their own, whatever their family',
    seen: [seen('a', [address(1)])],
    wanted: [address(1), six(1)],
    found: { by: 'address', expected: 2, reached: [100], silent: [six(1)] },
  },
  {
    title: 'names whose connection is not known are counted',
    seen: [seen('a'), seen('b', [address(2)])],
    wanted: [...two, address(3)],
    found: { by: 'count', expected: 3, reached: [100, 100], silentCount: 1 },
  },
  {
    title: 'addresses in another spelling',
    seen: [seen('a', ['[::ffff:10.0.0.1]:80']), seen('b', ['[fd00:0:0::2]:80'])],
    wanted: [address(1), six(2)],
    found: { by: 'address', expected: 2, reached: [100, 100] },
  },
  {
    title: 'answers without a name cover the address they came from, and many of them are a doubt',
    seen: [seen('a', [address(1)])],
    wanted: two,
    more: { anonymous: { calls: 100, peers: [address(2)] } },
    found: { by: 'address', expected: 1, reached: [100], doubt: 'anonymous' },
  },
  {
    title: 'one in twenty answers without a name is no doubt yet',
    seen: [seen('a', [address(1)], 95)],
    wanted: [address(1)],
    more: { anonymous: { calls: 5, peers: [address(1)] } },
    found: { by: 'address', expected: 1, reached: [95] },
  },
  {
    title: 'names of which nothing is known, and more answers without one',
    seen: [seen('a'), seen('b')],
    more: { known: false, anonymous: { calls: 11, peers: [] } },
    found: { by: 'count', expected: null, reached: [100, 100], doubt: 'anonymous' },
  },
  ...[
    { calls: 140, doubt: 'anonymous' },
    { calls: 5, doubt: undefined },
  ].map(({ calls, doubt }) => ({
    title: `of 30 two have no name, and ${calls} of some 2,900 answers have none`,
    seen: Array.from({ length: 28 }, (_, index) => seen(`pod-${index}`)),
    more: { known: false, count: 30, anonymous: { calls, peers: [] } },
    found: { by: 'count', expected: 30, reached: new Array<number>(28).fill(100), silentCount: 2, doubt } as const,
  })),
  {
    title: 'an address that only answers without a name came from is one of the larger family',
    seen: [seen('a', [address(1)])],
    wanted: [...two, six(1)],
    more: { ...dual, anonymous: { calls: 5, peers: [address(2)] } },
    found: { by: 'address', expected: 2, reached: [100], doubt: 'families' },
  },
  {
    title: 'one name of which nothing is known is one backend',
    seen: [seen('a', [address(1)])],
    wanted: [address(1)],
    more: { known: false },
    found: { by: 'count', expected: null, reached: [100] },
  },
  {
    title: 'two connections of one family are two backends at least',
    seen: two.map((at) => seen(at, [at])),
    wanted: two,
    more: { ...peer, known: false },
    found: { by: 'count', expected: null, reached: [100, 100] },
  },
  {
    title: 'as many names as there are said to be',
    seen: [seen('a'), seen('b')],
    more: { known: false, count: 2, anonymous: { calls: 5, peers: [] } },
    found: { by: 'count', expected: 2, reached: [100, 100] },
  },
  {
    title: 'as many addresses in DNS as there are said to be',
    seen: [seen('a', [address(1)]), seen('b', [address(2)])],
    wanted: two,
    more: { count: 2 },
    found: { by: 'address', expected: 2, reached: [100, 100] },
  },
  {
    title: 'of two proxies one got no call, and all that there are said to be answered',
    seen: [seen('a', [address(1)]), seen('b', [address(1)])],
    wanted: two,
    more: { count: 2 },
    found: { by: 'count', expected: 2, reached: [100, 100], silent: [address(2)], silentCount: 0 },
  },
  {
    title: 'one address of two is a proxy, and one that ought not to answer is no more of those behind it',
    seen: [seen('a', [address(1)]), seen('b', [address(1)]), seen('c', [address(2)]), seen('old', [address(9)])],
    wanted: two,
    found: { by: 'count', expected: null, reached: [100, 100, 100], unexpected: ['old'] },
  },
  {
    title: 'a proxy that ought not to answer makes none of those that ought to',
    seen: [seen('a', [address(1)]), seen('x', [address(9)]), seen('y', [address(9)])],
    wanted: [address(1)],
    found: { by: 'address', expected: 1, reached: [100], unexpected: ['x', 'y'] },
  },
  {
    title: 'a process that took over in the moment the other ended, told the other way round',
    seen: [seen('b2', [address(1)], 40, [6, 10]), seen('b', [address(1)], 60, [0, 6])],
    wanted: [address(1)],
    found: { by: 'address', expected: 1, reached: [100] },
  },
  {
    title: 'two processes that had an address in turn join all that either had',
    seen: [seen('a', [address(1), address(2)], 60, [0, 4]), seen('a2', [address(2), address(3)], 40, [5, 10])],
    wanted: [...two, address(3)],
    found: { by: 'address', expected: 1, reached: [100] },
  },
  {
    title: 'an endpoint of xDS is reached by its further addresses, too',
    seen: [seen('a', [six(1)]), seen('b', [six(2)])],
    wanted: [
      { address: address(1), also: [six(1)] },
      { address: address(2), also: [six(2)] },
    ],
    found: { by: 'address', expected: 2, reached: [100, 100] },
  },
  ...[two, [six(1), six(2)]].map((called) => ({
    title: `pods with both families by peer, called by one (${called[0]}): there are no pairs`,
    seen: called.map((at) => seen(at, [at])),
    wanted: [...two, six(1), six(2)],
    more: { ...peer, ...dual },
    found: { by: 'address', expected: 2, reached: [100, 100] } as const,
  })),
  {
    title: 'more addresses of one family than of the other by peer: some have none to be paired with',
    seen: [...two, six(1)].map((at, index) => seen(at, [at], 100 - 10 * index)),
    wanted: [...two, six(1)],
    more: { ...peer, ...dual },
    found: { by: 'address', expected: 2, reached: [100 + 80, 90], worst: true },
  },
  {
    title: 'more addresses of one family got no call than can belong to those of the other',
    seen: [seen('a', [six(1)])],
    wanted: [address(1), six(1), six(2), six(3)],
    more: dual,
    found: { by: 'address', expected: 3, reached: [100], silent: [six(2), six(3)], doubt: 'families' },
  },
  {
    title: 'DNS knows one family only: what got no call is silent, without doubt',
    seen: [seen('a', [address(1)])],
    wanted: [...two, address(3)],
    more: dual,
    found: { by: 'address', expected: 3, reached: [100], silent: [address(2), address(3)] },
  },
];

describe('who answered against who ought to', () => {
  for (const { title, wanted = [], more, found, ...rest } of cases) {
    test(title, () => {
      const matched = matchBackends({
        ...{ seen: rest.seen, anonymous: { calls: 0, peers: [] }, byPeer: false, known: true, families: false },
        ...{ count: null, ...more },
        wanted: wanted.map((one) => {
          if (typeof one === 'string') return { address: one };
          return 'address' in one ? one : { address: one[0], name: one[1] };
        }),
      });
      assert.deepEqual(
        {
          ...{ by: matched.by, expected: matched.expected, reached: matched.reached },
          silent: matched.silent.map(({ name, address }) => name ?? address),
          ...{ silentCount: matched.silentCount, unexpected: matched.unexpected.map(({ name }) => name) },
          ...{ doubt: matched.doubt, worst: matched.worst },
        },
        {
          ...{ silent: [], silentCount: found.silent?.length ?? 0, unexpected: [], doubt: undefined, worst: false },
          ...found,
        },
      );
    });
  }
});
