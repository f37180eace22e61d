import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { AdsTestClient, loadReportPath, typeUrls } from '@evenkeel/xds';
import { ClusterLoadAssignmentSchema } from '@evenkeel/xds/gen/envoy/config/endpoint/v3/endpoint_pb';
import { LoadStatsRequestSchema } from '@evenkeel/xds/gen/envoy/service/load_stats/v3/lrs_pb';
import type { KubeEvent } from '../discovery/kubernetes/kube-events.ts';
import type { Service } from '../model/service.ts';
import { ControlPlane, type ControlPlaneOptions } from './control-plane.ts';
import { logCapture } from './testing/log-capture.ts';
import { grpcService, readyEndpoint, ToldSource } from './testing/told-source.ts';

const health = { intervalMs: 100, timeoutMs: 20_000, rise: 1, fall: 1, jitter: 0 };
const go = { userAgentName: 'gRPC Go', userAgentVersion: '1.85.0' };
const cluster = 'shop/orders:50051';
const [sick, well, third] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'] as const;
/** The control plane does not judge before it has heard clients for two of their intervals. */
const reports = 4;

type Message = MessageInitShape<typeof LoadStatsRequestSchema>;

async function startControlPlane(
  t: TestContext,
  load: Partial<NonNullable<ControlPlaneOptions['load']>> = {},
  service: Partial<Service> = {},
) {
  const source = new ToldSource();
  const { log, lines } = logCapture();
  const events: KubeEvent[] = [];
  const controlPlane = new ControlPlane({
    kubeEvents: () => ({ record: (event) => events.push(event), stop: () => {} }),
    sources: [{ name: 'kubernetes', discovery: source }],
    load: { reports: true, podLocalities: true, ...load },
    ...{ health, clusterDomain: 'cluster.local', version: '1.2.3', log },
  });
  const { xds } = await controlPlane.open({ host: '127.0.0.1', port: 0 });
  t.after(() => controlPlane.stop());
  source.tell.upsert(
    grpcService(
      'shop/orders',
      [sick, well, third].map((one) => readyEndpoint(one)),
      service,
    ),
  );
  source.tell.synced();
  await controlPlane.whenReady;
  const client = await AdsTestClient.connect(`http://127.0.0.1:${xds!.port}`, { node: { id: 'web-0', ...go } });
  t.after(() => client.close());
  const ads = client.sotw();
  const stream = client.call(loadReportPath);
  const send = (message: Message) =>
    stream.send(toBinary(LoadStatsRequestSchema, create(LoadStatsRequestSchema, message)));
  send({ node: { id: 'web-0', ...go } });
  await stream.receive();
  return {
    controlPlane,
    source,
    lines,
    events,
    ads,
    report: (failed: Record<string, bigint>) => send(statsOf(failed)),
  };
}

/** A report of 100 calls to each pod, of which so many failed. */
function statsOf(failed: Readonly<Record<string, bigint>>): Message {
  const upstreamLocalityStats = [sick, well, third].map((address) => ({
    locality: { subZone: `${address}:50051` },
    totalIssuedRequests: 100n,
    totalErrorRequests: failed[address] ?? 0n,
    totalSuccessfulRequests: 100n - (failed[address] ?? 0n),
  }));
  return { clusterStats: [{ clusterName: cluster, upstreamLocalityStats }] };
}

function addressesIn(bytes: Uint8Array): string[] {
  return fromBinary(ClusterLoadAssignmentSchema, bytes).endpoints.map(({ locality }) => locality!.subZone);
}

/** Reports for as long as it takes; each is a second of a client's life, which the test has none of. */
function reportOften(report: () => void): () => void {
  const timer = setInterval(report, 1_000);
  report();
  return () => clearInterval(timer);
}

