import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { DeltaDiscoveryRequestSchema, DiscoveryRequestSchema } from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { defaultLimits } from '../limits.ts';
import { decodeDeltaRequest, decodeSotwRequest } from './requests.ts';

const node = {
  id: 'n',
  cluster: 'c',
  metadata: { TRAFFICDIRECTOR: { nested: [1, true, null] } },
  locality: { region: 'r', zone: 'z', subZone: 's' },
  userAgentName: 'gRPC Go',
  userAgentVersionType: { case: 'userAgentVersion', value: '1.2.3' },
  clientFeatures: ['f'],
} as const;

const decodedNode = {
  id: 'n',
  cluster: 'c',
  metadata: { TRAFFICDIRECTOR: { nested: [1, true, null] } },
  locality: { region: 'r', zone: 'z', subZone: 's' },
  userAgentName: 'gRPC Go',
  userAgentVersion: '1.2.3',
  clientFeatures: ['f'],
};

function nodeInit() {
  return { ...node, clientFeatures: [...node.clientFeatures], metadata: structuredClone(decodedNode.metadata) };
}

test('a DiscoveryRequest is read as a protobuf library writes it', () => {
  const bytes = toBinary(
    DiscoveryRequestSchema,
    create(DiscoveryRequestSchema, {
      versionInfo: '1',
      node: nodeInit(),
      resourceNames: ['a', 'ä'],
      typeUrl: 't',
      responseNonce: 'n',
      errorDetail: { code: 3, message: 'no', details: [{ typeUrl: 'x', value: new Uint8Array(3) }] },
      resourceLocators: [{ name: 'l', dynamicParameters: { key: 'value' } }],
    }),
  );
  assert.deepEqual(decodeSotwRequest(bytes, defaultLimits), {
    typeUrl: 't',
    nonce: 'n',
    node: decodedNode,
    error: { code: 3, message: 'no' },
    names: ['a', 'ä'],
    hasVersion: true,
  });
});

test('a DeltaDiscoveryRequest is read as a protobuf library writes it', () => {
  const bytes = toBinary(
    DeltaDiscoveryRequestSchema,
    create(DeltaDiscoveryRequestSchema, {
      node: nodeInit(),
      typeUrl: 't',
      resourceNamesSubscribe: ['a'],
      resourceNamesUnsubscribe: ['b'],
      initialResourceVersions: { c: '1', d: '' },
      responseNonce: 'n',
      errorDetail: { code: 3, message: 'no' },
    }),
  );
  assert.deepEqual(decodeDeltaRequest(bytes, defaultLimits), {
    typeUrl: 't',
    nonce: 'n',
    node: decodedNode,
    error: { code: 3, message: 'no' },
    subscribe: ['a'],
    unsubscribe: ['b'],
    initialVersions: new Map([
      ['c', '1'],
      ['d', ''],
    ]),
  });
});

test('a version that goes beyond its entry is INVALID_ARGUMENT, and what an entry has beside it is passed over', () => {
  const read = (...bytes: number[]) => decodeDeltaRequest(Buffer.from(bytes), defaultLimits).initialVersions;
  assert.deepEqual(read(0x2a, 8, 0x0a, 1, 0x63, 0x18, 7, 0x12, 1, 0x31), new Map([['c', '1']]));
  for (const length of [3, 5, 9, 200]) {
    assert.throws(() => read(0x2a, length, 0x0a, 2, 0x63, 0x64, 0x12, 1, 0x31, 0x0a), { code: 3 });
  }
});

test('an empty request is one', () => {
  assert.deepEqual(decodeSotwRequest(Buffer.alloc(0), defaultLimits).names, []);
  assert.equal(decodeDeltaRequest(Buffer.alloc(0), defaultLimits).node, undefined);
});

test('the version of an Envoy is read from its build version', () => {
  const version = { majorNumber: 1, minorNumber: 30, patch: 4 };
  const bytes = toBinary(
    DiscoveryRequestSchema,
    create(DiscoveryRequestSchema, {
      node: { userAgentVersionType: { case: 'userAgentBuildVersion', value: { version } } },
    }),
  );
  assert.equal(decodeSotwRequest(bytes, defaultLimits).node?.userAgentVersion, '1.30.4');
});

