import { z } from 'zod';
import type { Locality } from './endpoint.ts';

/** What a Service asks for beyond its endpoints. */
export interface ServicePolicy {
  /** Active health checks by the control plane; absent: discovery's readiness decides alone. */
  readonly healthCheck?: HealthCheckPolicy | undefined;
  /** False: no client gets each endpoint as a locality, where clients report their load. Absent: those that can take it do. */
  readonly podLocalities?: boolean | undefined;
}

export type HealthCheckPolicy = z.output<typeof healthCheckSchema>;

export const defaultPolicy: ServicePolicy = {};

/** The values of each field that are good, for people, with code in backticks. */
export const policyValues = {
  healthCheck: '`grpc`, `tcp` or `none`',
  grpcService: 'a name of at most 256 ASCII characters without spaces, or empty for the server as a whole',
  region: 'empty, or at most 63 letters, digits, `-`, `_` and `.`',
  zone: 'empty, or at most 63 letters, digits, `-`, `_` and `.`',
  podLocalities: '`true` or `false`',
};

export type PolicyKey = keyof typeof policyValues;

const grpcService = z.string().regex(/^[\x21-\x7e]{0,256}$/, mustBe('grpcService'));
const label = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/**
 * Every field of policy, and the only place where one is made: `services` of the configuration, the annotations
 * `evenkeel.dev/KEY`, the JSON Schema and the tables in docs/ come from here, {@link policyOf} is what it means.
 */
export const policyFields = {
  healthCheck: z
    .enum(['grpc', 'tcp', 'none'], mustBe('healthCheck'))
    .optional()
    .describe('Active checks of every endpoint. Default: `grpc` where `grpcService` is given, else `none`.'),
  grpcService: grpcService
    .optional()
    .describe('Service name that gRPC health checks ask for. Default: the server as a whole.'),
  region: z
    .string()
    .regex(label, mustBe('region'))
    .default('')
    .describe('Region that clients are given for all endpoints of the Service.'),
  zone: z
    .string()
    .regex(label, mustBe('zone'))
    .default('')
    .describe('Zone that clients are given for all endpoints of the Service.'),
  podLocalities: z
    .boolean(mustBe('podLocalities'))
    .optional()
    .describe(
      'Whether clients that report their load and can take it get each endpoint as a locality. Default: `true`, as `load.podLocalities`.',
    ),
} satisfies Record<PolicyKey, z.ZodType>;

export const policyKeys = Object.keys(policyFields) as PolicyKey[];

/** The fields as they are said somewhere; absent: not said. */
export type PolicyFields = { readonly [K in PolicyKey]?: z.output<(typeof policyFields)[K]> | undefined };

/** Active checks as the endpoint file has them. */
export const healthCheckSchema = z.strictObject({
  protocol: z.enum(['grpc', 'tcp']).describe('`grpc`: grpc.health.v1 Check; `tcp`: a connection that opens.'),
  grpcService: grpcService.default('').describe('Service name asked for; empty: the server as a whole.'),
});

/** What the fields say about health checks and localities of pods; what they do not say is absent. */
export function policyOf({ healthCheck, grpcService, podLocalities }: PolicyFields): ServicePolicy {
  const protocol = healthCheck ?? (grpcService === undefined ? undefined : 'grpc');
  return {
    ...(protocol === undefined ? {} : { healthCheck: checkOf(protocol, grpcService) }),
    ...(podLocalities === undefined ? {} : { podLocalities }),
  };
}

/** The locality that the fields give to all endpoints; undefined: none. */
export function localityOf({ region = '', zone = '' }: PolicyFields): Locality | undefined {
  return region === '' && zone === '' ? undefined : { region, zone, subZone: '' };
}

/** Why the fields contradict one another, as `FIELD has no …`; undefined: they do not. */
export function contradictionIn({ healthCheck, grpcService }: PolicyFields): string | undefined {
  if (grpcService === undefined || healthCheck === undefined || healthCheck === 'grpc') return undefined;
  return `has no meaning with healthCheck: ${healthCheck}`;
}

function checkOf(protocol: 'grpc' | 'tcp' | 'none', grpcService = ''): HealthCheckPolicy | undefined {
  if (protocol === 'none') return undefined;
  return protocol === 'tcp' ? { protocol, grpcService: '' } : { protocol, grpcService };
}

function mustBe(key: PolicyKey): string {
  return `must be ${policyValues[key].replaceAll('`', '')}`;
}
