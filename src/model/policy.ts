import { z } from 'zod';
import type { Locality } from './endpoint.ts';

/** What a Service asks for beyond its endpoints. */
export interface ServicePolicy {
  /** Active health checks by the control plane; absent: discovery's readiness decides alone. */
  readonly healthCheck?: HealthCheckPolicy | undefined;
  /** False: no client gets each endpoint as a locality, where clients report their load. Absent: those that can take it do. */
  readonly podLocalities?: boolean | undefined;
  /** Which of its pods are ejected for what clients report of their calls. Absent: those that fail for everybody. */
  readonly ejection?: EjectionPolicy | undefined;
  /** True: each client leaves out endpoints that fail for it (gRFC A50). */
  readonly outlierDetection?: boolean | undefined;
  /** Where calls stay as far as that keeps pods even, as `spec.trafficDistribution` of Kubernetes. Absent: they go everywhere alike. */
  readonly trafficDistribution?: TrafficDistribution | undefined;
  /** How long a new pod takes from a tenth of a share to a full one, milliseconds. Absent: it has a full one at once. */
  readonly slowStartMs?: number | undefined;
  /**
   * What is to be even: `work`, the calls under way at each pod, or `utilization`, what pods say of themselves, by the clients' own
   * weighted round robin (gRFC A58). Absent: calls.
   */
  readonly balance?: 'work' | 'utilization' | undefined;
  /** The longest that a call may last, a stream too, milliseconds; its client ends it with DEADLINE_EXCEEDED. Absent: as long as it likes. */
  readonly maxStreamDurationMs?: number | undefined;
  /** How often its client repeats a call that failed with UNAVAILABLE before any answer (gRFC A44). Absent: as its own settings have it. */
  readonly retries?: number | undefined;
  /** Pods that each client is given. Absent: all, or as many as the others of these take. */
  readonly subset?: number | undefined;
}

/** What a Service asks for about ejection, in the terms of gRFC A50; what is absent is as the mode has it. */
export interface EjectionPolicy {
  /** Default `conservative`. */
  readonly mode?: (typeof ejectionModes)[number] | undefined;
  readonly baseMs?: number | undefined;
  readonly maxPercent?: number | undefined;
  readonly failurePercent?: number | undefined;
  readonly minCalls?: number | undefined;
}

const ejectionModes = ['none', 'conservative', 'sharp'] as const;

/** `PreferClose` is the older name of `PreferSameZone`. */
export type TrafficDistribution = (typeof trafficDistributions)[number];

export const trafficDistributions = ['PreferSameZone', 'PreferClose', 'PreferSameNode'] as const;

export type HealthCheckPolicy = z.output<typeof healthCheckSchema>;

/** The values of each field that are good, for people, with code in backticks. */
export const policyValues = {
  healthCheck: '`grpc`, `tcp` or `none`',
  grpcService: 'a name of at most 256 ASCII characters without spaces, or empty for the server as a whole',
  region: 'empty, or at most 63 letters, digits, `-`, `_` and `.`',
  zone: 'empty, or at most 63 letters, digits, `-`, `_` and `.`',
  podLocalities: '`true` or `false`',
  ejection: '`none`, `conservative` or `sharp`',
  ejectionBaseMs: 'a whole number of milliseconds from 1000 to 3600000',
  ejectionMaxPercent: 'a whole number from 0 to 100',
  ejectionFailurePercent: 'a whole number from 1 to 100',
  ejectionMinCalls: 'a whole number from 1 to 1000000',
  outlierDetection: '`true` or `false`',
  trafficDistribution: '`PreferSameZone`, `PreferClose`, `PreferSameNode` or `none`',
  slowStart: '`none`, or a time such as `30s` from `1s` to `1h`',
  balance: '`calls`, `work` or `utilization`',
  subset: 'a whole number from 1 to 10000',
  maxStreamDuration: '`none`, or a time such as `1h` from `1s` to `24h`',
  retries: 'a whole number from 0 to 4',
};

export type PolicyKey = keyof typeof policyValues;

