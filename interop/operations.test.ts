// The chart's alerts and panels in front of a real Prometheus that scrapes real control planes: one in order, with rollouts all
// the time, and one for each fault. Each alert fires in its fault, none where all is in order, and every panel has something to show.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { AdsTestClient, loadReportPath, type SotwTestStream, typeUrls } from '@evenkeel/xds';
import { LoadStatsRequestSchema } from '@evenkeel/xds/gen/envoy/service/load_stats/v3/lrs_pb';
import { alertsOf, panelsOf, rulesText } from '../deploy/chart/monitoring.ts';
import { EvenkeelError } from '../src/base/errors.ts';
import { splitAddress } from '../src/base/listen-address.ts';
import type { ControlPlaneOptions } from '../src/controlplane/control-plane.ts';
import { TestAuthority, writeCertificate } from '../src/controlplane/testing/certificates.ts';
import { grpcService, readyEndpoint, ToldSource } from '../src/controlplane/testing/told-source.ts';
import { startControlPlane } from '../src/explain/testing/control-plane.ts';
import { missingPrometheus, startPrometheus } from './operations/start-prometheus.ts';

type Plane = Awaited<ReturnType<typeof startControlPlane>>;

const go = { userAgentName: 'gRPC Go', userAgentVersion: '1.85.0' };
const pods = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => readyEndpoint(address));

/** Minutes are seconds here, and what looks back does so for four times as long: enough for looks a second apart. */
const rules = rulesText()
  .replace(/for: (\d+)m/g, 'for: $1s')
  .replace(/\[(\d+)m\]/g, (_, minutes) => `[${4 * Number(minutes)}s]`);

/** A client that asks for a Service and reports each second so many calls to each pod, and so many that failed. */
async function reporting(t: TestContext, { xds }: Plane, plane: string, calls: readonly (readonly [number, number])[]) {
  const node = { id: 'web-1', ...go, metadata: { namespace: plane } };
  const client = await AdsTestClient.connect(`http://${xds}`, { node });
  t.after(() => client.close());
  const ads = client.sotw();
  const cluster = `${plane}/orders:50051`;
  await ads.requestResponseAck(typeUrls.endpoint, [cluster]);
  const stream = client.call(loadReportPath);
  const send = (message: MessageInitShape<typeof LoadStatsRequestSchema>) =>
    stream.send(toBinary(LoadStatsRequestSchema, create(LoadStatsRequestSchema, message)));
  send({ node });
  await stream.receive();
  const upstreamLocalityStats = calls.map(([made, failed], index) => ({
    locality: { subZone: `${pods[index]!.address}:50051` },
    totalIssuedRequests: BigInt(made),
    totalErrorRequests: BigInt(failed),
    totalSuccessfulRequests: BigInt(made - failed),
  }));
  const timer = setInterval(() => send({ clusterStats: [{ clusterName: cluster, upstreamLocalityStats }] }), 1_000);
  t.after(() => clearInterval(timer));
  return ads;
}

/** Acknowledges whatever comes, as a client does. */
async function follow(ads: SotwTestStream): Promise<void> {
  for (;;) await ads.responseAck(typeUrls.endpoint);
}

interface Fault {
  readonly alerts: readonly string[];
  readonly options?: (folder: string) => Partial<ControlPlaneOptions>;
  readonly plant?: (t: TestContext, plane: Plane, name: string) => Promise<void> | void;
}

/** Reports the same calls to each pod again and again. */
function reports(...calls: readonly (readonly [number, number])[]): NonNullable<Fault['plant']> {
  return async (t, plane, name) => {
    await reporting(t, plane, name, calls);
  };
}

