import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { durationOf } from '../duration.ts';
import type {
  HeaderMatcherSchema,
  RetryPolicySchema,
  RouteAction_HashPolicySchema,
  RouteMatchSchema,
  RouteSchema,
} from '../gen/envoy/config/route/v3/route_components_pb.ts';
import { type RouteConfiguration, RouteConfigurationSchema } from '../gen/envoy/config/route/v3/route_pb.ts';
import { checkRoute } from '../profile/route.ts';
import { type EncodedResource, encodeResource } from '../resource.ts';

/** One condition on a header; all conditions of a match have to hold. */
export type HeaderMatchSpec = {
  readonly name: string;
  /** Turns the condition round. */
  readonly invert?: boolean | undefined;
} & (
  | { readonly exact: string }
  | { readonly prefix: string }
  | { readonly suffix: string }
  | { readonly contains: string }
  | { /** RE2, of the whole value. */ readonly regex: string }
  | { readonly present: boolean }
);

/** Which calls a rule is for. Without a path: all. */
export type RouteMatchSpec = {
  readonly headers?: readonly HeaderMatchSpec[] | undefined;
} & (
  | { /** `/package.Service/` */ readonly prefix?: string | undefined }
  | { /** `/package.Service/Method` */ readonly path: string }
  | { /** RE2, of the whole path. */ readonly regex: string }
);

/** Which calls are tried again, and how often. */
export interface RetrySpec {
  /** gRFC A44: `cancelled`, `deadline-exceeded`, `internal`, `resource-exhausted`, `unavailable`. */
  readonly on: readonly string[];
  /** Retries after the first attempt, at least 1. */
  readonly retries: number;
  /** Back-off before the first retry; default 25. */
  readonly baseMs?: number | undefined;
  /** Longest back-off; default ten times the base. */
  readonly maxMs?: number | undefined;
}

/** A cluster and its share of the calls. */
export interface WeightedClusterSpec {
  readonly name: string;
  readonly weight: number;
}

/** One route: which calls, and where they go. */
export interface RouteRuleSpec {
  readonly match?: RouteMatchSpec | undefined;
  /** A cluster's name, or several with weights. */
  readonly cluster: string | readonly WeightedClusterSpec[];
  /** Longest duration of a call; default: the client's own deadline alone. */
  readonly timeoutMs?: number | undefined;
  readonly retry?: RetrySpec | undefined;
  /** For ring_hash: headers whose values decide, in order (gRFC A42). */
  readonly hashHeaders?: readonly string[] | undefined;
}

/** Rules for some hosts. */
export interface VirtualHostSpec {
  /** Default: the route configuration's name and the host's place. */
  readonly name?: string | undefined;
  /** Hosts (`:authority`) that it is for: exact, `*.suffix`, `prefix.*` or `*`. */
  readonly domains: readonly string[];
  /** The first that matches is taken. */
  readonly rules: readonly RouteRuleSpec[];
}

/** A route configuration: a single cluster, rules, or rules by host. */
export type RouteSpec = { readonly name: string; readonly version?: string | undefined } & (
  | { /** Everything goes to one cluster, or to several by weight. */ readonly cluster: RouteRuleSpec['cluster'] }
  | { /** Rules for all hosts. */ readonly rules: readonly RouteRuleSpec[] }
  | { readonly virtualHosts: readonly VirtualHostSpec[] }
);

/**
 * A route configuration.
 *
 * @throws ResourceError
 */
export function buildRoute(spec: RouteSpec): EncodedResource {
  const route = routeMessage(spec);
  checkRoute(route);
  return encodeResource(RouteConfigurationSchema, route, { version: spec.version });
}

/** The message, not yet checked. */
export function routeMessage(spec: RouteSpec): RouteConfiguration {
  return create(RouteConfigurationSchema, {
    name: spec.name,
    virtualHosts: virtualHostsOf(spec).map(({ name, domains, rules }, index) => ({
      name: name ?? (index === 0 ? spec.name : `${spec.name}#${index}`),
      domains: [...domains],
      routes: rules.map(rule),
    })),
  });
}

function virtualHostsOf(spec: RouteSpec): readonly VirtualHostSpec[] {
  if ('virtualHosts' in spec) return spec.virtualHosts;
  return [{ domains: ['*'], rules: 'rules' in spec ? spec.rules : [{ cluster: spec.cluster }] }];
}

function rule(spec: RouteRuleSpec): MessageInitShape<typeof RouteSchema> {
  const { cluster, timeoutMs, retry, hashHeaders = [] } = spec;
  return {
    match: match(spec.match ?? {}),
    action: {
      case: 'route',
      value: {
        clusterSpecifier:
          typeof cluster === 'string'
            ? { case: 'cluster', value: cluster }
            : { case: 'weightedClusters', value: { clusters: cluster.map(({ name, weight }) => ({ name, weight })) } },
        // Envoy's own default of 15 s would end every longer stream; gRPC clients do not look at this field.
        timeout: durationOf(timeoutMs ?? 0),
        ...(timeoutMs !== undefined && { maxStreamDuration: { maxStreamDuration: durationOf(timeoutMs) } }),
        ...(retry && { retryPolicy: retryPolicy(retry) }),
        hashPolicy: hashHeaders.map(hashPolicy),
      },
    },
  };
}

function match(spec: RouteMatchSpec): MessageInitShape<typeof RouteMatchSchema> {
  const headers = (spec.headers ?? []).map(headerMatch);
  if ('regex' in spec) return { headers, pathSpecifier: { case: 'safeRegex', value: { regex: spec.regex } } };
  if ('path' in spec) return { headers, pathSpecifier: { case: 'path', value: spec.path } };
  return { headers, pathSpecifier: { case: 'prefix', value: ('prefix' in spec && spec.prefix) || '' } };
}

function headerMatch(spec: HeaderMatchSpec): MessageInitShape<typeof HeaderMatcherSchema> {
  return { name: spec.name, invertMatch: spec.invert ?? false, headerMatchSpecifier: headerCondition(spec) };
}

function headerCondition(spec: HeaderMatchSpec): MessageInitShape<typeof HeaderMatcherSchema>['headerMatchSpecifier'] {
  if ('exact' in spec) return { case: 'exactMatch', value: spec.exact };
  if ('prefix' in spec) return { case: 'prefixMatch', value: spec.prefix };
  if ('suffix' in spec) return { case: 'suffixMatch', value: spec.suffix };
  if ('contains' in spec) return { case: 'containsMatch', value: spec.contains };
  if ('regex' in spec) return { case: 'safeRegexMatch', value: { regex: spec.regex } };
  return { case: 'presentMatch', value: spec.present };
}

function retryPolicy({ on, retries, baseMs, maxMs }: RetrySpec): MessageInitShape<typeof RetryPolicySchema> {
  return {
    retryOn: on.join(','),
    numRetries: retries,
    ...(baseMs !== undefined && {
      retryBackOff: {
        baseInterval: durationOf(baseMs),
        ...(maxMs !== undefined && { maxInterval: durationOf(maxMs) }),
      },
    }),
  };
}

function hashPolicy(headerName: string): MessageInitShape<typeof RouteAction_HashPolicySchema> {
  return { policySpecifier: { case: 'header', value: { headerName } } };
}