const longestMs = { slowStart: 3_600_000, maxStreamDuration: 86_400_000 } as const;
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
  ejection: z
    .enum(ejectionModes, mustBe('ejection'))
    .optional()
    .describe(
      'Whether a pod that fails for everybody who calls it is left out, where clients report their load. Default: `conservative`.',
    ),
  ejectionBaseMs: wholeNumber('ejectionBaseMs', 1_000, 3_600_000).describe(
    'How long a pod is ejected the first time; longer each further time. Default: 30000, and 10000 with `ejection: sharp`.',
  ),
  ejectionMaxPercent: wholeNumber('ejectionMaxPercent', 0, 100).describe(
    'Share of the pods that may be ejected at once; one always may, unless it is 0, and never the last. Default: 60.',
  ),
  ejectionFailurePercent: wholeNumber('ejectionFailurePercent', 1, 100).describe(
    "Share of a pod's calls that have to fail. Default: 85, and 50 with `ejection: sharp`.",
  ),
  ejectionMinCalls: wholeNumber('ejectionMinCalls', 1, 1_000_000).describe(
    'Calls to a pod that an ejection rests on at least. Default: 10, and 5 with `ejection: sharp`.',
  ),
  outlierDetection: z
    .boolean(mustBe('outlierDetection'))
    .optional()
    .describe(
      'Whether each client leaves out endpoints that fail for it alone (gRFC A50), with the numbers of `ejection`. Default: `false`.',
    ),
  trafficDistribution: z
    .enum([...trafficDistributions, 'none'], mustBe('trafficDistribution'))
    .optional()
    .describe(
      'Where calls stay as far as that keeps pods even; `none`: they go everywhere alike. Default: `spec.trafficDistribution` of the Service, else `none`.',
    ),
  slowStart: duration('slowStart').describe(
    'How long a new pod takes from a tenth of a share to a full one, such as `30s`. Default: `none`.',
  ),
  balance: z
    .enum(['calls', 'work', 'utilization'], mustBe('balance'))
    .optional()
    .describe(
      'What is to be even: calls; `work`, the calls under way at each pod, where clients report their load; or `utilization`, as pods report it to clients (ORCA) that know `client_side_weighted_round_robin`. Default: `calls`.',
    ),
  subset: wholeNumber('subset', 1, 10_000).describe(
    'Pods that each client is given, so that every pod has as many clients as the others; before zones and slow start. Default: all.',
  ),
  maxStreamDuration: duration('maxStreamDuration').describe(
    'The longest that a call may last, a stream too; its client ends it with DEADLINE_EXCEEDED (gRFC A31). Default: `none`.',
  ),
  retries: wholeNumber('retries', 0, 4).describe(
    'How often its client repeats a call that failed with UNAVAILABLE before any answer (gRFC A44); for calls that may be made twice. Default: 0, as the client itself is set.',
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

/** What the fields say, but for the locality; what they do not say is absent. */
export function policyOf(fields: PolicyFields): ServicePolicy {
  const { healthCheck, grpcService, podLocalities, outlierDetection } = fields;
  const { trafficDistribution, slowStart, balance, subset, maxStreamDuration, retries } = fields;
  const ejection = ejectionOf(fields);
  const protocol = healthCheck ?? (grpcService === undefined ? undefined : 'grpc');
  return {
    ...(protocol === undefined ? {} : { healthCheck: checkOf(protocol, grpcService) }),
    ...(podLocalities === undefined ? {} : { podLocalities }),
    ...(Object.keys(ejection).length === 0 ? {} : { ejection }),
    ...(outlierDetection === undefined ? {} : { outlierDetection }),
    ...(trafficDistribution === undefined ? {} : trafficOf(trafficDistribution)),
    ...(balance === undefined ? {} : { balance: balance === 'calls' ? undefined : balance }),
    ...(subset === undefined ? {} : { subset }),
    ...(slowStart === undefined ? {} : { slowStartMs: durationMs('slowStart', slowStart) }),
    ...(maxStreamDuration === undefined
      ? {}
      : { maxStreamDurationMs: durationMs('maxStreamDuration', maxStreamDuration) }),
    ...(retries === undefined ? {} : { retries: retries === 0 ? undefined : retries }),
  };
}

function ejectionOf(fields: PolicyFields): EjectionPolicy {
  const { ejection, ejectionBaseMs, ejectionMaxPercent, ejectionFailurePercent, ejectionMinCalls } = fields;
  return {
    ...(ejection === undefined ? {} : { mode: ejection }),
    ...(ejectionBaseMs === undefined ? {} : { baseMs: ejectionBaseMs }),
    ...(ejectionMaxPercent === undefined ? {} : { maxPercent: ejectionMaxPercent }),
    ...(ejectionFailurePercent === undefined ? {} : { failurePercent: ejectionFailurePercent }),
    ...(ejectionMinCalls === undefined ? {} : { minCalls: ejectionMinCalls }),
  };
}

/** Said to be none, it takes away what another source says. */
function trafficOf(said: TrafficDistribution | 'none'): Pick<ServicePolicy, 'trafficDistribution'> {
  return { trafficDistribution: said === 'none' ? undefined : said };
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a time as `30s`, `500ms`, `1.5m`; undefined for what is none, or out of bounds: a second is the least. */
function durationMs(key: keyof typeof longestMs, text: string): number | undefined {
  const [, number, unit] = /^(\d{1,7}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(number) * (unitMs[unit ?? ''] ?? Number.NaN);
  return ms >= 1_000 && ms <= longestMs[key] ? ms : undefined;
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

function wholeNumber(key: PolicyKey, least: number, most: number) {
  const error = mustBe(key);
  return z.number(error).int(error).min(least, error).max(most, error).optional();
}

function duration(key: keyof typeof longestMs) {
  const error = mustBe(key);
  return z
    .string(error)
    .refine((text) => text === 'none' || durationMs(key, text) !== undefined, error)
    .optional();
}

function mustBe(key: PolicyKey): string {
  return `must be ${policyValues[key].replaceAll('`', '')}`;
}
