import type { Logger } from '../base/log.ts';
import { type Service, type ServiceId, serviceKey } from '../model/service.ts';
import { isGrpcPort } from '../model/service-port.ts';
import type { PublishedService } from './publisher.ts';

/** gRPC clients receive messages of up to 4 MiB by default; half of it leaves time to act on the warning. */
export const assignmentWarningBytes = 2 * 1024 * 1024;

/** Logs, once each, what a person should know of what is published. */
export class PublishLog {
  readonly #log: Logger;
  /** Lists of refused names that were told; a Service keeps its list while its names stay the same. */
  readonly #refusalsTold = new WeakSet<object>();
  /** What was found wrong with Services, by key, as it was told last. */
  readonly #problems = new Map<string, readonly string[]>();
  /** Names of assignments that were last seen to be too large. */
  readonly #large = new Set<string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  published({ service, translated }: PublishedService): void {
    this.#tellProblems(service);
    if (translated === undefined) return;
    const { refused, assignments } = translated;
    if (refused.length > 0 && !this.#refusalsTold.has(refused)) {
      this.#refusalsTold.add(refused);
      const { listener, reason } = refused[0]!;
      // Of a whole cluster most Services are none of gRPC's; who asks for one all the same is told of on its own.
      const level = service.ports.some(isGrpcPort) ? 'warn' : 'debug';
      this.#log[level](
        { service: serviceKey(service), listener, reason, names: refused.length },
        'names are not served',
      );
    }
    for (const { name, bytes } of assignments.values()) {
      if (bytes.length < assignmentWarningBytes) this.#large.delete(name);
      else if (!this.#large.has(name)) {
        this.#large.add(name);
        this.#log.warn(
          { assignment: name, bytes: bytes.length },
          'clients refuse assignments of 4 MiB; this one grows',
        );
      }
    }
  }

  removed(id: ServiceId): void {
    this.#problems.delete(serviceKey(id));
  }

  #tellProblems(service: Service): void {
    const key = serviceKey(service);
    const before = this.#problems.get(key) ?? [];
    const { problems = [] } = service;
    if (problems.length === 0) this.#problems.delete(key);
    else this.#problems.set(key, problems);
    for (const problem of problems) {
      if (!before.includes(problem))
        this.#log.warn({ service: key, problem }, 'the Service is not served as it was found');
    }
  }
}
