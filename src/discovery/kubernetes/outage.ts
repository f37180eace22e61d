import type { Clock } from '../../base/clock.ts';
import type { Endpoint } from '../../model/endpoint.ts';
import { type Service, type ServicePort, serviceKey } from '../../model/service.ts';
import { identity, keepEndpoints } from './keep-endpoints.ts';

/** In milliseconds. */
export interface OutageTimes {
  /**
   * What is shorter is no outage; default 3,000. A machine is given up after 40 or 50 s by default (`kube-controller-manager
   * --node-monitor-grace-period`), of which up to 10 s lie before the outage, and a silent one is noticed after 25 s.
   */
  readonly minMs: number;
  /**
   * How long after it Kubernetes is not believed that nobody is ready; default 120,000. Kubelets came back within 30 s of it on
   * a busy machine; one that knows only by its time-outs that its connection is dead takes longer.
   */
  readonly doubtMs: number;
}

export const defaultOutageTimes: OutageTimes = { minMs: 3_000, doubtMs: 120_000 };

/**
 * What was ready before the API server went away, for the first minutes after it has come back.
 *
 * Machines report to the API server as well. Where their reports could not arrive for long enough, Kubernetes takes every
 * machine for lost and all pods for not ready, until it hears of them again: a Service would have no endpoint although
 * nothing is wrong with its pods. So of a Service without a single ready endpoint those that were ready before are kept,
 * each until it is ready again, ends or is gone. Nothing is lost by that: without endpoints every call fails.
 */
export class Outage {
  readonly #clock: Clock;
  readonly #times: OutageTimes;
  #beganAt: number | undefined;
  /** Whether there was one of late. */
  #isInDoubt = false;
  #doubtEndsAt = 0;
  #lengthMs = 0;
  #cancel = () => {};
  /** Endpoints that were ready before it or since, by key of the Service. */
  readonly #ready = new Map<string, Set<string>>();
  /** Of those the ones that are kept. */
  readonly #kept = new Map<string, ReadonlySet<string>>();

  constructor(clock: Clock, times: OutageTimes) {
    this.#clock = clock;
    this.#times = times;
  }

  /** From now on nothing is heard of the API server; nothing new if it was not. */
  begin(): void {
    if (this.#beganAt !== undefined) return;
    this.#cancel();
    this.#beganAt = this.#clock.now();
  }

  /**
   * It is heard again; nothing new if it was.
   *
   * @param services - as they were told until now
   * @param believe - is given the Services of which endpoints were kept until then, when Kubernetes is believed again
   */
  end(services: Iterable<Service>, believe: (keys: readonly string[]) => void): void {
    if (this.#beganAt === undefined) return;
    const lengthMs = this.#clock.now() - this.#beganAt;
    this.#beganAt = undefined;
    const isLong = lengthMs >= this.#times.minMs;
    if (!isLong && !this.#isInDoubt) return;
    if (isLong) {
      this.#lengthMs = lengthMs;
      this.#doubtEndsAt = this.#clock.now() + this.#times.doubtMs;
    }
    this.#isInDoubt = true;
    this.#ready.clear();
    for (const service of services) this.#remember(serviceKey(service), service.ports);
    this.#cancel = this.#clock.after(Math.max(0, this.#doubtEndsAt - this.#clock.now()), () => {
      const keys = [...this.#kept.keys()];
      this.#isInDoubt = false;
      this.#ready.clear();
      this.#kept.clear();
      believe(keys);
    });
  }

  /** Nothing is done any more. */
  stop(): void {
    this.#cancel();
  }

  /** The ports of a Service as they are to be told, and in what they differ from Kubernetes' word. */
  apply(key: string, ports: readonly ServicePort[]): { ports: readonly ServicePort[]; problems: readonly string[] } {
    if (!this.#isInDoubt) return { ports, problems: [] };
    this.#remember(key, ports);
    const { ports: told, kept } = keepEndpoints(ports, this.#ready.get(key), this.#kept.get(key));
    if (kept.size === 0) this.#kept.delete(key);
    else this.#kept.set(key, kept);
    return { ports: told, problems: kept.size === 0 ? [] : [this.#problem] };
  }

  #remember(key: string, ports: readonly ServicePort[]): void {
    const ready = ports.flatMap(({ endpoints }) => endpoints.filter(isReady));
    if (ready.length > 0) this.#ready.set(key, new Set([...(this.#ready.get(key) ?? []), ...ready.map(identity)]));
  }

  get #problem(): string {
    return (
      `the API server was not heard for ${seconds(this.#lengthMs)} s, and then none of the endpoints was ready: those that ` +
      `were before are kept until they are again, at most ${seconds(this.#times.doubtMs)} s after it came back`
    );
  }
}

const isReady = ({ conditions }: Endpoint): boolean => conditions.ready;

const seconds = (ms: number): number => Math.round(ms / 1000);
