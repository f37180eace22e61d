import { type TrafficDistribution, trafficDistributions } from '../../model/policy.ts';
import type { KubeObject } from './collection.ts';

export interface KubePort {
  /** Empty where it has none. */
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string | undefined;
}

/** What is kept of a Service. */
export interface KubeService extends KubeObject {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  /**
   * The labels of its pods, as `KEY=VALUE,…` in order; undefined where it has no selector, so that Kubernetes writes no
   * EndpointSlice for it.
   */
  readonly selector?: string | undefined;
  /** Of a dual-stack Service the primary family comes first; may be empty. */
  readonly ipFamilies: readonly string[];
  readonly ports: readonly KubePort[];
  /** Only where it has an effect: kube-proxy follows it on the way to a ClusterIP, which a headless Service has not. */
  readonly internalTrafficPolicy?: 'Local' | undefined;
  /** `spec.trafficDistribution`, where it is one that is followed. */
  readonly trafficDistribution?: TrafficDistribution | undefined;
  /** Settings that are not followed about which endpoints a client should prefer, as `NAME: VALUE`; absent: none. */
  readonly preferences?: readonly string[] | undefined;
  /** Those of `evenkeel.dev` only, by key without that prefix. */
  readonly annotations: Readonly<Record<string, string>>;
}

export const annotationPrefix = 'evenkeel.dev/';

/** The parts of the API's JSON that are read (core/v1 Service). */
interface RawService {
  readonly metadata?: RawMetadata | null;
  readonly spec?: {
    readonly type?: string;
    readonly selector?: Readonly<Record<string, string>> | null;
    readonly clusterIP?: string;
    readonly internalTrafficPolicy?: string | null;
    readonly sessionAffinity?: string | null;
    readonly trafficDistribution?: string | null;
    readonly ipFamilies?: readonly string[] | null;
    readonly ports?: readonly Partial<KubePort>[] | null;
  } | null;
}

export interface RawMetadata {
  readonly namespace?: string;
  readonly name?: string;
  readonly resourceVersion?: string;
  readonly annotations?: Readonly<Record<string, string>> | null;
  readonly labels?: Readonly<Record<string, string>> | null;
}

/** What every object has, or undefined where it is none. */
export function readMetadata(object: unknown): (KubeObject & { namespace: string; name: string }) | undefined {
  const { namespace, name, resourceVersion } = (object as { metadata?: RawMetadata | null } | null)?.metadata ?? {};
  if (typeof namespace !== 'string' || typeof name !== 'string' || typeof resourceVersion !== 'string')
    return undefined;
  return { key: `${namespace}/${name}`, namespace, name, resourceVersion };
}

/** @returns undefined for what is no object of the API */
export function readService(object: unknown): KubeService | undefined {
  const known = readMetadata(object);
  if (known === undefined) return undefined;
  const { metadata, spec } = object as RawService;
  const isLocal = spec?.internalTrafficPolicy === 'Local' && spec.clusterIP !== 'None';
  const preferences = preferencesOf(object as RawService);
  const traffic = trafficDistributions.find((one) => one === spec?.trafficDistribution);
  const selector = Object.entries(spec?.selector ?? {}).map(([key, value]) => `${key}=${value}`);
  return {
    ...known,
    type: spec?.type ?? 'ClusterIP',
    ...(selector.length === 0 ? {} : { selector: selector.sort().join(',') }),
    ipFamilies: spec?.ipFamilies ?? [],
    ...(isLocal ? { internalTrafficPolicy: 'Local' as const } : {}),
    ...(traffic === undefined ? {} : { trafficDistribution: traffic }),
    ...(preferences.length > 0 ? { preferences } : {}),
    ports: (spec?.ports ?? []).flatMap(({ name = '', port, protocol = 'TCP', appProtocol }) =>
      port === undefined ? [] : [{ name, port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }],
    ),
    annotations: Object.fromEntries(
      Object.entries(metadata?.annotations ?? {})
        .filter(([key]) => key.startsWith(annotationPrefix))
        .map(([key, value]) => [key.slice(annotationPrefix.length), value]),
    ),
  };
}

/** The second is the name of before Kubernetes 1.27, which is read to this day. */
const topologyModes = ['service.kubernetes.io/topology-mode', 'service.kubernetes.io/topology-aware-hints'];

function preferencesOf({ metadata, spec }: RawService): string[] {
  const { trafficDistribution, sessionAffinity, clusterIP } = spec ?? {};
  const modes = topologyModes.map((name) => ({ name, mode: metadata?.annotations?.[name] }));
  return [
    ...(trafficDistribution && !(trafficDistributions as readonly string[]).includes(trafficDistribution)
      ? [`trafficDistribution: ${trafficDistribution}`]
      : []),
    ...modes.flatMap(({ name, mode }) => (mode?.toLowerCase() === 'auto' ? [`${name}: ${mode}`] : [])),
    // kube-proxy keeps to it on the way to a ClusterIP.
    ...(sessionAffinity === 'ClientIP' && clusterIP !== 'None' ? ['sessionAffinity: ClientIP'] : []),
  ];
}
