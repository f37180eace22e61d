import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { AdsTestClient, type ReceivedResponse, typeUrls } from '@evenkeel/xds';
import { ClusterLoadAssignmentSchema } from '@evenkeel/xds/gen/envoy/config/endpoint/v3/endpoint_pb';
import { FileDiscovery } from '../discovery/file/file-discovery.ts';
import { ControlPlane } from './control-plane.ts';
import type { NamedSource } from './sources.ts';
import { logCapture } from './testing/log-capture.ts';
import { grpcService, readyEndpoint, ToldSource } from './testing/told-source.ts';

const EDS = typeUrls.endpoint;

async function start(t: TestContext, source: NamedSource, health = {}) {
  const { log, lines } = logCapture();
  const settings = { intervalMs: 100, timeoutMs: 50, rise: 1, fall: 1, jitter: 0, ...health };
  const controlPlane = new ControlPlane({
    sources: [source],
    health: settings,
    clusterDomain: 'cluster.local',
    version: '1.2.3',
    log,
  });
  const { port } = await controlPlane.start({ host: '127.0.0.1', port: 0 });
  t.after(() => controlPlane.stop());
  const connect = async () => {
    const client = await AdsTestClient.connect(`http://127.0.0.1:${port}`);
    t.after(() => client.close());
    return client.sotw();
  };
  return { controlPlane, lines, connect };
}

function endpointsIn({ resources }: ReceivedResponse): number {
  return fromBinary(ClusterLoadAssignmentSchema, resources[0]!.bytes).endpoints[0]?.lbEndpoints.length ?? 0;
}

test('an endpoint that comes and goes is kept back, and clients hear no more of it', async (t) => {
  const source = new ToldSource();
  const { controlPlane, lines, connect } = await start(t, { name: 'file', discovery: source });
  const steady = readyEndpoint('10.0.0.1');
  const flapping = readyEndpoint('10.0.0.2');
  const tell = async (...endpoints: Parameters<typeof grpcService>[1]) => {
    source.tell.upsert(grpcService('default/be1-srv', endpoints));
    // Changes of one tick are one change.
    await new Promise((resolve) => setImmediate(resolve));
  };
  await tell(steady, flapping);
  source.tell.synced();
  await controlPlane.whenReady;
  for (let change = 0; change < 10; change++) await tell(...(change % 2 === 0 ? [steady] : [steady, flapping]));
  const ads = await connect();
  assert.equal(endpointsIn(await ads.requestResponseAck(EDS, ['default/be1-srv:50051'])), 1);
  for (let change = 0; change < 100; change++) await tell(...(change % 2 === 0 ? [steady] : [steady, flapping]));
  await ads.expectNoResponse();
  assert.equal(lines.filter(({ msg }) => String(msg).startsWith('the endpoint comes and goes')).length, 1);
  const metrics = (await controlPlane.metrics()).text;
  assert.match(metrics, /^evenkeel_endpoints\{[^}]*state="damped"\} 1$/m);

  // Where there is nothing else, it is better than nothing.
  await tell(flapping);
  assert.equal(endpointsIn(await ads.responseAck(EDS)), 1);
});

test('50,000 endpoints in one file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-large-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'endpoints.json');
  const services = Array.from({ length: 500 }, (_, service) => ({
    name: `be${service}`,
    ports: [{ name: 'grpc', port: 50051 }],
    endpoints: Array.from({ length: 100 }, (_endpoint, number) => ({
      address: `10.${service >> 8}.${service & 255}.${number}`,
      pod: `be${service}-${number}`,
    })),
  }));
  const write = () => writeFile(path, JSON.stringify({ apiVersion: 'evenkeel.dev/v1', kind: 'Endpoints', services }));
  await write();
  const { controlPlane, connect } = await start(t, { name: 'file', discovery: new FileDiscovery({ path }) });
  await controlPlane.whenReady;
  const ads = await connect();
  assert.equal(endpointsIn(await ads.requestResponseAck(EDS, ['default/be499:50051'])), 100);
  services[499]!.endpoints.pop();
  await write();
  assert.equal(endpointsIn(await ads.responseAck(EDS)), 99);
});

test('backends that accept and never answer are unhealthy, and hold up neither the others nor the end', async (t) => {
  const sockets = new Set<Socket>();
  // More of them than checks that are in flight at once; they answer nothing, but a connection that opens is enough for TCP.
  const silent = Array.from({ length: 80 }, () =>
    createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
    }).listen(0, '127.0.0.1'),
  );
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    for (const server of silent) server.close();
  });
  await Promise.all(silent.map((server) => once(server, 'listening')));
  const endpoints = silent.map((server) => readyEndpoint('127.0.0.1', (server.address() as AddressInfo).port));
  const checked = (protocol: 'grpc' | 'tcp') => ({ policy: { healthCheck: { protocol, grpcService: '' } } });
  const source = new ToldSource();
  const { controlPlane, connect } = await start(t, { name: 'file', discovery: source });
  source.tell.upsert(grpcService('default/stuck', endpoints, checked('grpc')));
  source.tell.upsert(grpcService('default/good', endpoints.slice(0, 1), checked('tcp')));
  source.tell.synced();
  await controlPlane.whenReady;
  const ads = await connect();
  assert.equal(endpointsIn(await ads.requestResponseAck(EDS, ['default/good:50051'])), 1);
  const metrics = async () => (await controlPlane.metrics()).text;
  while (!/^evenkeel_health_targets\{state="unhealthy"\} 80$/m.test(await metrics())) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});
