import { printable } from '../../base/printable.ts';
import type { Endpoint } from '../../model/endpoint.ts';
import { canonicalIp, whyUnusable } from '../ip-address.ts';
import { type Backend, backendOf, type RawBackend } from './backend.ts';
import type { KubeObject } from './collection.ts';
import { type RawMetadata, readMetadata } from './kube-service.ts';

/** The label that leads from an EndpointSlice to its Service. */
export const serviceNameLabel = 'kubernetes.io/service-name';
/** When the change of a pod or of the Service happened that made the controller write the slice. */
const triggerTimeAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';

export interface SlicePort {
  readonly name: string;
  readonly protocol: string;
  readonly appProtocol?: string | undefined;
  /** The same objects for as long as the slice does not change. */
  readonly endpoints: readonly Endpoint[];
}

/** So many addresses of a slice that cannot be used are named: a slice may have a thousand. */
const namedAddresses = 3;
/** Characters of such an address that are shown. */
const longestShown = 100;

/** What is kept of an EndpointSlice. */
export interface KubeSlice extends KubeObject {
  /** Key of the Service that it belongs to; undefined where its label is missing. */
  readonly service: string | undefined;
  readonly name: string;
  /** `IPv4`, `IPv6` or `FQDN`. */
  readonly addressType: string;
  /** Milliseconds since 1970; undefined where the controller did not say it. */
  readonly triggeredAt?: number | undefined;
  /** Without those that have no number. */
  readonly ports: readonly SlicePort[];
  /** What stands behind each of the endpoints of every port, in their order. */
  readonly backends: readonly Backend[];
  /** What of it cannot be used. */
  readonly problems: readonly string[];
}

/** The parts of the API's JSON that are read (discovery.k8s.io/v1 EndpointSlice). */
interface RawSlice {
  readonly metadata?: RawMetadata | null;
  readonly addressType?: string;
  readonly ports?: readonly RawPort[] | null;
  readonly endpoints?: readonly RawEndpoint[] | null;
}

interface RawPort {
  readonly name?: string | null;
  readonly port?: number | null;
  readonly protocol?: string | null;
  readonly appProtocol?: string | null;
}

interface RawEndpoint extends RawBackend {
  readonly addresses?: readonly string[] | null;
  readonly conditions?: {
    readonly ready?: boolean | null;
    readonly serving?: boolean | null;
    readonly terminating?: boolean | null;
  } | null;
  readonly zone?: string | null;
}

/** @returns undefined for what is no object of the API */
export function readSlice(object: unknown): KubeSlice | undefined {
  const known = readMetadata(object);
  if (known === undefined) return undefined;
  const { metadata, addressType = 'IPv4', ports, endpoints } = object as RawSlice;
  const owner = metadata?.labels?.[serviceNameLabel];
  const triggeredAt = Date.parse(metadata?.annotations?.[triggerTimeAnnotation] ?? '');
  const problems: string[] = [];
  const base = {
    key: known.key,
    resourceVersion: known.resourceVersion,
    name: known.name,
    service: owner === undefined ? undefined : `${known.namespace}/${owner}`,
    addressType,
    ...(Number.isNaN(triggeredAt) ? {} : { triggeredAt }),
    problems,
  };
  if (addressType === 'FQDN') {
    problems.push(`EndpointSlice ${known.name} has names (addressType FQDN); gRPC clients take IP addresses only`);
    return { ...base, ports: [], backends: [] };
  }
  const unusable: string[] = [];
  const usable = (endpoints ?? []).flatMap((endpoint) => {
    // "No semantics are defined for additional addresses beyond the first, and kube-proxy does not look at them."
    const [text = ''] = endpoint.addresses ?? [];
    const address = canonicalIp(text);
    // The API refuses most of them, but not in all of its versions (CVE-2021-25737).
    const reason = address === undefined ? 'no IP address' : whyUnusable(address);
    if (address === undefined || reason !== undefined) {
      unusable.push(`"${printable(text, longestShown)}", which is ${reason}`);
      return [];
    }
    return [{ address, endpoint, backend: backendOf(endpoint, known.namespace) }];
  });
  const rest = unusable.length - namedAddresses;
  if (rest > 0) unusable.splice(namedAddresses, rest, `and ${rest} more`);
  if (unusable.length > 0) problems.push(`EndpointSlice ${known.name} has ${unusable.join(', ')}`);
  const kept = (ports ?? []).flatMap(({ name, port, protocol, appProtocol }): SlicePort[] => {
    if (port === undefined || port === null) {
      problems.push(`EndpointSlice ${known.name} has a port without a number`);
      return [];
    }
    return [
      {
        name: name ?? '',
        protocol: protocol ?? 'TCP',
        ...(appProtocol === undefined || appProtocol === null ? {} : { appProtocol }),
        endpoints: usable.map(({ address, endpoint }) => toEndpoint(address, port, endpoint)),
      },
    ];
  });
  return { ...base, ports: kept, backends: usable.map(({ backend }) => backend) };
}

/** Conditions that are not given are true, `terminating` is false (EndpointSlice API 1.34, and kube-proxy). */
function toEndpoint(address: string, port: number, { conditions, nodeName, zone, targetRef }: RawEndpoint): Endpoint {
  return {
    address,
    port,
    conditions: {
      ready: conditions?.ready ?? true,
      serving: conditions?.serving ?? true,
      terminating: conditions?.terminating ?? false,
    },
    locality: { region: '', zone: shared(zone ?? ''), subZone: '' },
    ...(typeof nodeName === 'string' ? { kubeNode: shared(nodeName) } : {}),
    ...(targetRef?.kind === 'Pod' && typeof targetRef.name === 'string' ? { pod: targetRef.name } : {}),
    ...(targetRef?.kind === 'Pod' && typeof targetRef.uid === 'string' && targetRef.uid !== ''
      ? { uid: targetRef.uid }
      : {}),
  };
}

const strings = new Map<string, string>();
/** Names of nodes and zones that are not seen any more are few; beyond this they are not worth keeping. */
const maxShared = 50_000;

/** The one copy of a text that thousands of endpoints have. */
function shared(text: string): string {
  const known = strings.get(text);
  if (known !== undefined) return known;
  if (strings.size >= maxShared) strings.clear();
  strings.set(text, text);
  return text;
}
