import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChosenFamily } from './address-family.ts';
import type { DnsResolver } from './dns-client.ts';
import type { AddressRecord, DnsAnswer, SrvRecord } from './dns-message.ts';
import { resolveSrv } from './resolve-srv.ts';

const service = 'a.default.svc.cluster.local';
const name = `_grpc._tcp.${service}`;
const never = new AbortController().signal;

function record(target: string, more: Partial<SrvRecord> = {}): SrvRecord {
  return { ttlSeconds: 60, priority: 0, weight: 50, port: 50_051, target, ...more };
}

function at(address: string, ttlSeconds = 60): AddressRecord {
  return { address, ttlSeconds };
}

/** A zone: SRV records of the name, and addresses by target; those in `along` come with the former. */
class Zone implements DnsResolver {
  readonly asked: string[] = [];
  readonly srv: readonly SrvRecord[];
  readonly addresses: ReadonlyMap<string, readonly AddressRecord[]>;
  readonly along: ReadonlyMap<string, readonly AddressRecord[]>;

  constructor(
    srv: readonly SrvRecord[],
    addresses: Record<string, readonly AddressRecord[]>,
    along: Record<string, readonly AddressRecord[]> = {},
  ) {
    this.srv = srv;
    this.addresses = new Map(Object.entries(addresses));
    this.along = new Map(Object.entries(along));
  }

  async query(question: { readonly name: string; readonly type: string }): Promise<DnsAnswer> {
    const nothing = { srv: [], addresses: [], along: new Map() };
    this.asked.push(`${question.type} ${question.name}`);
    if (question.type === 'SRV') return { ...nothing, kind: 'records', srv: this.srv, along: this.along };
    const all = this.addresses.get(question.name);
    if (all === undefined) return { ...nothing, kind: 'nxdomain' };
    const addresses = all.filter(({ address }) => address.includes(':') === (question.type === 'AAAA'));
    return { ...nothing, kind: addresses.length > 0 ? 'records' : 'nodata', addresses };
  }

  async resolve(family?: ChosenFamily) {
    const resolution = await resolveSrv(this, name, never, family);
    return { ...resolution, text: resolution.endpoints.map(({ address }) => address).join(' ') };
  }
}

/** As CoreDNS answers for pods without a hostname: a target for each address, which is called by it. */
function unnamed(...addresses: string[]): Zone {
  const targets = addresses.map((address) => `${address.replaceAll(/[.:]/g, '-')}.${service}`);
  const byTarget = Object.fromEntries(targets.map((target, index) => [target, [at(addresses[index]!)]]));
  return new Zone(
    targets.map((target) => record(target)),
    byTarget,
    byTarget,
  );
}

test('the lowest TTL counts: of SRV records or of addresses, along or asked for', async () => {
  const ttlOf = async (srvTtl: number, addressTtl: number, isAlong: boolean) => {
    const addresses = { 'x.test': [at('10.0.0.1', 60), at('10.0.0.2', addressTtl)] };
    const records = [record('x.test', { ttlSeconds: srvTtl })];
    return (await new Zone(records, addresses, isAlong ? addresses : {}).resolve()).ttlMs;
  };
  for (const isAlong of [true, false]) {
    assert.deepEqual([await ttlOf(60, 1, isAlong), await ttlOf(2, 60, isAlong)], [1_000, 2_000]);
  }
});

test('a pod with both families counts once, though CoreDNS has a name for each of its addresses', async () => {
  const both = unnamed('10.1.0.7', 'fd00::7', '10.1.0.8', 'fd00::8', '10.1.0.9', 'fd00:0:0:1::');
  assert.equal((await both.resolve()).text, '10.1.0.7 10.1.0.8 10.1.0.9');
  assert.deepEqual(both.asked, [`SRV ${name}`]);
});

test('the family with more addresses is taken, since some pods may have only one', async () => {
  const more = await unnamed('10.1.0.7', 'fd00::7', 'fd00::8').resolve();
  assert.equal(more.text, 'fd00::7 fd00::8');
  assert.equal((await unnamed('fd00::7', 'fd00::8').resolve()).text, 'fd00::7 fd00::8');
  assert.equal((await unnamed('10.1.0.7').resolve()).text, '10.1.0.7');
});

test('the family in force stays until the other one had more twice in a row, or it has none', async () => {
  const ahead = unnamed('10.1.0.7', 'fd00::7', 'fd00::8');
  const first = await unnamed('10.1.0.7', 'fd00::7').resolve();
  const second = await ahead.resolve(first.family);
  assert.equal(second.text, '10.1.0.7', 'the slices of the other family may have come first');
  assert.equal((await ahead.resolve(second.family)).text, 'fd00::7 fd00::8');
  const even = await unnamed('10.1.0.7', 'fd00::7').resolve(second.family);
  assert.equal((await ahead.resolve(even.family)).text, '10.1.0.7', 'it is not the second time in a row');
  assert.equal((await unnamed('fd00::7').resolve(first.family)).text, 'fd00::7');
});

test('pods with a hostname are told apart by it, and each has the family that it has', async () => {
  const addresses = { 'web-0.a.test': [at('10.1.0.7'), at('fd00::7')], 'web-1.a.test': [at('fd00::8')] };
  const zone = new Zone(
    Object.keys(addresses).map((target) => record(target)),
    addresses,
  );
  assert.equal((await zone.resolve()).text, '10.1.0.7 fd00::8');
});

test('an IPv6 address along does not say that there is no IPv4 one: that section may be incomplete', async () => {
  const addresses = { 'web-0.a.test': [at('10.1.0.7'), at('fd00::7')] };
  const zone = new Zone([record('web-0.a.test')], addresses, { 'web-0.a.test': [at('fd00::7')] });
  assert.equal((await zone.resolve()).text, '10.1.0.7');
});

test('an answer with more addresses than a client could take is not used', async () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => at(`10.1.${n >> 8}.${n & 255}`));
  const records = ['x', 'y'].map((target, index) => record(target, { port: index + 1 }));
  assert.equal((await new Zone(records, { x: many(5_000), y: many(5_000) }).resolve()).endpoints.length, 10_000);
  await assert.rejects(new Zone(records, { x: many(5_000), y: many(5_001) }).resolve(), {
    code: 'EK_DNS_FAILED',
    message: /more than 10000 addresses/,
  });
});
