import { create, toBinary } from '@bufbuild/protobuf';
import {
  AdsServer,
  AdsTestClient,
  adsDeltaPath,
  adsSotwPath,
  buildEdsCluster,
  frameMessage,
  SnapshotCache,
  typeUrls,
} from '@evenkeel/xds';
import {
  DeltaDiscoveryRequestSchema,
  DiscoveryRequestSchema,
} from '@evenkeel/xds/gen/envoy/service/discovery/v3/discovery_pb';
import { mutated } from './mutate.ts';
import { Random } from './random.ts';

/** What became of the streams. */
export interface RequestFigures {
  /** Requests that were written. */
  tried: number;
  streams: number;
  /** How streams ended: gRPC status by its number; `open`: it could be told to end in good order. */
  readonly ended: Record<string, number>;
  /** Streams that the server counted as ended by a request that broke the protocol. */
  counted: number;
  readonly broken: string[];
}

/** A request is wrong (3), too large (8), compressed (12), or it was taken (0). */
const allowed: ReadonlySet<number> = new Set([0, 3, 8, 12]);

function examples(): { readonly sotw: Buffer[]; readonly delta: Buffer[] } {
  const node = { id: 'fuzz', metadata: { namespace: 'shop', nested: { list: [1, 'two', null] } } };
  const sotw = [
    { typeUrl: typeUrls.cluster, node },
    { typeUrl: typeUrls.cluster, node, resourceNames: ['a', 'b', 'c'], versionInfo: '1', responseNonce: '1' },
    { typeUrl: typeUrls.endpoint, resourceNames: Array.from({ length: 200 }, (_, index) => `default/be${index}:80`) },
    { typeUrl: typeUrls.listener, node, responseNonce: '7', errorDetail: { code: 3, message: 'not that' } },
  ].map((fields) => Buffer.from(toBinary(DiscoveryRequestSchema, create(DiscoveryRequestSchema, fields))));
  const delta = [
    { typeUrl: typeUrls.cluster, node, resourceNamesSubscribe: ['a', '*', 'b'] },
    { typeUrl: typeUrls.cluster, resourceNamesUnsubscribe: ['a', '*'], responseNonce: '1' },
    { typeUrl: typeUrls.endpoint, node, initialResourceVersions: { a: '1', b: '2', '': '' } },
  ].map((fields) => Buffer.from(toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, fields))));
  return { sotw, delta };
}

/** Pieces that a protobuf reader has to be careful with. */
const tokens = [
  'ffffffffffffffffffff', // a varint that does not end
  '0affffffff0f', // a string that is longer than everything
  '0a80808080808080808001', // a length beyond 64 bits
  '1203ff00c0', // bad UTF-8 in a name
  '0b', // a group that is never ended
  '0c', // the end of a group that never began
  '2a0a08ffffffffffffffffff01', // a nested message with a number that is too long
  '00', // a field with number 0
  'f8ffffff0f01', // the largest field number
  `${'0a02'.repeat(200)}`, // nested as deep as can be
].map((hex) => Buffer.from(hex, 'hex'));

/** Requests that are built to be too much, in full. */
function bombs(): Buffer[] {
  const type = Buffer.concat([Buffer.from([0x22, typeUrls.cluster.length]), Buffer.from(typeUrls.cluster)]);
  const names = (count: number, length: number) =>
    Buffer.concat(
      Array.from({ length: count }, () => Buffer.concat([Buffer.from([0x1a, length]), Buffer.alloc(length, 0x61)])),
    );
  const deep = (levels: number) => {
    let bytes = Buffer.alloc(0);
    // google.protobuf.Struct in a Value in a Struct …, as node.metadata may hold it.
    for (let level = 0; level < levels; level++) {
      const length = Buffer.alloc(5);
      let at = 0;
      for (let left = bytes.length; ; left >>>= 7) {
        length[at++] = (left & 127) | (left > 127 ? 128 : 0);
        if (left <= 127) break;
      }
      bytes = Buffer.concat([Buffer.from([level % 2 === 0 ? 0x2a : 0x12]), length.subarray(0, at), bytes]);
    }
    return bytes;
  };
  return [
    Buffer.concat([type, names(150_000, 10)]),
    Buffer.concat([type, Buffer.alloc(5 * 1024 * 1024, 0x1a)]),
    Buffer.concat([type, deep(5_000)]),
    Buffer.concat([deep(20_000), type]),
    Buffer.alloc(4 * 1024 * 1024),
    Buffer.alloc(0),
  ];
}

