import { isIPv6 } from 'node:net';
import { splitAddress } from '../base/listen-address.ts';
import { canonicalAddress } from './canonical-address.ts';
import { judge } from './verdict.ts';

/** A backend that ought to answer. */
export interface Wanted {
  /** `HOST:PORT` */
  readonly address: string;
  /** Pod name, where it is known. */
  readonly name?: string | undefined;
  /** Further addresses of the same backend (gRFC A61), where that is known. */
  readonly also?: readonly string[] | undefined;
}

/** A name that answers carried, and the connections on which they came. */
export interface Seen {
  readonly name: string;
  readonly calls: number;
  readonly at: readonly SeenAt[];
}

/** When a name answered at an address; times on one clock. */
export interface SeenAt {
  readonly peer: string;
  readonly firstAt: number;
  readonly lastAt: number;
}

export interface Matchable {
  /** Without those that did not say who they are. */
  readonly seen: readonly Seen[];
  /** Answers that did not say, and where they came from. */
  readonly anonymous: { readonly calls: number; readonly peers: readonly string[] };
  /** Names are the addresses of connections. */
  readonly byPeer: boolean;
  readonly wanted: readonly Wanted[];
  /** Whether `wanted` are the backends, all of them; false: one of them may be a virtual address, or there is none. */
  readonly known: boolean;
  /** Whether two of them, one of each family, may be addresses of one backend, as in DNS. */
  readonly families: boolean;
  /** What a person said that there are. */
  readonly count: number | null;
}

/** Why nothing can be claimed, although all that can be seen is even. */
export type Doubt =
  /** All answers came from one address, which may stand for many backends. */
  | 'hidden'
  /** More names than there are said to be. */
  | 'surplus'
  /** More backends are known than there are said to be. */
  | 'contradiction'
  /** Addresses of both families, and nothing says which belong to one backend. */
  | 'families'
  /** Addresses stand for several backends each, and one got no call: who is behind it is not known. */
  | 'unused'
  /** Too many answers did not say who gave them. */
  | 'anonymous';

export interface Matched {
  /** By what names were joined with those that ought to answer; `count`: they were only counted. */
  readonly by: 'name' | 'address' | 'count';
  /** How many ought to answer; null: unknown. */
  readonly expected: number | null;
  /**
   * Calls of each backend that ought to answer and did; two names that had one address in turn are one backend. Addresses
   * of both families that nothing joins are paired for the most uneven shares.
   */
  readonly reached: readonly number[];
  /** That ought to answer and did not, as far as they are known one by one. */
  readonly silent: readonly Wanted[];
  /** How many these are; more than `silent` has where only their number is known. */
  readonly silentCount: number;
  /** That answered and ought not to. */
  readonly unexpected: readonly Seen[];
  readonly doubt: Doubt | undefined;
  /** `reached` is the most uneven of several readings: it shows that shares are even, never that they are not. */
  readonly worst: boolean;
}

/** More answers without a name than this part of all could hide a backend. */
const mostAnonymous = 0.05;

/**
 * Holds who answered against who ought to: by name, else by the address of the connections that a name came on; pure.
 *
 * What cannot be joined is counted. A backend that ought to answer and whose addresses got no call is `silent`, unless it
 * may be another address of one that did: of a host that DNS knows by both families nothing says which addresses belong
 * together (gRFC A61), so in each family only the addresses beyond those of names that were seen in the other one count.
 */
