import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { AdsTestClient, type SotwTestStream, typeUrls, type XdsNode } from '@evenkeel/xds';
import { ClusterSchema } from '@evenkeel/xds/gen/envoy/config/cluster/v3/cluster_pb';
import { ClusterLoadAssignmentSchema } from '@evenkeel/xds/gen/envoy/config/endpoint/v3/endpoint_pb';
import { ManualClock } from '../base/clock.ts';
import type { ServicePolicy } from '../model/policy.ts';
import type { HeardCalls } from '../plan/plan-input.ts';
import { ControlPlane, type ControlPlaneOptions } from './control-plane.ts';
import type { PublishedService } from './publisher.ts';
import { Steering } from './steering.ts';
import { logCapture } from './testing/log-capture.ts';
import { grpcService, readyEndpoint, ToldSource } from './testing/told-source.ts';

const health = { intervalMs: 100, timeoutMs: 20_000, rise: 1, fall: 1, jitter: 0 };
const name = 'shop/orders:50051';
const newGo = { userAgentName: 'gRPC Go', userAgentVersion: '1.85.0' };

function inZone(address: string, zone: string, kubeNode?: string) {
  return { ...readyEndpoint(address), locality: { region: '', zone, subZone: '' }, kubeNode };
}

const orders = [
  inZone('10.0.0.1', 'a', 'node-1'),
  inZone('10.0.0.2', 'a', 'node-2'),
  inZone('10.0.1.1', 'b', 'node-3'),
  inZone('10.0.1.2', 'b', 'node-4'),
];
const addresses = orders.map(({ address }) => address);

async function startControlPlane(t: TestContext, load?: ControlPlaneOptions['load']) {
  const source = new ToldSource();
  const controlPlane = new ControlPlane({
    sources: [{ name: 'file', discovery: source }],
    ...{ health, load, clusterDomain: 'cluster.local', version: '1.2.3', log: logCapture().log },
  });
  const { port } = await controlPlane.start({ host: '127.0.0.1', port: 0 });
  t.after(() => controlPlane.stop());
  const tell = (policy: ServicePolicy, endpoints = orders, internalTrafficPolicy?: 'Local') =>
    source.tell.upsert(grpcService('shop/orders', endpoints, { policy, internalTrafficPolicy }));
  tell({});
  source.tell.synced();
  await controlPlane.whenReady;
  /** A client that has asked for the assignment; returns what it is given, and then whatever it is given next. */
  const connect = async (zone: string, node: Partial<XdsNode> = {}, clustersFirst = false) => {
    const client = await AdsTestClient.connect(`http://127.0.0.1:${port}`, {
      node: { id: `in-${zone}`, locality: { region: '', zone, subZone: '' }, ...node },
    });
    t.after(() => client.close());
    const stream = client.sotw();
    const clusters = clustersFirst ? await stream.requestResponseAck(typeUrls.cluster, [name]) : undefined;
    const cluster = clusters && fromBinary(ClusterSchema, clusters.resources[0]!.bytes);
    const first = await stream.requestResponseAck(typeUrls.endpoint, [name]);
    return { first: addressesIn(first.resources[0]!.bytes), bytes: first.resources[0]!.bytes, cluster, stream, client };
  };
  return { controlPlane, tell, connect };
}

function addressesIn(bytes: Uint8Array): string[] {
  return fromBinary(ClusterLoadAssignmentSchema, bytes).endpoints.flatMap(({ lbEndpoints }) =>
    lbEndpoints.map(({ hostIdentifier }) => {
      assert.ok(hostIdentifier.case === 'endpoint');
      const socket = hostIdentifier.value.address!.address;
      assert.ok(socket.case === 'socketAddress');
      return socket.value.address;
    }),
  );
}

/** The addresses in the next response, which is acknowledged. */
async function next({ stream }: { readonly stream: SotwTestStream }): Promise<string[]> {
  return addressesIn((await stream.responseAck(typeUrls.endpoint)).resources[0]!.bytes);
}

