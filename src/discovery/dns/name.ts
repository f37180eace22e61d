import { EvenkeelError } from '../../base/errors.ts';
import { nowhere } from '../../model/endpoint.ts';
import type { Service, ServicePort } from '../../model/service.ts';
import type { ChosenFamily } from './address-family.ts';
import type { DnsService, DnsServicePort } from './dns-service.ts';
import type { SrvEndpoint, SrvResolution } from './resolve-srv.ts';

/** Port numbers that are remembered of one name; those of its records now are always among them. */
const maxNumbers = 16;

/** One SRV name, which is one port of a Service, and what is known of it. */
export interface Name {
  readonly text: string;
  readonly port: DnsServicePort;
  /** Undefined until the first definitive answer. */
  endpoints?: readonly SrvEndpoint[] | undefined;
  /** Numbers that clients may name, the Service's port first; empty until one is known. */
  numbers: readonly number[];
  family?: ChosenFamily | undefined;
  problems?: readonly string[] | undefined;
  /** When the last definitive answer came, by the clock. */
  heardAtMs?: number | undefined;
  hasExisted: boolean;
  failures: number;
  /** What is wrong with it now. */
  error?: EvenkeelError | undefined;
  cancelTimer?: (() => void) | undefined;
}

/** Takes a definitive answer. */
export function take(name: Name, { exists, endpoints, family, problems }: SrvResolution): void {
  name.endpoints = endpoints;
  name.family = family;
  name.problems = problems;
  name.hasExisted ||= exists;
  if (name.port.port === undefined) name.numbers = withNumbersOf(endpoints, name.numbers);
  // A name that existed and does not now has no endpoints, which is what a Service scaled to nothing looks like.
  name.error = name.hasExisted
    ? undefined
    : new EvenkeelError('EK_DNS_NAME', `the name ${name.text} does not exist (NXDOMAIN for SRV)`);
}

/**
 * The numbers that were known and those of the records, the lowest of which is the Service's port where none was known.
 *
 * None is dropped while records come and go: a rollout that changes the pods' port changes that of the records, and a
 * client that named the one before would lose its target.
 */
function withNumbersOf(endpoints: readonly SrvEndpoint[], known: readonly number[]): number[] {
  const current = [...new Set(endpoints.map(({ port }) => port))].sort((a, b) => a - b);
  const [first, ...others] = [...new Set([...known, ...current])];
  if (first === undefined) return [];
  const surplus = Math.max(0, others.length + 1 - maxNumbers);
  const droppable = others.filter((number) => !current.includes(number)).slice(0, surplus);
  return [first, ...others.filter((number) => !droppable.includes(number))];
}

/** The Service as its names say, all of which have been answered once. */
export function serviceOf({ namespace, name, policy, locality }: DnsService, names: readonly Name[]): Service {
  const ports = new Map<number, ServicePort>();
  const problems: string[] = [];
  for (const { numbers, port, endpoints = [], problems: own = [] } of names) {
    problems.push(...own.filter((problem) => !problems.includes(problem)));
    const [number, ...otherNumbers] = numbers;
    if (number === undefined) continue;
    const first = ports.get(number);
    if (first !== undefined) {
      problems.push(`port ${number} is told as ${first.name} and as ${port.portName}; the first is served`);
      continue;
    }
    ports.set(number, {
      port: number,
      ...(otherNumbers.length > 0 ? { otherNumbers } : {}),
      name: port.portName,
      // It is configured to be served, whatever its name is.
      appProtocol: 'grpc',
      endpoints: endpoints.map((endpoint) => ({
        ...endpoint,
        // DNS lists those that are ready and says no more.
        conditions: { ready: true, serving: true, terminating: false },
        locality: nowhere,
      })),
    });
  }
  return {
    namespace,
    name,
    ports: [...ports.values()],
    policy,
    locality,
    ...(problems.length > 0 ? { problems } : {}),
  };
}
