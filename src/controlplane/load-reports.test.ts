import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { AdsTestClient, loadReportPath, typeUrls, type XdsNode } from '@evenkeel/xds';
import { ClusterSchema } from '@evenkeel/xds/gen/envoy/config/cluster/v3/cluster_pb';
import { ClusterLoadAssignmentSchema } from '@evenkeel/xds/gen/envoy/config/endpoint/v3/endpoint_pb';
import { LoadStatsRequestSchema } from '@evenkeel/xds/gen/envoy/service/load_stats/v3/lrs_pb';
import type { Service } from '../model/service.ts';
import { ControlPlane, type ControlPlaneOptions } from './control-plane.ts';
import { TestAuthority, writeCertificate } from './testing/certificates.ts';
import { logCapture } from './testing/log-capture.ts';
import { grpcService, readyEndpoint, ToldSource } from './testing/told-source.ts';

const health = { intervalMs: 100, timeoutMs: 20_000, rise: 1, fall: 1, jitter: 0 };
const newGo = { userAgentName: 'gRPC Go', userAgentVersion: '1.85.0' };
const oldGo = { userAgentName: 'gRPC Go', userAgentVersion: '1.48.0' };
const orders = [readyEndpoint('10.0.0.1'), readyEndpoint('10.0.0.2')];

/** A control plane with one Service in each of two namespaces. */
async function startControlPlane(
  t: TestContext,
  load: ControlPlaneOptions['load'],
  { service = {}, tls }: { service?: Partial<Service>; tls?: ControlPlaneOptions['tls'] } = {},
) {
  const source = new ToldSource();
  const controlPlane = new ControlPlane({
    sources: [{ name: 'file', discovery: source }],
    ...{ health, load, tls, clusterDomain: 'cluster.local', version: '1.2.3', log: logCapture().log },
  });
  const listening = await controlPlane.open(tls === undefined ? { host: '127.0.0.1', port: 0 } : undefined);
  t.after(() => controlPlane.stop());
  source.tell.upsert(grpcService('shop/orders', orders, service));
  source.tell.upsert(grpcService('bank/accounts', orders, service));
  source.tell.synced();
  await controlPlane.whenReady;
  const url =
    tls === undefined ? `http://127.0.0.1:${listening.xds!.port}` : `https://127.0.0.1:${listening.tls!.port}`;
  const connect = async (node: Partial<XdsNode>, http2 = {}) => {
    const client = await AdsTestClient.connect(url, { node: { id: 'web-0', ...node }, http2 });
    t.after(() => client.close());
    return client;
  };
  const metric = async (line: RegExp) => line.test((await controlPlane.metrics()).text);
  return { controlPlane, source, connect, metric };
}

/** What a client gets of the Service orders: whether it is to report, its top-level policy, and its localities. */
async function seenBy(client: AdsTestClient): Promise<[reports: boolean, policies: number, subZones: string[]]> {
  const ads = client.sotw();
  const name = 'shop/orders:50051';
  const [cluster] = (await ads.requestResponseAck(typeUrls.cluster, [name])).resources;
  const [assignment] = (await ads.requestResponseAck(typeUrls.endpoint, [name])).resources;
  const { lrsServer, loadBalancingPolicy } = fromBinary(ClusterSchema, cluster!.bytes);
  const { endpoints } = fromBinary(ClusterLoadAssignmentSchema, assignment!.bytes);
  return [
    lrsServer?.configSourceSpecifier.case === 'self',
    loadBalancingPolicy?.policies.length ?? 0,
    endpoints.map(({ locality }) => locality?.subZone ?? ''),
  ];
}

type Message = MessageInitShape<typeof LoadStatsRequestSchema>;

/** Opens a stream of reports, waits until it was answered, and reports. */
async function report(client: AdsTestClient, node: Partial<XdsNode>, clusterStats: Message['clusterStats']) {
  const stream = client.call(loadReportPath);
  const send = (message: Message) =>
    stream.send(toBinary(LoadStatsRequestSchema, create(LoadStatsRequestSchema, message)));
  const { userAgentName = '', metadata = {} } = node;
  send({ node: { id: 'web-0', userAgentName, metadata } });
  await stream.receive();
  send({ clusterStats });
  await stream.end();
}

const calls = (clusterName: string, subZone: string) => ({
  clusterName,
  upstreamLocalityStats: [{ locality: { subZone }, totalIssuedRequests: 3n, totalErrorRequests: 1n }],
});

test('unless it is switched on, no client is asked, and everything is as before', async (t) => {
  const { controlPlane, connect } = await startControlPlane(t, undefined);
  const client = await connect(newGo);
  assert.deepEqual(await seenBy(client), [false, 0, ['']]);
  assert.equal(controlPlane.load(), undefined);
  assert.equal((await client.call(loadReportPath).ended).code, 12);
});

test('each client gets the form that it can take, and all are asked', async (t) => {
  const { connect } = await startControlPlane(t, { reports: true, podLocalities: true });
  assert.deepEqual(await seenBy(await connect(newGo)), [true, 1, ['10.0.0.1:50051', '10.0.0.2:50051']]);
  assert.deepEqual(await seenBy(await connect(oldGo)), [true, 0, ['']]);
  assert.deepEqual(await seenBy(await connect({ userAgentName: 'envoy', userAgentVersion: '1.40.0' })), [
    false,
    0,
    [''],
  ]);
});