test('what is beyond a limit is RESOURCE_EXHAUSTED and says which', () => {
  const request = (init: Parameters<typeof create<typeof DiscoveryRequestSchema>>[1]) =>
    toBinary(DiscoveryRequestSchema, create(DiscoveryRequestSchema, init));
  const limits = { ...defaultLimits, nodeBytes: 100, nameBytes: 10, namesPerStream: 3 };
  const cases = [
    [request({ node: { id: 'x'.repeat(100) } }), /node takes/],
    [request({ resourceNames: ['a', 'b', 'c', 'd'] }), /too many names/],
    [request({ resourceNames: ['ä'.repeat(6)] }), /name takes 12 bytes/],
  ] as const;
  for (const [bytes, message] of cases) {
    assert.throws(() => decodeSotwRequest(bytes, limits), { code: 8, message });
  }
  assert.deepEqual(decodeSotwRequest(request({ resourceNames: ['ä'.repeat(5), 'b', 'c'] }), limits).names.length, 3);
  const versions = create(DeltaDiscoveryRequestSchema, { initialResourceVersions: { a: '1', b: '1', c: '1', d: '1' } });
  assert.throws(() => decodeDeltaRequest(toBinary(DeltaDiscoveryRequestSchema, versions), limits), { code: 8 });
});

test('a request with more fields than one has is RESOURCE_EXHAUSTED, wherever they are', () => {
  const field = (number: number, content: Uint8Array): Buffer => {
    const length = content.length;
    return Buffer.concat([
      Buffer.from([(number << 3) | 2, (length & 127) | 128, ((length >> 7) & 127) | 128, length >> 14]),
      content,
    ]);
  };
  const limits = { ...defaultLimits, namesPerStream: 10 };
  const empty = (count: number): Buffer => Buffer.alloc(count * 2, Buffer.from([0x7a, 0]));
  const entry = field(5, empty(600));
  for (const [decode, ...many] of [
    [decodeSotwRequest, empty(1_100), field(6, empty(1_100)), Buffer.alloc(2_200, Buffer.from([0x12, 0]))],
    [decodeDeltaRequest, empty(1_100), field(7, empty(1_100)), Buffer.concat([entry, entry])],
  ] as const) {
    for (const bytes of many) {
      assert.throws(() => decode(bytes as Buffer, limits), { code: 8, message: 'too many fields in one request' });
      assert.doesNotThrow(() => decode(bytes as Buffer, defaultLimits));
    }
  }
});

test('every string has a bound of its own, and the text of a NACK is cut', () => {
  const limits = { ...defaultLimits, stringBytes: 10, nackBytes: 5 };
  const long = 'x'.repeat(11);
  const sotw = (init: Parameters<typeof create<typeof DiscoveryRequestSchema>>[1]) =>
    decodeSotwRequest(toBinary(DiscoveryRequestSchema, create(DiscoveryRequestSchema, init)), limits);
  const delta = (init: Parameters<typeof create<typeof DeltaDiscoveryRequestSchema>>[1]) =>
    decodeDeltaRequest(toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, init)), limits);
  for (const decode of [sotw, delta]) {
    assert.throws(() => decode({ typeUrl: long }), { code: 8, message: /type_url takes 11 bytes/ });
    assert.throws(() => decode({ responseNonce: long }), { code: 8, message: /response_nonce takes/ });
    assert.throws(() => decode({ node: { id: long } }), { code: 8, message: /id of the node takes/ });
    assert.throws(() => decode({ node: { cluster: long } }), { code: 8, message: /cluster of the node/ });
    assert.throws(() => decode({ node: { userAgentName: long } }), { code: 8, message: /user_agent_name of the node/ });
    assert.equal(decode({ errorDetail: { message: 'no, no' } }).error?.message, 'no, n…');
    assert.equal(decode({ errorDetail: { message: 'nono\u00e4' } }).error?.message, 'nono…');
  }
  assert.throws(() => delta({ initialResourceVersions: { a: long } }), {
    code: 8,
    message: /an initial version takes/,
  });
  assert.equal(sotw({ versionInfo: long.repeat(1_000) }).typeUrl, '', 'what is not read has no bound but the message');
});

test('whatever the bytes are, it is a request, INVALID_ARGUMENT, or a string that is too long', () => {
  const valid = toBinary(
    DeltaDiscoveryRequestSchema,
    create(DeltaDiscoveryRequestSchema, {
      node: { ...nodeInit(), metadata: { a: { b: { c: 1 } } } },
      initialResourceVersions: { c: '1' },
      errorDetail: { code: 3, message: 'no' },
    }),
  );
  let seed = 1;
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  let refused = 0;
  for (let round = 0; round < 20_000; round++) {
    const bytes = Buffer.from(valid.subarray(0, random(valid.length + 1)));
    for (let flips = random(4); flips > 0 && bytes.length > 0; flips--) bytes[random(bytes.length)] = random(256);
    for (const decode of [decodeSotwRequest, decodeDeltaRequest]) {
      try {
        decode(bytes, defaultLimits);
      } catch (thrown) {
        const { code } = thrown as { code?: number };
        assert.ok(code === 3 || code === 8, `${bytes.toString('hex')}: ${thrown}`);
        refused++;
      }
    }
  }
  assert.ok(refused > 0);
});