const faults: Readonly<Record<string, Fault>> = {
  calm: {
    alerts: [],
    plant: async (t, plane) => {
      const ads = await reporting(t, plane, 'calm', [
        [300, 1],
        [300, 0],
        [300, 0],
      ]);
      void follow(ads).catch(() => {});
      // A rollout: a pod goes, and comes back.
      let turn = 0;
      const timer = setInterval(() => {
        const gone = turn++ % 6;
        const left = pods.map((pod, index) =>
          index === gone ? { ...pod, conditions: { ready: false, serving: true, terminating: true } } : pod,
        );
        plane.tell.upsert(grpcService('calm/orders', left));
      }, 1_500);
      t.after(() => clearInterval(timer));
    },
  },
  starting: {
    alerts: ['EvenkeelNotReady'],
    options: () => ({ sources: [{ name: 'kubernetes', discovery: new ToldSource() }] }),
    plant: async (t, { xds }) => {
      const client = await AdsTestClient.connect(`http://${xds}`, { node: { id: 'early' } });
      t.after(() => client.close());
      await client.call('/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources').ended;
    },
  },
  failing: {
    alerts: ['EvenkeelSourceFails'],
    plant: (_, { tell }) => {
      tell.degraded(new EvenkeelError('EK_DNS_FAILED', 'it does not answer'));
      // For a panel: nothing listens there.
      const policy = { healthCheck: { protocol: 'tcp', grpcService: '' } } as const;
      tell.upsert(grpcService('failing/checked', [readyEndpoint('127.0.0.1', 1)], { policy }));
    },
  },
  silent: {
    alerts: ['EvenkeelSourceSilent'],
    plant: (_, { discovery }) => {
      Object.assign(discovery, { lastWordAgeMs: () => 200_000 });
    },
  },
  forbidden: {
    alerts: ['EvenkeelNamespaceForbidden'],
    plant: (_, { discovery }) => {
      discovery.forbidden = [{ namespace: 'vault', error: new EvenkeelError('EK_KUBE_FORBIDDEN', 'no') }];
    },
  },
  rejected: {
    alerts: ['EvenkeelServiceRejected'],
    plant: (_, { tell }) => tell.upsert(grpcService('rejected/orders', [readyEndpoint('orders.example.org')])),
  },
  nack: {
    alerts: ['EvenkeelClientRejects'],
    plant: async (_, { connect }) => {
      const ads = await connect('web-1');
      await ads.requestResponseNack(typeUrls.cluster, ['nack/orders:50051'], 'policy unknown');
    },
  },
  empty: {
    alerts: ['EvenkeelClientsWithoutEndpoints'],
    plant: async (_, { connect, tell }) => {
      tell.upsert(grpcService('empty/orders', []));
      const ads = await connect('web-1');
      await ads.requestResponseAck(typeUrls.endpoint, ['empty/orders:50051']);
    },
  },
  sick: {
    alerts: ['EvenkeelPodEjected'],
    plant: reports([20, 20], [1_000, 0], [1_000, 0]),
  },
  uneven: {
    alerts: ['EvenkeelUneven'],
    plant: reports([900, 0], [50, 0], [50, 0]),
  },
  erring: {
    alerts: ['EvenkeelCallsFail'],
    plant: reports([300, 30], [300, 30], [300, 30]),
  },
  large: {
    alerts: ['EvenkeelAssignmentLarge'],
    plant: (_, { tell }) => {
      const many = Array.from({ length: 100_000 }, (_, index) =>
        readyEndpoint(`10.${100 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`),
      );
      tell.upsert(grpcService('large/orders', many));
    },
  },
  full: {
    alerts: ['EvenkeelMemoryFull'],
    options: () => ({ memoryBytes: 1_000_000 }),
    plant: async (_, { connect, controlPlane }) => {
      const used = async (): Promise<number> => {
        const { text } = await controlPlane.metrics();
        return Number(/^evenkeel_xds_memory_bytes (\S+)$/m.exec(text)![1]);
      };
      for (let client = 0; (await used()) < 820_000; client++) {
        const ads = await connect(`web-${client}`);
        const names = Array.from({ length: 150 }, (_, index) => `${'x'.repeat(60)}${index}.full`);
        await ads.requestResponseAck(typeUrls.listener, names);
      }
    },
  },
  ending: {
    alerts: ['EvenkeelCertificateEnds'],
    options: (folder) => {
      const authority = new TestAuthority();
      const { cert, key } = writeCertificate(
        folder,
        'server',
        authority.issue({ dns: ['evenkeel'], notAfterMs: 86_400_000 }),
      );
      return { tls: { listen: { host: '127.0.0.1', port: 0 }, cert, key } };
    },
  },
};

test('alerts fire in their fault and not in order, and panels have something to show', {
  skip: process.env.EVENKEEL_REQUIRE !== 'all' && missingPrometheus(),
  timeout: 600_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-prometheus-'));
  t.after(() => rmSync(folder, { recursive: true, maxRetries: 3 }));
  const targets = new Map<string, string>();
  const planes = new Map<string, Plane>();
  for (const [name, { options }] of Object.entries(faults)) {
    const load = { reports: true, podLocalities: true };
    // All share one process, which stands still while the largest assignment is made.
    const plane = await startControlPlane(t, { load, standstillMs: 600_000, ...options?.(folder) });
    plane.tell?.upsert(grpcService(`${name}/orders`, pods));
    plane.tell?.synced();
    planes.set(name, plane);
    targets.set(name, plane.admin);
  }
  const prometheus = await startPrometheus(t, folder, rules, targets);
  const scraped = async (): Promise<number> => (await prometheus.query('evenkeel_build_info')).length;
  while ((await scraped()) < targets.size) await new Promise((resolve) => setTimeout(resolve, 200));
  for (const [name, { plant }] of Object.entries(faults)) await plant?.(t, planes.get(name)!, name);
  // For a panel: what a client loses its connection for.
  const { host, port } = splitAddress(planes.get('failing')!.xds);
  const broken = connectTcp(Number(port), host);
  broken.end(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\u0000'.repeat(9)}`);
  broken.resume().on('error', () => {});
  await once(broken, 'close');

  const planeOf = ({ plane, namespace }: Readonly<Record<string, string>>): string => plane ?? namespace ?? '';
  const wanted = Object.entries(faults).flatMap(([plane, { alerts }]) => alerts.map((alert) => `${alert} of ${plane}`));
  const names = alertsOf().map(({ alert }) => alert);
  const fired = (): Set<string> =>
    new Set(prometheus.sent.map(({ labels }) => `${labels.alertname} of ${planeOf(labels)}`));
  await prometheus.until(() => wanted.filter((one) => !fired().has(one)));

  const variables: Readonly<Record<string, string>> = {
    __rate_interval: '30s',
    instance: '.*',
    namespace: '.*',
    service: '.*',
  };
  for (const { title, expr } of panelsOf()) {
    const query = expr.replace(/\$(\w+)/g, (_, name) => variables[name] ?? assert.fail(`$${name} in ${title}`));
    const samples = await prometheus.query(query);
    assert.ok(samples.length > 0, `${title}: nothing for ${query}`);
    assert.ok(
      samples.some(({ value: [, value] }) => Number.isFinite(Number(value))),
      `${title}: ${query}`,
    );
  }
  // Before its first look Prometheus knows of no control plane, and says so.
  const gone = 'EvenkeelGone of ';
  const others = [...fired()].filter((one) => one !== gone && !wanted.includes(one));
  assert.deepEqual(others, []);
  assert.deepEqual([...wanted.map((one) => one.split(' ')[0]), 'EvenkeelGone'].sort(), names.sort());

  // At last all are gone.
  prometheus.sent.length = 0;
  await Promise.all([...planes.values()].map(({ close }) => close()));
  await prometheus.until(() => (fired().has(gone) ? [] : [gone]));
});