test('pod localities can be switched off as a whole, or by Service', async (t) => {
  const whole = await startControlPlane(t, { reports: true, podLocalities: false });
  assert.deepEqual(await seenBy(await whole.connect(newGo)), [true, 0, ['']]);
  const policy = { podLocalities: false };
  const one = await startControlPlane(t, { reports: true, podLocalities: true }, { service: { policy } });
  assert.deepEqual(await seenBy(await one.connect(newGo)), [true, 0, ['']]);
});

test('what is remembered of a client, to judge pods by it, is charged to its connection while it reports', async (t) => {
  const { controlPlane, connect } = await startControlPlane(t, { reports: true, podLocalities: true });
  const client = await connect(newGo);
  const stream = client.call(loadReportPath);
  const send = (message: Message) =>
    stream.send(toBinary(LoadStatsRequestSchema, create(LoadStatsRequestSchema, message)));
  const held = async (): Promise<number> => {
    for (const _turn of [1, 2]) await new Promise((resolve) => client.session.ping(resolve));
    return Number(/^evenkeel_xds_memory_bytes (\d+)$/m.exec((await controlPlane.metrics()).text)![1]);
  };
  const before = await held();
  send({ node: { id: 'web-0', userAgentName: 'gRPC Go', metadata: {} } });
  await stream.receive();
  const open = await held();
  send({ clusterStats: [calls('shop/orders:50051', '10.0.0.1:50051')] });
  const remembered = (await held()) - open;
  assert.ok(remembered > 1_000 && remembered < 5_000, `${remembered}`);
  await stream.end();
  assert.ok((await held()) <= before + 1_024);
});

test('a Service that goes is gone in every form', async (t) => {
  const { connect, source } = await startControlPlane(t, { reports: true, podLocalities: true });
  const ads = (await connect(newGo)).sotw();
  const name = 'shop/orders:50051';
  await ads.requestResponseAck(typeUrls.cluster, [name]);
  source.tell.remove({ namespace: 'shop', name: 'orders' });
  assert.deepEqual((await ads.responseAck(typeUrls.cluster)).names, []);
});

test('what clients report is shown, by pod and by caller', async (t) => {
  const { controlPlane, connect, metric } = await startControlPlane(t, { reports: true, podLocalities: true });
  const node = { ...newGo, metadata: { namespace: 'shop', workload: 'web' } };
  await report(await connect(node), node, [
    calls('shop/orders:50051', '10.0.0.1:50051'),
    calls('shop/orders:50051', '10.9.9.9:50051'),
    calls('shop/nothing:50051', '10.0.0.1:50051'),
  ]);
  const { services, streams } = controlPlane.load()!;
  assert.equal(streams, 0);
  assert.deepEqual(
    services.map(({ namespace, name, pods, callers }) => [
      `${namespace}/${name}`,
      pods.map((pod) => [pod.address, pod.calls, pod.failed]),
      callers.map(({ workload }) => workload),
    ]),
    [
      [
        'shop/orders',
        [
          ['10.0.0.1:50051', 3, 1],
          ['10.0.0.2:50051', 0, 0],
        ],
        ['web'],
      ],
    ],
  );
  for (const line of [
    /^evenkeel_load_calls_total\{namespace="shop",service="orders",port="50051",caller="shop\/web"\} 3$/m,
    /^evenkeel_load_calls_failed_total\{.*caller="shop\/web"\} 1$/m,
    /^evenkeel_load_verdict\{namespace="shop",service="orders",port="50051",verdict="inconclusive"\} 1$/m,
    /^evenkeel_load_ignored_total\{kind="clusters"\} 1$/m,
    /^evenkeel_load_ignored_total\{kind="localities"\} 1$/m,
    /^evenkeel_load_reports_total 1$/m,
  ]) {
    assert.ok(await metric(line), String(line));
  }
});

test('with rules, a client reports about what it may see, and about nothing else', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-load-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const authority = new TestAuthority();
  writeCertificate(folder, 'tls', authority.issue({ ips: ['127.0.0.1'], usage: 'server' }));
  writeFileSync(join(folder, 'ca.crt'), authority.cert);
  const { controlPlane, connect, metric } = await startControlPlane(
    t,
    { reports: true, podLocalities: true },
    {
      tls: {
        listen: { host: '127.0.0.1', port: 0 },
        ...{ cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key'), ca: join(folder, 'ca.crt') },
        clients: [{ uri: 'spiffe://cluster.local/ns/{namespace}/sa/*', namespaces: ['{namespace}'] }],
      },
    },
  );
  const certificate = authority.issue({ uris: ['spiffe://cluster.local/ns/shop/sa/web'], usage: 'client' });
  const client = await connect(newGo, { ca: authority.cert, ...certificate });
  assert.deepEqual(await seenBy(client), [true, 1, ['10.0.0.1:50051', '10.0.0.2:50051']]);
  await report(client, newGo, [
    calls('shop/orders:50051', '10.0.0.1:50051'),
    calls('bank/accounts:50051', '10.0.0.1:50051'),
  ]);
  assert.deepEqual(
    controlPlane.load()!.services.map(({ name, calls: count }) => [name, count]),
    [['orders', 3]],
  );
  assert.ok(await metric(/^evenkeel_load_ignored_total\{kind="hidden"\} 1$/m));
});