test('a pod that fails for its caller is out for all clients, and everything says so', async (t) => {
  const { controlPlane, ads, report, lines, events } = await startControlPlane(t);
  await ads.requestResponseAck(typeUrls.endpoint, [cluster]);
  const stop = reportOften(() => report({ [sick]: 100n }));
  t.after(stop);
  const next = (await ads.responseAck(typeUrls.endpoint)).resources[0]!;
  stop();
  assert.deepEqual(addressesIn(next.bytes), [`${well}:50051`, `${third}:50051`]);
  const { ejected, calls } = controlPlane.load()!.services[0]!.pods.find(({ address }) => address === `${sick}:50051`)!;
  assert.match(ejected!.why, /^\d+ of \d+ calls failed \(1 client, 0 % of theirs to the other pods\)$/);
  assert.equal(Date.parse(ejected!.until) - Date.parse(ejected!.since), 30_000);
  assert.ok(calls >= 100, `${calls} calls`);
  const dump = JSON.stringify(controlPlane.configDump({ service: 'shop/orders', namespace: 'shop', limit: 10 }));
  assert.match(dump, /"address":"10\.0\.0\.1".*?"state":"ejected","ejected":\{"since":"/);
  const { text } = await controlPlane.metrics();
  for (const line of [
    /^evenkeel_load_ejected\{namespace="shop",service="orders",port="50051"\} 1$/m,
    /^evenkeel_load_ejections_total\{.*kind="failing"\} 1$/m,
    /^evenkeel_endpoints\{.*state="ejected"\} 1$/m,
  ]) {
    assert.match(text, line);
  }
  const said = lines.find(({ msg }) => msg === 'the endpoint is ejected');
  assert.deepEqual([said?.service, said?.endpoint, said?.times], ['shop/orders', `${sick}:50051`, 1]);
  const message = `Gets no calls of shop/orders:50051 until ${ejected!.until}: ${ejected!.why}.`;
  const about = { kind: 'Service', name: 'orders', namespace: 'shop' };
  assert.deepEqual(events, [{ ...about, type: 'Warning', reason: 'Ejected', message }]);
});

test('of two replicas each ejects for the clients that it hears, and for no other', async (t) => {
  const [one, other] = await Promise.all([startControlPlane(t), startControlPlane(t)]);
  for (const { ads } of [one, other]) await ads.requestResponseAck(typeUrls.endpoint, [cluster]);
  const stop = reportOften(() => {
    one.report({ [sick]: 100n });
    other.report({});
  });
  t.after(stop);
  assert.equal(addressesIn((await one.ads.responseAck(typeUrls.endpoint)).resources[0]!.bytes).length, 2);
  stop();
  const ejectedBy = ({ controlPlane }: typeof one): (string | null)[] =>
    (controlPlane.load()!.services[0]?.pods ?? []).flatMap(({ address, ejected }) => (ejected === null ? [] : address));
  assert.deepEqual([ejectedBy(one), ejectedBy(other)], [[`${sick}:50051`], []]);
});

test('what is ejected is the choice of the Service, and of the whole', async (t) => {
  const ways: [Partial<NonNullable<ControlPlaneOptions['load']>>, Partial<Service>][] = [
    [{ ejection: false }, {}],
    [{}, { policy: { ejection: { mode: 'none' } } }],
    [{}, { policy: { ejection: { maxPercent: 0 } } }],
    [{}, { policy: { ejection: { minCalls: 1_000_000 } } }],
  ];
  await Promise.all(
    ways.map(async ([load, service]) => {
      const { controlPlane, report } = await startControlPlane(t, load, service);
      const heard = (): number => controlPlane.load()!.services[0]?.total.calls ?? 0;
      const stop = reportOften(() => report({ [sick]: 100n }));
      t.after(stop);
      await new Promise<void>((resolve) => {
        const end = controlPlane.observeLoad(() => {
          if (heard() < 300 * reports) return;
          end();
          resolve();
        });
      });
      stop();
      const { pods } = controlPlane.load()!.services[0]!;
      assert.deepEqual(
        pods.map(({ ejected }) => ejected),
        [null, null, null],
        JSON.stringify([load, service]),
      );
    }),
  );
});

test('an ejected pod that goes is forgotten, and the last endpoint is never taken', async (t) => {
  const { controlPlane, source, ads, report } = await startControlPlane(t);
  await ads.requestResponseAck(typeUrls.endpoint, [cluster]);
  const stop = reportOften(() => report({ [sick]: 100n }));
  t.after(stop);
  await ads.responseAck(typeUrls.endpoint);
  stop();
  source.tell.upsert(grpcService('shop/orders', [readyEndpoint(sick)]));
  assert.deepEqual(addressesIn((await ads.responseAck(typeUrls.endpoint)).resources[0]!.bytes), [`${sick}:50051`]);
  source.tell.upsert(grpcService('shop/orders', [readyEndpoint(well)]));
  assert.deepEqual(addressesIn((await ads.responseAck(typeUrls.endpoint)).resources[0]!.bytes), [`${well}:50051`]);
  assert.deepEqual(
    controlPlane.load()!.services[0]!.pods.filter(({ ejected }) => ejected !== null),
    [],
  );
});

test('that a pod has the address of an ejected one is no event: the one is gone, and the other never was out', async (t) => {
  const { source, ads, report, events } = await startControlPlane(t);
  await ads.requestResponseAck(typeUrls.endpoint, [cluster]);
  const stop = reportOften(() => report({ [sick]: 100n }));
  t.after(stop);
  await ads.responseAck(typeUrls.endpoint);
  stop();
  const next = { ...readyEndpoint(sick), pod: 'orders-next' };
  source.tell.upsert(grpcService('shop/orders', [next, readyEndpoint(well), readyEndpoint(third)]));
  while (addressesIn((await ads.responseAck(typeUrls.endpoint)).resources[0]!.bytes).length < 3);
  assert.deepEqual(
    events.map(({ reason }) => reason),
    ['Ejected'],
  );
});

test('endpoints that clients call with success stay, though Kubernetes calls all of them not ready', async (t) => {
  const { controlPlane, source, ads, report, lines } = await startControlPlane(t);
  await ads.requestResponseAck(typeUrls.endpoint, [cluster]);
  const reported = new Promise<void>((resolve) => {
    const end = controlPlane.observeLoad(({ services }) => {
      if (services.length === 0) return;
      end();
      resolve();
    });
  });
  // The third is not called: nobody knows better of it.
  report({ [third]: 100n });
  await reported;
  const notReady = [sick, well, third].map((address) => ({
    ...readyEndpoint(address),
    conditions: { ready: false, serving: false, terminating: false },
  }));
  source.tell.upsert(grpcService('shop/orders', notReady));
  const next = (await ads.responseAck(typeUrls.endpoint)).resources[0]!;
  assert.deepEqual(addressesIn(next.bytes), [`${sick}:50051`, `${well}:50051`]);
  const said = lines.find(({ problem }) => /^Kubernetes says that no endpoint is ready/.test(String(problem)));
  assert.equal(said?.service, 'shop/orders');
});
