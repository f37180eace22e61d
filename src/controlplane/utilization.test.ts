// Clients of a Service with `balance: utilization` are told to weigh its pods by what these say, but for those that would lose calls.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fromBinary } from '@bufbuild/protobuf';
import { AdsTestClient, type EncodedResource, typeUrls, type XdsNode } from '@evenkeel/xds';
import { ClusterSchema } from '@evenkeel/xds/gen/envoy/config/cluster/v3/cluster_pb';
import type { ServicePolicy } from '../model/policy.ts';
import { ControlPlane, type ControlPlaneOptions } from './control-plane.ts';
import { TestAuthority, writeCertificate } from './testing/certificates.ts';
import { logCapture } from './testing/log-capture.ts';
import { grpcService, readyEndpoint, ToldSource } from './testing/told-source.ts';

const health = { intervalMs: 100, timeoutMs: 20_000, rise: 1, fall: 1, jitter: 0 };
const go = { userAgentName: 'gRPC Go', userAgentVersion: '1.85.0' };
const node = { userAgentName: 'gRPC Node Pure JS', userAgentVersion: '1.14.1' };
const envoy = { userAgentName: 'envoy', userAgentVersion: '1.40.0' };
const name = 'shop/orders:50051';
const weighed = ['client_side_weighted_round_robin', 'round_robin'];
const inTurn = ['round_robin'];

/** A control plane with one Service. */
async function startControlPlane(t: TestContext, options: Pick<ControlPlaneOptions, 'load' | 'tls'>) {
  const source = new ToldSource();
  const controlPlane = new ControlPlane({
    sources: [{ name: 'file', discovery: source }],
    ...{ health, clusterDomain: 'cluster.local', version: '1.2.3', log: logCapture().log },
    ...options,
  });
  const { tls } = options;
  const listening = await controlPlane.open(tls === undefined ? { host: '127.0.0.1', port: 0 } : undefined);
  t.after(() => controlPlane.stop());
  const tell = (policy: ServicePolicy) =>
    source.tell.upsert(grpcService('shop/orders', [readyEndpoint('10.0.0.1')], { policy }));
  tell({ balance: 'utilization' });
  source.tell.synced();
  await controlPlane.whenReady;
  const connect = async (who: Partial<XdsNode>, http2 = {}): Promise<AdsTestClient> => {
    const { host, port } = (listening.xds ?? listening.tls)!;
    const url = `${tls === undefined ? 'http' : 'https'}://${host}:${port}`;
    const client = await AdsTestClient.connect(url, { node: { id: 'web-0', ...who }, http2 });
    t.after(() => client.close());
    return client;
  };
  return { tell, connect };
}

function policiesOf([cluster]: readonly Pick<EncodedResource, 'bytes'>[]): string[] {
  const { loadBalancingPolicy } = fromBinary(ClusterSchema, cluster!.bytes);
  return (loadBalancingPolicy?.policies ?? []).map(({ typedExtensionConfig }) =>
    typedExtensionConfig!.name.replace('envoy.load_balancing_policies.', ''),
  );
}

async function policiesSeenBy(client: AdsTestClient): Promise<string[]> {
  return policiesOf((await client.sotw().requestResponseAck(typeUrls.cluster, [name])).resources);
}

for (const [how, load] of [
  ['without load reports', undefined],
  ['with load reports', { reports: true, podLocalities: true }],
  ['with load reports by Service', { reports: true, podLocalities: false }],
] as const) {
  test(`all clients but grpc-js weigh pods: ${how}`, async (t) => {
    const { connect } = await startControlPlane(t, { load });
    assert.deepEqual(await policiesSeenBy(await connect(go)), weighed);
    assert.deepEqual(await policiesSeenBy(await connect(envoy)), weighed);
    assert.deepEqual(await policiesSeenBy(await connect(node)), inTurn);
  });
}

test('grpc-js follows a Service that turns it on and off', async (t) => {
  const { connect, tell } = await startControlPlane(t, {});
  const ads = (await connect(node)).sotw();
  const seen = async (response: ReturnType<typeof ads.responseAck>) => policiesOf((await response).resources);
  assert.deepEqual(await seen(ads.requestResponseAck(typeUrls.cluster, [name])), inTurn);
  tell({});
  assert.deepEqual(await seen(ads.responseAck(typeUrls.cluster)), []);
  tell({ balance: 'utilization' });
  assert.deepEqual(await seen(ads.responseAck(typeUrls.cluster)), inTurn);
});

test('with rules, grpc-js sees what it may see', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-utilization-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const authority = new TestAuthority();
  writeCertificate(folder, 'tls', authority.issue({ ips: ['127.0.0.1'], usage: 'server' }));
  writeFileSync(join(folder, 'ca.crt'), authority.cert);
  const { connect } = await startControlPlane(t, {
    tls: {
      listen: { host: '127.0.0.1', port: 0 },
      ...{ cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key'), ca: join(folder, 'ca.crt') },
      clients: [{ uri: 'spiffe://cluster.local/ns/{namespace}/sa/*', namespaces: ['{namespace}'] }],
    },
  });
  const certificate = authority.issue({ uris: ['spiffe://cluster.local/ns/shop/sa/web'], usage: 'client' });
  assert.deepEqual(await policiesSeenBy(await connect(node, { ca: authority.cert, ...certificate })), inTurn);
});