export function matchBackends(input: Matchable): Matched {
  const { seen, byPeer, wanted, known, count } = input;
  if (!known || wanted.length === 0) return known ? strangers(input) : counted(input, []);
  const owners = ownersOf(seen, wanted);
  const byName = [...owners.values()].some(({ named }) => named);
  // Without a connection to go by, their number is all that can be compared.
  if (seen.some((one) => one.at.length === 0 && !owners.get(one)!.named)) {
    return counted({ ...input, count: count ?? (input.families ? largestFamily(wanted) : wanted.length) }, []);
  }
  const unexpected = seen.filter((one) => owners.get(one)!.indexes.size === 0);
  if (!byName && sharesAddress(seen, owners)) {
    const used = new Set([...owners.values()].flatMap(({ indexes }) => [...indexes]));
    return counted(
      { ...input, seen: seen.filter((one) => !unexpected.includes(one)) },
      wanted.filter((_, index) => !used.has(index)),
      unexpected,
    );
  }
  const groups = groupsOf(seen, owners);
  const { silent, silentCount, covered } = silentOf(input, groups);
  const paired = byPeer && input.families ? pairsOf(groups, wanted) : undefined;
  const reached = paired ?? groups.map(({ calls }) => calls);
  const [four, six] = familiesOf(wanted);
  const many = Math.max(reached.length + silentCount, input.families ? largestFamily(wanted) : 0);
  const doubts: [Doubt, boolean][] = [
    ['anonymous', tooManyAnonymous(input)],
    ['contradiction', count !== null && count < many],
    ['families', covered > 0 && (paired !== undefined || four !== six)],
  ];
  return {
    by: byName ? 'name' : 'address',
    expected: count ?? many,
    reached,
    silent,
    silentCount: silentCount + Math.max(0, (count ?? 0) - many),
    unexpected,
    doubt: doubts.find(([, holds]) => holds)?.[0],
    worst: paired !== undefined,
  };
}

/** Nobody ought to answer. */
function strangers({ seen, byPeer, count }: Matchable): Matched {
  const base = { by: byPeer ? 'address' : 'name', expected: count ?? 0, reached: [], silent: [] } as const;
  return { ...base, silentCount: 0, unexpected: seen, doubt: undefined, worst: false };
}

/** Names that nothing is known of: how many there are is all that can be compared. */
function counted(input: Matchable, unused: readonly Wanted[], unexpected: readonly Seen[] = []): Matched {
  const { seen, byPeer, count } = input;
  const doubts: [Doubt, boolean][] = [
    ['hidden', byPeer && largestFamily(seen.map(({ name }) => ({ address: name }))) === 1],
    ['anonymous', tooManyAnonymous(input) || mayBeTheMissing(input)],
    ['surplus', count !== null && seen.length > count],
    ['unused', unused.length > 0 && count === null],
  ];
  return {
    by: 'count',
    expected: count,
    reached: seen.map(({ calls }) => calls),
    silent: unused,
    silentCount: Math.max(0, (count ?? 0) - seen.length),
    unexpected,
    doubt: doubts.find(([, holds]) => holds)?.[0],
    worst: false,
  };
}

interface Owners {
  /** Of `wanted`. */
  readonly indexes: ReadonlySet<number>;
  /** Whether the name itself is one that is expected. */
  readonly named: boolean;
}

function ownersOf(seen: readonly Seen[], wanted: readonly Wanted[]): Map<Seen, Owners> {
  const atAddress = new Map<string, number>();
  const named = new Map<string | undefined, number>();
  wanted.forEach(({ address, also = [], name }, index) => {
    for (const one of [address, ...also]) atAddress.set(canonicalAddress(one), index);
    named.set(name, index);
  });
  return new Map(
    seen.map((one): [Seen, Owners] => {
      const own = named.get(one.name);
      // A name that is expected says more than the address, which may be a proxy's.
      if (own !== undefined) return [one, { indexes: new Set([own]), named: true }];
      const indexes = one.at.flatMap(({ peer }) => atAddress.get(canonicalAddress(peer)) ?? []);
      return [one, { indexes: new Set(indexes), named: false }];
    }),
  );
}

/** Whether two names answered at one address at the same time: then it is a proxy's or a Service's. */
function sharesAddress(seen: readonly Seen[], owners: ReadonlyMap<Seen, Owners>): boolean {
  const expected = seen.filter((one) => owners.get(one)!.indexes.size > 0);
  const spans = Map.groupBy(
    expected.flatMap(({ at }) => at),
    ({ peer }) => peer,
  );
  return [...spans.values()].some((all) => {
    const inTurn = all.toSorted((a, b) => a.firstAt - b.firstAt);
    return inTurn.some((span, index) => index > 0 && span.firstAt < inTurn[index - 1]!.lastAt);
  });
}