async function assignment({ stream }: { readonly stream: SotwTestStream }) {
  return fromBinary(ClusterLoadAssignmentSchema, (await stream.responseAck(typeUrls.endpoint)).resources[0]!.bytes);
}

/** Waits until a client is given these. */
async function until(client: { readonly stream: SotwTestStream }, wanted: readonly string[]): Promise<void> {
  while (String(await next(client)) !== String(wanted));
}

test('where a Service asks for it clients see the pods of their zone, and all again when it does not', async (t) => {
  const { tell, connect, controlPlane } = await startControlPlane(t);
  const [one, other] = [await connect('a'), await connect('b')];
  assert.deepEqual([one.first, other.first], [addresses, addresses]);
  assert.deepEqual(one.bytes, other.bytes, 'everybody gets the same');

  tell({ trafficDistribution: 'PreferSameZone' });
  assert.deepEqual([await next(one), await next(other)], [addresses.slice(0, 2), addresses.slice(2)]);
  const { services } = controlPlane.configDump({ limit: 10, namespace: 'default' }) as {
    services: { ports: { plan?: { why: string[]; expected: object; sets: object[] } }[] }[];
  };
  assert.deepEqual(services[0]!.ports[0]!.plan, {
    why: [
      'a makes 50 % of the calls (by its clients) and has 50 % of the pods: all its calls stay',
      'b makes 50 % of the calls (by its clients) and has 50 % of the pods: all its calls stay',
    ],
    expected: { busiest: 1, away: 0, leastAway: 0 },
    sets: [
      { clients: 1, endpoints: 2 },
      { clients: 1, endpoints: 2 },
    ],
  });

  // A client that comes is given pods with its first answer; a zone that loses its pods goes where there are some.
  assert.deepEqual((await connect('a')).first.slice(0, 2), addresses.slice(0, 2));
  tell({ trafficDistribution: 'PreferSameZone' }, orders.slice(2));
  await until(one, addresses.slice(2));

  tell({});
  await until(one, addresses);
});

test('clients that report by pod see a part of the localities, and Envoy sees what others see', async (t) => {
  const { tell, connect } = await startControlPlane(t, { reports: true, podLocalities: true });
  tell({ trafficDistribution: 'PreferClose' });
  const one = await connect('a', newGo);
  await connect('b', { userAgentName: 'envoy', userAgentVersion: '1.40.0' });
  tell({ trafficDistribution: 'PreferClose' }, [...orders]);
  const again = await connect('a', newGo);
  const localities = (bytes: Uint8Array) =>
    fromBinary(ClusterLoadAssignmentSchema, bytes).endpoints.map(({ locality }) => locality!.subZone);
  assert.ok(localities(one.bytes).every((subZone) => subZone !== ''));
  assert.deepEqual(localities(again.bytes), ['10.0.0.1:50051', '10.0.0.2:50051']);
});

test('PreferSameNode: a client sees the pod on its node; its zone is learned from there', async (t) => {
  const { tell, connect } = await startControlPlane(t);
  tell({ trafficDistribution: 'PreferSameNode' });
  const nodes = await Promise.all(
    [1, 2, 3, 4].map((node) => connect('', { id: `on-${node}`, metadata: { kubeNode: `node-${node}` } })),
  );
  tell({ trafficDistribution: 'PreferSameNode' }, [...orders].reverse());
  await Promise.all(
    nodes.map(async (client, index) => {
      if (String(client.first) !== addresses[index]) await until(client, [addresses[index]!]);
    }),
  );
});

