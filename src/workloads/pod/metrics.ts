import { Counter, Registry } from 'prom-client';

/** Beyond this many sources a new one counts as `other`: the name comes from the caller, a label must not grow forever. */
const maxSources = 100;

/** Requests by who called whom and what came of it. */
export class RequestMetrics {
  readonly registry = new Registry();
  readonly #requests: Counter<'source' | 'destination' | 'code'>;
  readonly #sources = new Set<string>();
  readonly #destination: string;

  /** @param destination - the workload that answers */
  constructor(destination: string) {
    this.#destination = destination;
    this.#requests = new Counter({
      name: 'evenkeel_workload_requests_total',
      help: 'Requests answered, by the calling workload, the answering workload and the HTTP or gRPC status.',
      labelNames: ['source', 'destination', 'code'],
      registers: [this.registry],
    });
  }

  /**
   * @param source - the caller's `evenkeel-source`; `unknown` without one
   * @param code - HTTP status as a number, gRPC status as a name
   */
  count(source: string | undefined, code: string): void {
    this.#requests.inc({ source: this.#label(source), destination: this.#destination, code });
  }

  #label(source: string | undefined): string {
    if (source === undefined || !/^[\w.-]{1,63}$/.test(source)) return 'unknown';
    if (this.#sources.has(source)) return source;
    if (this.#sources.size >= maxSources) return 'other';
    this.#sources.add(source);
    return source;
  }
}