/**
 * Writes broken requests to a server over real streams. The server has to go on serving a client that behaves, and every
 * stream that it ends has to have a status that says why.
 *
 * @param begin - told of each frame before it is written
 */
export async function fuzzRequests(
  seed: number,
  count: number,
  begin: (frame: Uint8Array) => void = () => {},
): Promise<RequestFigures> {
  const random = new Random(seed);
  const figures: RequestFigures = { tried: 0, streams: 0, ended: {}, counted: 0, broken: [] };
  const cache = new SnapshotCache();
  cache.update({ set: ['a', 'b', 'c'].map((name) => buildEdsCluster({ name })) });
  const observer = {
    invalidRequest: () => {
      figures.counted += 1;
    },
  };
  // Ours alone: what a handler threw that was not meant for the client.
  const warned = (warning: Error) => {
    if (warning.name === 'EvenkeelWarning') figures.broken.push(String(warning));
  };
  process.on('warning', warned);
  const server = new AdsServer({ cache, observer, coalesceMs: 0 });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const witness = await AdsTestClient.connect(`http://127.0.0.1:${port}`);
  const ads = witness.sotw();
  await ads.requestResponseAck(typeUrls.cluster, ['a']);
  const { sotw, delta } = examples();
  const big = bombs();
  let client = await AdsTestClient.connect(`http://127.0.0.1:${port}`);

  for (let stream = 0; figures.tried < count; stream++) {
    const isDelta = random.below(2) === 0;
    const call = client.call(isDelta ? adsDeltaPath : adsSotwPath);
    figures.streams += 1;
    const bomb = stream < 2 * big.length ? big[Math.floor(stream / 2)] : undefined;
    for (let left = bomb === undefined ? 1 + random.below(4) : 1; left > 0; left--) {
      const request = bomb ?? mutated(isDelta ? delta : sotw, tokens, random);
      // Now and then the frame is wrong, and not what is in it.
      const whole = frameMessage(request);
      const frame = random.below(20) === 0 ? mutated([whole], [], random) : whole;
      begin(frame);
      call.sendRaw(frame);
      figures.tried += 1;
    }
    const { code, message } = await call.end();
    figures.ended[code] = (figures.ended[code] ?? 0) + 1;
    if (!allowed.has(code)) figures.broken.push(`seed ${seed}, stream ${stream}: status ${code} ${message}`);
    else if (code !== 0 && message === '')
      figures.broken.push(`seed ${seed}, stream ${stream}: status ${code} without a word`);
    if (stream % 50 === 49) {
      cache.set(buildEdsCluster({ name: 'a', maxRequests: 1 + stream }));
      await ads.responseAck(typeUrls.cluster);
      await client.close();
      client = await AdsTestClient.connect(`http://127.0.0.1:${port}`);
    }
  }
  cache.set(buildEdsCluster({ name: 'a', maxRequests: 1_000_000 }));
  await ads.responseAck(typeUrls.cluster);
  await client.close();
  await witness.close();
  await server.close();
  const { open } = server;
  if (open.streams + open.sessions + open.subscriptions > 0) figures.broken.push(`left open: ${JSON.stringify(open)}`);
  process.off('warning', warned);
  const { 0: _taken = 0, ...faults } = figures.ended;
  const total = Object.values(faults).reduce((sum, streams) => sum + streams, 0);
  if (total !== figures.counted)
    figures.broken.push(`${total} streams ended in a fault, ${figures.counted} were counted`);
  return figures;
}
