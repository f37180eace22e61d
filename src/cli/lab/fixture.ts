import { arch, cpus, release, totalmem, type } from 'node:os';
import type { PodEvent, PodRecord, ServiceRecord } from '../../lab/index.ts';
import type {
  Backend,
  Counters,
  Fixture,
  FixtureConditions,
  ScaleObserver,
  SchemeId,
  Skipped,
  Target,
} from '../../probe/index.ts';
import { schemes } from '../../probe/index.ts';
import { clientBootstrap } from '../bootstrap.ts';
import { versions } from '../versions.ts';
import { lastCounts, type RunCounts } from './last-counts.ts';
import { grpcDeployment, httpDeployment, type Stage, shortened, stageAdminPort } from './stage.ts';

/** How long a backend may take to answer for its counter. */
const counterTimeoutMs = 2000;

/** The lab as the place in which a proof runs. */
export class LabFixture implements Fixture {
  readonly #stage: Stage;
  /** Counters that pods wrote down as their last word. */
  readonly #ended = new Map<string, { deployment: string; counts: RunCounts | undefined }>();
  readonly #stopWatching: () => void;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#stopWatching = stage.lab.on('pod', ({ type, pod }) => {
      if (type !== 'ended') return;
      this.#ended.set(pod.name, { deployment: pod.deployment, counts: lastCounts(stage.lab.logs(pod.name)) });
    });
  }

  close(): void {
    this.#stopWatching();
  }

  async conditions(): Promise<FixtureConditions> {
    const headless: SchemeId[] = ['headless-pick-first', 'headless-round-robin', 'headless-round-robin-max-age'];
    return {
      environment: 'lab',
      versions: await versions(),
      machine: {
        os: `${type()} ${release()} ${arch()}`,
        cpus: cpus().length,
        memoryMiB: Math.round(totalmem() / 2 ** 20),
      },
      intervals: [
        { name: 'DNS answers may be kept for', ...shortened.dnsTtl, schemes: [...headless, 'xds-dns'] },
        { name: 'gRPC clients resolve DNS again at most every', ...shortened.clientDns, schemes: headless },
        { name: 'the control plane asks DNS again every', ...shortened.controlPlaneDns, schemes: ['xds-dns'] },
        { name: 'a pod that was told to end answers on for', ...shortened.drain },
      ],
    };
  }

  async target(scheme: SchemeId): Promise<Target | Skipped> {
    const { lab, headless, clusterIp, http, pushed, polled } = this.#stage;
    switch (scheme) {
      case 'clusterip-http-new-connections':
      case 'clusterip-http-keepalive':
        return { target: `http://${http.ports[0]!.address}/hellohttp` };
      case 'clusterip-grpc':
        return { target: clusterIp.ports[0]!.address };
      case 'headless-pick-first':
      case 'headless-round-robin':
        return {
          target: `dns://${lab.dnsAddress}/${headless.ports[0]!.address}`,
          // Only with this resolver does grpc-js ask the DNS server that a target names.
          env: { GRPC_NODE_USE_ALTERNATIVE_RESOLVER: 'true' },
          channelOptions: { 'grpc.dns_min_time_between_resolutions_ms': shortened.clientDns.valueMs },
        };
      case 'xds':
        return xdsTarget(headless, pushed!.xdsAddress, scheme);
      case 'xds-dns':
        return xdsTarget(headless, polled!.xdsAddress, scheme);
      default:
        return { skipped: 'not part of the lab yet' };
    }
  }

  async backends(scheme: SchemeId): Promise<Backend[]> {
    return this.#stage.lab
      .pods(deploymentOf(scheme))
      .filter(({ ready }) => ready)
      .map(toBackend);
  }

  async calls(scheme: SchemeId, run: string): Promise<Counters> {
    const deployment = deploymentOf(scheme);
    const readings: Counters['readings'][number][] = [];
    const unreadable: Counters['unreadable'][number][] = [];
    await Promise.all(
      this.#stage.lab.pods(deployment).map(async (pod) => {
        const url = `http://${pod.ip}:${stageAdminPort}/calls?run=${encodeURIComponent(run)}`;
        try {
          const response = await fetch(url, { signal: AbortSignal.timeout(counterTimeoutMs) });
          const { calls } = (await response.json()) as { calls: number };
          readings.push({ pod: pod.name, calls, final: true });
        } catch (error) {
          unreadable.push({ pod: pod.name, reason: String(error) });
        }
      }),
    );
    for (const [pod, { deployment: of, counts }] of this.#ended) {
      if (of !== deployment) continue;
      if (counts === undefined) unreadable.push({ pod, reason: 'it ended without a last word' });
      else readings.push({ pod, calls: counts[run]?.calls ?? 0, final: true });
    }
    return { readings, unreadable };
  }

  async scale(replicas: number, observer: ScaleObserver): Promise<void> {
    const { lab } = this.#stage;
    const stop = lab.on('pod', ({ type, pod, at }: PodEvent) => {
      if (pod.deployment !== grpcDeployment) return;
      if (type === 'ready' || type === 'terminating' || type === 'ended') observer[type](toBackend(pod), at);
    });
    try {
      lab.scale(grpcDeployment, replicas);
      await lab.settled(grpcDeployment);
    } finally {
      stop();
    }
  }
}

function deploymentOf(scheme: SchemeId): string {
  return schemes[scheme].protocol === 'http' ? httpDeployment : grpcDeployment;
}

function toBackend({ name, ip, ports }: PodRecord): Backend {
  return { name, address: `${ip}:${ports[0]!.port}` };
}

function xdsTarget({ name, namespace }: ServiceRecord, server: string, scheme: SchemeId): Target {
  const bootstrap = clientBootstrap({ server, namespace, nodeId: `probe-${scheme}` });
  return { target: `xds:///${name}`, env: { GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify(bootstrap) } };
}
