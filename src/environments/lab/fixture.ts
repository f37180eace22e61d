import { EvenkeelError } from '../../base/errors.ts';
import { whyNoEnvoy } from '../../base/find-envoy.ts';
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
import { backendOf, scalingOf, schemesOf } from '../backends.ts';
import { intervalsOf } from '../intervals.ts';
import { lastCounts, type RunCounts } from '../last-counts.ts';
import { machine } from '../machine.ts';
import { dnsTarget, xdsTarget } from '../targets.ts';
import { versions } from '../versions.ts';
import { readCounters } from './read-counters.ts';
import { shortened } from './shortened.ts';
import type { Stage } from './stage.ts';

/** The lab as the place in which a proof runs. */
export class LabFixture implements Fixture {
  readonly #stage: Stage;
  /** Counters that pods wrote down as their last word. */
  readonly #ended = new Map<string, { deployment: string; counts: RunCounts | undefined }>();
  readonly #env: NodeJS.ProcessEnv;
  readonly #stopWatching: () => void;

  /** @param env - `EVENKEEL_REQUIRE=all` makes an error of what would be skipped */
  constructor(stage: Stage, env: NodeJS.ProcessEnv = process.env) {
    this.#stage = stage;
    this.#env = env;
    this.#stopWatching = stage.lab.on('pod', ({ type, pod }) => {
      if (type !== 'ended') return;
      this.#ended.set(pod.name, { deployment: pod.deployment, counts: lastCounts(stage.lab.logs(pod.name)) });
    });
  }

  close(): void {
    this.#stopWatching();
  }

  async conditions(): Promise<FixtureConditions> {
    const { gateway } = this.#stage;
    return {
      environment: 'lab',
      versions: {
        ...(await versions()),
        ...(gateway !== undefined && 'version' in gateway && { envoy: gateway.version }),
      },
      machine: machine(),
      intervals: intervalsOf(shortened),
    };
  }

  async target(scheme: SchemeId): Promise<Target | Skipped> {
    const { lab, headless, aged, clusterIp, http, pushed, polled } = this.#stage;
    const { via, backend } = schemes[scheme];
    switch (via) {
      case 'clusterip':
        return { target: backend === 'http' ? `http://${addressOf(http)}/hellohttp` : addressOf(clusterIp) };
      case 'headless':
        return dnsTarget(addressOf(backend === 'aged' ? aged : headless), lab.dnsAddress);
      case 'proxy':
        return this.#gatewayTarget();
      case 'xds':
        return xdsTarget(headless.name, headless.namespace, pushed!.xdsAddress, scheme);
      case 'xds-dns':
        return xdsTarget(headless.name, headless.namespace, polled!.xdsAddress, scheme);
    }
  }

  #gatewayTarget(): Target | Skipped {
    const { gateway } = this.#stage;
    if (gateway instanceof EvenkeelError) throw gateway;
    if (gateway !== undefined) return { target: addressOf(gateway.service) };
    return { skipped: whyNoEnvoy(this.#env) };
  }

  async backends(scheme: SchemeId): Promise<Backend[]> {
    return this.#stage.lab
      .pods(backendOf(scheme))
      .filter(({ ready }) => ready)
      .map(toBackend);
  }

  async calls(scheme: SchemeId, run: string): Promise<Counters> {
    const deployment = backendOf(scheme);
    const { readings, unreadable } = await readCounters(this.#stage.lab.pods(deployment), run);
    for (const [pod, { deployment: of, counts }] of this.#ended) {
      if (of !== deployment) continue;
      if (counts === undefined) unreadable.push({ pod, reason: 'it ended without a last word' });
      else readings.push({ pod, calls: counts[run]?.calls ?? 0, final: true });
    }
    return { readings, unreadable };
  }

  scale(replicas: number, observer: ScaleObserver): Promise<void> {
    const { lab, backends } = this.#stage;
    return this.#change(scalingOf(backends), observer, (backend) => lab.scale(backend, replicas));
  }

  /** The new version differs in a variable of the environment alone: what is to be seen is the change, not its content. */
  rollout(kind: 'update' | 'undo', observer: ScaleObserver): Promise<void> {
    const { lab, backends } = this.#stage;
    return this.#change(backends, observer, (backend) => {
      if (kind === 'undo') lab.undo(backend);
      else lab.rollout(backend, { env: { EVENKEEL_VERSION: 'v2' } }, { cause: 'another version' });
    });
  }

  /** Changes backends, tells what becomes of their pods and waits until all is through. */
  async #change(
    backends: readonly string[],
    observer: ScaleObserver,
    change: (backend: string) => void,
  ): Promise<void> {
    const { lab } = this.#stage;
    const stop = lab.on('pod', ({ type, pod, at }: PodEvent) => {
      if (!backends.includes(pod.deployment)) return;
      if (type === 'ready' || type === 'terminating' || type === 'ended') observer[type](toBackend(pod), at);
    });
    try {
      for (const backend of backends) {
        change(backend);
        // One after the other: pods that start take the processors that the clients of those before need to follow.
        await lab.ready(backend);
      }
      await Promise.all(backends.map((backend) => lab.settled(backend)));
    } finally {
      stop();
    }
  }
}

function toBackend({ name, deployment, ip, ports, zone, kubeNode }: PodRecord): Backend {
  return { name, address: `${ip}:${ports[0]!.port}`, zone, kubeNode, schemes: schemesOf(deployment) };
}

function addressOf({ ports }: ServiceRecord): string {
  return ports[0]!.address;
}
