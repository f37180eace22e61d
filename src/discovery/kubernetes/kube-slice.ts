import type { Endpoint } from '../../model/endpoint.ts';
import { canonicalIp } from '../ip-address.ts';
import type { KubeObject } from './collection.ts';
import { type RawMetadata, readMetadata } from './kube-service.ts';

/** The label that leads from an EndpointSlice to its Service. */
export const serviceNameLabel = 'kubernetes.io/service-name';

export interface SlicePort {
  readonly name: string;
  readonly protocol: string;
  readonly appProtocol?: string | undefined;
  /** The same objects for as long as the slice does not change. */
  readonly endpoints: readonly Endpoint[];
}

/** What is kept of an EndpointSlice. */
export interface KubeSlice extends KubeObject {
  /** Key of the Service that it belongs to; undefined where its label is missing. */
  readonly service: string | undefined;
  readonly name: string;
  /** `IPv4`, `IPv6` or `FQDN`. */
  readonly addressType: string;
  readonly ports: readonly SlicePort[];
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

interface RawEndpoint {
  readonly addresses?: readonly string[] | null;
  readonly conditions?: {
    readonly ready?: boolean | null;
    readonly serving?: boolean | null;
    readonly terminating?: boolean | null;
  } | null;
  readonly nodeName?: string | null;
  readonly zone?: string | null;
  readonly targetRef?: { readonly kind?: string; readonly name?: string } | null;
}

/** @returns undefined for what is no object of the API */
export function readSlice(object: unknown): KubeSlice | undefined {
  const known = readMetadata(object);
  if (known === undefined) return undefined;
  const { metadata, addressType = 'IPv4', ports, endpoints } = object as RawSlice;
  const owner = metadata?.labels?.[serviceNameLabel];
  const problems: string[] = [];
  const base = {
    key: known.key,
    resourceVersion: known.resourceVersion,
    name: known.name,
    service: owner === undefined ? undefined : `${known.namespace}/${owner}`,
    addressType,
    problems,
  };
  if (addressType === 'FQDN') {
    problems.push(`EndpointSlice ${known.name} has names (addressType FQDN); gRPC clients take IP addresses only`);
    return { ...base, ports: [] };
  }
  const usable = (endpoints ?? []).flatMap((endpoint) => {
    // All addresses of an endpoint are the same backend; "clients may choose the first" (EndpointSlice API).
    const [text = ''] = endpoint.addresses ?? [];
    const address = canonicalIp(text);
    if (address === undefined) problems.push(`EndpointSlice ${known.name} has "${text}", which is no IP address`);
    return address === undefined ? [] : [{ address, endpoint }];
  });
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
  return { ...base, ports: kept };
}

/** Conditions that are not given mean the usual (EndpointSlice API): ready, serving as ready, not terminating. */
function toEndpoint(address: string, port: number, { conditions, nodeName, zone, targetRef }: RawEndpoint): Endpoint {
  const ready = conditions?.ready ?? true;
  return {
    address,
    port,
    conditions: { ready, serving: conditions?.serving ?? ready, terminating: conditions?.terminating ?? false },
    locality: { region: '', zone: shared(zone ?? ''), subZone: '' },
    ...(typeof nodeName === 'string' ? { kubeNode: shared(nodeName) } : {}),
    ...(targetRef?.kind === 'Pod' && typeof targetRef.name === 'string' ? { pod: targetRef.name } : {}),
  };
}

const strings = new Map<string, string>();
/** Names of machines and zones that are not seen any more are few; beyond this they are not worth keeping. */
const maxShared = 50_000;

/** The one copy of a text that thousands of endpoints have. */
function shared(text: string): string {
  const known = strings.get(text);
  if (known !== undefined) return known;
  if (strings.size >= maxShared) strings.clear();
  strings.set(text, text);
  return text;
}