interface Group {
  readonly indexes: Set<number>;
  calls: number;
}

/** Names that had an address in turn, as of a process that was replaced by another, belong to one backend. */
function groupsOf(seen: readonly Seen[], owners: ReadonlyMap<Seen, Owners>): Group[] {
  let groups: Group[] = [];
  for (const one of seen) {
    const { indexes } = owners.get(one)!;
    if (indexes.size === 0) continue;
    const joined: Group = { indexes: new Set(indexes), calls: one.calls };
    const [same, others] = [groups, groups].map((all, index) =>
      all.filter((group) => group.indexes.isDisjointFrom(indexes) === (index === 1)),
    );
    for (const group of same!) {
      joined.calls += group.calls;
      for (const index of group.indexes) joined.indexes.add(index);
    }
    groups = [...others!, joined];
  }
  return groups;
}

/** Calls of backends by address, each of one family; undefined where all that answered are of one family. */
function pairsOf(groups: readonly Group[], wanted: readonly Wanted[]): number[] | undefined {
  const [four, six] = [false, true].map((which) =>
    groups
      .filter(({ indexes }) => [...indexes].some((index) => isSix(wanted[index]!.address) === which))
      .map(({ calls }) => calls)
      .sort((a, b) => b - a),
  );
  if (four!.length === 0 || six!.length === 0) return undefined;
  return Array.from({ length: Math.max(four!.length, six!.length) }, (_, i) => (four![i] ?? 0) + (six![i] ?? 0));
}

interface Silent {
  readonly silent: readonly Wanted[];
  readonly silentCount: number;
  /** Addresses without a call that may belong to backends that were seen at others. */
  readonly covered: number;
}

function silentOf({ wanted, families, anonymous }: Matchable, groups: readonly Group[]): Silent {
  const used = new Set(groups.flatMap(({ indexes }) => [...indexes]));
  const nameless = new Set(anonymous.peers.map(canonicalAddress));
  const all = wanted.filter(({ address }, index) => !used.has(index) && !nameless.has(canonicalAddress(address)));
  if (!families) return { silent: all, silentCount: all.length, covered: 0 };
  const inFamily = [false, true].map((six) => {
    const silent = all.filter(({ address }) => isSix(address) === six);
    const elsewhere = groups.filter(({ indexes }) => [...indexes].every((i) => isSix(wanted[i]!.address) !== six));
    return { silent, silentCount: Math.max(0, silent.length - elsewhere.length) };
  });
  const most = inFamily[0]!.silentCount >= inFamily[1]!.silentCount ? inFamily[0]! : inFamily[1]!;
  const { silentCount } = most;
  return { silent: silentCount === 0 ? [] : most.silent, silentCount, covered: all.length - silentCount };
}

function tooManyAnonymous({ seen, anonymous }: Matchable): boolean {
  const all = seen.reduce((sum, { calls }) => sum + calls, anonymous.calls);
  return anonymous.calls > all * mostAnonymous;
}

/** Whether answers without a name are as many as those would be of the backends that no name is known of. */
function mayBeTheMissing({ seen, anonymous, count }: Matchable): boolean {
  const missing = (count ?? 0) - seen.length;
  if (missing <= 0) return false;
  const theirs = Array.from({ length: missing }, () => anonymous.calls / missing);
  return judge([...seen.map(({ calls }) => calls), ...theirs]).verdict === 'balanced';
}

function isSix(address: string): boolean {
  return isIPv6(splitAddress(canonicalAddress(address)).host);
}

/** How many addresses are of either family. */
function familiesOf(all: readonly { readonly address: string }[]): [number, number] {
  const six = all.filter(({ address }) => isSix(address)).length;
  return [all.length - six, six];
}

/** How many backends these addresses are of at least, where each has at most one of a family. */
export function largestFamily(all: readonly { readonly address: string }[]): number {
  return Math.max(...familiesOf(all));
}
