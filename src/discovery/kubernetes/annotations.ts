import type { Locality } from '../../model/endpoint.ts';
import type { HealthCheckPolicy } from '../../model/policy.ts';
import { annotationPrefix } from './kube-service.ts';

/** One annotation of a Service; docs/kubernetes.md is held to the table by a test. */
export interface Annotation {
  /** What follows `evenkeel.dev/`; the same key as in `services` of the configuration. */
  readonly key: 'healthCheck' | 'grpcService' | 'region' | 'zone' | 'podLocalities';
  /** The values that are good, for people. */
  readonly values: string;
  readonly meaning: string;
  readonly pattern: RegExp;
}

/** Every annotation that is read; what begins with `evenkeel.dev/` and is not among them is a mistake. */
export const annotationTable: readonly Annotation[] = [
  {
    key: 'healthCheck',
    values: '`grpc`, `tcp` or `none`',
    meaning: 'Active checks of every endpoint by the control plane. Without: `grpc` where `grpcService` is given.',
    pattern: /^(grpc|tcp|none)$/,
  },
  {
    key: 'grpcService',
    values: 'a gRPC service name, or empty for the server as a whole',
    meaning: 'The service that gRPC health checks ask for.',
    pattern: /^[A-Za-z0-9_.]{0,256}$/,
  },
  {
    key: 'region',
    values: 'letters, digits, `-`, `_` and `.`, at most 63',
    meaning: 'Region that clients are told for all endpoints of the Service.',
    pattern: /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
  },
  {
    key: 'zone',
    values: 'letters, digits, `-`, `_` and `.`, at most 63',
    meaning: 'Zone that clients are told for all endpoints of the Service.',
    pattern: /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
  },
  {
    key: 'podLocalities',
    values: '`true` or `false`',
    meaning:
      'Where clients report their load: whether those that can take it get each endpoint as a locality. Default: `true`.',
    pattern: /^(true|false)$/,
  },
];

export type Annotations = Readonly<Record<string, string>>;

export interface ReadAnnotations {
  readonly healthCheck?: HealthCheckPolicy | undefined;
  readonly locality?: Locality | undefined;
  readonly podLocalities?: boolean | undefined;
  /** The values in force: what to give as `before` the next time. */
  readonly inForce: Annotations;
  readonly problems: readonly string[];
}

/**
 * What the annotations of a Service ask for. Pure.
 *
 * A value that is no good does not replace one that was: the one in force before stays, until the annotation is
 * corrected or taken away.
 *
 * @param annotations - by key, without the prefix
 * @param before - the values that were in force for this Service
 */
export function readAnnotations(annotations: Annotations, before: Annotations = {}): ReadAnnotations {
  const problems: string[] = [];
  const inForce: Record<string, string> = {};
  for (const [key, value] of Object.entries(annotations)) {
    const known = annotationTable.find((one) => one.key === key);
    if (known === undefined) {
      const keys = annotationTable.map((one) => one.key).join(', ');
      problems.push(`the annotation ${annotationPrefix}${key} is unknown; known are ${keys}`);
    } else if (known.pattern.test(value)) inForce[key] = value;
    else {
      const last = before[key];
      const instead = last === undefined ? 'it has no effect' : `"${last}" stays in force`;
      if (last !== undefined) inForce[key] = last;
      const allowed = known.values.replaceAll('`', '');
      problems.push(`the annotation ${annotationPrefix}${key} is "${value}" and must be ${allowed}; ${instead}`);
    }
  }
  const { healthCheck: said, grpcService, region = '', zone = '', podLocalities } = inForce;
  const protocol = said ?? (grpcService === undefined ? 'none' : 'grpc');
  if (grpcService !== undefined && protocol !== 'grpc') {
    problems.push(`the annotation ${annotationPrefix}grpcService has no meaning with healthCheck: ${protocol}`);
  }
  return {
    ...(protocol === 'none' ? {} : { healthCheck: checkOf(protocol, grpcService) }),
    ...(region === '' && zone === '' ? {} : { locality: { region, zone, subZone: '' } }),
    ...(podLocalities === undefined ? {} : { podLocalities: podLocalities === 'true' }),
    inForce,
    problems,
  };
}

function checkOf(protocol: string, grpcService = ''): HealthCheckPolicy {
  return protocol === 'tcp' ? { protocol: 'tcp', grpcService: '' } : { protocol: 'grpc', grpcService };
}