test('a client that comes follows weights where it can, and keeps its policy; Envoy gets weights of endpoints', async (t) => {
  const { tell, connect } = await startControlPlane(t, { reports: true, podLocalities: true });
  const early = await connect('b', newGo, true);
  assert.notEqual(early.cluster?.loadBalancingPolicy, undefined);
  tell({ trafficDistribution: 'PreferSameZone' });
  const late = await connect('a', { ...newGo, id: 'late' }, true);
  assert.equal(late.cluster?.loadBalancingPolicy, undefined, 'localities are drawn by weight');
  assert.notEqual(late.cluster?.lrsServer, undefined);
  // Its cluster was sent before there was a plan: another policy would make it connect to every pod anew.
  const { endpoints } = await assignment(early);
  assert.ok(endpoints.every(({ loadBalancingWeight }) => loadBalancingWeight === 1));
  tell({ trafficDistribution: 'PreferSameZone' }, orders.slice(1));
  let given = await assignment(late);
  while (given.endpoints.length !== 3) given = await assignment(late);
  assert.deepEqual(
    given.endpoints.map(({ locality, loadBalancingWeight }) => [locality!.subZone, loadBalancingWeight]),
    [
      ['10.0.0.2:50051', 1_000],
      ['10.0.1.1:50051', 250],
      ['10.0.1.2:50051', 250],
    ],
  );
  const envoy = await connect('a', { id: 'envoy', userAgentName: 'envoy', userAgentVersion: '1.40.0' });
  const [locality] = fromBinary(ClusterLoadAssignmentSchema, envoy.bytes).endpoints;
  assert.equal(locality!.lbEndpoints.length, 3);
  assert.ok(locality!.lbEndpoints[0]!.loadBalancingWeight! > locality!.lbEndpoints[1]!.loadBalancingWeight!);

  tell({});
  const after = fromBinary(ClusterSchema, (await late.stream.responseAck(typeUrls.cluster)).resources[0]!.bytes);
  assert.notEqual(after.loadBalancingPolicy, undefined, 'without a plan all are in turn again');
});

test('internalTrafficPolicy Local comes before a preference', async (t) => {
  const { connect, tell } = await startControlPlane(t);
  tell({ trafficDistribution: 'PreferSameZone' }, orders, 'Local');
  assert.deepEqual((await connect('a', { metadata: { kubeNode: 'node-3' } })).first, [addresses[2]]);
});

test('a subset: each client is given so many pods, and every pod has as many clients as the others', async (t) => {
  const { tell, connect } = await startControlPlane(t);
  tell({ subset: 2 });
  const clients = [];
  for (let number = 0; number < 4; number++) clients.push(await connect('', { id: `front-${number}` }));
  const counts = Map.groupBy(
    clients.flatMap(({ first }) => first),
    (address) => address,
  );
  assert.deepEqual(
    addresses.map((address) => counts.get(address)?.length),
    [2, 2, 2, 2],
  );
  // Whoever had a pod that goes is given another one; the others keep what they have.
  tell({ subset: 2 }, orders.slice(1));
  for (const client of clients.filter(({ first }) => first.includes(addresses[0]!))) {
    const after = await next(client);
    assert.equal(after.length, 2);
    assert.ok(after.includes(client.first.find((address) => address !== addresses[0])!), String(after));
  }
});

test('clients that are there before anything is heard are planned for by what they call later', () => {
  const clock = new ManualClock();
  let heard: HeardCalls[] = [];
  const steering = new Steering({
    ...{ clientsOf: () => [], changed() {}, podLocalities: true, zoneOf: () => undefined, encoded() {} },
    ...{ heard: () => heard, work: () => [], log: logCapture().log, clock },
  });
  const service = grpcService('shop/orders', orders, { policy: { trafficDistribution: 'PreferSameZone' } });
  steering.published({
    ...{ service, selections: new Map() },
    translated: { service, resources: [] } as unknown as PublishedService['translated'],
  });
  for (const zone of ['a', 'b']) {
    const unsaid = { cluster: '', userAgentName: '', userAgentVersion: '', clientFeatures: [] };
    const node = { id: zone, locality: { region: '', zone, subZone: '' }, metadata: { workload: 'web' }, ...unsaid };
    steering.assignmentOf(steering.came(node, undefined), name);
  }
  clock.advance(60_000);
  const leaving = () => steering.planOf(name)?.expected;
  const before = leaving();
  heard = ['a', 'b'].map((zone) => ({ caller: 'default/web', zone, calls: zone === 'a' ? 900 : 100 }));
  clock.advance(60_000);
  assert.notDeepEqual(leaving(), before);
  steering.close();
  assert.equal(clock.pending, 0);
});
